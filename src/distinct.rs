//! Texts, each told from the others.

use alloc::{borrow::ToOwned, collections::BTreeMap, string::String};

/// Distinct texts, numbered from 0 in the order in which they came.
///
/// What is known of a text stands in a list beside this, at its number: so the component carries the code of
/// one map, and not one for each type of value. Insertion and search take logarithmic time whatever the texts
/// are, and nobody can choose them so that they collide.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Distinct {
    numbers: BTreeMap<String, usize>,
}

impl Distinct {
    /// The number of a text that came before.
    pub fn get(&self, text: &str) -> Option<usize> {
        self.numbers.get(text).copied()
    }

    /// The number of a text, and whether it is new.
    pub fn number(&mut self, text: &str) -> (usize, bool) {
        self.number_owned(text.to_owned())
    }

    /// The same of a text that is of no other use.
    pub fn number_owned(&mut self, text: String) -> (usize, bool) {
        let next = self.numbers.len();
        let number = *self.numbers.entry(text).or_insert(next);
        (number, number == next)
    }

    /// The texts, sorted, with their numbers.
    pub fn sorted(&self) -> impl Iterator<Item = (&str, usize)> {
        self.numbers.iter().map(|(text, number)| (text.as_str(), *number))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn texts_are_numbered_as_they_come_and_told_in_order() {
        let mut texts = Distinct::default();
        assert!(texts.is_empty());
        let numbers: Vec<_> = ["b", "a", "b", ""].iter().map(|text| texts.number(text)).collect();
        assert_eq!(numbers, [(0, true), (1, true), (0, false), (2, true)]);
        assert_eq!(texts.sorted().collect::<Vec<_>>(), [("", 2), ("a", 1), ("b", 0)]);
        assert_eq!((texts.get("a"), texts.get("c")), (Some(1), None));
    }
}
