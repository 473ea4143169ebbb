use serde_json::{Value, json};

use super::request;

/// A valid request with these fields replaced or added.
fn with(fields: Value) -> Value {
    let mut body = json!({ "model": "gpt-4o", "messages": [{ "role": "user", "content": "hello" }] });
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

fn call(id: &str, arguments: Value) -> Value {
    json!({ "id": id, "type": "function", "function": { "name": "look", "arguments": arguments } })
}

fn history(messages: Vec<Value>) -> Value {
    with(json!({ "messages": messages }))
}

/// A tool call and its result, for a model.
fn turn_with_id(model: &str, id: &str) -> Value {
    with(json!({ "model": model, "messages": [
        { "role": "assistant", "content": null, "tool_calls": [call(id, "{}".into())] },
        { "role": "tool", "tool_call_id": id, "content": "x" },
    ] }))
}

fn tool(name: &str) -> Value {
    json!({ "type": "function", "function": { "name": name, "parameters": { "type": "object", "properties": {} } } })
}

/// A tool with this schema.
fn with_parameters(parameters: Value) -> Value {
    let mut tool = tool("a");
    tool["function"]["parameters"] = parameters;
    with(json!({ "tools": [tool] }))
}

#[test]
fn requests_that_a_strict_server_accepts_are_accepted() {
    let user = json!({ "role": "user", "content": "hello" });
    let accepted = [
        with(json!({})),
        with(json!({ "stream": true, "stream_options": { "include_usage": true } })),
        with(json!({ "tools": [tool("look"), tool("see")], "tool_choice": "auto" })),
        with(json!({ "tools": [tool("look")], "parallel_tool_calls": false,
            "tool_choice": { "type": "function", "function": { "name": "look" } } })),
        with(json!({ "max_tokens": 5, "temperature": 0, "stop": ["a", "b"], "seed": -1 })),
        with(json!({ "model": "gpt-5.4", "max_completion_tokens": 5 })),
        with(json!({ "model": "omni-moderation-latest", "max_tokens": 5 })),
        with(json!({ "response_format": { "type": "json_schema",
            "json_schema": { "name": "a", "schema": {} } } })),
        with(json!({ "messages": [{ "role": "user", "content": [
            { "type": "text", "text": "what is this?" },
            { "type": "image_url", "image_url": { "url": "data:image/png;base64,AAAA" } },
            { "type": "input_audio", "input_audio": { "data": "AAAA", "format": "wav" } },
            { "type": "file", "file": { "file_data": "data:text/plain;base64,AAAA", "filename": "a" } },
        ] }] })),
        history(vec![
            user,
            json!({ "role": "assistant", "content": null,
                "tool_calls": [call("1", "{}".into()), call("2", "{}".into())] }),
            json!({ "role": "tool", "tool_call_id": "2", "content": "two" }),
            json!({ "role": "tool", "tool_call_id": "1", "content": [{ "type": "text", "text": "one" }] }),
        ]),
        with(json!({ "user": "é".repeat(64), "prompt_cache_key": "k".repeat(64) })),
        history(vec![json!({ "role": "assistant", "content": "",
            "thinking_blocks": [{ "type": "thinking", "thinking": "a", "signature": "s" },
                { "type": "redacted_thinking", "data": "d" }],
            "reasoning_details": [{ "type": "reasoning.text", "text": "a", "signature": "s" }] })]),
        turn_with_id("kimi-k2", "functions.look:0"),
        turn_with_id("claude-opus-5", "toolu_1"),
        turn_with_id("mistral-large", "D681PevKs"),
        turn_with_id("gpt-oss-120b", &"x".repeat(46)),
    ];
    for body in accepted {
        assert_eq!(request(&body), Ok(()), "{body}");
    }
}

#[test]
fn requests_that_a_strict_server_refuses_are_refused_with_the_wrong_field() {
    let assistant = |calls: Value| json!({ "role": "assistant", "content": null, "tool_calls": calls });
    let result = |id: &str| json!({ "role": "tool", "tool_call_id": id, "content": "x" });
    let user = json!({ "role": "user", "content": "hello" });
    let part = |part: Value| history(vec![json!({ "role": "user", "content": [part] })]);
    let refused = [
        (json!([]), 400, ""),
        (json!({ "messages": [] }), 400, ""),
        (with(json!({ "messages": [] })), 500, ""),
        (with(json!({ "stream": "yes" })), 400, "stream"),
        (with(json!({ "stream_options": {} })), 400, "stream_options"),
        (with(json!({ "tools": [] })), 400, "tools"),
        (with(json!({ "tools": [tool("a b")] })), 400, "tools[0].function.name"),
        (with(json!({ "tools": [tool("a"), tool("a")] })), 400, "tools[1].function.name"),
        (with(json!({ "tool_choice": "auto" })), 400, "tool_choice"),
        (with(json!({ "tools": [tool("a")], "tool_choice": "any" })), 400, "tool_choice"),
        (with(json!({ "parallel_tool_calls": true })), 400, "parallel_tool_calls"),
        (with(json!({ "response_format": { "type": "json_schema" } })), 400, "response_format"),
        (with(json!({ "temperature": 3 })), 400, "temperature"),
        (with(json!({ "max_tokens": 0 })), 400, "max_tokens"),
        (with(json!({ "max_tokens": 1, "max_completion_tokens": 1 })), 400, "max_tokens"),
        (with(json!({ "model": "gpt-5.4", "max_tokens": 1 })), 400, "max_tokens"),
        (with(json!({ "model": "o4-mini-2025-04-16", "max_tokens": 1 })), 400, "max_tokens"),
        (with(json!({ "model": "gpt-5", "temperature": 0.5 })), 400, "temperature"),
        (with(json!({ "stop": [] })), 400, "stop"),
        (with(json!({ "user": "" })), 400, "user"),
        (history(vec![json!({ "role": "robot", "content": "x" })]), 400, "messages[0].role"),
        (history(vec![json!({ "role": "user" })]), 400, "messages[0].content"),
        (history(vec![json!({ "role": "user", "content": [] })]), 400, "messages[0].content"),
        (part(json!({ "type": "text" })), 400, "messages[0].content[0].text"),
        (
            part(json!({ "type": "image_url", "image_url": { "url": "data:image/png;base64,?" } })),
            400,
            "messages[0].content[0].image_url",
        ),
        (history(vec![result("1")]), 400, "messages[0].tool_call_id"),
        (history(vec![assistant(json!([call("1", "{}".into())]))]), 400, "messages.role"),
        (history(vec![assistant(json!([call("1", "{}".into())])), user]), 400, "messages[1].role"),
        (
            history(vec![assistant(json!([call("1", json!({}))])), result("1")]),
            400,
            "messages[0].tool_calls[0].function.arguments",
        ),
        (history(vec![assistant(json!([call("", "{}".into())]))]), 400, "messages[0].tool_calls[0].id"),
        (turn_with_id("claude-opus-5", "functions.look:0"), 400, "messages[0].tool_calls[0].id"),
        (turn_with_id("mistral-large", "toolu_1"), 400, "messages[0].tool_calls[0].id"),
        (turn_with_id("gpt-5.4", &"x".repeat(41)), 400, "messages[0].tool_calls[0].id"),
        (
            with(json!({ "model": "claude-opus-5", "messages": [
                assistant(json!([call("a", "{}".into())])), result("a"),
                assistant(json!([call("a", "{}".into())])), result("a"),
            ] })),
            400,
            "messages[2].tool_calls",
        ),
        (with(json!({ "user": "u".repeat(65) })), 400, "user"),
        (with(json!({ "prompt_cache_key": "é".repeat(65) })), 400, "prompt_cache_key"),
        (with_parameters(json!({})), 400, "tools[0].function.parameters"),
        (with_parameters(json!({ "type": "object" })), 400, "tools[0].function.parameters"),
        (with_parameters(json!({ "properties": {} })), 400, "tools[0].function.parameters"),
        (history(vec![json!({ "role": "user", "content": " \n" })]), 400, "messages[0].content"),
        (history(vec![json!({ "role": "system", "content": "\u{a0}" })]), 400, "messages[0].content"),
        (history(vec![json!({ "role": "assistant", "content": " " })]), 400, "messages[0].content"),
        (part(json!({ "type": "text", "text": "" })), 400, "messages[0].content[0].text"),
        (
            part(json!({ "type": "image_url", "image_url": { "url": "data:image/png;base64,/9j/4AAQ" } })),
            400,
            "messages[0].content[0].image_url",
        ),
        (
            part(json!({ "type": "image_url", "image_url": { "url": "data:image/jpg;base64,AAAA" } })),
            400,
            "messages[0].content[0].image_url",
        ),
        (
            history(vec![json!({ "role": "assistant", "content": "a",
                "thinking_blocks": [{ "type": "thinking", "thinking": "a" }] })]),
            400,
            "messages[0].thinking_blocks[0]",
        ),
        (
            history(vec![json!({ "role": "assistant", "content": "a",
                "reasoning_details": [{ "type": "reasoning.text", "signature": "s" }] })]),
            400,
            "messages[0].reasoning_details[0]",
        ),
    ];
    for (body, status, param) in refused {
        let refusal = request(&body).expect_err(&body.to_string());
        assert_eq!((refusal.status, refusal.param.as_str()), (status, param), "{body}");
    }
}
