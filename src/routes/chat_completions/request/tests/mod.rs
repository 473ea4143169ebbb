//! Whole requests, and the JSON that they become.

mod generated;
mod messages;
mod reasoning;
mod repairs;
mod strictness;

use super::*;
use crate::{
    contract::{JsonSchema, Message, Part, ReasoningOptions, Request, ResponseFormat, Tool, ToolChoice},
    errors::ErrorKind,
    history::samples::*,
    routes::{chat_completions::ROUTE, without_field},
};
use alloc::{vec, vec::Vec};
use serde_json::Value;

fn encode(request: &Request) -> Result<Encoded, Error> {
    ROUTE.encode(request)
}

fn hello() -> Request {
    request(vec![user(vec![text("hello")])])
}

fn tool_named(name: &str) -> Tool {
    Tool {
        name: name.into(),
        description: None,
        parameters_json: r#"{"type":"object","properties":{}}"#.into(),
        strict: None,
    }
}

fn body(request: &Request) -> String {
    String::from_utf8(encode(request).unwrap().body).unwrap()
}

/// The messages of the body, with no warning on the way.
fn messages(messages: Vec<Message>) -> Value {
    let encoded = encode(&request(messages)).unwrap();
    assert!(encoded.warnings.is_empty(), "{:?}", encoded.warnings);
    serde_json::from_slice::<Value>(&encoded.body).unwrap()["messages"].take()
}

fn refusal(request: &Request) -> String {
    let error = encode(request).unwrap_err();
    assert_eq!(error.kind, ErrorKind::InvalidRequest);
    assert!(!error.retryable && !error.request_sent);
    error.message
}

