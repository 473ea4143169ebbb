use serde_json::{Value, json};

use super::check::request;
use super::read;
use crate::chat_request::Turn;
use crate::routes::seal::{canonical, seal};

fn with(fields: Value) -> Value {
    let mut body =
        json!({ "model": "gpt-5.5", "store": false, "input": [{ "role": "user", "content": "hello" }] });
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

fn input(items: Vec<Value>) -> Value {
    let mut all = vec![json!({ "role": "user", "content": [{ "type": "input_text", "text": "hello" }] })];
    all.extend(items);
    with(json!({ "input": all }))
}

fn reasoning(number: u64, text: &str) -> Value {
    let summary = json!([{ "type": "summary_text", "text": text }]);
    json!({ "type": "reasoning", "summary": summary, "encrypted_content": seal(number, &canonical(&summary)) })
}

fn call(id: &str) -> Value {
    json!({ "type": "function_call", "call_id": id, "name": "look", "arguments": "{}" })
}

fn output(id: &str) -> Value {
    json!({ "type": "function_call_output", "call_id": id, "output": "x" })
}

fn said(text: &str) -> Value {
    json!({ "type": "message", "role": "assistant", "content": [{ "type": "output_text", "text": text }] })
}

fn tool(strict: bool) -> Value {
    json!({ "type": "function", "name": "look", "strict": strict,
        "parameters": { "type": "object", "properties": { "city": { "type": "string" } } } })
}

#[test]
fn what_openai_accepts_is_accepted() {
    let user = json!({ "role": "user", "content": "and?" });
    let mut with_id = reasoning(1, "a");
    with_id["id"] = "rs_1".into();
    for body in [
        with(json!({ "input": "hello" })),
        with(
            json!({ "instructions": "Be brief.", "max_output_tokens": 16, "prompt_cache_key": "k", "user": "u" }),
        ),
        with(
            json!({ "reasoning": { "effort": "low", "summary": "auto" }, "include": ["reasoning.encrypted_content"] }),
        ),
        with(json!({ "reasoning": { "effort": "none" }, "temperature": 0.5 })),
        with(json!({ "model": "gpt-4o", "temperature": 0 })),
        with(json!({ "tools": [tool(false)], "tool_choice": { "type": "function", "name": "look" } })),
        with(json!({ "input": "Reply in JSON.", "text": { "format": { "type": "json_object" } } })),
        input(vec![reasoning(1, "a"), reasoning(2, "b"), call("1"), call("2"), output("2"), output("1")]),
        input(vec![with_id, call("1"), output("1"), said("done"), user.clone()]),
        input(vec![reasoning(9, "a"), said("one"), user, reasoning(1, "b"), said("two")]),
        input(vec![json!({ "type": "web_search_call", "id": "ws_1", "status": "completed" })]),
        with(json!({ "input": [{ "role": "user", "content": [
            { "type": "input_image", "image_url": "data:image/png;base64,AAAA", "detail": "auto" },
            { "type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA" },
        ] }] })),
    ] {
        assert_eq!(request(&body), Ok(()), "{body}");
    }
}

#[test]
fn what_openai_refuses_is_refused_with_its_text() {
    let mut altered = reasoning(1, "a");
    altered["summary"][0]["text"] = "A".into();
    let mut foreign = reasoning(1, "a");
    foreign["encrypted_content"] = "gAAAAABo".into();
    let by_id = json!({ "type": "reasoning", "id": "rs_1", "summary": [] });
    let strict = json!({ "type": "json_schema", "name": "a", "strict": true,
        "schema": { "type": "object", "properties": { "a": { "type": "string" } } } });
    for (body, expected) in [
        (with(json!({ "model": "" })), "model name is required"),
        (with(json!({ "stop": ["a"] })), "Unknown parameter: 'stop'."),
        (with(json!({ "seed": 1 })), "Unknown parameter: 'seed'."),
        (with(json!({ "messages": [] })), "Unknown parameter: 'messages'."),
        (with(json!({ "max_output_tokens": 15 })), "integer below minimum value"),
        (with(json!({ "temperature": 1 })), "'temperature' is not supported"),
        (with(json!({ "model": "o4-mini", "top_p": 1 })), "'top_p' is not supported"),
        (with(json!({ "model": "gpt-4o", "temperature": 3 })), "decimal out of range"),
        (
            with(json!({ "model": "gpt-4o", "reasoning": { "effort": "low" } })),
            "'reasoning.effort' is not supported",
        ),
        (
            with(json!({ "model": "gpt-4.1", "include": ["reasoning.encrypted_content"] })),
            "Encrypted content",
        ),
        (with(json!({ "reasoning": { "effort": "lots" } })), "Invalid value: 'lots'"),
        (with(json!({ "reasoning": { "effort": "minimal" } })), "Unsupported value: 'minimal'"),
        (
            with(json!({ "model": "gpt-5.5-pro", "reasoning": { "effort": "low" } })),
            "Unsupported value: 'low'",
        ),
        (with(json!({ "prompt_cache_key": "k".repeat(65) })), "maximum length 64"),
        (with(json!({ "stream_options": {} })), "'stream_options'"),
        (with(json!({ "text": { "format": { "type": "json_object" } } })), "must contain the word 'json'"),
        (with(json!({ "text": { "format": strict } })), "'additionalProperties' is required"),
        (with(json!({ "tools": [tool(true)] })), "'additionalProperties' is required"),
        (
            with(json!({ "tools": [{ "type": "function", "function": { "name": "look" } }] })),
            "'tools[0].name'",
        ),
        (with(json!({ "tool_choice": "auto" })), "only allowed when tools are specified"),
        (
            with(json!({ "tools": [tool(false)], "tool_choice": { "type": "function", "name": "no" } })),
            "not found",
        ),
        (with(json!({ "input": [] })), "at least one item"),
        (
            input(vec![json!({ "role": "assistant", "content": [{ "type": "input_text", "text": "a" }] })]),
            "Invalid value: 'input_text'. Supported values are: 'output_text', 'refusal'.",
        ),
        (
            input(vec![json!({ "role": "user", "content": [{ "type": "text", "text": "a" }] })]),
            "Invalid value: 'text'",
        ),
        (input(vec![json!({ "role": "tool", "content": "a" })]), "Invalid value: 'tool'"),
        (input(vec![json!({ "type": "daydream" })]), "Invalid value: 'daydream'"),
        (input(vec![call("1")]), "No tool output found for function call 1."),
        (input(vec![output("1")]), "No tool call found for function call output with call_id 1."),
        (input(vec![output("1"), call("1")]), "No tool call found"),
        (input(vec![call("1"), output("1"), output("1")]), "No tool call found"),
        (input(vec![call(&"i".repeat(65))]), "maximum length 64"),
        (
            input(vec![json!({ "type": "function_call", "call_id": "1", "name": "look", "arguments": {} })]),
            "arguments",
        ),
        (input(vec![reasoning(1, "a")]), "without its required following item"),
        (
            input(vec![reasoning(1, "a"), json!({ "role": "user", "content": "b" })]),
            "without its required following",
        ),
        (input(vec![altered, said("b")]), "could not be verified"),
        (input(vec![foreign, said("b")]), "could not be verified"),
        (input(vec![reasoning(2, "b"), reasoning(1, "a"), said("c")]), "could not be verified"),
        (input(vec![by_id, said("b")]), "Items are not persisted when `store` is set to false"),
        (
            input(vec![json!({ "type": "reasoning", "encrypted_content": "x" }), said("b")]),
            "'input[1].summary'",
        ),
        (input(vec![json!({ "type": "item_reference", "id": "rs_1" })]), "not found"),
    ] {
        let refusal = request(&body).expect_err(&body.to_string());
        assert!(refusal.message.contains(expected), "{}\n{body}", refusal.message);
        assert!((400..=404).contains(&refusal.status), "{body}");
    }
}

#[test]
fn parallel_calls_and_their_outputs_are_one_turn() {
    let mut body = input(vec![said("I look."), call("1"), call("2"), output("1"), output("2")]);
    body["tools"] = json!([tool(false)]);
    let request = read(body.clone());
    assert_eq!((request.turn, request.tool_results.len()), (Turn::Text, 2));
    body["reasoning"] = json!({ "effort": "low" });
    assert_eq!(read(body).turn, Turn::Reasoning);
}
