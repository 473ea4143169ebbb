//! Placeholders of scenarios, `{{name}}` or `{{name argument}}`, which are replaced with values from the
//! request.
//!
//! A JSON string that consists of one placeholder becomes the value itself, for example a number or an
//! object. An unknown placeholder is left unchanged, so that a test can find it.

use serde_json::{Map, Value, json};

use super::chat_request::{ChatRequest, Image, Turn};
use super::router::number_of;
use super::routes::seal;
use super::script::ScriptedResponse;
use super::{models, sample};

/// `created` of every response: 2026-01-31, noon UTC. A constant, so that two responses can be compared byte
/// by byte.
pub const CREATED: u64 = 1_769_860_800;

/// The values that placeholders are replaced with.
#[derive(Clone, Debug)]
pub struct Filling {
    /// The chat request; `None` on other routes.
    pub request: Option<ChatRequest>,
    /// The request's id, as in its header.
    pub request_id: String,
    /// The `Authorization` header, for scenarios of providers that echo it. They test that the plugin and the
    /// host keep the key out of errors and texts.
    pub authorization: String,
    /// The stand-in's base URL.
    pub base_url: String,
    /// The base URL of another origin.
    pub elsewhere: String,
    /// The current word of an `each`.
    pub piece: String,
    /// Words sent so far.
    pub pieces: u64,
}

impl Filling {
    /// Replaces the placeholders in a JSON value.
    pub fn value(&self, template: &Value) -> Value {
        match template {
            Value::String(text) => self.whole_placeholder(text).unwrap_or_else(|| self.text(text).into()),
            Value::Array(items) => items.iter().map(|item| self.value(item)).collect(),
            Value::Object(fields) => Value::Object(self.fields(fields)),
            other => other.clone(),
        }
    }

    /// Replaces the placeholders in each value of an object.
    pub fn fields(&self, fields: &Map<String, Value>) -> Map<String, Value> {
        fields.iter().map(|(name, value)| (name.clone(), self.value(value))).collect()
    }

    /// Replaces the placeholders in a text.
    pub fn text(&self, template: &str) -> String {
        let mut filled = String::with_capacity(template.len());
        let mut rest = template;
        while let Some((before, (inside, after))) =
            rest.split_once("{{").and_then(|(before, from)| Some((before, from.split_once("}}")?)))
        {
            filled.push_str(before);
            match self.placeholder(inside) {
                Some(Value::String(text)) => filled.push_str(&text),
                Some(value) => filled.push_str(&value.to_string()),
                None => filled.extend(["{{", inside, "}}"]),
            }
            rest = after;
        }
        filled + rest
    }

    /// A chunk: the usual envelope, the provider's own fields, and these fields.
    pub fn chunk(&self, response: &ScriptedResponse, fields: Map<String, Value>) -> Value {
        self.envelope(response, "chat.completion.chunk", fields)
    }

    /// A chunk with one choice.
    pub fn choice(
        &self,
        response: &ScriptedResponse,
        delta: Value,
        finish: Value,
        more: &Map<String, Value>,
    ) -> Value {
        let mut choice = Map::new();
        choice.insert("index".to_owned(), 0.into());
        choice.insert("delta".to_owned(), delta);
        choice.extend(self.fields(&response.choice));
        choice.insert("finish_reason".to_owned(), finish);
        choice.retain(|name, _| !response.omit.contains(name));
        let mut fields = Map::new();
        fields.insert("choices".to_owned(), json!([choice]));
        fields.extend(self.fields(more));
        self.chunk(response, fields)
    }

