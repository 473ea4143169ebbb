//! The body: the fields in their order, the caller's own last.

use super::{extra::Extra, invalid};
use crate::{
    contract::{Media, MediaSource, Part, Request},
    errors::Error,
    json::{Json, base64_len},
    routes::Encoded,
};
use alloc::{string::String, vec::Vec};

/// Room for what stands around a message, a part or a tool.
const AROUND: usize = 128;

/// A body under way.
#[derive(Debug)]
pub struct Body<'a> {
    json: Json,
    extra: Extra<'a>,
}

impl<'a> Body<'a> {
    /// A body with room for all of the request: a growing buffer would copy a large picture again and again.
    ///
    /// # Errors
    /// `invalid-request` when there is no memory for it.
    pub fn new(request: &Request, extra: Extra<'a>) -> Result<Self, Error> {
        let mut json = Json::with_room(room(request))
            .ok_or_else(|| invalid("the request is too large for the memory of this component"))?;
        json.raw("{");
        Ok(Body { json, extra })
    }

    /// The writer of a field's value; `None` when the caller's own field of that name takes its place.
    pub fn field(&mut self, name: &str) -> Option<&mut Json> {
        if self.extra.has(name) {
            return None;
        }
        self.json.key(name);
        Some(&mut self.json)
    }

    /// Whether the caller's own fields have one of this name.
    pub fn is_extra(&self, name: &str) -> bool {
        self.extra.has(name)
    }

    /// Whether the caller has members for the object that is merged.
    pub fn has_merged(&self) -> bool {
        self.extra.merged().next().is_some()
    }

    /// Opens the object that is merged with the caller's; see [`ExtraRules`](super::ExtraRules).
    pub fn begin_merged(&mut self, name: &str) {
        self.json.key(name);
        self.json.raw("{");
    }

    /// The writer of one of its members; `None` when the caller's own member of that name takes its place.
    pub fn member(&mut self, name: &str) -> Option<&mut Json> {
        if self.extra.has_member(name) {
            return None;
        }
        self.json.key(name);
        Some(&mut self.json)
    }

    /// Adds the caller's members to the merged object and closes it.
    pub fn end_merged(&mut self) {
        for (name, value) in self.extra.merged() {
            self.json.key(name);
            self.json.raw(value);
        }
        self.json.raw("}");
    }

    /// Adds the caller's own fields and closes the object. They come last, so that they do not disturb the prefix that vendors
    /// cache.
    pub fn finish(mut self, warnings: Vec<String>) -> Encoded {
        for (name, value) in self.extra.fields() {
            self.json.key(name);
            self.json.raw(value);
        }
        self.json.raw("}");
        Encoded { body: self.json.into_bytes(), warnings }
    }
}

/// About what the body will take, in bytes. Escapes can make it more; then it grows, which costs time and nothing else.
fn room(request: &Request) -> usize {
    let mut room = Room(4 * AROUND);
    for part in request.messages.iter().flat_map(|message| &message.content) {
        match part {
            Part::Text(part) => {
                room.text(&part.text);
                room.text(part.replay.as_deref().unwrap_or_default());
            }
            Part::Image(media) | Part::Audio(media) | Part::File(media) => room.media(media),
            // Only reasoning with a replay is sent.
            Part::Reasoning(part) => {
                if let Some(replay) = &part.replay {
                    room.text(&part.text);
                    room.text(replay);
                }
            }
            Part::ToolCall(part) => {
                room.text(&part.arguments_json);
                room.text(part.replay.as_deref().unwrap_or_default());
            }
            Part::ToolResult(part) => {
                room.text(&part.text);
                part.media.iter().for_each(|media| room.media(media));
            }
        }
    }
    for tool in &request.tools {
        room.text(tool.description.as_deref().unwrap_or_default());
        room.text(&tool.parameters_json);
    }
    room.text(request.extra_json.as_deref().unwrap_or_default());
    room.0
}

/// Saturating, since 32 bits count the memory of a component.
struct Room(usize);

impl Room {
    fn text(&mut self, text: &str) {
        let length = text.len();
        self.0 = self.0.saturating_add(length).saturating_add(length / 16).saturating_add(AROUND);
    }

    fn media(&mut self, media: &Media) {
        let length = match &media.source {
            MediaSource::Url(url) => url.len(),
            MediaSource::Inline(bytes) => base64_len(bytes.len()),
        };
        self.0 = self.0.saturating_add(length).saturating_add(2 * AROUND);
    }
}
