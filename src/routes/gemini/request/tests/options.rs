use super::*;
use crate::config::BaseUrl;
use crate::contract::{JsonSchema, ReasoningOptions, ResponseFormat, Tool, ToolChoice};
use crate::history::samples::{text, user};
use serde_json::json;
use std::vec;

fn hello(model: &str) -> Request {
    request(model, vec![user(vec![text("hi")])])
}

fn config(request: &Request) -> Value {
    body(request)["generationConfig"].take()
}

fn tool(name: &str, strict: Option<bool>) -> Tool {
    let parameters_json = r##"{"type":"object","properties":{"a":{"$ref":"#/x"}}}"##.into();
    Tool { name: name.into(), description: Some("d".into()), parameters_json, strict }
}

fn reasoning(
    effort: Option<&str>,
    budget_tokens: Option<u32>,
    include_text: Option<bool>,
) -> Option<ReasoningOptions> {
    Some(ReasoningOptions { effort: effort.map(Into::into), budget_tokens, include_text })
}

#[test]
fn the_model_is_in_the_path_with_its_special_characters_escaped() {
    for (base, model, path) in [
        (None, "gemini-2.5-flash", "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse"),
        (
            None,
            " google/gemini 3é ",
            "/v1beta/models/google%2Fgemini%203%C3%A9:streamGenerateContent?alt=sse",
        ),
        (
            Some("https://proxy.test/api/v1/"),
            "a:b?c",
            "/api/v1beta/models/a%3Ab%3Fc:streamGenerateContent?alt=sse",
        ),
    ] {
        let base = BaseUrl::parse(base).expect("a base URL");
        assert_eq!(ROUTE.path(&hello(model), &base).expect("a path"), path);
    }
    assert!(body(&hello("gemini-3-pro"))["model"].is_null());
}

#[test]
fn options_stand_in_the_generation_config() {
    let request = Request {
        max_output_tokens: Some(100),
        temperature: Some(0.5),
        top_p: Some(0.9),
        frequency_penalty: Some(0.1),
        presence_penalty: Some(0.2),
        seed: Some(-7),
        stop: vec!["END".into()],
        ..hello("gemini-2.5-flash")
    };
    assert_eq!(
        config(&request),
        json!({"maxOutputTokens":100,"temperature":0.5,"topP":0.9,"frequencyPenalty":0.1,"presencePenalty":0.2,
            "seed":-7,"stopSequences":["END"]})
    );
    let too_much = Request { seed: Some(1 << 40), stop: vec!["x".into(); 7], ..hello("gemini-2.5-flash") };
    let (body, warnings) = encoded(&too_much).expect("a body");
    assert_eq!(body["generationConfig"], json!({"stopSequences":["x","x","x","x","x"]}));
    assert_eq!(warnings.len(), 2, "{warnings:?}");
}

#[test]
fn the_callers_own_fields_are_merged_one_level_deep() {
    let request = Request {
        temperature: Some(0.5),
        max_output_tokens: Some(5),
        extra_json: Some(
            r#"{"generationConfig":{"topK":40,"temperature":1.0},"safetySettings":[{"category":"C"}],"cachedContent":"c"}"#.into(),
        ),
        ..hello("gemini-2.5-flash")
    };
    let body = body(&request);
    assert_eq!(body["generationConfig"], json!({"maxOutputTokens":5,"topK":40,"temperature":1.0}));
    assert_eq!((&body["safetySettings"][0]["category"], &body["cachedContent"]), (&json!("C"), &json!("c")));
    for name in ["contents", "systemInstruction", "model", "stream"] {
        let extra_json = Some(std::format!("{{\"{name}\":1}}"));
        let error = encoded(&Request { extra_json, ..hello("gemini-3-pro") }).expect_err(name);
        assert!(error.message.contains(name), "{}", error.message);
    }
}

#[test]
fn thinking_is_a_level_or_a_budget_and_never_both() {
    for (model, effort, budget, expected, warnings) in [
        ("gemini-3-flash", Some("minimal"), None, json!({"thinkingLevel":"MINIMAL"}), 0),
        ("gemini-3-pro", Some("minimal"), None, json!({"thinkingLevel":"LOW"}), 0),
        ("gemini-3-pro", Some("none"), None, json!({"thinkingLevel":"LOW"}), 1),
        ("gemini-3-flash", Some("xhigh"), None, json!({"thinkingLevel":"HIGH"}), 0),
        ("gemini-3-flash", Some("deepest"), None, json!({"thinkingLevel":"DEEPEST"}), 0),
        ("gemini-3-flash", None, Some(9000), json!({"thinkingLevel":"MEDIUM"}), 1),
        ("gemini-3-flash", Some("low"), Some(30_000), json!({"thinkingLevel":"LOW"}), 1),
        ("gemini-3-flash", None, None, json!({}), 0),
        ("gemini-2.5-flash", Some("medium"), None, json!({"thinkingBudget":8192}), 0),
        ("gemini-2.5-flash", Some("high"), Some(5), json!({"thinkingBudget":5}), 0),
        ("gemini-2.5-flash", Some("max"), None, json!({"thinkingBudget":24_576}), 0),
        ("gemini-2.5-flash", None, Some(90_000), json!({"thinkingBudget":24_576}), 1),
        ("gemini-2.5-flash", Some("deepest"), None, json!({}), 1),
        ("gemini-2.5-pro", Some("none"), None, json!({"thinkingBudget":128}), 1),
    ] {
        let request = Request { reasoning: reasoning(effort, budget, Some(false)), ..hello(model) };
        let (body, found) = encoded(&request).expect("a body");
        assert_eq!(body["generationConfig"]["thinkingConfig"], expected, "{model} {effort:?} {budget:?}");
        assert_eq!(found.len(), warnings, "{model} {effort:?} {budget:?}: {found:?}");
    }
}

