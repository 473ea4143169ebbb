//! Responses as Anthropic streams them: blocks that open, grow and close, between the start and the stop of a message.

use serde_json::{Value, json};

use crate::chat_request::ChatRequest;
use crate::routes::prompt_cache::CacheUse;
use crate::routes::seal::seal;
use crate::routes::writer::{Meter, Writer, thirds, words};

/// Writes one response.
pub struct MessagesWriter {
    model: String,
    /// The number of the request, which makes the ids unique.
    number: u64,
    content: Vec<Value>,
    meter: Meter,
    stop_reason: Value,
    stop_details: Value,
}

impl MessagesWriter {
    /// A writer at the start of a response.
    pub fn new(request: &ChatRequest, number: u64, prompt: CacheUse) -> MessagesWriter {
        MessagesWriter {
            model: request.model.clone(),
            number,
            content: Vec::new(),
            meter: Meter { prompt, ..Meter::default() },
            stop_reason: Value::Null,
            stop_details: Value::Null,
        }
    }

    fn message(&self, content: &[Value], output: u64) -> Value {
        json!({
            "id": format!("msg_{:06}", self.number), "type": "message", "role": "assistant",
            "model": self.model, "content": content, "stop_reason": self.stop_reason,
            "stop_sequence": null, "usage": self.usage(output),
        })
    }

    /// The input without the cached tokens, as Anthropic counts it.
    fn usage(&self, output: u64) -> Value {
        let prompt = self.meter.prompt;
        json!({
            "input_tokens": prompt.fresh,
            "cache_creation_input_tokens": prompt.written(),
            "cache_read_input_tokens": prompt.read,
            "cache_creation": {
                "ephemeral_5m_input_tokens": prompt.written_5m, "ephemeral_1h_input_tokens": prompt.written_1h,
            },
            "output_tokens": output,
            "output_tokens_details": { "thinking_tokens": self.meter.reasoning },
            "service_tier": "standard",
        })
    }

    /// A block: its start, its deltas and its stop.
    fn block(&mut self, start: Value, deltas: Vec<Value>, complete: Value) -> Vec<Value> {
        let index = self.content.len();
        self.content.push(complete);
        let start = json!({ "type": "content_block_start", "index": index, "content_block": start });
        let deltas = deltas
            .into_iter()
            .map(|delta| json!({ "type": "content_block_delta", "index": index, "delta": delta }));
        let stop = json!({ "type": "content_block_stop", "index": index });
        [start].into_iter().chain(deltas).chain([stop]).collect()
    }
}

impl Writer for MessagesWriter {
    fn start(&mut self) -> Vec<Value> {
        vec![json!({ "type": "message_start", "message": self.message(&[], 1) }), json!({ "type": "ping" })]
    }

    fn text(&mut self, text: &str) -> Vec<Value> {
        self.meter.add_text(text);
        let deltas = words(text).map(|word| json!({ "type": "text_delta", "text": word })).collect();
        self.block(json!({ "type": "text", "text": "" }), deltas, json!({ "type": "text", "text": text }))
    }

    /// There is no block for it: the stop reason says it.
    fn refusal(&mut self, text: &str) -> Vec<Value> {
        self.stop_details = json!({ "type": "refusal", "category": null, "explanation": text });
        Vec::new()
    }

    fn reasoning(&mut self, text: &str) -> Vec<Value> {
        self.meter.add_reasoning(text);
        let signature = seal(self.number * 100 + self.content.len() as u64, text);
        let mut deltas: Vec<Value> =
            words(text).map(|word| json!({ "type": "thinking_delta", "thinking": word })).collect();
        deltas.push(json!({ "type": "signature_delta", "signature": signature }));
        let start = json!({ "type": "thinking", "thinking": "", "signature": "" });
        self.block(start, deltas, json!({ "type": "thinking", "thinking": text, "signature": signature }))
    }

    fn call(&mut self, name: &str, arguments: &str) -> Vec<Value> {
        self.meter.add_text(arguments);
        let block = |input: Value| {
            let id = format!("toolu_{:06}{:02}", self.number, self.content.len());
            json!({ "type": "tool_use", "id": id, "name": name, "input": input })
        };
        let (start, complete) =
            (block(json!({})), block(serde_json::from_str(arguments).unwrap_or_default()));
        // The first fragment is empty, as the vendor's is.
        let pieces = [String::new()].into_iter().chain(thirds(arguments));
        let deltas =
            pieces.map(|piece| json!({ "type": "input_json_delta", "partial_json": piece })).collect();
        self.block(start, deltas, complete)
    }

    fn end(&mut self, finish: &str) -> Vec<Value> {
        self.stop_reason = match finish {
            "stop" => "end_turn",
            "tool-calls" => "tool_use",
            "length" => "max_tokens",
            "content-filter" => "refusal",
            other => other,
        }
        .into();
        let delta = json!({
            "stop_reason": self.stop_reason, "stop_sequence": null, "stop_details": self.stop_details,
        });
        let usage = self.usage(self.meter.output());
        vec![
            json!({ "type": "message_delta", "delta": delta, "usage": usage }),
            json!({ "type": "message_stop" }),
        ]
    }

    fn whole(&self) -> Value {
        self.message(&self.content, self.meter.output())
    }
}