#[test]
fn the_smallest_request_is_this_text() {
    let head = r#"{"model":"deepseek-chat","messages":[{"role":"user","content":"hello"}],"stream":true"#;
    let encoded = encode(&hello()).unwrap();
    let expected = format!("{head}{}", r#","stream_options":{"include_usage":true}}"#);
    assert_eq!(String::from_utf8(encoded.body.clone()).unwrap(), expected);
    let without = without_field(&encoded.body, "stream_options").unwrap();
    assert_eq!(String::from_utf8(without).unwrap(), format!("{head}}}"));
}

#[test]
fn every_option_has_its_field_and_its_place() {
    let mut request = hello();
    request.model = " openai/gpt-5.4-mini\n".into();
    request.tools = vec![
        Tool {
            name: "read_file".into(),
            description: Some("Reads \"it\"".into()),
            parameters_json: " {\"type\": \"object\",\"properties\":{\"b\":{\"maximum\":1.50}}} ".into(),
            strict: Some(true),
        },
        tool_named("g"),
    ];
    request.tool_choice = Some(ToolChoice::Named("g".into()));
    request.parallel_tool_calls = Some(false);
    request.response_format = Some(ResponseFormat::JsonSchema(JsonSchema {
        name: "answer".into(),
        schema_json: r#"{"type":"object"}"#.into(),
        strict: Some(false),
    }));
    request.max_output_tokens = Some(4096);
    request.temperature = Some(0.7);
    request.top_p = Some(1.0);
    request.frequency_penalty = Some(-0.5);
    request.presence_penalty = Some(0.0);
    request.stop = vec!["END".into(), "\n".into()];
    request.seed = Some(-7);
    request.reasoning =
        Some(ReasoningOptions { effort: Some("xhigh".into()), budget_tokens: None, include_text: None });
    request.cache_key = Some("session".into());
    request.user = Some("someone".into());
    request.extra_json = Some(r#"{"verbosity":"low","logit_bias":{"50256":-1.0e2}}"#.into());
    let expected = [
        r#"{"model":"openai/gpt-5.4-mini","messages":[{"role":"user","content":"hello"}],"stream":true,"#,
        r#""stream_options":{"include_usage":true},"#,
        r#""tools":[{"type":"function","function":{"name":"read_file","description":"Reads \"it\"","#,
        r#""parameters":{"type": "object","properties":{"b":{"maximum":1.50}}},"strict":true}},"#,
        r#"{"type":"function","function":{"name":"g","parameters":{"type":"object","properties":{}}}}],"#,
        r#""tool_choice":{"type":"function","function":{"name":"g"}},"parallel_tool_calls":false,"#,
        r#""response_format":{"type":"json_schema","json_schema":{"name":"answer","schema":{"type":"object"},"#,
        r#""strict":false}},"max_completion_tokens":4096,"temperature":0.7,"top_p":1.0,"#,
        r#""frequency_penalty":-0.5,"presence_penalty":0.0,"stop":["END","\n"],"seed":-7,"#,
        r#""reasoning_effort":"xhigh","prompt_cache_key":"session","user":"someone","#,
        r#""verbosity":"low","logit_bias":{"50256":-1.0e2}}"#,
    ];
    assert_eq!(body(&request), expected.concat());
    assert_eq!(encode(&request).unwrap().warnings, [""; 0]);
}

#[test]
fn what_means_nothing_without_tools_is_left_out() {
    let mut request = hello();
    request.parallel_tool_calls = Some(true);
    request.response_format = Some(ResponseFormat::Text);
    request.user = Some(String::new());
    for choice in [ToolChoice::Auto, ToolChoice::None] {
        request.tool_choice = Some(choice);
        assert_eq!(body(&request), body(&hello()));
    }
    request.tool_choice = Some(ToolChoice::Required);
    request.extra_json = Some(r#"{"tools":[{"type":"web_search"}]}"#.into());
    let body: Value = serde_json::from_str(&body(&request)).unwrap();
    assert_eq!(body["tool_choice"], "required");
    assert_eq!(body["parallel_tool_calls"], true);
}

#[test]
fn the_callers_own_fields_take_the_place_of_ours() {
    let mut request = hello();
    request.temperature = Some(0.5);
    request.max_output_tokens = Some(10);
    request.tools = vec![tool_named("f")];
    request.extra_json = Some(
        r#"{"temperature":1,"max_completion_tokens":20,"tools":[],"stream_options":{"include_usage":false,"x":1}}"#
            .into(),
    );
    let encoded = encode(&request).unwrap();
    let expected = [
        r#"{"model":"deepseek-chat","messages":[{"role":"user","content":"hello"}],"stream":true"#,
        r#","stream_options":{"include_usage":true,"x":1}"#,
        r#","temperature":1,"max_completion_tokens":20,"tools":[]}"#,
    ];
    assert_eq!(String::from_utf8(encoded.body.clone()).unwrap(), expected.concat());
    let without = without_field(&encoded.body, "stream_options").unwrap();
    assert_eq!(String::from_utf8(without).unwrap(), [expected[0], expected[2]].concat());
}

#[test]
fn what_no_server_would_take_is_refused_in_words() {
    type Change = fn(&mut Request);
    let cases: [(Change, &str); 21] = [
        (|r| r.model = " ".into(), "the request has no model"),
        (|r| r.model = "a\nb".into(), "the model id contains control characters"),
        (|r| r.messages.clear(), "the request has no messages, or only empty ones"),
        (|r| r.messages = vec![assistant(vec![])], "the request has no messages, or only empty ones"),
        (
            |r| r.messages.push(user(vec![call("a", "b", "{}")])),
            "messages[1].content[0]: a user message cannot",
        ),
        (|r| r.temperature = Some(f64::NAN), "temperature is not a finite number"),
        (|r| r.top_p = Some(f64::INFINITY), "top_p is not a finite number"),
        (|r| r.frequency_penalty = Some(f64::NEG_INFINITY), "frequency_penalty is not a finite number"),
        (|r| r.presence_penalty = Some(f64::NAN), "presence_penalty is not a finite number"),
        (|r| r.stop = vec!["a".into(), String::new()], "stop[1] is empty"),
        (|r| r.max_output_tokens = Some(0), "max-output-tokens is 0"),
        (|r| r.tools = vec![tool_named("a.b")], "tools[0]: a name has 1 to 64 characters"),
        (|r| r.tools = vec![tool_named(&"n".repeat(65))], "tools[0]: a name has 1 to 64 characters"),
        (|r| r.tools = vec![tool_named("f"), tool_named("f")], "tools[1] has the name of an earlier tool"),
        (
            |r| r.tools = vec![Tool { parameters_json: "[]".into(), ..tool_named("f") }],
            "tools[0].parameters-json is not a JSON object",
        ),
        (
            |r| r.tools = vec![Tool { parameters_json: "{".into(), ..tool_named("f") }],
            "tools[0].parameters-json is not valid JSON (line 1, column 1)",
        ),
        (|r| r.tool_choice = Some(ToolChoice::Required), "tool-choice requires a tool call"),
        (|r| r.tool_choice = Some(ToolChoice::Named("f".into())), "tool-choice names a tool that is not"),
        (
            |r| {
                let schema = JsonSchema { name: "a b".into(), schema_json: "{}".into(), strict: None };
                r.response_format = Some(ResponseFormat::JsonSchema(schema));
            },
            "response-format: the schema's name",
        ),
        (
            |r| {
                let schema = JsonSchema { name: "a".into(), schema_json: "1".into(), strict: None };
                r.response_format = Some(ResponseFormat::JsonSchema(schema));
            },
            "response-format.schema-json is not a JSON object",
        ),
        (|r| r.extra_json = Some("[]".into()), "extra-json is not a JSON object"),
    ];
    for (change, expected) in cases {
        let mut request = hello();
        change(&mut request);
        let message = refusal(&request);
        assert!(message.starts_with(expected), "{message} / {expected}");
    }
}

#[test]
fn an_option_without_a_field_on_the_route_is_warned_about() {
    let mut request = hello();
    request.messages[0].cache_here = true;
    request.reasoning =
        Some(ReasoningOptions { effort: None, budget_tokens: Some(9), include_text: Some(true) });
    let encoded = encode(&request).unwrap();
    assert_eq!(encoded.body, encode(&hello()).unwrap().body);
    assert_eq!(encoded.warnings.len(), 1);
    assert!(encoded.warnings[0].starts_with("reasoning.budget-tokens has no field"));
}

#[test]
fn a_picture_of_twenty_megabytes_is_written_into_a_body_that_never_grows() {
    let bytes = vec![7; 20 << 20];
    let picture = || inline("image/png", &bytes);
    for part in [Part::Image(picture()), result_with("gone", "", vec![picture()], false)] {
        let encoded = encode(&request(vec![user(vec![part])])).unwrap();
        let spare = encoded.body.capacity() - encoded.body.len();
        assert!(spare < 4096, "a buffer that doubles has megabytes to spare, this one {spare} bytes");
    }
}
