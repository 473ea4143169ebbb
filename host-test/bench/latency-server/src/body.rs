//! The chunks of one response. Each gets its time when it is handed to the connection.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame};
use meter::{TIMESTAMP_LEN, now};
use serde_json::{Value, json};
use tokio::time::{Instant, Sleep, sleep_until};

use super::plan::{Kind, Plan};
use super::routes::WireRoute;

/// Marks the position of the time in a template.
const PLACEHOLDER: &str = "0000000000000000";

/// The body of a response. It is a hyper body and not a task with a channel, so that a chunk gets its time directly
/// before hyper writes it.
pub struct TimestampedBody {
    plan: Plan,
    route: WireRoute,
    model: String,
    templates: Templates,
    /// The number of chunks that have been sent.
    sent: u64,
    /// The time of the first write.
    begun: Option<Instant>,
    /// The timer of the next write, which is created once and then reset.
    timer: Option<Pin<Box<Sleep>>>,
    stage: Stage,
    /// Hyper joins frames that are ready at the same time. Pending once after each frame keeps a write a write of its
    /// own.
    let_write: bool,
}

/// The part of the body that is sent next.
#[derive(Clone, Copy)]
enum Stage {
    /// The role, or the start of the tool call.
    Head,
    /// The chunks with a time.
    Chunks,
    /// The finish, the usage and the end marker.
    Tail,
    /// Nothing.
    Over,
}

/// Events that are complete except for the time. They are built once, since encoding JSON for each chunk would take
/// processor time from the client on the same machine.
struct Templates {
    head: Vec<u8>,
    /// A chunk of each half of the response, and the offset of its time.
    halves: [(Vec<u8>, usize); 2],
    tail: Vec<u8>,
}

impl TimestampedBody {
    /// The response of this plan, with this model's name. Routes beside chat completions have the kind [`Kind::Text`].
    pub fn new(plan: Plan, route: WireRoute, model: &str) -> TimestampedBody {
        let mut templates = Templates::new(plan, model);
        if let Some(head) = route.head(model) {
            (templates.head, templates.tail) = (head.into(), route.tail(plan.chunks, model).into());
        }
        TimestampedBody {
            plan,
            route,
            model: model.to_owned(),
            templates,
            sent: 0,
            begun: None,
            timer: None,
            stage: Stage::Head,
            let_write: false,
        }
    }

    /// The chunks of the next write, with the current time.
    fn write(&mut self) -> Bytes {
        let count = self.plan.per_write.min(self.plan.chunks - self.sent);
        let mut bytes = Vec::new();
        for _ in 0..count {
            let time = format!("{:016x}", now());
            if self.route != WireRoute::ChatCompletions {
                let text = time + &filler(self.plan.length - TIMESTAMP_LEN);
                bytes.extend_from_slice(self.route.text(self.sent, &self.model, &text).as_bytes());
                self.sent += 1;
                continue;
            }
            let second_half = self.sent >= self.plan.chunks.div_ceil(2);
            let (chunk, offset) = &self.templates.halves[usize::from(second_half)];
            let start = bytes.len() + offset;
            bytes.extend_from_slice(chunk);
            bytes[start..start + TIMESTAMP_LEN].copy_from_slice(time.as_bytes());
            self.sent += 1;
        }
        bytes.into()
    }

    /// Waits until the next write is due. The times are multiples of the gap, counted from the first write, so that a
    /// late write does not delay the later ones and the rate stays as planned.
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
            // On Gemini nothing comes before the text, and an empty frame would end a chunked body.
            Stage::Head if !this.templates.head.is_empty() => {
                this.stage = Stage::Chunks;
                Bytes::from(std::mem::take(&mut this.templates.head))
            }
            Stage::Head | Stage::Chunks => {
                this.stage = Stage::Chunks;
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
    /// Encodes all events of a plan.
    fn new(plan: Plan, model: &str) -> Templates {
        let text = format!("{PLACEHOLDER}{}", filler(plan.length - TIMESTAMP_LEN));
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
            // The placeholder is in each delta, and nothing before it has as many zeros.
            let at = chunk.windows(TIMESTAMP_LEN).position(|window| window == PLACEHOLDER.as_bytes());
            (chunk, at.unwrap_or(0))
        };
        let mut tail = chunk(&json!({}), Some(reason));
        tail.extend(event(&usage));
        tail.extend_from_slice(b"data: [DONE]\n\n");
        // The arguments of a tool call have to be JSON: an object with one text, in fragments.
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

/// The bytes of a server-sent event.
fn event(json: &Value) -> Vec<u8> {
    format!("data: {json}\n\n").into_bytes()
}

/// The delta that starts the tool call: only this one has its id and name.
fn call() -> Value {
    json!({
        "role": "assistant", "content": null,
        "tool_calls": [{
            "index": 0, "id": "call_stamped", "type": "function",
            "function": { "name": "write", "arguments": "" },
        }],
    })
}

/// A delta with a fragment of the tool call's arguments.
fn fragment(arguments: &str) -> Value {
    json!({ "tool_calls": [{ "index": 0, "function": { "arguments": arguments } }] })
}

/// A text of this length.
fn filler(length: usize) -> String {
    " the quick brown fox jumps over the lazy dog".chars().cycle().take(length).collect()
}
