//! Which result answers which call.

use super::{Place, Turn, UserPart, Warnings};
use crate::{contract::ToolResultPart, string_interner::StringInterner};
use alloc::{format, string::String, vec::Vec};

/// The calls that results may answer, by the ids that the host knows them by.
///
/// Ids come again: some gateways begin at `call_0` in every turn, and some give several calls of one turn the
/// same id, or none. A result answers the latest turn before it that called with its id, and within that
/// turn the first call still unanswered.
#[derive(Debug, Default)]
pub struct Matching {
    ids: StringInterner,
    /// By the number of the id.
    asked: Vec<Asked>,
}

/// The calls of one turn with one id.
#[derive(Debug)]
struct Asked {
    turn: usize,
    /// Positions in the turn's results.
    positions: Vec<usize>,
    /// How many of them, from the first on, have their answer.
    answered: usize,
}

impl Asked {
    fn new(turn: usize) -> Self {
        Self { turn, positions: Vec::new(), answered: 0 }
    }

    /// The first call that waits for its answer; it does not from now on.
    fn next(&mut self) -> Option<usize> {
        let position = *self.positions.get(self.answered)?;
        self.answered = self.answered.saturating_add(1);
        Some(position)
    }
}

/// Why a result answers nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unasked {
    /// No call before it has its id.
    NoCall,
    /// Its call has been answered already.
    Second,
}

impl Matching {
    /// Notes a call: the `position`th of the turn with this index.
    pub fn ask(&mut self, id: &str, turn: usize, position: usize) {
        let (number, new) = self.ids.number(id);
        if new {
            self.asked.push(Asked::new(turn));
        }
        let Some(asked) = self.asked.get_mut(number) else { return };
        if asked.turn != turn {
            *asked = Asked::new(turn);
        }
        asked.positions.push(position);
    }

    /// Puts a result where its call is.
    pub fn answer<'a>(
        &mut self,
        place: Place,
        result: &'a ToolResultPart,
        turns: &mut [Turn<'a>],
        warnings: &mut Warnings,
    ) -> Result<(), Unasked> {
        let unasked = match self.ids.get(&result.call_id).and_then(|number| self.asked.get_mut(number)) {
            None => Unasked::NoCall,
            Some(asked) => match asked.next() {
                None => Unasked::Second,
                Some(position) => {
                    if asked.turn.saturating_add(1) < turns.len() {
                        warnings.add(format!(
                            "{place}: the result stands too late and was moved up to its tool call"
                        ));
                    }
                    put(turns.get_mut(asked.turn), position, place, result);
                    return Ok(());
                }
            },
        };
        warnings.add(match unasked {
            Unasked::NoCall => {
                format!("{place}: no tool call asked for this result; it became a user message")
            }
            Unasked::Second => format!("{place}: a second result of a tool call; it became a user message"),
        });
        Err(unasked)
    }
}

fn put<'a>(turn: Option<&mut Turn<'a>>, position: usize, place: Place, result: &'a ToolResultPart) {
    let Some(Turn::Assistant(turn)) = turn else { return };
    let Some(slot) = turn.results.get_mut(position) else { return };
    slot.text = &result.text;
    slot.media = &result.media;
    slot.is_error = result.is_error;
    slot.place = Some(place);
}

impl Unasked {
    /// The result as something that the user says, so that the model still gets to see it.
    pub fn into_user_parts<'a>(self, place: Place, result: &'a ToolResultPart) -> Vec<UserPart<'a>> {
        let mut text = String::from(match self {
            Unasked::NoCall => "[Result of a tool call that is not in this conversation",
            Unasked::Second => "[Another result of a tool call answered before",
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
        let media = result.media.iter().map(|media| UserPart::of_tool(media, place));
        core::iter::once(UserPart::Text(text.into())).chain(media).collect()
    }
}
