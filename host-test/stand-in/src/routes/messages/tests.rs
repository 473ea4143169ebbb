use std::time::Duration;

use serde_json::{Value, json};

use super::check::request;
use super::{cache, read};
use crate::routes::PromptCache;
use crate::routes::seal::seal;

const MODEL: &str = "claude-sonnet-4-5";

fn with(fields: Value) -> Value {
    let mut body =
        json!({ "model": MODEL, "max_tokens": 9000, "messages": [{ "role": "user", "content": "hello" }] });
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

/// A user's text, a response with these blocks, and the user's next message with these.
fn history(said: Vec<Value>, next: Vec<Value>) -> Value {
    let user = json!({ "role": "user", "content": "hello" });
    let assistant = json!({ "role": "assistant", "content": said });
    with(json!({ "messages": [user, assistant, { "role": "user", "content": next }] }))
}

fn and(mut body: Value, fields: Value) -> Value {
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

fn text(text: &str) -> Value {
    json!({ "type": "text", "text": text })
}

fn thinking(number: u64, text: &str) -> Value {
    json!({ "type": "thinking", "thinking": text, "signature": seal(number, text) })
}

fn tool_use(id: &str) -> Value {
    json!({ "type": "tool_use", "id": id, "name": "look", "input": {} })
}

fn result(id: &str) -> Value {
    json!({ "type": "tool_result", "tool_use_id": id, "content": "x" })
}

fn marked(mut block: Value, ttl: &str) -> Value {
    block["cache_control"] = json!({ "type": "ephemeral", "ttl": ttl });
    block
}

fn tool(schema: Value) -> Value {
    json!({ "name": "look", "input_schema": schema })
}

fn enabled(budget: u64) -> Value {
    json!({ "thinking": { "type": "enabled", "budget_tokens": budget } })
}

fn late_system(model: &str, roles: &[&str]) -> Value {
    let messages: Vec<Value> =
        roles.iter().map(|role| json!({ "role": role, "content": [text("a")] })).collect();
    with(json!({ "model": model, "messages": messages }))
}

#[test]
fn what_anthropic_accepts_is_accepted() {
    let object = json!({ "type": "object" });
    let two = vec![thinking(1, "a"), thinking(2, "b"), tool_use("1"), tool_use("2")];
    for body in [
        with(json!({ "system": "Be brief.", "stream": true, "temperature": 1, "stop_sequences": ["END"] })),
        with(json!({ "system": [marked(text("Be brief."), "1h")], "tools": [tool(object.clone())] })),
        with(
            json!({ "tools": [tool(object)], "tool_choice": { "type": "auto", "disable_parallel_tool_use": true } }),
        ),
        with(enabled(1024)),
        with(json!({ "model": "claude-opus-5", "thinking": { "type": "adaptive", "display": "summarized" },
            "output_config": { "effort": "xhigh" } })),
        with(json!({ "model": "claude-opus-4-5", "output_config": { "effort": "high" } })),
        and(history(two.clone(), vec![result("2"), result("1"), text("and?")]), enabled(2000)),
        history(two, vec![result("1"), result("2")]),
        history(
            vec![json!({ "type": "redacted_thinking", "data": seal(1, "redacted") }), text("a")],
            vec![text("b")],
        ),
        history(vec![thinking(1, ""), text("a")], vec![text("b")]),
        with(json!({ "messages": [{ "role": "user", "content": [
            { "type": "image", "source": { "type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo=" } },
            { "type": "document", "title": "a", "source": { "type": "text", "media_type": "text/plain", "data": "b" } },
        ] }] })),
        with(
            json!({ "messages": [{ "role": "user", "content": "Name:" }, { "role": "assistant", "content": "It is" }] }),
        ),
        with(json!({ "output_config": { "format": { "type": "json_schema",
            "schema": { "type": "object", "properties": {}, "additionalProperties": false } } } })),
        late_system("claude-opus-4-8", &["user", "system"]),
        late_system("claude-opus-5", &["user", "system", "assistant", "user", "system"]),
        late_system("claude-fable-5", &["user", "assistant", "user", "system"]),
    ] {
        assert_eq!(request(&body), Ok(()), "{body}");
    }
}

#[test]
fn what_anthropic_refuses_is_refused_with_its_text() {
    let mut unsigned = thinking(1, "a");
    unsigned.as_object_mut().unwrap().remove("signature");
    let mut altered = thinking(1, "a");
    altered["thinking"] = "A".into();
    let foreign = json!({ "type": "thinking", "thinking": "a", "signature": "EqQBCg==" });
    let next = || vec![text("b")];
    let five: Vec<Value> = (0..5).map(|number| marked(text(&number.to_string()), "5m")).collect();
    let forced = json!({ "tools": [tool(json!({ "type": "object" }))], "tool_choice": { "type": "any" } });
    for (body, expected) in [
        (and(with(json!({})), json!({ "max_tokens": null })), "max_tokens: Field required"),
        (with(json!({ "max_tokens": 64_001 })), "64001 > 64000, which is the maximum"),
        (with(json!({ "seed": 1 })), "seed: Extra inputs are not permitted"),
        (with(json!({ "anthropic_beta": [] })), "anthropic_beta: Extra inputs"),
        (with(enabled(1023)), "greater than or equal to 1024"),
        (with(enabled(9000)), "`max_tokens` must be greater than `thinking.budget_tokens`"),
        (and(with(enabled(2000)), json!({ "temperature": 0.5 })), "`temperature` may only be set to 1"),
        (and(with(enabled(2000)), json!({ "top_p": 0.9 })), "`top_p` must be greater"),
        (and(with(enabled(2000)), json!({ "top_k": 4 })), "`top_k` must be unset"),
        (and(with(enabled(2000)), forced.clone()), "Thinking may not be enabled"),
        (and(with(forced), json!({ "model": "claude-fable-5" })), "forced tool use is not supported"),
        (
            and(with(enabled(2000)), json!({ "model": "claude-opus-5" })),
            "\"thinking.type.enabled\" is not supported",
        ),
        (with(json!({ "thinking": { "type": "adaptive" } })), "adaptive thinking is not supported"),
        (with(json!({ "model": "claude-opus-5", "temperature": 1 })), "`temperature` is deprecated"),
        (with(json!({ "temperature": 1, "top_p": 0.5 })), "cannot both be specified"),
        (with(json!({ "temperature": 1.5 })), "range: 0..1"),
        (with(json!({ "output_config": { "effort": "low" } })), "does not support the effort parameter"),
        (
            with(json!({ "model": "claude-opus-4-6", "output_config": { "effort": "xhigh" } })),
            "effort level 'xhigh'",
        ),
        (with(json!({ "system": "a", "messages": [] })), "at least one message"),
        (with(json!({ "messages": [{ "role": "assistant", "content": "a" }] })), "first message must use"),
        (
            with(
                json!({ "messages": [{ "role": "user", "content": "a" }, { "role": "user", "content": "b" }] }),
            ),
            "roles must alternate",
        ),
        (
            with(
                json!({ "messages": [{ "role": "user", "content": "a" }, { "role": "system", "content": "b" }] }),
            ),
            "Unexpected role \"system\"",
        ),
        (late_system("claude-sonnet-5", &["user", "system"]), "Unexpected role \"system\""),
        (late_system("claude-opus-5", &["system", "user"]), "use the top-level 'system' parameter"),
        (late_system("claude-opus-5", &["user", "system", "user"]), "must precede an 'assistant' message"),
        (late_system("claude-opus-5", &["user", "system", "system"]), "must precede an 'assistant' message"),
        (late_system("claude-opus-5", &["user", "assistant", "system"]), "must follow a 'user' message"),
        (
            with(json!({ "model": "claude-sonnet-4-6", "messages": [{ "role": "user", "content": "a" },
            { "role": "assistant", "content": "b" }] })),
            "does not support assistant message prefill",
        ),
        (with(json!({ "messages": [{ "role": "user", "content": "" }] })), "non-whitespace text"),
        (with(json!({ "messages": [{ "role": "user", "content": [] }] })), "must have non-empty content"),
        (history(vec![text("")], next()), "text content blocks must be non-empty"),
        (history(vec![text(" \n")], next()), "non-whitespace text"),
        (history(vec![unsigned, text("a")], next()), "thinking.signature: Field required"),
        (history(vec![foreign, text("a")], next()), "Invalid `signature` in `thinking` block"),
        (history(vec![altered, text("a")], next()), "cannot be modified"),
        (history(vec![thinking(2, "b"), thinking(1, "a"), text("a")], next()), "cannot be modified"),
        (history(vec![text("a"), thinking(1, "b")], next()), "final block in an assistant message cannot be"),
        (and(history(vec![tool_use("1")], vec![result("1")]), enabled(2000)), "but found `tool_use`"),
        (
            and(history(vec![text("a"), thinking(1, "t"), tool_use("1")], vec![result("1")]), enabled(2000)),
            "but found `text`",
        ),
        (
            history(vec![tool_use("1")], next()),
            "were found without `tool_result` blocks immediately after: 1",
        ),
        (history(vec![tool_use("1")], vec![text("b"), result("1")]), "were found without `tool_result`"),
        (history(vec![text("a")], vec![result("1")]), "unexpected `tool_use_id`"),
        (history(vec![tool_use("1")], vec![result("1"), result("1")]), "must have a single result"),
        (history(vec![tool_use("1"), tool_use("1")], vec![result("1")]), "ids must be unique"),
        (history(vec![tool_use("a.b")], vec![result("a.b")]), "should match pattern"),
        (
            history(
                vec![json!({ "type": "tool_use", "id": "1", "name": "look", "input": "{}" })],
                vec![result("1")],
            ),
            "valid dictionary",
        ),
        (history(vec![json!({ "type": "daydream" })], next()), "Input tag 'daydream'"),
        (
            with(
                json!({ "messages": [{ "role": "user", "content": [{ "type": "input_text", "text": "a" }] }] }),
            ),
            "Input tag 'input_text'",
        ),
        (
            with(json!({ "messages": [{ "role": "user", "content": five }] })),
            "A maximum of 4 blocks with cache_control may be provided. Found 5.",
        ),
        (
            with(json!({ "system": [marked(text("a"), "5m"), marked(text("b"), "1h")] })),
            "must not come after",
        ),
        (history(vec![marked(thinking(1, "a"), "5m"), text("a")], next()), "cache_control: Extra inputs"),
        (with(json!({ "system": [marked(text("a"), "2h")] })), "Input should be '5m' or '1h'"),
        (with(json!({ "tools": [tool(json!({}))] })), "Input should be 'object'"),
        (
            with(json!({ "tools": [{ "name": "a b", "input_schema": { "type": "object" } }] })),
            "should match pattern",
        ),
        (with(json!({ "tool_choice": { "type": "auto" } })), "while providing tools"),
        (with(json!({ "stop_sequences": [" "] })), "non-whitespace"),
        (
            with(
                json!({ "output_config": { "format": { "type": "json_schema", "schema": { "type": "object" } } } }),
            ),
            "'additionalProperties' must be",
        ),
    ] {
        let refusal = request(&body).expect_err(&body.to_string());
        assert!(refusal.message.contains(expected), "{}\n{body}", refusal.message);
        assert_eq!(refusal.body("r")["type"], "error", "{body}");
    }
}

#[test]
fn a_growing_conversation_reads_its_prefix_from_the_cache() {
    let long = "word ".repeat(2000);
    let mut cached = PromptCache::default();
    let mut used = |marks: &[usize], system: &str, thinking: bool| {
        let mut blocks = vec![text(&long), text("one"), text("two")];
        marks.iter().for_each(|at| blocks[*at]["cache_control"] = json!({ "type": "ephemeral" }));
        let mut body = with(json!({ "system": system, "messages": [{ "role": "user", "content": blocks }] }));
        if thinking {
            body = and(body, enabled(2000));
        }
        cache(&read(body), &mut cached, Duration::ZERO)
    };
    let first = used(&[0], "a", false);
    assert!(first.read == 0 && first.written_5m > 2000 && first.fresh > 0, "{first:?}");
    let second = used(&[2], "a", false);
    assert!(second.read == first.written_5m && second.written_5m > 0 && second.fresh == 0, "{second:?}");
    assert_eq!(used(&[2], "a", true).read, 0, "thinking changes what follows the system text");
    assert_eq!(used(&[2], "b", false).read, 0);
    assert_eq!(used(&[], "a", false).read, 0, "without a mark nothing is read");
}

#[test]
fn a_string_is_the_same_prefix_as_its_text_block() {
    let long = "word ".repeat(2000);
    let mut cached = PromptCache::default();
    let mut used = |system: Value, content: Value| {
        let next = marked(text("and?"), "5m");
        let said = json!({ "role": "assistant", "content": [text("yes")] });
        let user = json!({ "role": "user", "content": content });
        let last = json!({ "role": "user", "content": [next] });
        let body = with(json!({ "system": system, "messages": [user, said, last] }));
        cache(&read(body), &mut cached, Duration::ZERO)
    };
    let written = used(json!([text("a")]), json!([text(&long)])).written();
    assert!(written > 2000, "{written}");
    assert_eq!(used(json!("a"), json!(long)).read, written);
    assert_eq!(used(json!("b"), json!(long)).read, 0);
}
