use serde_json::{Value, json};

use super::check::request;
use super::contents::signed;
use super::{decoded, generation, read};
use crate::routes::seal::seal;

const OLD: &str = "gemini-2.5-flash";
const NEW: &str = "gemini-3.5-flash";

fn with(fields: Value) -> Value {
    let mut body = json!({ "contents": [{ "role": "user", "parts": [{ "text": "hello" }] }] });
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

fn config(fields: Value) -> Value {
    with(json!({ "generationConfig": fields }))
}

fn thinking(fields: Value) -> Value {
    config(json!({ "thinkingConfig": fields }))
}

/// A user's text, and then these contents, beginning with the model's.
fn history(turns: Vec<Vec<Value>>) -> Value {
    let mut contents = vec![json!({ "role": "user", "parts": [{ "text": "hello" }] })];
    for (number, parts) in turns.into_iter().enumerate() {
        let role = if number % 2 == 0 { "model" } else { "user" };
        contents.push(json!({ "role": role, "parts": parts }));
    }
    with(json!({ "contents": contents }))
}

fn call(name: &str) -> Value {
    json!({ "functionCall": { "name": name, "args": { "a": 1 } } })
}

fn signed_call(name: &str) -> Value {
    let mut part = call(name);
    part["thoughtSignature"] = seal(1, &signed(&part)).into();
    part
}

fn response(name: &str) -> Value {
    json!({ "functionResponse": { "name": name, "response": { "result": "x" } } })
}

fn functions(functions: Value) -> Value {
    json!([{ "functionDeclarations": functions }])
}

fn text(text: &str) -> Value {
    json!({ "text": text })
}

#[test]
fn what_google_accepts_is_accepted() {
    let schema = json!({ "type": "object", "properties": {}, "additionalProperties": false });
    let mut marked = call("look");
    marked["thoughtSignature"] = "skip_thought_signature_validator".into();
    let empty = json!({ "text": "", "thoughtSignature": seal(3, "") });
    for (model, body) in [
        (NEW, thinking(json!({ "thinkingLevel": "LOW", "includeThoughts": true }))),
        (OLD, thinking(json!({ "thinkingBudget": 0 }))),
        ("gemini-2.5-pro", thinking(json!({ "thinkingBudget": -1 }))),
        (
            NEW,
            with(json!({ "systemInstruction": { "parts": [text("a")] },
            "tools": functions(json!([{ "name": "look", "parametersJsonSchema": schema }])),
            "toolConfig": { "functionCallingConfig": { "mode": "ANY", "allowedFunctionNames": ["look"] } } })),
        ),
        (NEW, config(json!({ "temperature": 1, "maxOutputTokens": 10, "seed": -1, "stopSequences": ["a"] }))),
        (OLD, history(vec![vec![call("look")], vec![response("look")]])),
        (NEW, history(vec![vec![signed_call("look"), call("see")], vec![response("look"), response("see")]])),
        (
            NEW,
            history(vec![
                vec![signed_call("a")],
                vec![response("a")],
                vec![signed_call("b")],
                vec![response("b")],
            ]),
        ),
        (NEW, history(vec![vec![marked], vec![response("look")]])),
        // The signatures of an earlier turn may be missing.
        (NEW, history(vec![vec![call("a")], vec![response("a")], vec![text("b")], vec![text("c")]])),
        (NEW, history(vec![vec![text("a"), empty], vec![text("b")]])),
    ] {
        assert_eq!(request(&body, model), Ok(()), "{model}: {body}");
    }
}

#[test]
fn what_google_refuses_is_refused_with_its_text() {
    let look = json!([{ "name": "look" }]);
    let mut moved = call("see");
    moved["thoughtSignature"] = signed_call("look")["thoughtSignature"].clone();
    let mut foreign = call("look");
    foreign["thoughtSignature"] = "c2lnbmF0dXJl".into();
    for (model, body, expected) in [
        (NEW, with(json!({ "contents": [] })), "contents is not specified"),
        (NEW, with(json!({ "model": "a" })), "Unknown name \"model\""),
        (NEW, with(json!({ "generation_config": {} })), "Unknown name \"generation_config\""),
        (
            NEW,
            config(json!({ "max_output_tokens": 5 })),
            "Unknown name \"max_output_tokens\" at 'generation_config'",
        ),
        (
            NEW,
            with(json!({ "contents": [{ "role": "assistant", "parts": [text("a")] }] })),
            "valid role: user, model",
        ),
        (
            NEW,
            with(json!({ "contents": [{ "role": "user", "parts": [] }] })),
            "contents.parts must not be empty",
        ),
        (NEW, with(json!({ "contents": [{ "role": "user", "parts": [text("")] }] })), "empty text parameter"),
        (NEW, with(json!({ "contents": [{ "role": "user", "parts": [{}] }] })), "one initialized field"),
        (
            NEW,
            with(json!({ "contents": [{ "role": "user", "parts": [{ "daydream": 1 }] }] })),
            "Unknown name",
        ),
        (NEW, history(vec![vec![text("a")], vec![text("b")], vec![]]), "must not be empty"),
        (
            NEW,
            with(
                json!({ "contents": [{ "role": "user", "parts": [text("a")] }, { "role": "user", "parts": [text("b")] }] }),
            ),
            "alternate between user and model",
        ),
        (NEW, with(json!({ "contents": [{ "role": "model", "parts": [text("a")] }] })), "begin with user"),
        (OLD, history(vec![vec![call("a")]]), "function response turn comes immediately after"),
        (OLD, history(vec![vec![call("a")], vec![text("b")]]), "number of function response parts"),
        (
            OLD,
            history(vec![vec![call("a"), call("b")], vec![response("a")]]),
            "number of function response parts",
        ),
        (
            OLD,
            history(vec![vec![call("a"), call("b")], vec![response("b"), response("a")]]),
            "in their order",
        ),
        (
            OLD,
            history(vec![vec![text("a")], vec![response("a")]]),
            "comes immediately after a function call turn",
        ),
        (NEW, history(vec![vec![call("look")], vec![response("look")]]), "missing a thought_signature"),
        (
            NEW,
            history(vec![vec![signed_call("a")], vec![response("a")], vec![call("b")], vec![response("b")]]),
            "missing a thought_signature",
        ),
        (NEW, history(vec![vec![moved], vec![response("see")]]), "not valid for this part"),
        (NEW, history(vec![vec![foreign], vec![response("look")]]), "Corrupted thought signature"),
        (NEW, thinking(json!({ "thinkingLevel": "LOW", "thinkingBudget": 5 })), "only set only one of"),
        (OLD, thinking(json!({ "thinkingLevel": "LOW" })), "Thinking level is not supported"),
        (
            "gemini-3.1-pro-preview",
            thinking(json!({ "thinkingLevel": "MINIMAL" })),
            "MINIMAL is not supported",
        ),
        ("gemini-2.5-pro", thinking(json!({ "thinkingBudget": 0 })), "Budget 0 is invalid"),
        ("gemini-2.5-pro", thinking(json!({ "thinkingBudget": 99 })), "between 128 and 32768"),
        ("gemini-2.0-flash", thinking(json!({ "includeThoughts": true })), "Thinking is not enabled"),
        (NEW, config(json!({ "temperature": 3 })), "range [0, 2]"),
        (NEW, config(json!({ "seed": 4_294_967_296_u64 })), "TYPE_INT32"),
        (NEW, config(json!({ "stopSequences": ["1", "2", "3", "4", "5", "6"] })), "at most 5"),
        (NEW, config(json!({ "responseJsonSchema": {} })), "requires application/json"),
        (
            OLD,
            with(json!({ "tools": functions(look.clone()),
            "generationConfig": { "responseMimeType": "application/json" } })),
            "is unsupported",
        ),
        (NEW, with(json!({ "tools": functions(json!([{ "name": "1a" }])) })), "Invalid function name"),
        (
            NEW,
            with(json!({ "tools": functions(json!([{ "name": "a", "parameters": { "type": "OBJECT",
            "additionalProperties": false } }])) })),
            "Unknown name \"additionalProperties\"",
        ),
        (
            NEW,
            with(json!({ "toolConfig": { "functionCallingConfig": { "mode": "ANY" } } })),
            "without function_declarations",
        ),
        (
            NEW,
            with(json!({ "tools": functions(look), "toolConfig": { "functionCallingConfig": {
            "mode": "AUTO", "allowedFunctionNames": ["look"] } } })),
            "mode is ANY",
        ),
    ] {
        let refusal = request(&body, model).expect_err(&body.to_string());
        assert!(refusal.message.contains(expected), "{}\n{body}", refusal.message);
        assert_eq!(refusal.body("r")["error"]["status"], "INVALID_ARGUMENT", "{body}");
    }
}

#[test]
fn the_model_is_in_the_path() {
    assert_eq!(decoded("google%2Fgemini-3-flash").as_deref(), Some("google/gemini-3-flash"));
    assert_eq!(decoded("google/gemini-3-flash"), None);
    assert_eq!(decoded("a%2"), None);
    assert_eq!(generation("google/gemini-3.5-flash"), Some((3, 5)));
    assert_eq!(generation("gemini-3-pro-preview"), Some((3, 0)));
    assert_eq!(generation("gemini-flash-latest"), None);
}

#[test]
fn a_result_is_the_text_of_its_only_field() {
    let body = history(vec![vec![call("look")], vec![response("look"), text("It is noon.")]]);
    assert_eq!(read(body, OLD.to_owned(), true).tool_results, ["x"]);
}
