//! Where cached prefixes end.
//!
//! The vendor caches nothing by itself. A mark on a block writes an entry for everything up to that block (tools first, then
//! the instructions, then the messages), and lets the request read the longest entry that ends at the mark or at most 20
//! blocks before it. A request has four marks at most. Reading costs a tenth of the input, writing a quarter more, and a
//! mark whose entry exists already costs nothing, so that a conversation is cheapest where each request writes at its end and
//! reads at the end of the one before.
//!
//! That is what is done where the host marks nothing, in requests that another one is likely to follow: those with tools, and
//! those with a turn of the model. The marks are on
//! 1. the end of the last message of the user, for the next request;
//! 2. the end of the one before, which is exactly where the previous request wrote: however many calls and results a turn
//!    has, no block has to be searched for, where a single mark would lose the prefix after more than 20 blocks;
//! 3. the end of the instructions, or of the tools where there are none, which other conversations of the agent share;
//! 4. the end of the message before those of 1 and 2, for a host that has added two turns, or adds text to its last message
//!    that the next request does not repeat.
//!
//! A single request without tools is not marked: its prompt would cost a quarter more, and nothing would read it.
//!
//! A host that marks messages decides how far the cache reaches. Marks that are left over go to the places above as far as
//! they are before the last mark of the host: what is there is written anyway, and they let a turn of more than 20 blocks
//! find the entry of the request before.
//!
//! An entry lives for five minutes after its last use, or for an hour where the caller's `cache_control` in `extra-json` says
//! so. Then all marks do: the vendor refuses one of an hour after one of five minutes, and the caller's is the last.

use alloc::vec::Vec;

use super::blocks::CACHE_CONTROL;
use super::content::{Content, Role, WireConversation};
use crate::contract::{Message, Part, Request};
use crate::text_search::find_bytes;

/// The most marks in a request.
const MAX_MARKS: usize = 4;

/// A place for a mark, in the order of the prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    Tools,
    /// After this text of the instructions.
    System(usize),
    /// After this block of this message.
    Block(usize, usize),
}

/// The marks outside of the messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prefix {
    /// After the last tool.
    pub tools: bool,
    /// After these instructions; the first four count.
    pub system: u64,
    /// The entries of all marks live for an hour.
    pub is_long: bool,
}

impl Prefix {
    /// The value of a mark; nothing where there is none.
    pub fn control(&self, is_marked: bool) -> &'static str {
        let [short, long] = CACHE_CONTROL;
        match (is_marked, self.is_long) {
            (false, _) => "",
            (true, false) => short,
            (true, true) => long,
        }
    }

    /// Whether a mark is after this text of the instructions.
    pub fn has_system(&self, at: usize) -> bool {
        u32::try_from(at).ok().and_then(|at| self.system.checked_shr(at)).is_some_and(|bits| bits & 1 == 1)
    }
}

/// Marks the blocks of a conversation, and returns the marks before them. `callers_tools`: the tools are those of
/// `extra-json`, which are not touched.
pub fn mark(conversation: &mut WireConversation<'_>, request: &Request, callers_tools: bool) -> Prefix {
    // The caller's own fields may have marks as well, and a fifth one is refused.
    let (own, automatic, is_long) = callers_own(request.extra_json.as_deref().unwrap_or_default());
    let limit = MAX_MARKS.saturating_sub(own);
    let mut marks = of_host(conversation, request);
    // Of too many the first on the instructions and the last ones are worth most.
    if let Some(excess) = marks.len().checked_sub(limit) {
        let first = usize::from(limit > 1 && matches!(marks.first(), Some(Mark::System(_))));
        marks.drain(first..first.saturating_add(excess));
    }
    let has_tools = !request.tools.is_empty() && !callers_tools;
    let is_followed = has_tools
        || callers_tools
        || conversation.messages.iter().any(|message| message.role == Role::Assistant);
    let horizon = match marks.last() {
        Some(last) => Some(*last),
        None => (is_followed && !automatic && limit > 0).then_some(Mark::Block(usize::MAX, 0)),
    };
    if let Some(horizon) = horizon {
        for place in best_places(conversation, has_tools) {
            if marks.len() < limit && place < horizon && !marks.contains(&place) {
                marks.push(place);
            }
        }
    }
    let mut prefix = Prefix { is_long, ..Prefix::default() };
    for mark in marks {
        match mark {
            Mark::Tools => prefix.tools = true,
            Mark::System(at) => {
                prefix.system |= u32::try_from(at).ok().and_then(|at| 1_u64.checked_shl(at)).unwrap_or(0)
            }
            Mark::Block(message, block) => {
                let message = conversation.messages.get_mut(message);
                if let Some(block) = message.and_then(|message| message.blocks.get_mut(block)) {
                    block.cache_here = true;
                }
            }
        }
    }
    prefix
}

