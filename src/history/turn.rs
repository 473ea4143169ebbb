//! The parts of a repaired conversation. They borrow from the request, so an image is never copied here.

use crate::{contract::Media, text_search::split_once};
use alloc::{borrow::Cow, vec::Vec};
use core::fmt;

/// Where something stands in the request, counted from 0: `messages[3].content[1]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartIndex {
    /// Index in the request's messages.
    pub message: usize,
    /// Index in the message's content.
    pub part: usize,
}

impl fmt::Display for PartIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "messages[{}].content[{}]", self.message, self.part)
    }
}

/// One turn of a conversation.
#[derive(Clone, Debug, PartialEq)]
pub enum Turn<'a> {
    /// Instructions: at least one text, none of them blank.
    System(Vec<&'a str>),
    /// The user's message: at least one part.
    User(Vec<UserPart<'a>>),
    /// The model's message, with the results of its tool calls.
    Assistant(AssistantTurn<'a>),
}

/// A turn of the model, with the results of its tool calls.
#[derive(Clone, Debug, PartialEq)]
pub struct AssistantTurn<'a> {
    /// Index in the request's messages.
    pub message: usize,
    /// The parts of the message, in their order.
    pub parts: Vec<AssistantPart<'a>>,
    /// One for each call among the parts, in the order of the calls.
    pub results: Vec<ToolResult<'a>>,
}

/// A part of a user message.
#[derive(Clone, Debug, PartialEq)]
pub enum UserPart<'a> {
    /// Never blank.
    Text(Cow<'a, str>),
    /// A picture.
    Image(&'a Media, PartIndex),
    /// Sound.
    Audio(&'a Media, PartIndex),
    /// A document, or a film.
    File(&'a Media, PartIndex),
}

impl<'a> UserPart<'a> {
    /// The media of a tool result, whose kind only the media type says.
    pub fn of_tool(media: &'a Media, place: PartIndex) -> Self {
        let kind = split_once(&media.media_type, "/").map_or(media.media_type.as_str(), |(kind, _)| kind);
        if kind.eq_ignore_ascii_case("image") {
            UserPart::Image(media, place)
        } else if kind.eq_ignore_ascii_case("audio") {
            UserPart::Audio(media, place)
        } else {
            UserPart::File(media, place)
        }
    }
}

/// A part of an assistant message.
#[derive(Clone, Debug, PartialEq)]
pub enum AssistantPart<'a> {
    /// Maybe blank, since a route may have to join several.
    Text {
        /// The text as the model wrote it.
        text: &'a str,
        /// The replay that a route added to it.
        replay: Option<&'a str>,
        /// Where it stands.
        place: PartIndex,
    },
    /// Reasoning; only with a replay can it be sent back.
    Reasoning {
        /// The text that the host kept.
        text: &'a str,
        /// The replay that a route added to it.
        replay: Option<&'a str>,
        /// Where it stands.
        place: PartIndex,
    },
    /// A call of a tool.
    Call(ToolCall<'a>),
}

impl AssistantPart<'_> {
    /// Whether a turn with this part alone can be sent. Some servers refuse white space alone, whatever comes with it.
    pub fn has_content(&self) -> bool {
        match self {
            AssistantPart::Text { text, .. } => !super::is_blank(text),
            AssistantPart::Reasoning { replay, .. } => replay.is_some(),
            AssistantPart::Call(_) => true,
        }
    }
}

/// A call of a tool in the past.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolCall<'a> {
    /// Unique in its turn, and within the route's rule for ids.
    pub id: Cow<'a, str>,
    /// Within the route's rule for names.
    pub name: Cow<'a, str>,
    /// JSON text of an object, or free text where the replay says so and the route takes it.
    pub arguments: Cow<'a, str>,
    /// The replay that a route added to it.
    pub replay: Option<&'a str>,
    /// Where it stands.
    pub place: PartIndex,
}

/// The result of one tool call.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolResult<'a> {
    /// The id of the call.
    pub call_id: Cow<'a, str>,
    /// The name of the tool called.
    pub name: Cow<'a, str>,
    /// Maybe empty.
    pub text: &'a str,
    /// Pictures and such.
    pub media: &'a [Media],
    /// Whether the tool failed.
    pub is_error: bool,
    /// Where it stands. `None` where the conversation has no result for the call, and this one says so.
    pub place: Option<PartIndex>,
}

impl<'a> ToolResult<'a> {
    /// The result of a call until one is found. Servers refuse a call without a result.
    pub(super) fn missing(call: &ToolCall<'a>) -> Self {
        ToolResult {
            call_id: call.id.clone(),
            name: call.name.clone(),
            text: "No result: the tool was not run, or its result was lost.",
            media: &[],
            is_error: true,
            place: None,
        }
    }
}