#[test]
fn thoughts_are_requested_with_the_reasoning_unless_it_is_off() {
    let with = |model, effort, include_text| {
        config(&Request { reasoning: reasoning(effort, None, include_text), ..hello(model) })
    };
    assert_eq!(
        with("gemini-3-pro", Some("high"), None),
        json!({"thinkingConfig":{"thinkingLevel":"HIGH","includeThoughts":true}})
    );
    assert_eq!(with("gemini-2.5-pro", None, Some(true)), json!({"thinkingConfig":{"includeThoughts":true}}));
    assert_eq!(with("gemini-2.5-flash", Some("none"), None), json!({"thinkingConfig":{"thinkingBudget":0}}));
    assert_eq!(with("gemini-2.0-flash", Some("high"), None), json!({}));
    assert_eq!(config(&hello("gemini-3-pro")), json!({}));
}

#[test]
fn tools_are_declared_with_their_schemas_as_they_stand() {
    let request = Request { tools: vec![tool("f", None), tool("_g-2", None)], ..hello("gemini-3-pro") };
    let body = body(&request);
    let declared = body["tools"][0]["functionDeclarations"].as_array().expect("a list");
    assert_eq!(
        declared[1],
        json!({"name":"_g-2","description":"d","parametersJsonSchema":{"type":"object","properties":{"a":{"$ref":"#/x"}}}})
    );
    assert!(body["toolConfig"].is_null());
    let digit = Request { tools: vec![tool("2fa", None)], ..hello("gemini-3-pro") };
    assert!(encoded(&digit).expect_err("a digit").message.starts_with("tools[0]:"));
}

#[test]
fn the_choice_of_a_tool_is_a_mode() {
    let calling = |choice: Option<ToolChoice>, strict| {
        let tools = vec![tool("f", strict), tool("g", None)];
        body(&Request { tools, tool_choice: choice, ..hello("gemini-2.5-pro") })["toolConfig"]["functionCallingConfig"]
            .take()
    };
    for (choice, strict, expected) in [
        (None, None, Value::Null),
        (Some(ToolChoice::Auto), Some(false), json!({"mode":"AUTO"})),
        (None, Some(true), json!({"mode":"VALIDATED"})),
        (Some(ToolChoice::None), Some(true), json!({"mode":"NONE"})),
        (Some(ToolChoice::Required), None, json!({"mode":"ANY"})),
        (Some(ToolChoice::Named("g".into())), None, json!({"mode":"ANY","allowedFunctionNames":["g"]})),
    ] {
        assert_eq!(calling(choice.clone(), strict), expected, "{choice:?}");
    }
    let serial =
        Request { tools: vec![tool("f", None)], parallel_tool_calls: Some(false), ..hello("gemini-3-pro") };
    assert_eq!(encoded(&serial).expect("a body").1.len(), 1);
}

#[test]
fn a_response_format_is_left_out_beside_tools_where_the_model_refuses_both() {
    let schema =
        JsonSchema { name: "any name".into(), schema_json: r#"{"type":"object"}"#.into(), strict: None };
    let format = ResponseFormat::JsonSchema(schema);
    for (model, with_tools, sent) in
        [("gemini-2.5-pro", false, true), ("gemini-2.5-pro", true, false), ("gemini-3-pro", true, true)]
    {
        let tools = if with_tools { vec![tool("f", None)] } else { vec![] };
        let request = Request { response_format: Some(format.clone()), tools, ..hello(model) };
        let (body, warnings) = encoded(&request).expect("a body");
        let expected = json!({"responseMimeType":"application/json","responseJsonSchema":{"type":"object"}});
        assert_eq!(body["generationConfig"], if sent { expected } else { json!({}) }, "{model}");
        assert_eq!(warnings.is_empty(), sent, "{warnings:?}");
    }
    let object = Request { response_format: Some(ResponseFormat::JsonObject), ..hello("gemini-2.5-pro") };
    assert_eq!(config(&object), json!({"responseMimeType":"application/json"}));
}