    /// An object with the envelope that every response of this provider has around its own fields. A later
    /// field replaces an earlier one, so a scenario can overwrite `id` or `model`; `omit` is applied last.
    pub fn envelope(&self, response: &ScriptedResponse, object: &str, fields: Map<String, Value>) -> Value {
        let mut chunk = Map::new();
        chunk.insert("id".to_owned(), format!("chatcmpl-{}", self.request_id).into());
        chunk.insert("object".to_owned(), object.into());
        chunk.insert("created".to_owned(), CREATED.into());
        chunk.insert("model".to_owned(), self.model().into());
        chunk.extend(self.fields(&response.envelope));
        chunk.extend(fields);
        chunk.retain(|name, _| !response.omit.contains(name));
        Value::Object(chunk)
    }

    /// The calls that the conversation asks for, as names and arguments. A scenario for a call that is played without tools
    /// calls the tool of the common weather example.
    pub fn due_calls(&self) -> Vec<(String, String)> {
        let Some(request) = &self.request else { return Vec::new() };
        let due = if request.due.is_empty() { &[0][..] } else { &request.due };
        let call = |at: &usize| {
            let (name, schema) = tool(request, &(at + 1).to_string());
            (name, sample::arguments(&schema, &request.echo))
        };
        due.iter().map(call).collect()
    }

    fn model(&self) -> &str {
        self.request.as_ref().map_or("", |request| &request.model)
    }

    /// The value of a text that is one placeholder and nothing else. `{{usage}}` has to become an object and not its text.
    fn whole_placeholder(&self, text: &str) -> Option<Value> {
        let inside = text.strip_prefix("{{")?.strip_suffix("}}")?;
        (!inside.contains("{{")).then(|| self.placeholder(inside))?
    }

    fn placeholder(&self, inside: &str) -> Option<Value> {
        let (name, argument) = inside.split_once(' ').unwrap_or((inside, ""));
        Some(match name {
            "model" => self.model().into(),
            "request_id" => self.request_id.as_str().into(),
            "authorization" => self.authorization.as_str().into(),
            "base_url" => self.base_url.as_str().into(),
            "elsewhere" => self.elsewhere.as_str().into(),
            "created" => CREATED.into(),
            "piece" => self.piece.as_str().into(),
            "pieces" => self.pieces.into(),
            // Turn 0 always, so that the rows of a scenario are the same in each response.
            "key_rows" => models::key_list(argument.parse().ok()?, 0).into(),
            "catalogue_rows" => models::catalogue(argument.parse().ok()?).into(),
            "seal" => seal::seal(number_of(&self.request_id), argument).into(),
            "delta" => self.bare_chunk(json!({ "content": argument }), Value::Null).into(),
            "finish" => self.bare_chunk(json!({}), argument.into()).into(),
            _ => self.of_request(name, argument)?,
        })
    }

    /// The JSON text of a chunk with only a choice, for scenarios that write their framing by hand.
    fn bare_chunk(&self, delta: Value, finish: Value) -> String {
        json!({
            "id": format!("chatcmpl-{}", self.request_id), "object": "chat.completion.chunk",
            "created": CREATED, "model": self.model(),
            "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }],
        })
        .to_string()
    }

    fn of_request(&self, name: &str, argument: &str) -> Option<Value> {
        let request = self.request.as_ref()?;
        let counts = Counts::of(request);
        Some(match name {
            "echo" => request.echo.as_str().into(),
            "images" => images(&request.images).into(),
            "answer" => reply_text(request).into(),
            "thought" => thought(request).into(),
            "tool_result" => request.tool_results.join("; ").into(),
            "tool" => tool(request, argument).0.into(),
            "arguments" => arguments(request, argument).into(),
            "usage" => counts.usage(),
            "prompt_tokens" => counts.prompt.into(),
            "completion_tokens" => (counts.text + counts.reasoning).into(),
            "reasoning_tokens" => counts.reasoning.into(),
            "total_tokens" => counts.total().into(),
            _ => return None,
        })
    }
}

/// Token counts by a simple rule: four characters of JSON are one token. They only have to be stable and to
/// add up.
struct Counts {
    prompt: u64,
    text: u64,
    reasoning: u64,
}

