//! Numbers for distinct strings.

use alloc::{borrow::ToOwned, collections::BTreeMap, string::String};

/// Strings without repetition, numbered from 0 in the order of their first use.
///
/// What is known of a string is kept in a list beside this, at its number, so that the component carries the code of one
/// map instead of one for each type of value. Insertion and search take logarithmic time whatever the strings are;
/// a hash map would need a random key against strings that are chosen to collide, and the component has no source
/// of randomness.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StringInterner {
    numbers: BTreeMap<String, usize>,
}

impl StringInterner {
    /// The number of a known string.
    pub fn get(&self, text: &str) -> Option<usize> {
        self.numbers.get(text).copied()
    }

    /// The number of a string, and whether it is new.
    pub fn number(&mut self, text: &str) -> (usize, bool) {
        self.number_owned(text.to_owned())
    }

    /// The same without a copy of the string.
    pub fn number_owned(&mut self, text: String) -> (usize, bool) {
        let next = self.numbers.len();
        let number = *self.numbers.entry(text).or_insert(next);
        (number, number == next)
    }

    /// The strings, sorted, with their numbers.
    pub fn sorted(&self) -> impl Iterator<Item = (&str, usize)> {
        self.numbers.iter().map(|(text, number)| (text.as_str(), *number))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn strings_are_numbered_as_they_arrive_and_listed_in_order() {
        let mut texts = StringInterner::default();
        assert!(texts.is_empty());
        let numbers: Vec<_> = ["b", "a", "b", ""].iter().map(|text| texts.number(text)).collect();
        assert_eq!(numbers, [(0, true), (1, true), (0, false), (2, true)]);
        assert_eq!(texts.sorted().collect::<Vec<_>>(), [("", 2), ("a", 1), ("b", 0)]);
        assert_eq!((texts.get("a"), texts.get("c")), (Some(1), None));
    }
}
