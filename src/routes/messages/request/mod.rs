//! Writes a request as the body of `POST /messages`.
//!
//! The order of the fields is that of the prefix which the vendor caches: the tools, the instructions, the messages. Errors
//! and warnings name positions in the request and repeat no part of it, because they end up in logs.

mod blocks;
mod cache;
mod closed_schema;
mod content;
mod media;
mod options;
mod thinking;
mod tools;

pub use blocks::CACHE_CONTROL;

use super::models::Abilities;
use crate::errors::Error;
use crate::history::Conversation;
use crate::routes::encoding::{self, Body, Extra, ExtraRules, extra_json, invalid};
use crate::routes::{CheckedRequest, Encoded};
use crate::text_search::contains;
use content::WireConversation;
use thinking::{Mode, Plan};

/// `output_config` has options of ours and of the caller's.
const EXTRA: ExtraRules = ExtraRules {
    fixed: &["model", "messages", "system", "stream"],
    merged: "output_config",
    fixed_members: &[],
};

/// Writes a request. The response is always requested as a stream.
///
/// # Errors
/// `invalid-request` for what no server would take: the message says what and where.
pub fn write(checked: CheckedRequest<'_>) -> Result<Encoded, Error> {
    let CheckedRequest { request, model, conversation: Conversation { turns, mut warnings } } = checked;
    let extra_json = extra_json(request, &mut warnings);
    let extra = Extra::parse(extra_json.as_deref(), &EXTRA)?;
    let callers_tools = extra.has("tools");
    let callers_thinking =
        extra.fields().any(|(name, value)| name == "thinking" && !contains(value, "disabled"));
    encoding::tools::check(request, callers_tools)?;
    encoding::options::check(request)?;

    let abilities = Abilities::of(model);
    let mut conversation = WireConversation::of(&turns, &mut warnings);
    if conversation.messages.is_empty() {
        return Err(invalid("the request has no messages, or only empty ones"));
    }
    let prefix = cache::mark(&mut conversation, request, callers_tools);
    let no_budget = if tools::forces(request.tool_choice.as_ref()) {
        Some("a tool choice that forces a call is refused beside a budget for reasoning, which was not sent")
    } else if conversation.ends_in_unthinking_calls() {
        Some(
            "the last calls have no reasoning of this route, beside which a budget for reasoning is refused; it was not \
             sent for this turn",
        )
    } else {
        None
    };
    let plan = Plan::new(request, &abilities, no_budget, &mut warnings);

    let mut body = Body::new(request, extra)?;
    if let Some(json) = body.field("model") {
        json.string(model);
    }
    if let Some(json) = body.field("max_tokens") {
        json.integer(plan.max_tokens.into());
    }
    if let Some(json) = body.field("stream") {
        json.bool(true);
    }
    tools::write(&mut body, request, prefix.control(prefix.tools), &mut warnings)?;
    tools::write_choice(&mut body, request, abilities.no_forced_tool, &mut warnings);
    if !conversation.system.is_empty()
        && let Some(json) = body.field("system")
    {
        json.raw("[");
        for (at, text) in conversation.system.iter().enumerate() {
            blocks::begin_text(json, text);
            blocks::close(json, prefix.control(prefix.has_system(at)));
        }
        json.raw("]");
    }
    if let Some(json) = body.field("messages") {
        blocks::write(json, &conversation, &prefix, &mut warnings)?;
    }
    if plan.mode != Mode::Unset
        && let Some(json) = body.field("thinking")
    {
        plan.mode.write(json);
    }
    options::output_config(&mut body, request, &abilities, &plan, &mut warnings)?;
    let thinks = plan.thinks() || callers_thinking;
    options::sampling(&mut body, request, &abilities, thinks, &mut warnings);
    options::others(&mut body, request, &mut warnings);
    Ok(body.finish(warnings.into_vec()))
}
