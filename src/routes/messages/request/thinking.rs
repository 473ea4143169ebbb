//! How much the model thinks, and how long its output may be: the two share one limit here.

use alloc::borrow::Cow;

use super::super::models::{Abilities, Thinking};
use crate::contract::Request;
use crate::history::Warnings;
use crate::json::Json;

/// The efforts of the contract, weakest first, each with its budget for models that know nothing else.
const EFFORTS: [(&str, u32); 6] = [
    ("minimal", 1_024),
    ("low", 2_048),
    ("medium", 10_000),
    ("high", 16_384),
    ("xhigh", 32_768),
    ("max", 32_768),
];

/// The smallest budget.
const MIN_BUDGET: u32 = 1_024;

/// What is left for the reply beside a budget, where the caller gives no limit.
const REPLY: u32 = 4_096;

/// What the field `thinking` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Nothing: the model's own way.
    Unset,
    Disabled,
    /// With the `display` of its text, where the model knows that.
    Adaptive(Option<&'static str>),
    Budget(u32),
}

/// What a request says about thinking and its limit.
#[derive(Debug)]
pub struct Plan<'a> {
    pub mode: Mode,
    pub effort: Option<Cow<'a, str>>,
    pub max_tokens: u32,
}

impl<'a> Plan<'a> {
    /// The plan for a request. `no_budget` is why a budget would be refused, if it would be.
    pub fn new(
        request: &'a Request,
        abilities: &Abilities,
        no_budget: Option<&str>,
        warnings: &mut Warnings,
    ) -> Self {
        let given = request.max_output_tokens;
        let mut plan =
            Plan { mode: Mode::Unset, effort: None, max_tokens: given.unwrap_or(abilities.default_output()) };
        let Some(reasoning) = &request.reasoning else { return plan };
        let effort = reasoning.effort.as_deref();
        let budget = reasoning.budget_tokens;
        if effort == Some("none") || effort.is_none() && budget == Some(0) {
            if abilities.thinking != Thinking::None {
                plan.mode = Mode::Disabled;
            }
            return plan;
        }
        match abilities.thinking {
            Thinking::None if effort.is_some() || budget.is_some() => {
                warnings.add("the model does not think; reasoning was not sent");
            }
            Thinking::None => {}
            Thinking::Adaptive => {
                // The older ones show their text anyway, and may not know the field.
                let display = match reasoning.include_text {
                    Some(false) => "omitted",
                    _ => "summarized",
                };
                plan.mode = Mode::Adaptive(abilities.no_sampling.then_some(display));
                plan.effort = effort.map(|effort| nearest(effort, abilities, warnings));
                if let Some(budget) = budget {
                    warnings.add(
                        "the model takes no reasoning.budget-tokens; reasoning.effort was sent in its place",
                    );
                    let mut by_budget = || nearest(effort_of(budget), abilities, warnings);
                    plan.effort = plan.effort.or_else(|| Some(by_budget()));
                }
            }
            Thinking::Budget => {
                if !abilities.efforts.is_empty() {
                    plan.effort = effort.map(|effort| nearest(effort, abilities, warnings));
                }
                match (budget.or_else(|| effort.map(budget_of)), no_budget) {
                    (None, _) => {}
                    (Some(_), Some(reason)) => warnings.add(reason),
                    (Some(wanted), None) => plan.budget(wanted, budget.is_some(), given, abilities, warnings),
                }
            }
        }
        plan
    }

    /// A budget is less than the limit on the output, which it is a part of. One that the caller gives beside a limit comes on
    /// top of it; one that an effort stands for leaves the limit as it is.
    fn budget(
        &mut self,
        wanted: u32,
        is_given: bool,
        limit: Option<u32>,
        abilities: &Abilities,
        warnings: &mut Warnings,
    ) {
        let mut budget = wanted.max(MIN_BUDGET);
        let model_limit = abilities.max_output.max(limit.unwrap_or(0));
        self.max_tokens = match limit {
            Some(limit) if is_given => limit.saturating_add(budget).min(model_limit),
            Some(limit) => {
                budget = budget.min((limit / 4).saturating_mul(3));
                limit
            }
            None => self.max_tokens.max(budget.saturating_add(REPLY)).min(model_limit),
        };
        let reply = limit.unwrap_or(MIN_BUDGET).min(MIN_BUDGET);
        budget = budget.min(self.max_tokens.saturating_sub(reply));
        if budget < MIN_BUDGET {
            warnings.add("the limit on the output leaves no room for reasoning, which was not sent");
        } else {
            self.mode = Mode::Budget(budget);
        }
    }

    /// Whether the model thinks because of this request.
    pub fn thinks(&self) -> bool {
        matches!(self.mode, Mode::Adaptive(_) | Mode::Budget(_))
    }
}

impl Mode {
    /// Writes the value of `thinking`; nothing is to be written for [`Mode::Unset`].
    pub fn write(self, json: &mut Json) {
        match self {
            Mode::Unset => {}
            Mode::Disabled => json.raw(r#"{"type":"disabled"}"#),
            Mode::Adaptive(display) => {
                json.raw(r#"{"type":"adaptive""#);
                if let Some(display) = display {
                    json.key("display");
                    json.string(display);
                }
                json.raw("}");
            }
            Mode::Budget(tokens) => {
                json.raw(r#"{"type":"enabled","budget_tokens":"#);
                json.integer(tokens.into());
                json.raw("}");
            }
        }
    }
}

fn rank(effort: &str) -> Option<usize> {
    EFFORTS.iter().position(|(known, _)| *known == effort)
}

/// The effort that the model takes: the one itself, or the next stronger one, or its strongest. A word of the vendor's own
/// goes as it is.
fn nearest<'a>(effort: &'a str, abilities: &Abilities, warnings: &mut Warnings) -> Cow<'a, str> {
    let Some(wanted) = rank(effort).filter(|_| !abilities.efforts.contains(&effort)) else {
        return Cow::Borrowed(effort);
    };
    let stronger = abilities.efforts.iter().find(|known| rank(known) > Some(wanted));
    let found = stronger.or(abilities.efforts.last()).copied().unwrap_or("high");
    // `minimal` is the weakest of all, and so is `low` here.
    if effort != "minimal" {
        warnings.add("the model does not take this reasoning.effort; the nearest one was sent");
    }
    Cow::Borrowed(found)
}

/// The budget of an effort; that of a word of the vendor's own is in the middle.
fn budget_of(effort: &str) -> u32 {
    let known = EFFORTS.iter().find(|(known, _)| *known == effort);
    known.map_or(10_000, |(_, budget)| *budget)
}

/// The weakest effort that has at least this budget.
fn effort_of(budget: u32) -> &'static str {
    EFFORTS.iter().find(|(_, known)| *known >= budget).map_or("max", |(effort, _)| *effort)
}
