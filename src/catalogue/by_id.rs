//! Rows by id, sorted.

use alloc::{string::String, vec::Vec};

use crate::string_interner::StringInterner;

/// A map from id to row.
#[derive(Clone, Debug, PartialEq)]
pub struct ById<T> {
    ids: StringInterner,
    rows: Vec<T>,
}

impl<T> Default for ById<T> {
    fn default() -> Self {
        Self { ids: StringInterner::default(), rows: Vec::new() }
    }
}

impl<T> ById<T> {
    /// The row of exactly this id.
    pub fn get(&self, id: &str) -> Option<&T> {
        self.rows.get(self.ids.get(id)?)
    }

    /// The ids, sorted.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.ids.sorted().map(|(id, _)| id)
    }

    /// The ids, sorted, each with its row.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.ids.sorted().filter_map(|(id, number)| Some((id, self.rows.get(number)?)))
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Adds a row. If the id has one already, returns that one and the new one.
    pub(super) fn add(&mut self, id: String, row: T) -> Result<(), (&mut T, T)> {
        let (number, new) = self.ids.number_owned(id);
        if new {
            self.rows.push(row);
            return Ok(());
        }
        match self.rows.get_mut(number) {
            Some(known) => Err((known, row)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_sorted_and_a_second_row_is_returned() {
        let mut rows = ById::default();
        assert_eq!(rows.add("b".to_owned(), 1), Ok(()));
        assert_eq!(rows.add("a".to_owned(), 2), Ok(()));
        assert_eq!(rows.add("b".to_owned(), 3), Err((&mut 1, 3)));
        assert_eq!(rows.iter().collect::<Vec<_>>(), [("a", &2), ("b", &1)]);
        assert_eq!((rows.get("b"), rows.get("c"), rows.len()), (Some(&1), None, 2));
    }
}
