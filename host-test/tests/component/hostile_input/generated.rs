//! Generated responses, their encodings as streams, and the events that the component has to make of them.

use conformance::Played;
use proptest::prelude::*;
use proptest::sample::Index;
use provider_host::contract::{FinishReason, Part, ToolArguments};
use serde_json::{Value, json};

use super::server::{Framing, Served, in_reads};

/// A piece of a response.
#[derive(Clone, Debug)]
enum Piece {
    Text(String),
    Reasoning(String),
    /// A name, arguments, and the positions at which the text of the arguments is cut.
    Call(String, Value, Vec<Index>),
}

/// A response, with its pieces in the order in which they are sent.
#[derive(Clone, Debug)]
pub struct GeneratedResponse {
    pieces: Vec<Piece>,
    usage: Option<u32>,
}

/// One of the ways to send a response that the standards allow.
#[derive(Clone, Debug)]
pub struct WireFormat {
    line_end: &'static str,
    field: &'static str,
    comments: bool,
    /// Whether the JSON is indented, and so takes several data lines.
    pretty: bool,
    end_marker: bool,
    framing: Framing,
    sizes: Vec<usize>,
}

fn piece() -> impl Strategy<Value = Piece> {
    let text =
        prop_oneof![any::<String>(), Just("data: [DONE]\n\n".to_owned()), Just("</think>\r".to_owned())];
    let arguments = prop::collection::btree_map(any::<String>(), any::<(i32, String)>(), 0..3);
    prop_oneof![
        3 => text.prop_map(Piece::Text),
        1 => any::<String>().prop_map(Piece::Reasoning),
        1 => ("[a-zA-Z0-9_-]{1,20}", arguments, prop::collection::vec(any::<Index>(), 0..4))
            .prop_map(|(name, arguments, cuts)| Piece::Call(name, json!(arguments), cuts)),
    ]
}

/// Any response in any format.
pub fn responses() -> impl Strategy<Value = (GeneratedResponse, WireFormat)> {
    let generated = (prop::collection::vec(piece(), 0..8), any::<Option<u32>>())
        .prop_map(|(pieces, usage)| GeneratedResponse { pieces, usage });
    let framing =
        prop::sample::select(&[Framing::Chunked, Framing::Chunked, Framing::Length, Framing::Close][..]);
    let syntax =
        (prop::sample::select(&["\n", "\r\n", "\r"][..]), prop::sample::select(&["data:", "data: "][..]));
    let format = (syntax, any::<[bool; 3]>(), framing, prop::collection::vec(1..200_usize, 0..6)).prop_map(
        |((line_end, field), [comments, pretty, end_marker], framing, sizes)| WireFormat {
            line_end,
            field,
            comments,
            pretty,
            end_marker,
            framing,
            sizes,
        },
    );
    (generated, format)
}

fn delta(delta: &Value) -> Value {
    json!({"id": "x", "model": "m-1", "choices": [{"index": 0, "delta": delta}]})
}

/// A stream that calls one tool with these arguments.
pub fn tool_call(arguments: &str) -> String {
    let function = json!({"name": "f", "arguments": arguments});
    let call = delta(&json!({"tool_calls": [{"index": 0, "id": "a", "function": function}]}));
    format!("data: {call}\n\ndata: {}\n\ndata: [DONE]\n\n", finish("tool_calls"))
}

fn finish(reason: &str) -> Value {
    json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
}

impl GeneratedResponse {
    /// The names and arguments of the calls.
    fn calls(&self) -> Vec<(String, ToolArguments)> {
        let calls = self.pieces.iter().filter_map(|piece| match piece {
            Piece::Call(name, json, _) => Some((name.clone(), ToolArguments::Object(json.to_string()))),
            _ => None,
        });
        calls.collect()
    }

    fn text(&self, wanted: fn(&Piece) -> Option<&str>) -> String {
        self.pieces.iter().filter_map(wanted).collect()
    }

