//! Reasoning options become what each model takes, and the limit on the output fits them.

use super::*;
use crate::contract::{ReasoningOptions, ToolChoice};
use crate::history::samples::{assistant, call, reasoning, result, tool};
use serde_json::json;

fn options(
    effort: Option<&str>,
    budget: Option<u32>,
    include_text: Option<bool>,
) -> Option<ReasoningOptions> {
    Some(ReasoningOptions { effort: effort.map(Into::into), budget_tokens: budget, include_text })
}

/// `thinking`, the effort, the limit and the number of warnings.
fn plan(model: &str, reasoning: Option<ReasoningOptions>, limit: Option<u32>) -> (Value, Value, u64, usize) {
    let request = Request { reasoning, max_output_tokens: limit, ..request(model, hello()) };
    let (body, warnings) = encoded(&request);
    let limit = body["max_tokens"].as_u64().expect("a limit");
    (body["thinking"].clone(), body["output_config"]["effort"].clone(), limit, warnings.len())
}

#[test]
fn an_effort_becomes_what_the_model_takes() {
    let adaptive = json!({"type":"adaptive","display":"summarized"});
    let budget = |tokens: u32| json!({"type":"enabled","budget_tokens":tokens});
    for (model, effort, thinking, sent, limit, warnings) in [
        ("claude-opus-5", "high", adaptive.clone(), json!("high"), 32_000, 0),
        ("claude-opus-4-7", "xhigh", adaptive.clone(), json!("xhigh"), 32_000, 0),
        ("claude-sonnet-5", "minimal", adaptive.clone(), json!("low"), 32_000, 0),
        ("claude-sonnet-5", "ultra", adaptive.clone(), json!("ultra"), 32_000, 0),
        ("claude-sonnet-4-6", "xhigh", json!({"type":"adaptive"}), json!("max"), 32_000, 1),
        ("claude-opus-4-5", "max", budget(32_768), json!("high"), 36_864, 1),
        ("claude-opus-4-5", "low", budget(2_048), json!("low"), 32_000, 0),
        ("claude-sonnet-4-5", "medium", budget(10_000), Value::Null, 32_000, 0),
        ("claude-opus-4-1", "xhigh", budget(30_976), Value::Null, 32_000, 0),
        ("claude-3-5-haiku", "high", Value::Null, Value::Null, 8_192, 1),
        ("claude-opus-5", "none", json!({"type":"disabled"}), Value::Null, 32_000, 0),
        ("claude-sonnet-4", "none", json!({"type":"disabled"}), Value::Null, 32_000, 0),
        ("claude-3-haiku", "none", Value::Null, Value::Null, 4_096, 0),
        ("MiniMax-M2", "low", budget(2_048), Value::Null, 6_144, 0),
    ] {
        assert_eq!(
            plan(model, options(Some(effort), None, None), None),
            (thinking, sent, limit, warnings),
            "{model} {effort}"
        );
    }
    assert_eq!(plan("claude-opus-5", None, None), (Value::Null, Value::Null, 32_000, 0));
    let omitted = plan("claude-opus-5", options(Some("high"), None, Some(false)), None);
    assert_eq!(omitted.0["display"], "omitted");
    let shown = plan("claude-opus-5", options(None, None, Some(true)), None);
    assert_eq!((shown.0, shown.1), (adaptive, Value::Null));
}

