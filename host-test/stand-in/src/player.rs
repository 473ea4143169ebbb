//! Plays the body of an answer, item by item. Each item is a piece of its own.

use std::collections::VecDeque;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Map, Value};

use super::errors;
use super::fill::Filling;
use super::script::{Answer, Each, Item};

/// Bytes per write of a long filling.
const BLOCK: usize = 64 * 1024;

/// One step of a body.
enum Step {
    Write(Bytes),
    Wait(Duration),
}

/// Where the player stands in a list of items.
struct Place {
    items: &'static [Item],
    next: usize,
    /// Rounds to go after this one; `None` is for ever.
    rounds: Option<u32>,
}

/// A body under way.
pub struct Player {
    answer: &'static Answer,
    filling: Filling,
    places: Vec<Place>,
    /// Steps of the item at hand.
    steps: VecDeque<Step>,
    /// A filling under way, and the bytes of it to go (`None`: endless).
    block: Option<(Bytes, Option<u64>)>,
}

impl Player {
    /// A player at the start of the answer's body.
    pub fn new(answer: &'static Answer, filling: Filling) -> Player {
        let places = vec![Place { items: &answer.body, next: 0, rounds: Some(0) }];
        Player { answer, filling, places, steps: VecDeque::new(), block: None }
    }

    /// The next piece, after whatever pause comes before it; `None` at the end.
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
            let item = self.next_item()?;
            self.expand(item);
        }
    }

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

    fn next_item(&mut self) -> Option<&'static Item> {
        loop {
            let place = self.places.last_mut()?;
            if let Some(item) = place.items.get(place.next) {
                place.next += 1;
                return Some(item);
            }
            match place.rounds {
                Some(0) => drop(self.places.pop()),
                Some(rounds) => (place.rounds, place.next) = (Some(rounds - 1), 0),
                None => place.next = 0,
            }
        }
    }

    fn expand(&mut self, item: &'static Item) {
        let (answer, filling) = (self.answer, &self.filling);
        let more = Map::new();
        match item {
            Item::Delta(delta) => {
                self.event(&filling.choice(answer, filling.value(delta), Value::Null, &more));
            }
            Item::Finish(reason) => {
                let delta = Value::Object(Map::new());
                self.event(&filling.choice(answer, delta, reason.clone(), &more));
            }
            Item::Usage(usage) => self.usage(usage),
            Item::Chunk(fields) => self.event(&filling.chunk(answer, filling.fields(fields))),
            Item::Data(value) => self.event(&filling.value(value)),
            Item::Done => self.write(b"data: [DONE]\n\n".to_vec()),
            Item::Each(each) => self.each(each),
            Item::Raw(text) => self.write(filling.text(text).into_bytes()),
            // The texts are embedded, and a test decodes each of them.
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
                let rounds = repeat.times.checked_sub(1);
                self.places.push(Place { items: &repeat.items, next: 0, rounds });
            }
            Item::Fill(fill) => {
                let block = fill.text.repeat(BLOCK / fill.text.len().max(1));
                self.block = Some((block.into(), (fill.bytes > 0).then_some(fill.bytes)));
            }
        }
    }

    fn usage(&mut self, usage: &Value) {
        if self.filling.asked.as_ref().is_some_and(|asked| asked.include_usage) {
            let mut fields = Map::new();
            fields.insert("choices".to_owned(), Value::Array(Vec::new()));
            fields.insert("usage".to_owned(), self.filling.value(usage));
            self.event(&self.filling.chunk(self.answer, fields));
        }
    }

    fn each(&mut self, each: &Each) {
        for piece in self.filling.text(&each.of).split_inclusive(' ') {
            self.filling.piece = piece.to_owned();
            self.filling.pieces += 1;
            let delta = self.filling.value(&each.delta);
            self.event(&self.filling.choice(self.answer, delta, Value::Null, &each.chunk));
        }
    }

    fn event(&mut self, data: &Value) {
        self.write(format!("data: {data}\n\n").into_bytes());
    }

    fn write(&mut self, bytes: Vec<u8>) {
        self.steps.push_back(Step::Write(bytes.into()));
    }
}
