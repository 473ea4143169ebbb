//! Finds the call that each result belongs to.

use super::{PartIndex, Turn, UserPart, Warnings};
use crate::{contract::ToolResultPart, string_interner::StringInterner};
use alloc::{format, string::String, vec::Vec};

/// The calls that can have results, by the ids that the host knows them by.
///
/// Ids repeat: some gateways begin at `call_0` in every turn, and some give several calls of one turn the same id, or
/// none. A result belongs to the latest turn before it that has a call with its id, and within that turn to the first
/// call that has no result yet.
#[derive(Debug, Default)]
pub struct Matching {
    ids: StringInterner,
    /// By the number of the id.
    open_calls: Vec<OpenCalls>,
}

/// The calls of one turn with one id.
#[derive(Debug)]
struct OpenCalls {
    turn: usize,
    /// Positions in the turn's results.
    positions: Vec<usize>,
    /// The number of them, from the first on, that have their result.
    matched: usize,
}

impl OpenCalls {
    fn new(turn: usize) -> Self {
        Self { turn, positions: Vec::new(), matched: 0 }
    }

    /// The first call without a result, which has one from now on.
    fn next(&mut self) -> Option<usize> {
        let position = *self.positions.get(self.matched)?;
        self.matched = self.matched.saturating_add(1);
        Some(position)
    }
}

/// Why a result belongs to no call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrphanResult {
    /// No call before it has its id.
    NoCall,
    /// Its call has a result already.
    Second,
}

impl Matching {
    /// Notes a call: the `position`th of the turn with this index.
    pub fn add_call(&mut self, id: &str, turn: usize, position: usize) {
        let (number, new) = self.ids.number(id);
        if new {
            self.open_calls.push(OpenCalls::new(turn));
        }
        let Some(open) = self.open_calls.get_mut(number) else { return };
        // A later turn with this id takes it over. Open calls of the earlier turn keep the error as their result.
        if open.turn != turn {
            *open = OpenCalls::new(turn);
        }
        open.positions.push(position);
    }

    /// Puts a result beside its call. One without a call is returned with the reason, and a warning is added.
    pub fn attach<'a>(
        &mut self,
        place: PartIndex,
        result: &'a ToolResultPart,
        turns: &mut [Turn<'a>],
        warnings: &mut Warnings,
    ) -> Result<(), OrphanResult> {
        let orphan = match self.ids.get(&result.call_id).and_then(|number| self.open_calls.get_mut(number)) {
            None => OrphanResult::NoCall,
            Some(open) => match open.next() {
                None => OrphanResult::Second,
                Some(position) => {
                    // Servers require the results directly after the calls. Agents put a message of the user between
                    // them.
                    if open.turn.saturating_add(1) < turns.len() {
                        warnings.add(format!(
                            "{place}: the result comes too late and was moved to its tool call"
                        ));
                    }
                    put(turns.get_mut(open.turn), position, place, result);
                    return Ok(());
                }
            },
        };
        warnings.add(match orphan {
            OrphanResult::NoCall => {
                format!("{place}: this result has no tool call and was sent as a user message")
            }
            OrphanResult::Second => {
                format!("{place}: this is a second result of a tool call and was sent as a user message")
            }
        });
        Err(orphan)
    }
}

fn put<'a>(turn: Option<&mut Turn<'a>>, position: usize, place: PartIndex, result: &'a ToolResultPart) {
    let Some(Turn::Assistant(turn)) = turn else { return };
    let Some(slot) = turn.results.get_mut(position) else { return };
    slot.text = &result.text;
    slot.media = &result.media;
    slot.is_error = result.is_error;
    slot.place = Some(place);
}

impl OrphanResult {
    /// The result as text of the user. Servers refuse a result without a call, but its content may matter to the model.
    pub fn into_user_parts<'a>(self, place: PartIndex, result: &'a ToolResultPart) -> Vec<UserPart<'a>> {
        let mut text = String::from(match self {
            OrphanResult::NoCall => "[Result of a tool call that is not in this conversation",
            OrphanResult::Second => "[Another result of a tool call answered before",
        });
        if let Some(name) = result.name.as_deref().filter(|name| !name.is_empty()) {
            text.push_str("; tool: ");
            text.push_str(name);
        }
        if result.is_error {
            text.push_str("; it failed");
        }
        text.push_str("]\n");
        text.push_str(&result.text);
        // Images of an orphan may be the reason why the model called the tool, so they go along.
        let media = result.media.iter().map(|media| UserPart::of_tool(media, place));
        core::iter::once(UserPart::Text(text.into())).chain(media).collect()
    }
}
