//! Ids of tool calls that the receiving server accepts.
//!
//! A history may contain the ids of several vendors: empty ones, ones of 400 characters, `call|item` pairs, and `call_0`
//! in every turn. OpenAI accepts 40 characters, Anthropic a small alphabet and no id twice, Mistral nine letters and
//! digits; most others accept anything.

use super::IdRule;
use crate::hash::Hash;
use crate::string_interner::StringInterner;
use alloc::{borrow::Cow, format, vec::Vec};

/// The room that an id leaves for the number after it: `_` and seven digits.
const NUMBER: usize = 8;

/// Gives each call an id of its own.
///
/// The id of a call depends only on the conversation before it. So a conversation that grows keeps the ids that it was
/// sent with, and the vendor's prompt cache keeps its prefix.
#[derive(Debug)]
pub struct Ids {
    rule: IdRule,
    texts: StringInterner,
    /// By the number of the text.
    known: Vec<Known>,
}

/// What is known of a text that is an id, or the stem of one, or both.
#[derive(Debug, Default)]
struct Known {
    /// The last turn that has it as an id.
    used: Option<usize>,
    /// The last number that was tried after it. Kept per stem and not per id, so that thousands of ids which differ only
    /// where they are cut do not try the same numbers again, which would take quadratic time.
    tried: u32,
}

impl Ids {
    /// Ids that keep this rule.
    pub fn new(rule: IdRule) -> Self {
        Self { rule, texts: StringInterner::default(), known: Vec::new() }
    }

    /// The id for a call of this turn that came with this one: the same wherever it can be.
    pub fn assign<'a>(&mut self, original: &'a str, turn: usize) -> Cow<'a, str> {
        // A model or a gateway that sends no ids leaves all of them empty.
        let id = if original.is_empty() { "call" } else { original };
        let id = match self.rule {
            IdRule::Any => Cow::Borrowed(id),
            IdRule::Within(rule) => rule.keep(id),
            IdRule::Exactly(length) if is_code(id, length) => Cow::Borrowed(id),
            IdRule::Exactly(length) => Cow::Owned(Hash::of(id).code(length)),
        };
        // A server that begins at `call_0` or `functions.read:0` in every turn accepts that, and others do not.
        let repeats = self.rule == IdRule::Any && !original.is_empty();
        if self.take(&id, turn, repeats) {
            return id;
        }
        // Of an id within a rule all is ASCII now, so any cut is between two characters.
        let stem = match self.rule {
            IdRule::Within(rule) => id.get(..rule.longest.saturating_sub(NUMBER)).unwrap_or(&id),
            _ => &id,
        };
        loop {
            let tried = self.known(stem).map_or(0, |known| {
                known.tried = known.tried.wrapping_add(1);
                known.tried
            });
            // The id without a number counts as the first.
            let mut numbered = format!("{stem}_{}", tried.wrapping_add(1));
            if let IdRule::Exactly(length) = self.rule {
                numbered = Hash::of(&numbered).code(length);
            }
            if self.take(&numbered, turn, false) {
                return Cow::Owned(numbered);
            }
        }
    }

    /// Whether the id was free; it is not from now on. One that `repeats` is free in each turn anew.
    fn take(&mut self, id: &str, turn: usize, repeats: bool) -> bool {
        self.known(id).is_none_or(|known| {
            let before = known.used.replace(turn);
            before.is_none_or(|used| repeats && used != turn)
        })
    }

    fn known(&mut self, text: &str) -> Option<&mut Known> {
        let (number, new) = self.texts.number(text);
        if new {
            self.known.push(Known::default());
        }
        self.known.get_mut(number)
    }
}

/// Whether an id is so many ASCII letters and digits.
pub(super) fn is_code(id: &str, length: usize) -> bool {
    id.len() == length && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::super::NameRule;
    use super::*;
    use alloc::{collections::BTreeSet, string::ToString, vec::Vec};

    const RULE: IdRule = IdRule::Within(NameRule { longest: 40, punctuation: "_-", letter_first: false });

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
        let mut ids = Ids::new(RULE);
        for (original, expected) in cases {
            assert_eq!(ids.assign(original, 0), expected, "{original}");
        }
    }

    #[test]
    fn thousands_of_ids_that_collide_stay_apart_and_short() {
        let mut ids = Ids::new(RULE);
        let originals: Vec<_> = (0..20_000).map(|n| format!("{}{}", "s".repeat(36), n % 7_000)).collect();
        let assigned: BTreeSet<_> = originals.iter().map(|id| ids.assign(id, 0)).collect();
        assert_eq!(assigned.len(), originals.len());
        assert!(assigned.iter().all(|id| RULE.is_kept_by(id)));
    }

    #[test]
    fn an_id_that_the_receiver_accepts_is_not_changed() {
        let long = format!("call_1__thought__{}==", "A+/".repeat(900));
        let mut ids = Ids::new(IdRule::Any);
        for (turn, original, expected) in [
            (0, "functions.read:0", "functions.read:0"),
            (0, "functions.read:0", "functions.read:0_2"),
            (0, long.as_str(), long.as_str()),
            (0, "é|ü", "é|ü"),
            // The same in the next turn: the server that made it begins anew in each.
            (1, "functions.read:0", "functions.read:0"),
            (1, "", "call"),
            (2, "", "call_2"),
            (2, "functions.read:0_2", "functions.read:0_2"),
            (2, "functions.read:0", "functions.read:0"),
        ] {
            assert_eq!(ids.assign(original, turn), expected, "{original} in turn {turn}");
        }
    }

    #[test]
    fn an_id_of_exact_length_stays_and_any_other_becomes_one() {
        let rule = IdRule::Exactly(9);
        let mut ids = Ids::new(rule);
        assert_eq!(ids.assign("D681PevKs", 0), "D681PevKs");
        let originals: Vec<_> = (0..5_000).map(|n| format!("toolu_{}", n % 2_500)).collect();
        let assigned: BTreeSet<_> = originals.iter().map(|id| ids.assign(id, 1).into_owned()).collect();
        assert_eq!(assigned.len(), originals.len());
        assert!(assigned.iter().all(|id| rule.is_kept_by(id)));
        let again = Ids::new(rule).assign("toolu_7", 3).into_owned();
        assert_eq!(again, Ids::new(rule).assign("toolu_7", 8), "the same in every request");
    }
}