impl Counts {
    fn of(request: &ChatRequest) -> Counts {
        let tokens = |text: &str| (text.chars().count() as u64).div_ceil(4);
        let reasons = request.turn == Turn::Reasoning;
        Counts {
            prompt: tokens(&request.body["messages"].to_string())
                + tokens(&request.body["tools"].to_string()),
            text: match request.turn {
                Turn::Tools => tokens(&arguments(request, "")),
                Turn::Text | Turn::Reasoning => tokens(&reply_text(request)),
            },
            reasoning: if reasons { tokens(&thought(request)) } else { 0 },
        }
    }

    fn total(&self) -> u64 {
        self.prompt + self.text + self.reasoning
    }

    fn usage(&self) -> Value {
        json!({
            "prompt_tokens": self.prompt,
            "completion_tokens": self.text + self.reasoning,
            "total_tokens": self.total(),
            "prompt_tokens_details": { "cached_tokens": 0 },
            "completion_tokens_details": { "reasoning_tokens": self.reasoning },
        })
    }
}

/// The text of a response. It says that no model ran, because the demo shows it to people who may not know
/// that.
fn reply_text(request: &ChatRequest) -> String {
    if let Some(json) = request.structured() {
        return json;
    }
    let mut reply = match request.tool_results.as_slice() {
        [] => format!("You said: “{}”.", request.echo.trim()),
        results => format!("The tool answered: {}.", results.join("; ").trim_end_matches('.')),
    };
    if !request.images.is_empty() {
        reply += &format!(" I saw {}.", images(&request.images));
    }
    reply
        + &format!(
            " I am the stand-in for CometAPI, playing {}: no model ran, no token was paid for, and nothing \
         left this machine. With a key of your own, a real response streams here just like this one.",
            request.model
        )
}

/// The text of the reasoning. It also says that there is no model, since some clients show only the reasoning.
fn thought(request: &ChatRequest) -> String {
    format!(
        "The user wrote {} characters. There is no model here to weigh them, so I repeat them kindly and \
         say who I am.",
        request.echo.chars().count()
    )
}

/// What was received of the images. A user of the demo sees that an image arrived whole, and a test that no byte is missing.
fn images(images: &[Image]) -> String {
    let describe = |image: &Image| match image {
        Image::Inline(media_type, bytes) => format!("{media_type}, {bytes} bytes"),
        Image::Linked => "by its address".to_owned(),
    };
    let each: Vec<String> = images.iter().map(describe).collect();
    match images.len() {
        0 => "no image".to_owned(),
        1 => format!("1 image ({})", each.join("; ")),
        count => format!("{count} images ({})", each.join("; ")),
    }
}

/// The name and schema of the tool with this number, counted from 1. Without tools in the request it is the
/// common weather example, so that tool scenarios also work when a person types a prompt.
fn tool(request: &ChatRequest, number: &str) -> (String, Value) {
    let index = number.parse::<usize>().unwrap_or(1).saturating_sub(1);
    let wanted = request.tools.get(index).or(request.tools.first()).cloned();
    wanted.unwrap_or_else(|| {
        let city = json!({ "type": "object", "properties": { "city": { "type": "string" } } });
        ("get_weather".to_owned(), city)
    })
}

/// Arguments for the first tool: all of them, or with `2/3` the second third. Thirds are counted in
/// characters, since half a character would not be valid JSON.
fn arguments(request: &ChatRequest, part: &str) -> String {
    let all = sample::arguments(&tool(request, "1").1, &request.echo);
    let Some((part, of)) = part.split_once('/') else { return all };
    let (part, of) = (part.parse().unwrap_or(1_usize), of.parse().unwrap_or(1_usize).max(1));
    let count = all.chars().count();
    let bound = |index: usize| count * index / of;
    let (from, to) = (bound(part.saturating_sub(1)), bound(part));
    all.chars().skip(from).take(to - from).collect()
}
