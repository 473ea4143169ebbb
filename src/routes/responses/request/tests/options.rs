//! Everything but the input.

use super::*;

fn with(model: &str, change: impl FnOnce(&mut Request)) -> (Value, Vec<String>) {
    let mut request = on(model, hello());
    change(&mut request);
    sent(&request)
}

#[test]
fn a_request_without_options_asks_for_what_goes_back() {
    for (model, expected) in [
        (
            "gpt-5.4",
            r#"{"model":"gpt-5.4","input":[{"role":"user","content":[{"type":"input_text","text":"hello"}]}],"stream":true,"store":false,"reasoning":{"summary":"auto"},"include":["reasoning.encrypted_content"]}"#,
        ),
        (
            "gpt-4o",
            r#"{"model":"gpt-4o","input":[{"role":"user","content":[{"type":"input_text","text":"hello"}]}],"stream":true,"store":false}"#,
        ),
        (
            "grok-4",
            r#"{"model":"grok-4","input":[{"role":"user","content":[{"type":"input_text","text":"hello"}]}],"stream":true,"store":false,"include":["reasoning.encrypted_content"]}"#,
        ),
        (
            "another",
            r#"{"model":"another","input":[{"role":"user","content":[{"type":"input_text","text":"hello"}]}],"stream":true,"store":false}"#,
        ),
    ] {
        let encoded = encode(&on(model, hello())).expect("a good request");
        assert_eq!(
            (String::from_utf8(encoded.body).expect("UTF-8"), encoded.warnings),
            (expected.to_string(), vec![])
        );
    }
}

#[test]
fn tools_are_flat_and_always_say_whether_they_are_strict() {
    let tool = |name: &str, strict| Tool {
        name: name.into(),
        description: Some("d".into()),
        parameters_json: r#"{"type":"object","properties":{"b":1.50}}"#.into(),
        strict,
    };
    let (body, _) = with("gpt-5.4", |request| {
        request.tools = vec![tool("f", None), tool("g", Some(true))];
        request.tool_choice = Some(ToolChoice::Named("g".into()));
        request.parallel_tool_calls = Some(false);
    });
    let flat = |name: &str, strict: bool| json!({"type": "function", "name": name, "description": "d", "parameters": {"type": "object", "properties": {"b": 1.50}}, "strict": strict});
    assert_eq!(body["tools"], json!([flat("f", false), flat("g", true)]));
    assert_eq!(body["tool_choice"], json!({"type": "function", "name": "g"}));
    assert_eq!(body["parallel_tool_calls"], false);
    for (choice, expected) in
        [(ToolChoice::Auto, "auto"), (ToolChoice::None, "none"), (ToolChoice::Required, "required")]
    {
        let (body, _) = with("gpt-5.4", |request| {
            request.tools = vec![tool("f", None)];
            request.tool_choice = Some(choice);
        });
        assert_eq!(body["tool_choice"], expected);
    }
    let (body, _) = with("gpt-5.4", |request| request.parallel_tool_calls = Some(true));
    assert_eq!(body.get("parallel_tool_calls"), None);
}

