//! Which result answers which call.

use super::{Place, Turn, UserPart, Warnings};
use crate::contract::ToolResultPart;
use alloc::{
    collections::{BTreeMap, VecDeque},
    format,
    string::String,
    vec::Vec,
};

/// The calls that results may answer, by the ids that the host knows them by.
///
/// Ids come again: some gateways begin at `call_0` in every turn, and some give several calls of one turn the
/// same id, or none. A result answers the latest turn before it that called with its id, and within that
/// turn the first call still unanswered.
#[derive(Debug, Default)]
pub struct Matching<'a> {
    asked: BTreeMap<&'a str, Asked>,
}

/// The calls of one turn with one id.
#[derive(Debug)]
struct Asked {
    turn: usize,
    /// Positions in the turn's results, those without an answer yet.
    waiting: VecDeque<usize>,
}

/// Why a result answers nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unasked {
    /// No call before it has its id.
    NoCall,
    /// Its call has been answered already.
    Second,
}

impl<'a> Matching<'a> {
    /// Notes a call: the `position`th of the turn with this index.
    pub fn ask(&mut self, id: &'a str, turn: usize, position: usize) {
        let asked = self.asked.entry(id).or_insert_with(|| Asked { turn, waiting: VecDeque::new() });
        if asked.turn != turn {
            *asked = Asked { turn, waiting: VecDeque::new() };
        }
        asked.waiting.push_back(position);
    }

    /// Puts a result where its call is.
    pub fn answer(
        &mut self,
        place: Place,
        result: &'a ToolResultPart,
        turns: &mut [Turn<'a>],
        warnings: &mut Warnings,
    ) -> Result<(), Unasked> {
        let unasked = match self.asked.get_mut(result.call_id.as_str()) {
            None => Unasked::NoCall,
            Some(asked) => match asked.waiting.pop_front() {
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
