//! A conversation that the servers of a wire route accept: checked, and repaired where an agent's history has holes.
//!
//! Agents cut, merge and replay histories, and servers refuse the result: a tool call without its result, a result
//! that comes too late, an id that another vendor made. [`repair`] fixes what can be fixed and warns about it. A part
//! that makes no sense in its place is an error that names the message and the part. Nothing here knows a wire route:
//! a route states its rules as [`ConversationRules`]. No text or media is copied.

mod arrange;
mod calls;
mod ids;
mod matching;
mod rules;
mod turn;
mod warnings;

#[cfg(any(test, feature = "fuzzing"))]
// The fuzz targets need some of them.
#[cfg_attr(not(test), allow(dead_code))]
pub(crate) mod samples;
#[cfg(test)]
mod tests;

pub use arrange::{SYSTEM_MARK, warn_moved};
pub use rules::{ConversationRules, IdRule, LateSystem, NameRule};
pub use turn::{AssistantPart, AssistantTurn, PartIndex, ToolCall, ToolResult, Turn, UserPart};
pub use warnings::Warnings;

use crate::{
    contract::{Message, Part, Role},
    errors::{Error, ErrorKind, error},
};
use alloc::{format, vec::Vec};
use matching::Matching;

/// A conversation that any route can write down as it stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Conversation<'a> {
    /// The turns in their order. None is empty.
    pub turns: Vec<Turn<'a>>,
    /// What was repaired.
    pub warnings: Warnings,
}

/// Checks a conversation and repairs it.
///
/// Afterwards ids of tool calls keep the rules, and no two calls of a turn have the same one; each call has exactly one
/// result, which stands with its turn and in the order of the calls; arguments are JSON objects; results without a call
/// are text of the user; blank texts and empty messages are gone; and the turns are in an order that the rules allow.
///
/// Results that come in another order than their calls are sorted without a warning, because tools that run in
/// parallel finish in any order. Neighbours are merged without a warning, because nothing is lost. There is a warning
/// for every other repair.
///
/// # Errors
/// `invalid-request` where a message holds a part that its role cannot hold.
pub fn repair<'a>(messages: &'a [Message], rules: &'a ConversationRules) -> Result<Conversation<'a>, Error> {
    let mut repair = Repair::new(rules);
    for (index, message) in messages.iter().enumerate() {
        match message.role {
            Role::System => repair.system(index, &message.content)?,
            Role::Assistant => repair.assistant(index, &message.content)?,
            Role::User | Role::Tool => repair.user_or_tool(index, message)?,
        }
    }
    Ok(repair.finish())
}

/// A conversation under repair.
struct Repair<'a> {
    /// What the route requires.
    rules: &'a ConversationRules,
    turns: Vec<Turn<'a>>,
    /// The calls so far, for results that come later.
    matching: Matching,
    ids: ids::Ids,
    /// How many ids were rewritten.
    new_ids: usize,
    warnings: Warnings,
}

impl<'a> Repair<'a> {
    fn new(rules: &'a ConversationRules) -> Self {
        Self {
            rules,
            turns: Vec::new(),
            matching: Matching::default(),
            ids: ids::Ids::new(rules.call_ids),
            new_ids: 0,
            warnings: Warnings::default(),
        }
    }

    /// Texts stay separate, since a route may write them as one string or as a list.
    fn system(&mut self, message: usize, content: &'a [Part]) -> Result<(), Error> {
        let mut text = Vec::new();
        for (place, part) in placed(message, content) {
            match part {
                Part::Text(part) if is_blank(&part.text) => self.blank(place, &part.text),
                Part::Text(part) => text.push(part.text.as_str()),
                other => return Err(misplaced(place, "a system message", other)),
            }
        }
        if text.is_empty() {
            self.left_out(message);
        } else {
            self.turns.push(Turn::System(text));
        }
        Ok(())
    }

    /// Tool results may be in messages of the role `tool`, and of the role `user`, as in Anthropic's API.
    fn user_or_tool(&mut self, message: usize, from: &'a Message) -> Result<(), Error> {
        let user = from.role == Role::User;
        let mut parts = Vec::new();
        let mut results = false;
        for (place, part) in placed(message, &from.content) {
            match part {
                Part::ToolResult(result) => {
                    // A message of results alone leaves no turn of its own, because its results stand with their
                    // calls.
                    results = true;
                    let attached = self.matching.attach(place, result, &mut self.turns, &mut self.warnings);
                    if let Err(orphan) = attached {
                        parts.extend(orphan.into_user_parts(place, result));
                    }
                }
                Part::Text(part) if user && is_blank(&part.text) => self.blank(place, &part.text),
                Part::Text(part) if user => parts.push(UserPart::Text(part.text.as_str().into())),
                Part::Image(media) if user => parts.push(UserPart::Image(media, place)),
                Part::Audio(media) if user => parts.push(UserPart::Audio(media, place)),
                Part::File(media) if user => parts.push(UserPart::File(media, place)),
                other => {
                    let role = if user { "a user message" } else { "a tool message" };
                    return Err(misplaced(place, role, other));
                }
            }
        }
        if !parts.is_empty() {
            self.turns.push(Turn::User(parts));
        } else if !results {
            self.left_out(message);
        }
        Ok(())
    }

