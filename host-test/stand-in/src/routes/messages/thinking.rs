//! Thinking, effort and sampling: what a model takes, and what excludes each other.

use serde_json::Value;

use super::check::required;
use super::models::{self, Thinking};
use crate::check::given;
use crate::errors::Refusal;

/// Checks the fields of the body.
pub fn check(body: &Value, model: &str) -> Result<(), Refusal> {
    let kind = given(body, "thinking").map(|thinking| thinking["type"].as_str().unwrap_or_default());
    let takes = models::abilities(model).map_or(Thinking::Both, |model| model.thinking);
    match kind {
        None | Some("disabled") => {}
        Some("enabled") => {
            if takes == Thinking::Adaptive {
                return Err(Refusal::anthropic(
                    "\"thinking.type.enabled\" is not supported for this model. Use \"thinking.type.adaptive\" and \
                     \"output_config.effort\" to control thinking behavior.",
                ));
            }
            budget(body)?;
        }
        Some("adaptive") if takes == Thinking::Budget || takes == Thinking::No => {
            return Err(Refusal::anthropic("adaptive thinking is not supported on this model"));
        }
        Some("adaptive") => {
            if body["thinking"].get("budget_tokens").is_some() {
                return Err(super::check::extra("thinking.adaptive.budget_tokens"));
            }
        }
        Some(other) => {
            return Err(Refusal::anthropic(format!(
                "thinking: Input tag '{other}' found using 'type' does not match any of the expected tags: \
                 'adaptive', 'disabled', 'enabled'"
            )));
        }
    }
    if takes == Thinking::No && kind == Some("enabled") {
        return Err(Refusal::anthropic("thinking: This model does not support extended thinking."));
    }
    if let Some(display) = given(&body["thinking"], "display")
        && display != "summarized"
        && display != "omitted"
    {
        return Err(Refusal::anthropic("thinking.display: Input should be 'summarized' or 'omitted'"));
    }
    effort(body, model, kind)?;
    sampling(body, model, matches!(kind, Some("enabled" | "adaptive")))?;
    forced_call(body, model, kind)
}

fn budget(body: &Value) -> Result<(), Refusal> {
    let Some(budget) = given(&body["thinking"], "budget_tokens") else {
        return Err(required("thinking.enabled.budget_tokens"));
    };
    let budget = budget.as_u64().unwrap_or_default();
    if budget < 1024 {
        return Err(Refusal::anthropic(
            "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024",
        ));
    }
    if budget >= body["max_tokens"].as_u64().unwrap_or_default() {
        return Err(Refusal::anthropic(
            "`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our documentation at \
             https://docs.claude.com/en/docs/build-with-claude/extended-thinking#max-tokens-and-context-window-size",
        ));
    }
    Ok(())
}

fn effort(body: &Value, model: &str, thinking: Option<&str>) -> Result<(), Refusal> {
    let Some(effort) = given(&body["output_config"], "effort") else { return Ok(()) };
    let effort = effort.as_str().unwrap_or_default();
    let known = ["low", "medium", "high", "xhigh", "max"];
    if !known.contains(&effort) {
        return Err(Refusal::anthropic(
            "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'",
        ));
    }
    let Some(abilities) = models::abilities(model) else { return Ok(()) };
    if abilities.efforts.is_empty() {
        return Err(Refusal::anthropic("This model does not support the effort parameter."));
    }
    if !abilities.efforts.contains(&effort) {
        return Err(Refusal::anthropic(format!(
            "This model does not support effort level '{effort}'. Supported levels: {}.",
            abilities.efforts.join(", ")
        )));
    }
    if model.contains("claude-opus-5") && thinking == Some("disabled") && ["xhigh", "max"].contains(&effort) {
        return Err(Refusal::anthropic(format!("effort level '{effort}' requires thinking")));
    }
    Ok(())
}

fn sampling(body: &Value, model: &str, thinks: bool) -> Result<(), Refusal> {
    let number = |field: &str| given(body, field).map(|value| value.as_f64().unwrap_or(f64::NAN));
    let (temperature, top_p) = (number("temperature"), number("top_p"));
    let abilities = models::abilities(model);
    for field in ["temperature", "top_p", "top_k"] {
        if abilities.is_some_and(|model| !model.samples) && given(body, field).is_some() {
            return Err(Refusal::anthropic(format!("`{field}` is deprecated for this model.")));
        }
    }
    for (field, value) in [("temperature", temperature), ("top_p", top_p)] {
        if value.is_some_and(|value| !(0.0..=1.0).contains(&value)) {
            return Err(Refusal::anthropic(format!("{field}: range: 0..1")));
        }
    }
    if thinks && temperature.is_some_and(|value| value != 1.0) {
        return Err(Refusal::anthropic(
            "`temperature` may only be set to 1 when thinking is enabled or in adaptive mode. Please consult our \
             documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking#important-considerations-when-using-extended-thinking",
        ));
    }
    if thinks && top_p.is_some_and(|value| value < 0.95) {
        return Err(Refusal::anthropic(
            "`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled or in adaptive mode.",
        ));
    }
    if thinks && given(body, "top_k").is_some() {
        return Err(Refusal::anthropic(
            "`top_k` must be unset when thinking is enabled or in adaptive mode.",
        ));
    }
    let new = abilities.is_some()
        && !["claude-3", "claude-sonnet-4-2", "claude-opus-4-2"].iter().any(|old| model.contains(old));
    if new && temperature.is_some() && top_p.is_some() {
        return Err(Refusal::anthropic(
            "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
        ));
    }
    Ok(())
}

fn forced_call(body: &Value, model: &str, thinking: Option<&str>) -> Result<(), Refusal> {
    if !matches!(body["tool_choice"]["type"].as_str(), Some("any" | "tool")) {
        return Ok(());
    }
    if thinking == Some("enabled") {
        return Err(Refusal::anthropic("Thinking may not be enabled when tool_choice forces tool use."));
    }
    if models::never_forces_calls(model) {
        return Err(Refusal::anthropic("tool_choice: forced tool use is not supported for this model"));
    }
    Ok(())
}
