//! The chunks of one response. Each gets its time when it is handed to the connection.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame};
use meter::{STAMP, now};
use serde_json::{Value, json};
use tokio::time::{Instant, Sleep, sleep_until};

use super::plan::{Kind, Plan};

/// Marks where the time goes in a template.
const PLACEHOLDER: &str = "0000000000000000";

/// The body of a response.
pub struct TimestampedBody {
    plan: Plan,
    templates: Templates,
    sent: u64,
    begun: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
    stage: Stage,
    /// Hyper joins frames that are ready at the same time. Pending once after each frame keeps a write a write of its own.
    let_write: bool,
}

#[derive(Clone, Copy)]
enum Stage {
    Head,
    Chunks,
    Tail,
    Over,
}

/// Events that lack nothing but the time.
struct Templates {
    head: Vec<u8>,
    /// A chunk of each half, and the offset of its time.
    halves: [(Vec<u8>, usize); 2],
    tail: Vec<u8>,
}

impl TimestampedBody {
    /// The response of this plan, by a model of this name.
    pub fn new(plan: Plan, model: &str) -> TimestampedBody {
        let templates = Templates::new(plan, model);
        TimestampedBody {
            plan,
            templates,
            sent: 0,
            begun: None,
            timer: None,
            stage: Stage::Head,
            let_write: false,
        }
    }

    /// The chunks of the next write, stamped now.
    fn write(&mut self) -> Bytes {
        let count = self.plan.per_write.min(self.plan.chunks - self.sent);
        let mut bytes = Vec::new();
        for _ in 0..count {
            let second_half = self.sent >= self.plan.chunks.div_ceil(2);
            let (chunk, place) = &self.templates.halves[usize::from(second_half)];
            let start = bytes.len() + place;
            bytes.extend_from_slice(chunk);
            bytes[start..start + STAMP].copy_from_slice(format!("{:016x}", now()).as_bytes());
            self.sent += 1;
        }
        bytes.into()
    }

    /// Waits for the next write's time: so many gaps after the first one, however late the last one was.
    fn poll_due(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let begun = *self.begun.get_or_insert_with(Instant::now);
        if self.plan.gap.is_zero() || self.sent == 0 {
            return Poll::Ready(());
        }
        let writes = u32::try_from(self.sent / self.plan.per_write).unwrap_or(u32::MAX);
        let due = begun + self.plan.gap * writes;
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(due)));
        if timer.deadline() != due {
            timer.as_mut().reset(due);
        }
        timer.as_mut().poll(context)
    }
}

impl Body for TimestampedBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        if std::mem::take(&mut this.let_write) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let bytes = match this.stage {
            Stage::Head => {
                this.stage = Stage::Chunks;
                Bytes::from(std::mem::take(&mut this.templates.head))
            }
            Stage::Chunks => {
                ready!(this.poll_due(context));
                let bytes = this.write();
                if this.sent == this.plan.chunks {
                    this.stage = Stage::Tail;
                }
                bytes
            }
            Stage::Tail => {
                this.stage = Stage::Over;
                Bytes::from(std::mem::take(&mut this.templates.tail))
            }
            Stage::Over => return Poll::Ready(None),
        };
        this.let_write = true;
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }
}

impl Templates {
    fn new(plan: Plan, model: &str) -> Templates {
        let text = format!("{PLACEHOLDER}{}", filler(plan.length - STAMP));
        let (first, second) = match plan.kind {
            Kind::Text => (json!({ "content": text }), json!({ "content": text })),
            Kind::Reasoning => (json!({ "reasoning_content": text }), json!({ "content": text })),
            Kind::Tool => (fragment(&text), fragment(&text)),
        };
        let (opening, reason) = match plan.kind {
            Kind::Tool => (call(), "tool_calls"),
            _ => (json!({ "role": "assistant", "content": "" }), "stop"),
        };
        let chunk = |delta: &Value, reason: Option<&str>| {
            event(&json!({
                "id": "chatcmpl-stamped", "object": "chat.completion.chunk", "created": 1_790_000_000,
                "model": model,
                "choices": [{ "index": 0, "delta": delta, "finish_reason": reason }],
            }))
        };
        let usage = json!({
            "id": "chatcmpl-stamped", "object": "chat.completion.chunk", "created": 1_790_000_000,
            "model": model, "choices": [],
            "usage": { "prompt_tokens": 8, "completion_tokens": plan.chunks, "total_tokens": 8 + plan.chunks },
        });
        let half = |delta: &Value| {
            let chunk = chunk(delta, None);
            // The placeholder is in each delta, and nothing before it has so many zeros.
            let place = chunk.windows(STAMP).position(|window| window == PLACEHOLDER.as_bytes()).unwrap_or(0);
            (chunk, place)
        };
        let mut tail = chunk(&json!({}), Some(reason));
        tail.extend(event(&usage));
        tail.extend_from_slice(b"data: [DONE]\n\n");
        // A tool call's arguments have to be JSON: a list of one string, in pieces.
        let mut head = chunk(&opening, None);
        if plan.kind == Kind::Tool {
            head.extend(chunk(&fragment("{\"text\":\""), None));
            let mut closing = chunk(&fragment("\"}"), None);
            closing.extend(tail);
            tail = closing;
        }
        Templates { head, halves: [half(&first), half(&second)], tail }
    }
}

fn event(json: &Value) -> Vec<u8> {
    format!("data: {json}\n\n").into_bytes()
}

fn call() -> Value {
    json!({
        "role": "assistant", "content": null,
        "tool_calls": [{
            "index": 0, "id": "call_stamped", "type": "function",
            "function": { "name": "write", "arguments": "" },
        }],
    })
}

fn fragment(arguments: &str) -> Value {
    json!({ "tool_calls": [{ "index": 0, "function": { "arguments": arguments } }] })
}

/// So many bytes of words.
fn filler(length: usize) -> String {
    " the quick brown fox jumps over the lazy dog".chars().cycle().take(length).collect()
}