#[test]
fn a_budget_is_less_than_the_limit_which_it_raises() {
    let tokens = |thinking: &Value| thinking["budget_tokens"].as_u64();
    let given = |model: &str, budget, limit| plan(model, options(None, Some(budget), None), limit);
    let (thinking, _, limit, _) = given("claude-sonnet-4-5", 5_000, Some(1_000));
    assert_eq!((tokens(&thinking), limit), (Some(5_000), 6_000));
    let (thinking, _, limit, _) = given("claude-sonnet-4-5", 10, None);
    assert_eq!((tokens(&thinking), limit), (Some(1_024), 32_000));
    let (thinking, _, limit, _) = given("claude-opus-4", 50_000, Some(20_000));
    assert_eq!((tokens(&thinking), limit), (Some(30_976), 32_000), "within the model's own limit");
    // The limit of the caller stays where only an effort is given.
    let (thinking, _, limit, _) = plan("claude-sonnet-4-5", options(Some("high"), None, None), Some(4_000));
    assert_eq!((tokens(&thinking), limit), (Some(2_976), 4_000));
    let (thinking, _, limit, warnings) =
        plan("claude-sonnet-4-5", options(Some("high"), None, None), Some(1_200));
    assert_eq!((tokens(&thinking), limit, warnings), (None, 1_200, 1));
    // Refused where thinking is adaptive.
    let (thinking, effort, _, warnings) = given("claude-opus-5", 12_000, None);
    assert_eq!((thinking["type"].clone(), effort, warnings), (json!("adaptive"), json!("high"), 1));
    assert_eq!(given("claude-opus-5", 500_000, None).1, "max");
    assert_eq!(given("claude-opus-5", 0, None).0["type"], "disabled");
}

#[test]
fn what_is_refused_beside_thinking_is_left_out() {
    let with = |model: &str, change: &dyn Fn(&mut Request)| {
        let mut request = Request { reasoning: options(Some("high"), None, None), ..request(model, hello()) };
        change(&mut request);
        encoded(&request)
    };
    for (model, temperature, expected) in [
        ("claude-sonnet-4-5", 0.5, None),
        ("claude-sonnet-4-5", 1.0, Some(1.0)),
        ("claude-opus-4-6", 0.2, None),
    ] {
        let (body, _) = with(model, &|request| request.temperature = Some(temperature));
        assert_eq!(body["temperature"].as_f64(), expected, "{model} {temperature}");
    }
    for (top_p, expected) in [(0.9, None), (0.96, Some(0.96))] {
        let (body, _) = with("claude-sonnet-4-5", &|request| request.top_p = Some(top_p));
        assert_eq!(body["top_p"].as_f64(), expected);
    }
    let forced = |request: &mut Request| {
        request.tools = [crate::contract::Tool {
            name: "f".into(),
            description: None,
            parameters_json: "{}".into(),
            strict: None,
        }]
        .into();
        request.tool_choice = Some(ToolChoice::Required);
    };
    let (body, warnings) = with("claude-sonnet-4-5", &forced);
    assert_eq!((&body["thinking"], &body["tool_choice"]["type"]), (&Value::Null, &json!("any")));
    assert!(warnings.iter().any(|warning| warning.contains("tool choice")), "{warnings:?}");
    assert_eq!(with("claude-opus-5", &forced).0["thinking"]["type"], "adaptive");
}

/// With a budget the vendor refuses results whose turn does not begin with reasoning, as after a switch from another vendor.
#[test]
fn a_turn_of_another_vendors_calls_is_finished_without_a_budget() {
    let own = r#"{"route":"messages","signature":"s"}"#;
    let run = |model: &str, replay: Option<&str>, last: Option<Message>| {
        let mut messages = hello();
        messages.push(assistant([reasoning("t", replay), call("c", "f", "{}")].into()));
        messages.push(tool([result("c", "r")].into()));
        messages.extend(last);
        let (body, _) =
            encoded(&Request { reasoning: options(Some("low"), None, None), ..request(model, messages) });
        body["thinking"]["type"].as_str().unwrap_or_default().to_string()
    };
    assert_eq!(run("claude-sonnet-4-5", None, None), "");
    assert_eq!(run("claude-sonnet-4-5", Some(own), None), "enabled");
    assert_eq!(run("claude-opus-5", None, None), "adaptive");
    let replied = assistant([samples::text("done")].into());
    assert_eq!(run("claude-sonnet-4-5", None, Some(replied)), "enabled");
}
