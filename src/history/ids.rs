//! Ids of tool calls that the servers of a route accept.
//!
//! A history may contain the ids of several vendors: empty ones, ones of 400 characters, `call|item` pairs, and `call_0`
//! in every turn. OpenAI accepts 40 characters, Anthropic a small alphabet and no id twice.

use super::NameRule;
use crate::string_interner::StringInterner;
use alloc::{borrow::Cow, format, vec::Vec};

/// The room that an id leaves for the number after it: `_` and seven digits.
const NUMBER: usize = 8;

/// Gives each call an id of its own.
///
/// The id of a call depends only on the conversation before it. So a conversation that grows keeps the ids that it was
/// sent with, and the vendor's prompt cache keeps its prefix.
#[derive(Debug)]
pub struct Ids<'r> {
    rule: &'r NameRule,
    texts: StringInterner,
    /// By the number of the text.
    known: Vec<Known>,
}

/// What is known of a text that is an id, or the stem of one, or both.
#[derive(Debug, Default)]
struct Known {
    used: bool,
    /// The last number that was tried after it. Kept per stem and not per id, so that thousands of ids which differ only
    /// where they are cut do not try the same numbers again, which would take quadratic time.
    tried: u32,
}

impl<'r> Ids<'r> {
    /// Ids that keep this rule.
    pub fn new(rule: &'r NameRule) -> Self {
        Self { rule, texts: StringInterner::default(), known: Vec::new() }
    }

    /// The id for a call that came with this one: the same wherever it can be.
    pub fn assign<'a>(&mut self, original: &'a str) -> Cow<'a, str> {
        // A model or a gateway that sends no ids leaves all of them empty.
        let id = if original.is_empty() { Cow::Borrowed("call") } else { self.rule.keep(original) };
        if self.take(&id) {
            return id;
        }
        // All ASCII now, so any cut is between two characters.
        let stem = id.get(..self.rule.longest.saturating_sub(NUMBER)).unwrap_or(&id);
        loop {
            let tried = self.known(stem).map_or(0, |known| {
                known.tried = known.tried.wrapping_add(1);
                known.tried
            });
            // The id without a number counts as the first.
            let numbered = format!("{stem}_{}", tried.wrapping_add(1));
            if self.take(&numbered) {
                return Cow::Owned(numbered);
            }
        }
    }

    /// Whether the id was free; it is not from now on.
    fn take(&mut self, id: &str) -> bool {
        self.known(id).is_none_or(|known| !core::mem::replace(&mut known.used, true))
    }

    fn known(&mut self, text: &str) -> Option<&mut Known> {
        let (number, new) = self.texts.number(text);
        if new {
            self.known.push(Known::default());
        }
        self.known.get_mut(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{collections::BTreeSet, string::ToString, vec::Vec};

    const RULE: NameRule = NameRule { longest: 40, punctuation: "_-", letter_first: false };

    #[test]
    fn an_id_is_cut_cleaned_and_kept_apart() {
        let long = "x".repeat(50);
        let other = long.clone() + "y";
        let cases = [
            ("call_A-1", "call_A-1"),
            ("call_A-1", "call_A-1_2"),
            ("call_A-1", "call_A-1_3"),
            ("call|A", "call_A"),
            ("call.A", "call_A_2"),
            ("call_A_2", "call_A_2_2"),
            ("", "call"),
            ("", "call_2"),
            ("é", "_"),
            (long.as_str(), &long[..40]),
            (other.as_str(), &(long[..32].to_string() + "_2")),
        ];
        let mut ids = Ids::new(&RULE);
        for (original, expected) in cases {
            assert_eq!(ids.assign(original), expected, "{original}");
        }
    }

    #[test]
    fn thousands_of_ids_that_collide_stay_apart_and_short() {
        let mut ids = Ids::new(&RULE);
        let originals: Vec<_> = (0..20_000).map(|n| format!("{}{}", "s".repeat(36), n % 7_000)).collect();
        let assigned: BTreeSet<_> = originals.iter().map(|id| ids.assign(id)).collect();
        assert_eq!(assigned.len(), originals.len());
        assert!(assigned.iter().all(|id| RULE.is_kept_by(id)));
    }
}