/// The marks in `extra-json`, and whether one of them is that of the whole request, by which the vendor marks the last block
/// itself: a caller who wrote it, be it as `null`, has chosen. And whether that one is for an hour.
fn callers_own(extra: &str) -> (usize, bool, bool) {
    let mut count = 0_usize;
    let mut rest = extra.as_bytes();
    while let Some(at) = find_bytes(rest, b"cache_control\"") {
        rest = rest.get(at.saturating_add(1)..).unwrap_or_default();
        count = count.saturating_add(1);
    }
    let [whole] = crate::json::parse(extra)
        .ok()
        .and_then(|extra| crate::json::fields(extra, ["cache_control"]))
        .unwrap_or_default();
    let [lifetime] = whole.and_then(|whole| crate::json::fields(whole, ["ttl"])).unwrap_or_default();
    (count, whole.is_some(), crate::json::string(lifetime).as_deref() == Some("1h"))
}

/// The places of the list above, the most useful one first.
fn best_places(conversation: &WireConversation<'_>, has_tools: bool) -> impl Iterator<Item = Mark> {
    let ends = |nth: usize| {
        let mut users =
            conversation.messages.iter().enumerate().rev().filter(|(_, message)| message.role == Role::User);
        let (at, message) = users.nth(nth)?;
        let last = message.blocks.iter().rposition(|block| block.content.can_be_marked())?;
        Some(Mark::Block(at, last))
    };
    let before = match conversation.system.len().checked_sub(1) {
        Some(last) => Some(Mark::System(last.min(63))),
        None => has_tools.then_some(Mark::Tools),
    };
    [ends(0), ends(1), before, ends(2)].into_iter().flatten()
}

/// The places that the host marks, in their order.
fn of_host(conversation: &WireConversation<'_>, request: &Request) -> Vec<Mark> {
    let marked: Vec<usize> = request
        .messages
        .iter()
        .enumerate()
        .filter(|(_, message)| message.cache_here)
        .map(|(at, _)| at)
        .collect();
    if marked.is_empty() {
        return Vec::new();
    }
    // A text of the user does not say which message it is of, but it is still the request's, so its address does.
    let mut texts: Vec<(usize, usize)> = Vec::new();
    for at in &marked {
        texts.extend(request.messages.get(*at).into_iter().flat_map(texts_of).map(|text| (text, *at)));
    }
    sort(&mut texts);
    let message_of = |text: &str| {
        let found = texts.binary_search_by_key(&address(text), |(text, _)| *text).ok()?;
        texts.get(found).map(|(_, message)| *message)
    };
    let mut marks: Vec<(usize, Mark)> = Vec::new();
    let mut note = |message: Option<usize>, mark: Mark| {
        let Some(message) = message.filter(|message| marked.binary_search(message).is_ok()) else { return };
        match marks.last_mut() {
            // The last block of each message counts.
            Some((known, last)) if *known == message => *last = mark,
            _ => marks.push((message, mark)),
        }
    };
    for (at, text) in conversation.system.iter().enumerate().take(64) {
        note(message_of(text), Mark::System(at));
    }
    for (at, message) in conversation.messages.iter().enumerate() {
        for (place, block) in
            message.blocks.iter().enumerate().filter(|(_, block)| block.content.can_be_marked())
        {
            let of = match (block.place, block.content) {
                (Some(place), _) => Some(place.message),
                (None, Content::Text(text, _)) => message_of(text),
                (None, _) => None,
            };
            note(of, Mark::Block(at, place));
        }
    }
    marks.into_iter().map(|(_, mark)| mark).collect()
}

/// Sorts a list. The standard library's sort takes 3 KB, and nothing else in the component needs one.
fn sort(list: &mut [(usize, usize)]) {
    let length = list.len();
    for node in (0..length / 2).rev() {
        sift(list, node);
    }
    for end in (1..length).rev() {
        list.swap(0, end);
        sift(list.get_mut(..end).unwrap_or_default(), 0);
    }
}

/// Moves the value of a node of a heap down, to where none below it is greater.
fn sift(heap: &mut [(usize, usize)], mut node: usize) {
    loop {
        let left = node.saturating_mul(2).saturating_add(1);
        let right = left.saturating_add(1);
        // A missing child counts as less than any value.
        let child = if heap.get(right) > heap.get(left) { right } else { left };
        if heap.get(child) <= heap.get(node) {
            return;
        }
        heap.swap(node, child);
        node = child;
    }
}

fn texts_of(message: &Message) -> impl Iterator<Item = usize> {
    message.content.iter().filter_map(|part| match part {
        Part::Text(part) => Some(address(&part.text)),
        _ => None,
    })
}

fn address(text: &str) -> usize {
    text.as_ptr() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_is_sorted() {
        let mut seed = 7_usize;
        for length in 0..60 {
            let mut list: Vec<(usize, usize)> = (0..length)
                .map(|_| {
                    seed = seed.wrapping_mul(6_364_136_223_846_793_005_u64 as usize).wrapping_add(1);
                    ((seed >> 7) % 40, (seed >> 17) % 3)
                })
                .collect();
            let mut expected = list.clone();
            expected.sort();
            sort(&mut list);
            assert_eq!(list, expected);
        }
    }
}
