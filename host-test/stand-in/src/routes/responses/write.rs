//! Responses as OpenAI streams them: items that open, grow and close, and a terminal event that repeats them.

use serde_json::{Map, Value, json};

use crate::chat_request::ChatRequest;
use crate::fill::CREATED;
use crate::routes::prompt_cache::CacheUse;
use crate::routes::seal::{canonical, seal};
use crate::routes::writer::{Meter, Writer, thirds, words};

/// Writes one response.
pub struct ResponsesWriter {
    model: String,
    /// The number of the request, which makes the ids unique.
    number: u64,
    /// Whether `include` asks for the encrypted reasoning.
    encrypts: bool,
    sequence: u64,
    output: Vec<Value>,
    meter: Meter,
    /// The terminal response.
    end: Value,
}

impl ResponsesWriter {
    /// A writer at the start of a response.
    pub fn new(request: &ChatRequest, number: u64, prompt: CacheUse) -> ResponsesWriter {
        let include = request.body["include"].as_array();
        let encrypts = include.is_some_and(|list| list.contains(&"reasoning.encrypted_content".into()));
        let meter = Meter { prompt, ..Meter::default() };
        ResponsesWriter {
            model: request.model.clone(),
            number,
            encrypts,
            sequence: 0,
            output: Vec::new(),
            meter,
            end: Value::Null,
        }
    }

    fn event(&mut self, kind: &str, fields: Value) -> Value {
        let mut event = Map::new();
        event.insert("type".to_owned(), kind.into());
        event.insert("sequence_number".to_owned(), self.sequence.into());
        self.sequence += 1;
        if let Value::Object(fields) = fields {
            event.extend(fields);
        }
        Value::Object(event)
    }

    fn response(&self, status: &str, reason: Option<&str>) -> Value {
        let ended = status != "in_progress";
        json!({
            "id": format!("resp_stand-in-{:06}", self.number), "object": "response", "created_at": CREATED,
            "status": status, "background": false, "error": null,
            "incomplete_details": reason.map(|reason| json!({ "reason": reason })),
            "model": self.model, "output": if ended { self.output.as_slice() } else { &[] },
            "parallel_tool_calls": true, "previous_response_id": null, "store": false,
            "usage": if ended { self.usage() } else { Value::Null },
        })
    }

    fn usage(&self) -> Value {
        let Meter { prompt, reasoning, .. } = self.meter;
        json!({
            "input_tokens": prompt.prompt(),
            "input_tokens_details": { "cached_tokens": prompt.read, "cache_write_tokens": prompt.written() },
            "output_tokens": self.meter.output(),
            "output_tokens_details": { "reasoning_tokens": reasoning },
            "total_tokens": prompt.prompt() + self.meter.output(),
        })
    }

    fn id(&self, prefix: &str) -> String {
        format!("{prefix}_{:06}{:02}", self.number, self.output.len())
    }

    fn added(&mut self, item: &Value) -> Value {
        let at = self.output.len();
        self.event("response.output_item.added", json!({ "output_index": at, "item": item }))
    }

    fn done(&mut self, item: Value) -> Value {
        let at = self.output.len();
        self.output.push(item.clone());
        self.event("response.output_item.done", json!({ "output_index": at, "item": item }))
    }

    /// A message with one part. Text and refusals differ in the names only.
    fn message(&mut self, text: &str, kind: &str, field: &str, event: &str) -> Vec<Value> {
        self.meter.add_text(text);
        let (id, at) = (self.id("msg"), self.output.len());
        let item = |status: &str, content: Value| json!({ "id": id, "type": "message", "status": status, "content": content, "role": "assistant" });
        let part = |text: &str| {
            let mut part = json!({ "type": kind, field: text });
            if kind == "output_text" {
                part["annotations"] = json!([]);
                part["logprobs"] = json!([]);
            }
            part
        };
        let place = |mut fields: Value| {
            fields["item_id"] = id.as_str().into();
            fields["output_index"] = at.into();
            fields["content_index"] = 0.into();
            fields
        };
        let mut events = vec![
            self.added(&item("in_progress", json!([]))),
            self.event("response.content_part.added", place(json!({ "part": part("") }))),
        ];
        for word in words(text) {
            events.push(self.event(&format!("{event}.delta"), place(json!({ "delta": word }))));
        }
        events.push(self.event(&format!("{event}.done"), place(json!({ field: text }))));
        events.push(self.event("response.content_part.done", place(json!({ "part": part(text) }))));
        events.push(self.done(item("completed", json!([part(text)]))));
        events
    }
}

