//! Placeholders: what a scenario leaves open, `{{name}}` or `{{name argument}}`, filled from the request.
//!
//! A JSON text that is one placeholder and nothing else becomes the value itself, be it a number or an
//! object. An unknown placeholder stays as it is, and a test finds it.

use serde_json::{Map, Value, json};

use super::ask::{Asked, Image, Turn};
use super::script::Answer;
use super::{models, sample};

/// `created` of every answer: 2026-01-31, noon UTC. A constant makes answers comparable.
const CREATED: u64 = 1_769_860_800;

/// Everything that placeholders are filled from.
#[derive(Clone, Debug)]
pub struct Filling {
    /// The chat request; `None` on other routes.
    pub asked: Option<Asked>,
    /// The request's id, as in its header.
    pub request_id: String,
    /// The `Authorization` header, for providers that echo it.
    pub authorization: String,
    /// The stand-in's base URL.
    pub base_url: String,
    /// The base URL of another origin.
    pub elsewhere: String,
    /// The word at hand, in an `each`.
    pub piece: String,
    /// Words sent so far.
    pub pieces: u64,
}

impl Filling {
    /// Fills a JSON value.
    pub fn value(&self, template: &Value) -> Value {
        match template {
            Value::String(text) => self.whole_placeholder(text).unwrap_or_else(|| self.text(text).into()),
            Value::Array(items) => items.iter().map(|item| self.value(item)).collect(),
            Value::Object(fields) => Value::Object(self.fields(fields)),
            other => other.clone(),
        }
    }

    /// Fills each value of an object.
    pub fn fields(&self, fields: &Map<String, Value>) -> Map<String, Value> {
        fields.iter().map(|(name, value)| (name.clone(), self.value(value))).collect()
    }

    /// Fills a text.
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

    /// A chunk: the usual envelope, the provider's own, and these fields.
    pub fn chunk(&self, answer: &Answer, fields: Map<String, Value>) -> Value {
        self.envelope(answer, "chat.completion.chunk", fields)
    }

    /// A chunk with one choice.
    pub fn choice(&self, answer: &Answer, delta: Value, finish: Value, more: &Map<String, Value>) -> Value {
        let mut choice = Map::new();
        choice.insert("index".to_owned(), 0.into());
        choice.insert("delta".to_owned(), delta);
        choice.extend(self.fields(&answer.choice));
        choice.insert("finish_reason".to_owned(), finish);
        choice.retain(|name, _| !answer.omit.contains(name));
        let mut fields = Map::new();
        fields.insert("choices".to_owned(), json!([choice]));
        fields.extend(self.fields(more));
        self.chunk(answer, fields)
    }

    /// An object as every answer of this provider has it around its own fields.
    pub fn envelope(&self, answer: &Answer, object: &str, fields: Map<String, Value>) -> Value {
        let mut chunk = Map::new();
        chunk.insert("id".to_owned(), format!("chatcmpl-{}", self.request_id).into());
        chunk.insert("object".to_owned(), object.into());
        chunk.insert("created".to_owned(), CREATED.into());
        chunk.insert("model".to_owned(), self.model().into());
        chunk.extend(self.fields(&answer.envelope));
        chunk.extend(fields);
        chunk.retain(|name, _| !answer.omit.contains(name));
        Value::Object(chunk)
    }

