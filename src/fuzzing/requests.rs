//! Arbitrary requests, and the bodies that they become.

use arbitrary::{Result, Unstructured};
use serde_json::Value;

use super::conversation::{MARK, any_messages, any_text};
use crate::config::BaseUrl;
use crate::contract::{ErrorKind, JsonSchema, ReasoningOptions, Request, ResponseFormat, Tool, ToolChoice};
use crate::history::samples;
use crate::routes::{ROUTES, Refusal, Route};

const NAMES: [&str; 4] = ["f", "g", "", "a.b"];
const OBJECTS: [&str; 10] = [
    "{}",
    "{\"type\":\"object\"}",
    " {\"b\": 1.50,\"a\":{}} ",
    "{\"a\":\"\\ud83d\"}",
    "[]",
    "{",
    "",
    "{\"tools\":[{\"type\":\"web_search\"}]}",
    "null",
    "{\"type\":null,\"properties\":{\"a\":{}},\"a\":1e2}",
];

/// Longer than any server accepts.
const LONG: &str = "agent:main:cron:f61a5788-a923-432e-b4bc-4bd98a0f633f:run:9a5dfdd6-75f1-49eb";
const EXTRAS: [&str; 8] = [
    "{}",
    "{\"stream_options\":{\"a\":\"},\"},\"temperature\":1}",
    "{\"stop\":null,\"z\":[{}],\"z\":{\"stream_options\":{}}}",
    "{\"tool_choice\":\"auto\",\"tools\":[]}",
    "{\"model\":\"x\",\"messages\":[],\"stream\":false}",
    "{\"stre\\u0061m\":false}",
    "{\"stream_options\":null}",
    "[]",
];

fn maybe<T>(
    u: &mut Unstructured<'_>,
    make: impl FnOnce(&mut Unstructured<'_>) -> Result<T>,
) -> Result<Option<T>> {
    u.ratio(1, 4)?.then(|| make(u)).transpose()
}

fn any_tool(u: &mut Unstructured<'_>) -> Result<Tool> {
    Ok(Tool {
        name: any_text(u, &NAMES)?,
        description: maybe(u, |u| any_text(u, &["", "Reads \"it\""]))?,
        parameters_json: any_text(u, &OBJECTS)?,
        strict: u.arbitrary()?,
    })
}

fn any_choice(u: &mut Unstructured<'_>) -> Result<ToolChoice> {
    Ok(match u.int_in_range(0..=3)? {
        0 => ToolChoice::Auto,
        1 => ToolChoice::None,
        2 => ToolChoice::Required,
        _ => ToolChoice::Named(any_text(u, &NAMES)?),
    })
}

fn any_format(u: &mut Unstructured<'_>) -> Result<ResponseFormat> {
    Ok(match u.int_in_range(0..=2)? {
        0 => ResponseFormat::Text,
        1 => ResponseFormat::JsonObject,
        _ => ResponseFormat::JsonSchema(JsonSchema {
            name: any_text(u, &NAMES)?,
            schema_json: any_text(u, &OBJECTS)?,
            strict: u.arbitrary()?,
        }),
    })
}

fn any_reasoning(u: &mut Unstructured<'_>) -> Result<ReasoningOptions> {
    Ok(ReasoningOptions {
        effort: maybe(u, |u| any_text(u, &["none", "minimal", "low", "high", "xhigh", "", "\""]))?,
        budget_tokens: u.arbitrary()?,
        include_text: u.arbitrary()?,
    })
}

fn any_request(u: &mut Unstructured<'_>) -> Result<Request> {
    let model = any_text(u, &["gpt-5.4", "deepseek-chat", " claude-opus-5\n", "o3", "", "a\nb"])?;
    let tools = (0..u.int_in_range(0..=2)?).map(|_| any_tool(u)).collect::<Result<_>>()?;
    let stop =
        (0..u.int_in_range(0..=2)?).map(|_| any_text(u, &["END", "\"\u{1f}", ""])).collect::<Result<_>>()?;
    let options = Request {
        model,
        tools,
        stop,
        tool_choice: maybe(u, any_choice)?,
        parallel_tool_calls: u.arbitrary()?,
        response_format: maybe(u, any_format)?,
        max_output_tokens: u.arbitrary()?,
        temperature: maybe(u, |u| u.arbitrary())?,
        top_p: maybe(u, |u| u.arbitrary())?,
        frequency_penalty: maybe(u, |u| u.arbitrary())?,
        presence_penalty: maybe(u, |u| u.arbitrary())?,
        seed: maybe(u, |u| u.arbitrary())?,
        reasoning: maybe(u, any_reasoning)?,
        cache_key: maybe(u, |u| any_text(u, &["session", "", LONG]))?,
        user: maybe(u, |u| any_text(u, &["someone", "", LONG]))?,
        extra_json: maybe(u, |u| any_text(u, &EXTRAS))?,
        ..samples::request(Vec::new())
    };
    Ok(Request { messages: any_messages(u)?, ..options })
}

/// On each route a request is refused with an error that repeats nothing of it, or becomes JSON that a strict reader takes,
/// the same each time, and that breaks no rule of a strict server of that route.
pub fn request_encoding(data: &[u8]) {
    let Ok(request) = any_request(&mut Unstructured::new(data)) else { return };
    for route in ROUTES {
        encoding(route, &request);
    }
}

fn encoding(route: &Route, request: &Request) {
    let encoded = match route.encode(request) {
        Ok(encoded) => encoded,
        Err(error) => {
            assert_eq!(error.kind, ErrorKind::InvalidRequest, "{error:?}");
            assert!(!error.request_sent && !error.retryable, "{error:?}");
            assert!(!error.message.contains(MARK) && error.message.len() <= 512, "{error:?}");
            return;
        }
    };
    for warning in &encoded.warnings {
        assert!(!warning.contains(MARK) && warning.len() <= 512, "{warning}");
    }
    assert_eq!(route.encode(request).as_ref(), Ok(&encoded), "the same each time");
    let body = value(&encoded.body);
    (route.check_body)(request, &body);
    recovered(route, &encoded.body);
    let path =
        route.path(request, &BaseUrl::parse(None).expect("the default")).expect("the model is checked");
    assert!(path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic()), "{path}");
}

/// Words that servers refuse a request with. A route that takes one for a field's name sends the request again.
const REFUSALS: [&str; 3] = ["stream_options", "include_usage", "unknown field"];

/// A request that goes out once more is the first one with less in it.
fn recovered(route: &Route, body: &[u8]) {
    for status in [400, 422] {
        for response in REFUSALS.map(str::as_bytes) {
            let Some(recovery) = (route.recover)(&Refusal { status, response, request: body }) else {
                continue;
            };
            let (less, all) = (value(&recovery.body), value(body));
            let (less, all) = (less.as_object().expect("an object"), all.as_object().expect("an object"));
            assert!(less.len() < all.len(), "{less:?}");
            assert!(less.iter().all(|(name, value)| all.get(name) == Some(value)), "{less:?}");
        }
    }
}

/// A strict reader's: numbers within floats, no half characters, no depth beyond 128.
fn value(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(body)))
}
