//! How much the model thinks: by a level or by a budget, as its generation has it. Both together are refused.

use crate::{
    contract::ReasoningOptions,
    history::Warnings,
    routes::{encoding::Body, gemini::models::Thinking},
};
use alloc::format;

/// Efforts, weakest first, with Google's level and budget for each.
const EFFORTS: [(&str, &str, u32); 7] = [
    ("none", "MINIMAL", 0),
    ("minimal", "MINIMAL", 512),
    ("low", "LOW", 1024),
    ("medium", "MEDIUM", 8192),
    ("high", "HIGH", 24_576),
    ("xhigh", "HIGH", u32::MAX),
    ("max", "HIGH", u32::MAX),
];

/// Levels by the largest budget that is nearest to each.
const NEAREST: [(u32, &str); 3] = [(512, "MINIMAL"), (4096, "LOW"), (16_384, "MEDIUM")];

/// Writes `thinkingConfig`.
pub fn write(body: &mut Body<'_>, reasoning: &ReasoningOptions, thinking: Thinking, warnings: &mut Warnings) {
    let effort = reasoning.effort.as_deref();
    let known = effort.and_then(|effort| EFFORTS.iter().find(|(name, ..)| *name == effort));
    let with_text = reasoning.include_text != Some(false);
    if thinking == Thinking::None {
        if reasoning.budget_tokens.is_some() || effort.is_some_and(|effort| effort != "none") {
            warnings.add("the model takes no settings for reasoning; they were not sent");
        }
        return;
    }
    // The caller's own takes the place of ours.
    let Some(json) = body.member("thinkingConfig") else { return };
    json.raw("{");
    let mut is_off = false;
    match thinking {
        Thinking::Level { has_minimal } => {
            let of_budget =
                |budget| NEAREST.iter().find(|(most, _)| budget <= *most).map_or("HIGH", |(_, level)| *level);
            let level = match (known, effort, reasoning.budget_tokens) {
                (Some((_, level, _)), ..) => Some(*level),
                // A level of the vendor's own.
                (None, Some(effort), _) => Some(effort),
                (None, None, budget) => budget.map(of_budget),
            };
            if let Some(level) = level {
                let level = if level == "MINIMAL" && !has_minimal { "LOW" } else { level };
                json.key("thinkingLevel");
                json.string(&level.to_ascii_uppercase());
            }
            if reasoning.budget_tokens.is_some() {
                warnings.add("the model takes levels of reasoning and no budget; the budget was not sent");
            }
        }
        Thinking::Budget { least, most, can_be_off } => {
            let wanted = reasoning.budget_tokens.or(known.map(|(_, _, budget)| *budget));
            if let Some(wanted) = wanted {
                is_off = wanted == 0 && can_be_off;
                let budget = if is_off { 0 } else { wanted.clamp(least, most) };
                json.key("thinkingBudget");
                json.integer(budget.into());
                // An effort is no number, so that only a number can be missed.
                if reasoning.budget_tokens.is_some_and(|wanted| wanted != budget) {
                    warnings.add(format!("the model takes budgets of {least} to {most} tokens for reasoning; the nearest was sent"));
                }
            } else if effort.is_some() {
                warnings.add("the model does not know this effort of reasoning; it was not sent");
            }
        }
        Thinking::None => {}
    }
    let can_be_off = matches!(thinking, Thinking::Budget { can_be_off: true, .. });
    if effort == Some("none") && !can_be_off {
        warnings.add("the reasoning of the model cannot be switched off; the lowest setting was sent");
    }
    // Without thinking, thoughts are refused.
    if with_text && !is_off {
        json.key("includeThoughts");
        json.bool(true);
    }
    json.raw("}");
}