    fn model(&self) -> &str {
        self.asked.as_ref().map_or("", |asked| &asked.model)
    }

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
            "key_rows" => models::key_list(argument.parse().ok()?, 0).into(),
            "catalogue_rows" => models::catalogue(argument.parse().ok()?).into(),
            "delta" => self.bare_chunk(json!({ "content": argument }), Value::Null).into(),
            "finish" => self.bare_chunk(json!({}), argument.into()).into(),
            _ => self.of_request(name, argument)?,
        })
    }

    /// The JSON text of a chunk with nothing but a choice, for bodies that are written by hand.
    fn bare_chunk(&self, delta: Value, finish: Value) -> String {
        json!({
            "id": format!("chatcmpl-{}", self.request_id), "object": "chat.completion.chunk",
            "created": CREATED, "model": self.model(),
            "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }],
        })
        .to_string()
    }

    fn of_request(&self, name: &str, argument: &str) -> Option<Value> {
        let asked = self.asked.as_ref()?;
        let counts = Counts::of(asked);
        Some(match name {
            "echo" => asked.echo.as_str().into(),
            "images" => images(&asked.images).into(),
            "answer" => answer(asked).into(),
            "thought" => thought(asked).into(),
            "tool_result" => asked.tool_results.join("; ").into(),
            "tool" => tool(asked, argument).0.into(),
            "arguments" => arguments(asked, argument).into(),
            "usage" => counts.usage(),
            "prompt_tokens" => counts.prompt.into(),
            "completion_tokens" => (counts.answer + counts.reasoning).into(),
            "reasoning_tokens" => counts.reasoning.into(),
            "total_tokens" => counts.total().into(),
            _ => return None,
        })
    }
}

/// Tokens by a simple rule: four characters of JSON are one.
struct Counts {
    prompt: u64,
    answer: u64,
    reasoning: u64,
}

impl Counts {
    fn of(asked: &Asked) -> Counts {
        let tokens = |text: &str| (text.chars().count() as u64).div_ceil(4);
        let reasons = asked.turn == Turn::Reasoning;
        Counts {
            prompt: tokens(&asked.body["messages"].to_string()) + tokens(&asked.body["tools"].to_string()),
            answer: match asked.turn {
                Turn::Tools => tokens(&arguments(asked, "")),
                Turn::Text | Turn::Reasoning => tokens(&answer(asked)),
            },
            reasoning: if reasons { tokens(&thought(asked)) } else { 0 },
        }
    }

    fn total(&self) -> u64 {
        self.prompt + self.answer + self.reasoning
    }

    fn usage(&self) -> Value {
        json!({
            "prompt_tokens": self.prompt,
            "completion_tokens": self.answer + self.reasoning,
            "total_tokens": self.total(),
            "prompt_tokens_details": { "cached_tokens": 0 },
            "completion_tokens_details": { "reasoning_tokens": self.reasoning },
        })
    }
}

/// What a friendly model would say.
fn answer(asked: &Asked) -> String {
    if let Some(json) = asked.structured() {
        return json;
    }
    let mut said = match asked.tool_results.as_slice() {
        [] => format!("You said: “{}”.", asked.echo.trim()),
        results => format!("The tool answered: {}.", results.join("; ").trim_end_matches('.')),
    };
    if !asked.images.is_empty() {
        said += &format!(" I saw {}.", images(&asked.images));
    }
    said + &format!(
        " I am the stand-in for CometAPI, playing {}: no model ran, no token was paid for, and nothing \
         left this machine. With a key of your own, a real answer streams here just like this one.",
        asked.model
    )
}

fn thought(asked: &Asked) -> String {
    format!(
        "The user wrote {} characters. There is no model here to weigh them, so I repeat them kindly and \
         say who I am.",
        asked.echo.chars().count()
    )
}

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

/// The tool of that number, counted from 1, and the schema of its arguments; the usual example of all
/// tools where the request has none.
fn tool(asked: &Asked, number: &str) -> (String, Value) {
    let index = number.parse::<usize>().unwrap_or(1).saturating_sub(1);
    let wanted = asked.tools.get(index).or(asked.tools.first()).cloned();
    wanted.unwrap_or_else(|| {
        let city = json!({ "type": "object", "properties": { "city": { "type": "string" } } });
        ("get_weather".to_owned(), city)
    })
}

/// Arguments for the first tool: all of them, or with `2/3` the second third.
fn arguments(asked: &Asked, part: &str) -> String {
    let all = sample::arguments(&tool(asked, "1").1, &asked.echo);
    let Some((part, of)) = part.split_once('/') else { return all };
    let (part, of) = (part.parse().unwrap_or(1_usize), of.parse().unwrap_or(1_usize).max(1));
    let count = all.chars().count();
    let bound = |index: usize| count * index / of;
    let (from, to) = (bound(part.saturating_sub(1)), bound(part));
    all.chars().skip(from).take(to - from).collect()
}
