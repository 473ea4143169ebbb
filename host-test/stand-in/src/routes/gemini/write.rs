//! Responses as Google streams them: chunks with parts, each a response of its own, and no event that marks the end.

use serde_json::{Value, json};

use super::contents::signed;
use crate::chat_request::ChatRequest;
use crate::routes::prompt_cache::CacheUse;
use crate::routes::seal::seal;
use crate::routes::writer::{Meter, Writer, words};

/// Writes one response.
pub struct GeminiWriter {
    model: String,
    /// The number of the request, which makes the ids unique.
    number: u64,
    parts: Vec<Value>,
    /// Whether a signature is due on the next call, or on a text part at the end.
    unsigned: bool,
    meter: Meter,
    /// The finish reason or, for a prompt that was blocked, the reason of that.
    finish: String,
}

impl GeminiWriter {
    /// A writer at the start of a response.
    pub fn new(request: &ChatRequest, number: u64, prompt: CacheUse) -> GeminiWriter {
        GeminiWriter {
            model: request.model.clone(),
            number,
            parts: Vec::new(),
            // The first call is signed also where the model shows no thoughts.
            unsigned: request.reasons || !request.tools.is_empty(),
            meter: Meter { prompt, ..Meter::default() },
            finish: String::new(),
        }
    }

    /// A chunk with these parts.
    fn chunk(&self, parts: &[Value], finish: Option<&str>) -> Value {
        let mut candidate = json!({ "content": { "parts": parts, "role": "model" }, "index": 0 });
        if let Some(finish) = finish {
            candidate["finishReason"] = finish.into();
        }
        json!({
            "candidates": [candidate], "usageMetadata": self.usage(),
            "modelVersion": self.model, "responseId": format!("r{:06}", self.number),
        })
    }

    /// Thoughts are not among the candidates' tokens, and cached tokens are among the prompt's. Counts that are zero are
    /// left out, as Google does.
    fn usage(&self) -> Value {
        let Meter { prompt, text, reasoning } = self.meter;
        let mut usage = json!({
            "promptTokenCount": prompt.prompt(), "totalTokenCount": prompt.prompt() + text + reasoning,
            "promptTokensDetails": [{ "modality": "TEXT", "tokenCount": prompt.prompt() }],
        });
        let others = [
            ("candidatesTokenCount", text),
            ("thoughtsTokenCount", reasoning),
            ("cachedContentTokenCount", prompt.read),
        ];
        for (name, count) in others.into_iter().filter(|(_, count)| *count > 0) {
            usage[name] = count.into();
        }
        usage
    }

    fn signature(&mut self, part: &Value) -> Value {
        self.unsigned = false;
        seal(self.number * 100 + self.parts.len() as u64, &signed(part)).into()
    }
}

impl Writer for GeminiWriter {
    /// There is no event for it.
    fn start(&mut self) -> Vec<Value> {
        Vec::new()
    }

    fn text(&mut self, text: &str) -> Vec<Value> {
        self.parts.push(json!({ "text": text }));
        let mut chunks = Vec::new();
        for word in words(text) {
            self.meter.add_text(word);
            chunks.push(self.chunk(&[json!({ "text": word })], None));
        }
        chunks
    }

    /// A refusal is a text like any other here.
    fn refusal(&mut self, text: &str) -> Vec<Value> {
        self.text(text)
    }

    fn reasoning(&mut self, text: &str) -> Vec<Value> {
        self.unsigned = true;
        if text.is_empty() {
            self.meter.add_reasoning("a thought without its text");
            return Vec::new();
        }
        self.parts.push(json!({ "text": text, "thought": true }));
        let mut chunks = Vec::new();
        for word in words(text) {
            self.meter.add_reasoning(word);
            chunks.push(self.chunk(&[json!({ "text": word, "thought": true })], None));
        }
        chunks
    }

    /// A whole call in a chunk, without an id. Of parallel calls only the first one is signed.
    fn call(&mut self, name: &str, arguments: &str) -> Vec<Value> {
        self.meter.add_text(arguments);
        let args: Value = serde_json::from_str(arguments).unwrap_or_default();
        let mut part = json!({ "functionCall": { "name": name, "args": args } });
        let first = !self.parts.iter().any(|part| part.get("functionCall").is_some());
        if first {
            part["thoughtSignature"] = self.signature(&part);
        }
        self.parts.push(part.clone());
        vec![self.chunk(&[part], None)]
    }

    /// The last chunk. After a text, the signature comes with an empty text of its own.
    fn end(&mut self, finish: &str) -> Vec<Value> {
        let finish = match finish {
            "stop" | "tool-calls" | "refusal" => "STOP",
            "length" => "MAX_TOKENS",
            "content-filter" => "SAFETY",
            other => other,
        };
        self.finish = finish.to_owned();
        let mut part = json!({ "text": "" });
        let calls = self.parts.iter().any(|part| part.get("functionCall").is_some());
        if self.unsigned && !calls {
            part["thoughtSignature"] = self.signature(&part);
            self.parts.push(part.clone());
        }
        vec![self.chunk(&[part], Some(finish))]
    }

    fn whole(&self) -> Value {
        self.chunk(&self.parts, Some(&self.finish))
    }
}