#[test]
fn the_format_is_merged_with_the_callers_text() {
    let schema =
        || JsonSchema { name: "s".into(), schema_json: r#"{"type":"object"}"#.into(), strict: Some(true) };
    let (body, _) = with("gpt-5.4", |request| {
        request.response_format = Some(ResponseFormat::JsonSchema(schema()));
        request.extra_json = Some(r#"{"text":{"verbosity":"low"},"service_tier":"flex"}"#.into());
    });
    let format = json!({"type": "json_schema", "name": "s", "schema": {"type": "object"}, "strict": true});
    assert_eq!(body["text"], json!({"format": format, "verbosity": "low"}));
    assert_eq!(body["service_tier"], "flex");
    let (body, _) = with("gpt-5.4", |request| {
        request.response_format = Some(ResponseFormat::JsonSchema(schema()));
        request.extra_json = Some(r#"{"text":{"format":{"type":"text"}}}"#.into());
    });
    assert_eq!(body["text"], json!({"format": {"type": "text"}}));
    let (body, _) = with("gpt-5.4", |request| request.response_format = Some(ResponseFormat::Text));
    assert_eq!(body.get("text"), None);
}

#[test]
fn json_is_mentioned_where_its_format_requires_it() {
    let format = |request: &mut Request| request.response_format = Some(ResponseFormat::JsonObject);
    let (body, warnings) = with("gpt-5.4", format);
    assert_eq!(
        body["input"][1],
        json!({"type": "message", "role": "developer", "content": "Respond with a JSON object."})
    );
    assert_eq!(warnings.len(), 1);
    let (body, warnings) = with("gpt-5.4", |request| {
        format(request);
        request.messages = vec![user(vec![text("Give me JSON")])];
    });
    assert_eq!((body["input"].as_array().map(Vec::len), warnings.len()), (Some(1), 0));
}

#[test]
fn what_the_model_refuses_is_left_out_with_a_warning() {
    let effort = |effort: &str| {
        Some(ReasoningOptions { effort: Some(effort.into()), budget_tokens: None, include_text: None })
    };
    for (model, reasoning, taken) in [
        ("gpt-4o", None, true),
        ("gpt-5.4", None, false),
        ("gpt-5.4", effort("none"), true),
        ("gpt-5.4", effort("low"), false),
        ("gpt-5", effort("none"), false),
        ("o3", None, false),
        ("grok-4", None, true),
        ("another", effort("low"), true),
    ] {
        let (body, warnings) = with(model, |request| {
            request.temperature = Some(0.5);
            request.top_p = Some(0.9);
            request.reasoning = reasoning;
        });
        assert_eq!(
            (body.get("temperature").is_some(), body.get("top_p").is_some()),
            (taken, taken),
            "{model}"
        );
        assert_eq!(
            warnings.iter().filter(|warning| warning.contains("takes no")).count(),
            if taken { 0 } else { 2 }
        );
    }
    let (_, warnings) = with("gpt-4o", |request| {
        request.frequency_penalty = Some(1.0);
        request.presence_penalty = Some(1.0);
        request.stop = vec!["END".into()];
        request.seed = Some(1);
    });
    assert_eq!(warnings.iter().filter(|warning| warning.contains("has no field")).count(), 4);
}

#[test]
fn effort_and_summary_follow_the_model_and_the_wish_for_text() {
    let options = |effort: Option<&str>, include_text, budget_tokens| {
        Some(ReasoningOptions { effort: effort.map(Into::into), budget_tokens, include_text })
    };
    for (model, reasoning, expected, warned) in [
        ("gpt-5.4", options(Some("high"), None, None), json!({"effort": "high", "summary": "auto"}), 0),
        ("gpt-5.4", options(Some("high"), Some(false), None), json!({"effort": "high"}), 0),
        ("gpt-5.4", options(Some("none"), None, None), json!({"effort": "none"}), 0),
        ("gpt-5.4", options(None, Some(false), None), Value::Null, 0),
        ("gpt-5.4", options(None, None, Some(1000)), json!({"summary": "auto"}), 1),
        ("gpt-5", options(Some("none"), None, None), json!({"effort": "minimal", "summary": "auto"}), 1),
        ("gpt-5.6", options(Some("max"), None, None), json!({"effort": "max", "summary": "auto"}), 0),
        ("gpt-4o", options(Some("high"), None, None), Value::Null, 1),
        ("grok-3-mini", options(Some("low"), None, None), json!({"effort": "low"}), 0),
        ("deepseek-v4-flash", options(Some("high"), Some(true), None), json!({"effort": "high"}), 0),
    ] {
        let (body, warnings) = with(model, |request| request.reasoning = reasoning.clone());
        assert_eq!((&body["reasoning"], warnings.len()), (&expected, warned), "{model} {reasoning:?}");
    }
}

#[test]
fn limits_and_keys_are_those_that_the_service_takes() {
    let (body, warnings) = with("gpt-5.4", |request| {
        request.max_output_tokens = Some(4);
        request.cache_key = Some("k".repeat(80));
        request.user = Some("u".into());
    });
    assert_eq!((&body["max_output_tokens"], &body["user"]), (&json!(16), &json!("u")));
    assert_eq!(body["prompt_cache_key"].as_str().map(str::len), Some(64));
    assert_eq!(warnings.len(), 2);
    for (extra, fixed) in
        [(r#"{"input":[]}"#, "input"), (r#"{"model":"x"}"#, "model"), (r#"{"stream":false}"#, "stream")]
    {
        let request = Request { extra_json: Some(extra.into()), ..on("gpt-5.4", hello()) };
        assert!(message(encode(&request)).contains(fixed));
    }
    let (body, _) = with("gpt-5.4", |request| {
        request.extra_json = Some(r#"{"store":true,"include":[],"reasoning":{"effort":"low"}}"#.into())
    });
    assert_eq!(
        (&body["store"], &body["include"], &body["reasoning"]),
        (&json!(true), &json!([]), &json!({"effort": "low"}))
    );
}