    /// Each call gets an error as its result at once. A later message replaces it, and if none does, the model learns that
    /// the result is missing, while a call without a result would make the server refuse the conversation.
    fn assistant(&mut self, message: usize, content: &'a [Part]) -> Result<(), Error> {
        let mut turn = AssistantTurn { message, parts: Vec::new(), results: Vec::new() };
        for (place, part) in placed(message, content) {
            match part {
                Part::Text(part) => turn.parts.push(AssistantPart::Text {
                    text: &part.text,
                    replay: part.replay.as_deref(),
                    place,
                }),
                Part::Reasoning(part) => turn.parts.push(AssistantPart::Reasoning {
                    text: &part.text,
                    replay: part.replay.as_deref(),
                    place,
                }),
                Part::ToolCall(part) => {
                    // Assigned in the order of the conversation, so that a conversation that grows keeps its ids.
                    let id = self.ids.assign(&part.id, self.turns.len());
                    self.new_ids = usize::from(id != part.id).saturating_add(self.new_ids);
                    let call = calls::repair(place, part, id, self.rules, &mut self.warnings);
                    self.matching.add_call(&part.id, self.turns.len(), turn.results.len());
                    turn.results.push(ToolResult::missing(&call));
                    turn.parts.push(AssistantPart::Call(call));
                }
                other => return Err(misplaced(place, "an assistant message", other)),
            }
        }
        if turn.parts.iter().any(AssistantPart::has_content) {
            self.turns.push(Turn::Assistant(turn));
        } else {
            self.left_out(message);
        }
        Ok(())
    }

    /// A blank part is left out. An empty one is what hosts write for "nothing", which is no repair to warn about.
    fn blank(&mut self, place: PartIndex, text: &str) {
        if !text.is_empty() {
            self.warnings.add(format!("{place}: the text is blank and was left out"));
        }
    }

    fn left_out(&mut self, message: usize) {
        self.warnings.add(format!("messages[{message}] is empty and was left out"));
    }

    fn finish(mut self) -> Conversation<'a> {
        // One warning for all: a history of another vendor has hundreds of such ids.
        if self.new_ids > 0 {
            self.warnings.add(format!(
                "{} ids of tool calls were rewritten, with those of their results: an id {}",
                self.new_ids, self.rules.call_ids
            ));
        }
        for turn in &self.turns {
            let Turn::Assistant(turn) = turn else { continue };
            let missing = turn.results.iter().filter(|result| result.place.is_none()).count();
            if missing > 0 {
                self.warnings.add(format!(
                    "messages[{}]: {missing} tool calls have no result; an error stands in its place",
                    turn.message
                ));
            }
        }
        // Last, because the rules of order need whole turns: with their results, and without empty ones.
        let turns = arrange::arrange(self.turns, self.rules, &mut self.warnings);
        Conversation { turns, warnings: self.warnings }
    }
}

/// Whether a text is white space alone, or nothing. It has nothing for the model, and Anthropic refuses it in every role
/// ("text content blocks must contain non-whitespace text"), which it decides by Unicode's white space.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

/// The parts of a message with the place of each.
fn placed(message: usize, content: &[Part]) -> impl Iterator<Item = (PartIndex, &Part)> {
    content.iter().enumerate().map(move |(part, value)| (PartIndex { message, part }, value))
}

/// An error and no repair: a part in a message that cannot hold it is a mistake of the host, and dropping it would hide
/// that from everyone.
fn misplaced(place: PartIndex, holder: &str, part: &Part) -> Error {
    let part = match part {
        Part::Text(_) => "text",
        Part::Image(_) => "an image",
        Part::Audio(_) => "audio",
        Part::File(_) => "a file",
        Part::Reasoning(_) => "reasoning",
        Part::ToolCall(_) => "a tool call",
        Part::ToolResult(_) => "a tool result",
    };
    error(ErrorKind::InvalidRequest, format!("{place}: {holder} cannot hold {part}"))
}
