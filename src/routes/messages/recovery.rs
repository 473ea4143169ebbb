//! What can be left out of a request that was refused.
//!
//! A gateway serves one model over channels of several vendors and ages, and some of them refuse what the others take. Each
//! form below is tried only where the response names what it does not like, and the model has not run.

use alloc::{string::String, vec::Vec};

use super::request::CACHE_CONTROL;
use crate::history::SYSTEM_MARK;
use crate::json::{Json, Raw, elements, fields, members, parse, string};
use crate::routes::{Recovery, Refusal, without_field};
use crate::text_search::find_bytes;

/// The request in a form that the server may take.
pub fn recover(refusal: &Refusal<'_>) -> Option<Recovery> {
    let response = refusal.response.to_ascii_lowercase();
    let names = |name: &str| find_bytes(&response, name.as_bytes()).is_some();
    // Only complaints about the request: an overloaded server may quote anything.
    if !matches!(refusal.status, 200 | 400 | 422 | 500) {
        return None;
    }
    if names("cache_control") && !names("ttl") {
        return changed(refusal, Part::Marks, "the server does not take cache_control, so nothing is cached");
    }
    // A conversation that went to another channel: its signatures are valid there only [43].
    if names("signature") && names("thinking") {
        let warning = "the server refused the signature of earlier reasoning, which was left out";
        return changed(refusal, Part::Reasoning, warning);
    }
    // "role 'system' is not supported on this model": vendors that host Anthropic's models for others may not take it yet.
    if names("role") {
        let warning =
            "the server does not take system messages after the first turn; they were sent as user messages";
        if let Some(recovery) = changed(refusal, Part::Roles, warning) {
            return Some(recovery);
        }
    }
    if names("output_config") || names("effort") {
        // A schema is not left out: the caller would read a text as JSON.
        let config = field(refusal.request, "output_config");
        let [format] = config.and_then(|config| fields(config, ["format"])).unwrap_or_default();
        if format.is_none() {
            return refusal.without(
                "output_config",
                &[b"output_config", b"effort"],
                "the model does not take an effort",
            );
        }
    }
    // "Expected `thinking`, but found `tool_use`": without the field no turn has to begin with reasoning.
    if names("thinking") || names("budget_tokens") {
        return Some(Recovery {
            body: without_field(refusal.request, "thinking")?,
            warning: "the server refused the field thinking, which was left out".into(),
        });
    }
    None
}

fn field<'a>(body: &'a [u8], name: &str) -> Raw<'a> {
    let body = parse(core::str::from_utf8(body).ok()?).ok()?;
    let [value] = fields(body, [name])?;
    value
}

/// What is left out of all messages.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Marks,
    Reasoning,
    /// The role `system`, so that the texts become the user's.
    Roles,
}