    fn chunks(&self) -> Vec<Value> {
        let mut chunks = vec![delta(&json!({"role": "assistant", "content": ""}))];
        // A reasoning field at the start, so that the component takes "<think>" tags in the text for text.
        chunks.push(delta(&json!({"reasoning_content": "hm"})));
        let mut calls = 0;
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => chunks.push(delta(&json!({"content": text}))),
                Piece::Reasoning(text) => chunks.push(delta(&json!({"reasoning_content": text}))),
                Piece::Call(name, arguments, cuts) => {
                    chunks.extend(call_chunks(calls, name, &arguments.to_string(), cuts));
                    calls += 1;
                }
            }
        }
        let reason = if calls > 0 { "tool_calls" } else { "stop" };
        chunks.push(finish(reason));
        chunks.extend(self.usage.map(|tokens| json!({"choices": [], "usage": {"total_tokens": tokens}})));
        chunks
    }

    /// Fails unless the completion returned what this response contains.
    pub fn check(&self, response: &Played) {
        assert_eq!(response.error, None);
        let transcript = &response.transcript;
        assert_eq!(transcript.warnings(), [""; 0]);
        assert_eq!(
            transcript.text(),
            self.text(|piece| match piece {
                Piece::Text(text) => Some(text),
                _ => None,
            })
        );
        let reasoning = self.text(|piece| match piece {
            Piece::Reasoning(text) => Some(text),
            _ => None,
        });
        assert_eq!(received_reasoning(response), format!("hm{reasoning}"));
        let received: Vec<_> =
            transcript.tool_calls().into_iter().map(|call| (call.name, call.arguments)).collect();
        let calls = self.calls();
        assert_eq!(received, calls);
        let finish = transcript.finish().expect("a finish");
        let reason = if calls.is_empty() { FinishReason::Stop } else { FinishReason::ToolCalls };
        assert_eq!(finish.reason, reason);
        let total = finish.usage.as_ref().and_then(|usage| usage.total);
        assert_eq!(total, self.usage.map(u64::from));
    }
}

fn received_reasoning(response: &Played) -> String {
    let parts = response.transcript.message().content.into_iter();
    let reasoning = parts.filter_map(|part| match part {
        Part::Reasoning(part) => Some(part.text),
        _ => None,
    });
    reasoning.collect()
}

/// The chunks of a call: the first fragment comes with id and name, and each cut begins another fragment.
fn call_chunks(index: usize, name: &str, arguments: &str, cuts: &[Index]) -> Vec<Value> {
    let mut offsets: Vec<usize> = cuts.iter().map(|cut| cut.index(arguments.len() + 1)).collect();
    offsets.retain(|offset| arguments.is_char_boundary(*offset));
    offsets.extend([0, arguments.len()]);
    offsets.sort_unstable();
    let fragments = offsets.windows(2).map(|pair| &arguments[pair[0]..pair[1]]);
    let chunk = |(at, fragment): (usize, &str)| {
        let head = (at == 0).then(|| (format!("call-{index}"), name));
        let mut call = json!({"index": index, "function": {"arguments": fragment}});
        if let Some((id, name)) = head {
            call["id"] = json!(id);
            call["function"]["name"] = json!(name);
        }
        delta(&json!({"tool_calls": [call]}))
    };
    fragments.enumerate().map(chunk).collect()
}

impl WireFormat {
    /// The body of a response in this format.
    pub fn served(&self, generated: &GeneratedResponse) -> Served {
        let WireFormat { line_end, field, .. } = self;
        let mut body = String::new();
        for chunk in generated.chunks() {
            if self.comments {
                body += &format!(": PING{line_end}event: chunk{line_end}");
            }
            let json = if self.pretty { format!("{chunk:#}") } else { chunk.to_string() };
            for line in json.lines() {
                body += &format!("{field}{line}{line_end}");
            }
            body += line_end;
        }
        if self.end_marker {
            body += &format!("{field}[DONE]{line_end}{line_end}");
        }
        Served::new(self.framing, in_reads(body.as_bytes(), &self.sizes))
    }
}
