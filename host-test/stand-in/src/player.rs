//! Plays the body of a response, item by item. Each item is written separately, so a client receives the same
//! pieces each time, on any machine.

use std::collections::VecDeque;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Map, Value};

use super::errors;
use super::fill::Filling;
use super::routes::{Framing, Writer};
use super::script::{Each, Item, ScriptedResponse};

/// Bytes per write of a long fill: large enough for 64 MiB in a moment, and small enough that an endless one
/// takes no memory.
const BLOCK: usize = 64 * 1024;

/// One step of a body.
enum Step {
    Write(Bytes),
    Wait(Duration),
}

/// The position in a list of items. Repeats can nest, so there is a stack of them.
struct RepeatFrame {
    items: &'static [Item],
    next: usize,
    /// Repetitions left after this one; `None` is without end.
    rounds: Option<u32>,
}

/// The format of a route other than chat completions.
pub struct RouteFormat {
    writer: Box<dyn Writer>,
    framing: Framing,
    /// Whether an event was sent.
    begun: bool,
    /// Whether the writer wrote an end, so that it has a whole response.
    ended: bool,
}

impl RouteFormat {
    /// The format at the start of a response.
    pub fn new(writer: Box<dyn Writer>, framing: Framing) -> RouteFormat {
        RouteFormat { writer, framing, begun: false, ended: false }
    }
}

/// Items that a whole response is read from. More are played only by scenarios without an end.
const WHOLE_ITEMS: usize = 10_000;

/// The state of a body that is being sent.
pub struct Player {
    response: &'static ScriptedResponse,
    filling: Filling,
    /// `None` for chat completions, and for bodies that are no completion.
    route: Option<RouteFormat>,
    frames: Vec<RepeatFrame>,
    /// Steps of the current item.
    steps: VecDeque<Step>,
    /// The current fill, and its bytes that are left (`None`: endless).
    block: Option<(Bytes, Option<u64>)>,
}

impl Player {
    /// A player at the start of the response's body.
    pub fn new(response: &'static ScriptedResponse, filling: Filling, route: Option<RouteFormat>) -> Player {
        let frames = vec![RepeatFrame { items: &response.body, next: 0, rounds: Some(0) }];
        Player { response, filling, route, frames, steps: VecDeque::new(), block: None }
    }

    /// The response as one JSON value, for a client without a stream: what the route's writer made of the items. A
    /// scenario that writes its events by hand has the generic text instead.
    pub fn whole(&mut self) -> Value {
        for _ in 0..WHOLE_ITEMS {
            let Some(item) = self.next_item() else { break };
            self.expand(item);
        }
        let text = self.filling.text("{{answer}}");
        let Some(route) = self.route.as_mut() else { return Value::Null };
        if !route.ended {
            route.writer.text(&text);
            route.writer.end("stop");
        }
        route.writer.whole()
    }

    /// The next piece, after the pauses before it; `None` at the end.
    pub async fn next_bytes(&mut self) -> Option<Bytes> {
        loop {
            match self.next_step()? {
                Step::Wait(time) => tokio::time::sleep(time).await,
                Step::Write(bytes) => return Some(bytes),
            }
        }
    }

    fn next_step(&mut self) -> Option<Step> {
        loop {
            if let Some(step) = self.steps.pop_front() {
                return Some(step);
            }
            if let Some(bytes) = self.next_block() {
                return Some(Step::Write(bytes));
            }
            let Some(item) = self.next_item() else { return self.close() };
            self.expand(item);
        }
    }

    /// Closes a body with events, once.
    fn close(&mut self) -> Option<Step> {
        let route = self.route.as_mut().filter(|route| route.begun)?;
        route.begun = false;
        let close = route.framing.close();
        (!close.is_empty()).then(|| Step::Write(close.into()))
    }

    /// The next piece of a fill. Clones of `Bytes` share their memory, so 64 MiB or an endless body cost one block.
    fn next_block(&mut self) -> Option<Bytes> {
        let (text, left) = self.block.as_mut()?;
        let Some(left) = left else { return Some(text.clone()) };
        let length = (*left).min(text.len() as u64);
        *left -= length;
        let bytes = text.slice(..length as usize);
        if *left == 0 {
            self.block = None;
        }
        (!bytes.is_empty()).then_some(bytes)
    }

