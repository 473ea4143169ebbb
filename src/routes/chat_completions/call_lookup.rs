//! Finds the source of a fragment by its index and its id, without a comparison with every known one.
//!
//! A server decides how many calls it makes, up to 1,024, and how short their fragments are. In a search one by one a
//! megabyte of `{"index":0}` would cost a hundred million comparisons.

use alloc::vec::Vec;

use crate::scanned::scanned;
use crate::string_interner::StringInterner;

/// An index, or any; and the number of an id, [`NO_ID`] or [`ANY_ID`].
type Key = (Option<u64>, usize);

const ANY_ID: usize = usize::MAX;
const NO_ID: usize = usize::MAX - 1;

/// The positions of the sources of `tool_calls` in the list of all sources.
#[derive(Debug, Default)]
pub(super) struct CallLookup {
    ids: StringInterner,
    /// The last source of each key, sorted by the keys.
    last: Vec<(Key, usize)>,
}

impl CallLookup {
    /// The last source with this index, or with any, and with this id, or with any. The empty id is that of a source of this
    /// index without one.
    pub(super) fn get(&self, index: Option<u64>, id: Option<&str>) -> Option<usize> {
        let id = match id {
            None => ANY_ID,
            Some("") => NO_ID,
            Some(id) => self.ids.get(id)?,
        };
        let at = self.place((index, id)).ok()?;
        self.last.get(at).map(|(_, source)| *source)
    }

    /// A source that is new, or now has an index or an id. `earlier` finds the last source with its index and without an id,
    /// which is needed once for each id that comes late.
    pub(super) fn note(
        &mut self,
        source: usize,
        index: Option<u64>,
        id: &str,
        earlier: impl FnOnce() -> Option<usize>,
    ) {
        let number = if id.is_empty() { NO_ID } else { self.ids.number(id).0 };
        if number != NO_ID
            && let Ok(at) = self.place((index, NO_ID))
            && self.last.get(at).is_some_and(|(_, last)| *last == source)
        {
            self.last.remove(at);
            if let Some(earlier) = earlier() {
                self.set((index, NO_ID), earlier);
            }
        }
        for index in [None, index] {
            for number in [ANY_ID, number] {
                self.set((index, number), source);
            }
        }
    }

    fn set(&mut self, key: Key, source: usize) {
        match self.place(key) {
            // Where an index or an id comes late, a later source may have the same.
            Ok(at) => self.last.iter_mut().skip(at).take(1).for_each(|(_, last)| *last = source.max(*last)),
            Err(at) => self.last.insert(at, (key, source)),
        }
    }

    fn place(&self, key: Key) -> Result<usize, usize> {
        self.last.binary_search_by(|(other, _)| {
            scanned(1);
            other.cmp(&key)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Source = (Option<u64>, &'static str);

    #[test]
    fn the_last_source_is_found_whenever_its_index_and_its_id_come() {
        let mut seed = 5_u64;
        let mut random = |below: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) as usize % below
        };
        let (indexes, ids) = ([None, Some(0), Some(7)], ["", "a", "b"]);
        for _ in 0..500 {
            let mut lookup = CallLookup::default();
            let mut sources: Vec<Source> = Vec::new();
            for _ in 0..12 {
                let (index, id) = (indexes[random(3)], ids[random(3)]);
                let at = match random(3) {
                    0 if !sources.is_empty() => random(sources.len()),
                    _ => {
                        sources.push((None, ""));
                        sources.len() - 1
                    }
                };
                // Once it is known, neither changes.
                let (known, known_id) = sources[at];
                sources[at] = (known.or(index), if known_id.is_empty() { id } else { known_id });
                let (index, id) = sources[at];
                lookup.note(at, index, id, || sources.iter().rposition(|source| *source == (index, "")));
                for (index, id) in indexes.iter().flat_map(|index| ids.map(|id| (*index, id))) {
                    let last = |wanted: &dyn Fn(&Source) -> bool| sources.iter().rposition(wanted);
                    let of_index = |source: &Source| index.is_none() || source.0 == index;
                    assert_eq!(lookup.get(index, None), last(&of_index), "{sources:?}");
                    if index.is_some() || !id.is_empty() {
                        let expected = last(&|source| of_index(source) && source.1 == id);
                        assert_eq!(lookup.get(index, Some(id)), expected, "{index:?} {id} in {sources:?}");
                    }
                }
            }
        }
    }
}