/// The body without a part of its blocks; nothing where it has none of them.
fn changed(refusal: &Refusal<'_>, part: Part, warning: &str) -> Option<Recovery> {
    let body = core::str::from_utf8(refusal.request).ok()?;
    let mut json = Json::with_room(body.len())?;
    json.raw("{");
    for (name, value) in members(parse(body).ok()?) {
        let value = value?.get();
        // With a budget the last turn would have to begin with the reasoning that is left out.
        if part == Part::Reasoning
            && name == "thinking"
            && find_bytes(value.as_bytes(), b"budget_tokens").is_some()
        {
            continue;
        }
        json.key(&name);
        match name.as_str() {
            "messages" => {
                json.raw("[");
                let mut end = "";
                for message in elements(value)? {
                    let [role, content] = fields(message, ["role", "content"])?;
                    // Never empty, because no message ends with reasoning.
                    let blocks = blocks(content?.get(), part)?;
                    let blocks = blocks.get(1..blocks.len().checked_sub(1)?)?;
                    if part == Part::Roles && role?.get() == r#""system""# && !end.is_empty() {
                        // The message before it is always the user's.
                        json.raw(r#",{"type":"text","text":"#);
                        json.string(SYSTEM_MARK);
                        json.raw("},");
                        json.raw(blocks);
                        continue;
                    }
                    json.raw(end);
                    json.item();
                    json.raw(r#"{"role":"#);
                    json.raw(role?.get());
                    json.raw(r#","content":["#);
                    json.raw(blocks);
                    end = "]}";
                }
                json.raw(end);
                json.raw("]");
            }
            "system" | "tools" => json.raw(&blocks(value, part)?),
            _ => json.raw(value),
        }
    }
    json.raw("}");
    let changed: Vec<u8> = json.into_bytes();
    (changed.len() != body.len()).then(|| Recovery { body: changed, warning: warning.into() })
}

fn blocks(list: &str, part: Part) -> Option<String> {
    let mut json = Json::default();
    json.raw("[");
    for block in elements(list)? {
        let [kind, mark] = fields(block, ["type", "cache_control"])?;
        let kind = string(kind);
        if part == Part::Reasoning && matches!(kind.as_deref(), Some("thinking" | "redacted_thinking")) {
            continue;
        }
        json.item();
        // A mark is the last member of a block that has one.
        let marked = block.get().strip_suffix("}");
        let unmarked =
            marked.and_then(|block| CACHE_CONTROL.iter().find_map(|mark| block.strip_suffix(mark)));
        let unmarked = unmarked.and_then(|block| block.strip_suffix(r#","cache_control":"#));
        match unmarked.filter(|_| part == Part::Marks && mark.is_some()) {
            Some(block) => {
                json.raw(block);
                json.raw("}");
            }
            None => json.raw(block.get()),
        }
    }
    json.raw("]");
    Some(json.into_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    const REQUEST: &str = r#"{"model":"m","tools":[{"name":"f","input_schema":{"cache_control":{"type":"ephemeral"}},"cache_control":{"type":"ephemeral"}}],"system":[{"type":"text","text":"s","cache_control":{"type":"ephemeral"}}],"messages":[{"role":"user","content":[{"type":"text","text":"\"cache_control\":{\"type\":\"ephemeral\"}}"}]},{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"s"},{"type":"redacted_thinking","data":"d"},{"type":"tool_use","id":"t","name":"f","input":{"type":"thinking"},"cache_control":{"type":"ephemeral"}}]}],"thinking":{"type":"adaptive"},"output_config":{"effort":"xhigh"}}"#;

    fn recovered(status: u16, response: &str, request: &str) -> Option<String> {
        let refusal = Refusal { status, response: response.as_bytes(), request: request.as_bytes() };
        recover(&refusal).map(|recovery| String::from_utf8(recovery.body).expect("UTF-8"))
    }

    #[test]
    fn marks_are_taken_out_of_the_blocks_and_nowhere_else() {
        let mark = r#","cache_control":{"type":"ephemeral"}}"#;
        // The schema of the tool has a member of that name, and the user a text.
        let expected = REQUEST
            .replace(
                &(r#""input_schema":{"cache_control":{"type":"ephemeral"}}"#.to_string() + mark),
                r#""input_schema":{"cache_control":{"type":"ephemeral"}}}"#,
            )
            .replace(&(r#""text":"s""#.to_string() + mark), r#""text":"s"}"#)
            .replace(
                &(r#""input":{"type":"thinking"}"#.to_string() + mark),
                r#""input":{"type":"thinking"}}"#,
            );
        let response = r#"{"message":"system.0.cache_control: Extra inputs are not permitted"}"#;
        assert_eq!(recovered(400, response, REQUEST), Some(expected.clone()));
        assert_eq!(recovered(400, response, &expected), None, "there is none left");
    }

    #[test]
    fn reasoning_is_taken_out_where_its_signature_is_refused() {
        let response = r#"{"message":"messages.1.content.0: Invalid `signature` in `thinking` block"}"#;
        let reasoning =
            r#"{"type":"thinking","thinking":"t","signature":"s"},{"type":"redacted_thinking","data":"d"},"#;
        let expected = REQUEST.replace(reasoning, "");
        assert_eq!(recovered(400, response, REQUEST), Some(expected.clone()));
        // With a budget the turn would have to begin with reasoning.
        let with_budget =
            REQUEST.replace("{\"type\":\"adaptive\"}", "{\"type\":\"enabled\",\"budget_tokens\":1024}");
        assert_eq!(
            recovered(400, response, &with_budget),
            Some(expected.replace(r#""thinking":{"type":"adaptive"},"#, ""))
        );
    }

    #[test]
    fn late_instructions_become_the_users_where_their_role_is_refused() {
        let request = r#"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"system","content":[{"type":"text","text":"b","cache_control":{"type":"ephemeral"}}]},{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{"role":"system","content":[]}}]}]}"#;
        let expected = request
            .replace(r#"]},{"role":"system","content":["#, r#",{"type":"text","text":"[System message]"},"#);
        for refused in [
            "role 'system' is not supported on this model",
            r#"messages: Unexpected role \"system\". The Messages API accepts a top-level `system` parameter"#,
            "messages.1.role: Input should be 'user' or 'assistant'",
        ] {
            assert_eq!(recovered(400, refused, request), Some(expected.clone()), "{refused}");
            assert_eq!(recovered(400, refused, &expected), None, "there is none left");
        }
    }

    #[test]
    fn a_field_is_left_out_where_the_model_does_not_take_it() {
        let effort =
            "This model does not support effort level 'xhigh'. Supported levels: high, low, max, medium.";
        assert_eq!(
            recovered(400, effort, REQUEST),
            Some(REQUEST.replace(r#","output_config":{"effort":"xhigh"}"#, ""))
        );
        let with_format = REQUEST.replace("{\"effort\":\"xhigh\"}", "{\"effort\":\"xhigh\",\"format\":{}}");
        assert_eq!(recovered(400, effort, &with_format), None, "a schema is not left out silently");
        for refused in [
            "adaptive thinking is not supported on this model",
            "messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`",
        ] {
            let expected = REQUEST.replace(r#","thinking":{"type":"adaptive"}"#, "");
            assert_eq!(recovered(400, refused, REQUEST), Some(expected));
        }
    }

    #[test]
    fn any_other_refusal_is_final() {
        for (status, response) in [
            (400, "prompt is too long: 9 tokens > 8 maximum"),
            (429, "thinking too much"),
            (529, "cache_control"),
            (401, "signature of thinking"),
        ] {
            assert_eq!(recovered(status, response, REQUEST), None, "{response}");
        }
        assert_eq!(recovered(400, "thinking", r#"{"model":"m"}"#), None);
    }
}
