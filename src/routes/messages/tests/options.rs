//! Requests: what becomes of each option.

use super::*;
use crate::contract::{JsonSchema, ResponseFormat, Tool, ToolChoice};
use serde_json::json;

fn with(model: &str, change: impl FnOnce(&mut Request)) -> (Value, Vec<String>) {
    let mut request = request(model, hello());
    change(&mut request);
    encoded(&request)
}

fn tool_of(name: &str) -> Tool {
    Tool {
        name: name.into(),
        description: Some("reads".into()),
        parameters_json: r#"{"type":"object","properties":{"path":{"type":"string"}}}"#.into(),
        strict: None,
    }
}

#[test]
fn tools_and_the_choice_between_them() {
    let choose = |model: &str, choice: Option<ToolChoice>, parallel: Option<bool>| {
        with(model, |request| {
            request.tools = [tool_of("read")].into();
            request.tool_choice = choice;
            request.parallel_tool_calls = parallel;
        })
    };
    let (body, _) = choose("claude-opus-5", None, None);
    assert_eq!(body["tools"][0]["name"], "read");
    assert_eq!(body["tools"][0]["input_schema"]["properties"]["path"]["type"], "string");
    assert_eq!(body["tool_choice"], Value::Null);
    for (choice, parallel, expected) in [
        (Some(ToolChoice::Auto), None, json!({"type":"auto"})),
        (Some(ToolChoice::Required), None, json!({"type":"any"})),
        (Some(ToolChoice::Named("read".into())), Some(true), json!({"type":"tool","name":"read"})),
        (Some(ToolChoice::None), Some(false), json!({"type":"none"})),
        (None, Some(false), json!({"type":"auto","disable_parallel_tool_use":true})),
        (Some(ToolChoice::Required), Some(false), json!({"type":"any","disable_parallel_tool_use":true})),
    ] {
        assert_eq!(choose("claude-opus-5", choice, parallel).0["tool_choice"], expected);
    }
    let (body, warnings) = choose("claude-fable-5", Some(ToolChoice::Required), None);
    assert_eq!((&body["tool_choice"], warnings.len()), (&json!({"type":"auto"}), 1));
    // Without tools a choice means nothing, and is refused.
    assert_eq!(
        with("claude-opus-5", |request| request.tool_choice = Some(ToolChoice::Auto)).0["tool_choice"],
        Value::Null
    );
    let (body, _) = with("claude-opus-5", |request| {
        request.tools = [Tool {
            parameters_json: "{}".into(),
            description: Some(" ".into()),
            strict: Some(true),
            ..tool_of("now")
        }]
        .into();
    });
    assert_eq!(
        body["tools"][0],
        json!({"name":"now","input_schema":{"type":"object","properties":{}},"strict":true,"cache_control":{"type":"ephemeral"}})
    );
}

#[test]
fn sampling_is_sent_as_far_as_the_model_takes_it() {
    let sample = |model: &str, temperature: Option<f64>, top_p: Option<f64>| {
        let (body, warnings) = with(model, |request| {
            request.temperature = temperature;
            request.top_p = top_p;
        });
        (body["temperature"].as_f64(), body["top_p"].as_f64(), warnings.len())
    };
    assert_eq!(sample("claude-sonnet-4-5", Some(0.5), None), (Some(0.5), None, 0));
    assert_eq!(sample("claude-sonnet-4-5", Some(1.5), None), (Some(1.0), None, 1));
    assert_eq!(sample("claude-sonnet-4-5", Some(0.5), Some(0.9)), (Some(0.5), None, 1));
    assert_eq!(sample("claude-sonnet-4", Some(0.5), Some(0.9)), (Some(0.5), Some(0.9), 0));
    assert_eq!(sample("claude-opus-4-7", Some(0.5), Some(0.9)), (None, None, 2));
    let (body, warnings) = with("claude-opus-5", |request| {
        request.frequency_penalty = Some(1.0);
        request.presence_penalty = Some(1.0);
        request.seed = Some(1);
        request.stop = ["END".into(), "\n".into()].into();
        request.user = Some("u".repeat(300));
        request.cache_key = Some("k".into());
    });
    assert_eq!(warnings.len(), 4, "{warnings:?}");
    assert_eq!(body["stop_sequences"], json!(["END"]));
    assert_eq!(body["metadata"]["user_id"].as_str().map(str::len), Some(13));
}

#[test]
fn a_schema_of_the_output_is_closed_and_sent_where_the_model_takes_it() {
    let schema = r#"{"type":"object","properties":{"a":{"type":"object","properties":{"b":{"enum":[{"type":"object"}]}}},
        "c":{"type":"array","items":{"type":"object","additionalProperties":true}}},"required":["a"]}"#;
    let format = |model: &str| {
        with(model, |request| {
            request.response_format = Some(ResponseFormat::JsonSchema(JsonSchema {
                name: "answer".into(),
                schema_json: schema.into(),
                strict: None,
            }));
        })
    };
    let (body, warnings) = format("claude-opus-4-1");
    assert_eq!(warnings.len(), 0);
    let sent = &body["output_config"]["format"]["schema"];
    assert_eq!(
        (&sent["additionalProperties"], &sent["properties"]["a"]["additionalProperties"]),
        (&json!(false), &json!(false))
    );
    assert_eq!(sent["properties"]["c"]["items"]["additionalProperties"], true);
    assert_eq!(sent["properties"]["a"]["properties"]["b"]["enum"], json!([{"type":"object"}]));
    let (body, warnings) = format("claude-opus-4");
    assert_eq!((&body["output_config"], warnings.len()), (&Value::Null, 1));
    let (_, warnings) =
        with("claude-opus-5", |request| request.response_format = Some(ResponseFormat::JsonObject));
    assert_eq!(warnings.len(), 1);
}

#[test]
fn the_callers_own_fields_come_last_and_cannot_replace_the_conversation() {
    let (body, _) = with("claude-opus-5", |request| {
        request.extra_json =
            Some(r#"{"max_tokens":5,"top_k":3,"output_config":{"task_budget":{"total":1}}}"#.into());
        request.reasoning = Some(crate::contract::ReasoningOptions {
            effort: Some("high".into()),
            budget_tokens: None,
            include_text: None,
        });
    });
    assert_eq!((&body["max_tokens"], &body["top_k"]), (&json!(5), &json!(3)));
    assert_eq!(body["output_config"], json!({"effort":"high","task_budget":{"total":1}}));
    // Thinking of the caller's excludes a temperature like ours.
    for (thinking, expected) in [("enabled", None), ("disabled", Some(0.5))] {
        let (body, _) = with("claude-sonnet-4-5", |request| {
            request.extra_json =
                Some(format!(r#"{{"thinking":{{"type":"{thinking}","budget_tokens":1024}}}}"#));
            request.temperature = Some(0.5);
        });
        assert_eq!(body["temperature"].as_f64(), expected, "{thinking}");
    }
    for field in ["model", "messages", "system", "stream"] {
        let mut request = request("claude-opus-5", hello());
        request.extra_json = Some(format!(r#"{{"{field}":null}}"#));
        assert!(ROUTE.encode(&request).is_err(), "{field}");
    }
}