impl Writer for ResponsesWriter {
    fn start(&mut self) -> Vec<Value> {
        let response = self.response("in_progress", None);
        ["response.created", "response.in_progress"]
            .map(|kind| self.event(kind, json!({ "response": response })))
            .into()
    }

    fn text(&mut self, text: &str) -> Vec<Value> {
        self.message(text, "output_text", "text", "response.output_text")
    }

    fn refusal(&mut self, text: &str) -> Vec<Value> {
        self.message(text, "refusal", "refusal", "response.refusal")
    }

    /// Paragraphs of the text are parts of the summary. The blob in `added` is not that of `done`, as recorded streams have
    /// it: a client has to take the last one.
    fn reasoning(&mut self, text: &str) -> Vec<Value> {
        self.meter.add_reasoning(text);
        let (id, at) = (self.id("rs"), self.output.len());
        let summary: Vec<Value> = text
            .split("\n\n")
            .filter(|part| !part.is_empty())
            .map(|part| json!({ "type": "summary_text", "text": part }))
            .collect();
        let blob = seal(self.number * 100 + at as u64, &canonical(&json!(summary)));
        let item = |summary: &[Value], blob: &str| {
            let mut item = json!({ "id": id, "type": "reasoning", "summary": summary });
            if self.encrypts {
                item["encrypted_content"] = blob.into();
            }
            item
        };
        let (begun, complete) = (item(&[], &blob[..blob.len() / 2]), item(&summary, &blob));
        let mut events = vec![self.added(&begun)];
        for (number, part) in summary.iter().enumerate() {
            let place = |mut fields: Value| {
                fields["item_id"] = id.as_str().into();
                fields["output_index"] = at.into();
                fields["summary_index"] = number.into();
                fields
            };
            let text = part["text"].as_str().unwrap_or_default();
            let empty = json!({ "type": "summary_text", "text": "" });
            events.push(self.event("response.reasoning_summary_part.added", place(json!({ "part": empty }))));
            for word in words(text) {
                let delta = place(json!({ "delta": word }));
                events.push(self.event("response.reasoning_summary_text.delta", delta));
            }
            events.push(self.event("response.reasoning_summary_text.done", place(json!({ "text": text }))));
            events.push(self.event("response.reasoning_summary_part.done", place(json!({ "part": part }))));
        }
        events.push(self.done(complete));
        events
    }

    fn call(&mut self, name: &str, arguments: &str) -> Vec<Value> {
        self.meter.add_text(arguments);
        let (id, call_id, at) = (self.id("fc"), self.id("call"), self.output.len());
        let item = |status: &str, arguments: &str| {
            json!({
                "id": id, "type": "function_call", "status": status, "arguments": arguments,
                "call_id": call_id, "name": name,
            })
        };
        let mut events = vec![self.added(&item("in_progress", ""))];
        for piece in thirds(arguments) {
            let delta = json!({ "item_id": id, "output_index": at, "delta": piece });
            events.push(self.event("response.function_call_arguments.delta", delta));
        }
        let done = json!({ "item_id": id, "output_index": at, "arguments": arguments });
        events.push(self.event("response.function_call_arguments.done", done));
        events.push(self.done(item("completed", arguments)));
        events
    }

    fn end(&mut self, finish: &str) -> Vec<Value> {
        let (status, reason) = match finish {
            "stop" | "tool-calls" | "refusal" => ("completed", None),
            "length" => ("incomplete", Some("max_output_tokens")),
            "content-filter" => ("incomplete", Some("content_filter")),
            other => ("incomplete", Some(other)),
        };
        self.end = self.response(status, reason);
        let response = self.end.clone();
        vec![self.event(&format!("response.{status}"), json!({ "response": response }))]
    }

    fn whole(&self) -> Value {
        self.end.clone()
    }
}