    /// The next item, with the innermost repeat first. A loop and no recursion: a repeat without end would overflow the stack.
    fn next_item(&mut self) -> Option<&'static Item> {
        loop {
            let frame = self.frames.last_mut()?;
            if let Some(item) = frame.items.get(frame.next) {
                frame.next += 1;
                return Some(item);
            }
            match frame.rounds {
                Some(0) => drop(self.frames.pop()),
                Some(rounds) => (frame.rounds, frame.next) = (Some(rounds - 1), 0),
                None => frame.next = 0,
            }
        }
    }

    /// Turns an item into its steps, only when it is due: placeholders such as `{{pieces}}` depend on the items before it.
    fn expand(&mut self, item: &'static Item) {
        let (response, filling) = (self.response, &self.filling);
        let more = Map::new();
        match item {
            Item::Delta(delta) => {
                self.event(&filling.choice(response, filling.value(delta), Value::Null, &more));
            }
            Item::Finish(reason) => {
                let delta = Value::Object(Map::new());
                self.event(&filling.choice(response, delta, reason.clone(), &more));
            }
            Item::Usage(usage) => self.usage(usage),
            Item::Chunk(fields) => self.event(&filling.chunk(response, filling.fields(fields))),
            Item::Data(value) => {
                let data = filling.value(value);
                self.write(format!("data: {data}\n\n").into_bytes());
            }
            Item::Event(value) => self.event(&filling.value(value)),
            Item::Start => self.written(|writer| writer.start()),
            Item::Text(text) => {
                let text = filling.text(text);
                self.written(|writer| writer.text(&text));
            }
            Item::Refusal(text) => {
                let text = filling.text(text);
                self.written(|writer| writer.refusal(&text));
            }
            Item::Reasoning(text) => {
                let text = filling.text(text);
                self.written(|writer| writer.reasoning(&text));
            }
            Item::Thought(text) => self.thought(text),
            Item::Call(name, arguments) => {
                let (name, arguments) = (filling.text(name), filling.text(arguments));
                self.written(|writer| writer.call(&name, &arguments));
            }
            Item::Calls => {
                for (name, arguments) in filling.due_calls() {
                    self.written(|writer| writer.call(&name, &arguments));
                }
            }
            Item::End(finish) => {
                self.written(|writer| writer.end(finish));
                self.route.iter_mut().for_each(|route| route.ended = true);
            }
            Item::Done => self.write(b"data: [DONE]\n\n".to_vec()),
            Item::Each(each) => self.each(each),
            Item::Raw(text) => self.write(filling.text(text).into_bytes()),
            // The texts are embedded, and a test decodes each of them, so the default is never used.
            Item::Base64(text) => self.write(STANDARD.decode(text).unwrap_or_default()),
            Item::Json(value) => self.write(filling.value(value).to_string().into_bytes()),
            Item::Error(error) => {
                let (message, code) = (filling.text(&error.message), filling.value(&error.code));
                let body = errors::envelope(&message, &error.kind, "", code, &filling.request_id);
                self.write(body.to_string().into_bytes());
            }
            Item::Pause(milliseconds) => {
                self.steps.push_back(Step::Wait(Duration::from_millis(*milliseconds)));
            }
            Item::Repeat(repeat) => {
                // 0 repetitions means without end, which `checked_sub` turns into `None`.
                let rounds = repeat.times.checked_sub(1);
                self.frames.push(RepeatFrame { items: &repeat.items, next: 0, rounds });
            }
            Item::Fill(fill) => {
                let block = fill.text.repeat(BLOCK / fill.text.len().max(1));
                self.block = Some((block.into(), (fill.bytes > 0).then_some(fill.bytes)));
            }
        }
    }

    /// A chunk with usage, only if the request contains `stream_options.include_usage`: real servers send
    /// none without it, and a plugin that forgets the option has to fail a test.
    fn usage(&mut self, usage: &Value) {
        if self.filling.request.as_ref().is_some_and(|request| request.include_usage) {
            let mut fields = Map::new();
            fields.insert("choices".to_owned(), Value::Array(Vec::new()));
            fields.insert("usage".to_owned(), self.filling.value(usage));
            self.event(&self.filling.chunk(self.response, fields));
        }
    }

    /// One event per word. Words keep their trailing space, so that they join to the same text.
    fn each(&mut self, each: &Each) {
        for piece in self.filling.text(&each.of).split_inclusive(' ') {
            self.filling.piece = piece.to_owned();
            self.filling.pieces += 1;
            let delta = self.filling.value(&each.delta);
            self.event(&self.filling.choice(self.response, delta, Value::Null, &each.chunk));
        }
    }

    /// Reasoning, if the request asked for it; without its text, if it did not ask for that.
    fn thought(&mut self, text: &str) {
        let Some(request) = self.filling.request.as_ref().filter(|request| request.reasons) else { return };
        let text = if request.shows_reasoning { self.filling.text(text) } else { String::new() };
        self.written(|writer| writer.reasoning(&text));
    }

    /// What the route's writer makes of an item. On chat completions there is none; a test keeps such items out of its
    /// scenarios.
    fn written(&mut self, write: impl FnOnce(&mut dyn Writer) -> Vec<Value>) {
        let events = self.route.as_mut().map(|route| write(route.writer.as_mut()));
        for event in events.into_iter().flatten() {
            self.event(&event);
        }
    }

    fn event(&mut self, data: &Value) {
        let bytes = match self.route.as_mut() {
            None => Framing::Data.frame(data, false),
            Some(route) => route.framing.frame(data, !std::mem::replace(&mut route.begun, true)),
        };
        self.write(bytes);
    }

    fn write(&mut self, bytes: Vec<u8>) {
        self.steps.push_back(Step::Write(bytes.into()));
    }
}
