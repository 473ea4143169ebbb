//! Rows by id, sorted.

use alloc::{collections::BTreeMap, string::String, vec::Vec};

/// A map from id to row. One index serves every type of row, and so the component carries the code of one
/// B-tree and not of three.
#[derive(Clone, Debug, PartialEq)]
pub struct ById<T> {
    places: BTreeMap<String, usize>,
    rows: Vec<T>,
}

impl<T> Default for ById<T> {
    fn default() -> Self {
        Self { places: BTreeMap::new(), rows: Vec::new() }
    }
}

impl<T> ById<T> {
    /// The row of exactly this id.
    pub fn get(&self, id: &str) -> Option<&T> {
        self.rows.get(*self.places.get(id)?)
    }

    /// The ids, sorted.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.places.keys().map(String::as_str)
    }

    /// The ids, sorted, each with its row.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.places.iter().filter_map(|(id, place)| Some((id.as_str(), self.rows.get(*place)?)))
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Adds a row; if the id has one already, hands back that one and the one that is left over.
    pub(super) fn add(&mut self, id: String, row: T) -> Result<(), (&mut T, T)> {
        let next = self.rows.len();
        let place = *self.places.entry(id).or_insert(next);
        if place == next {
            self.rows.push(row);
            return Ok(());
        }
        match self.rows.get_mut(place) {
            Some(known) => Err((known, row)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_sorted_and_a_second_row_is_handed_back() {
        let mut rows = ById::default();
        assert_eq!(rows.add("b".to_owned(), 1), Ok(()));
        assert_eq!(rows.add("a".to_owned(), 2), Ok(()));
        assert_eq!(rows.add("b".to_owned(), 3), Err((&mut 1, 3)));
        assert_eq!(rows.iter().collect::<Vec<_>>(), [("a", &2), ("b", &1)]);
        assert_eq!((rows.get("b"), rows.get("c"), rows.len()), (Some(&1), None, 2));
    }
}
