//! Where the published facts of a model come from.
//!
//! Hundreds of models share a few dozen sets of sources, so a model names its set by index and the list holds each set
//! once: one string for each fact and source of each model would cost more than all facts together. While a
//! list is made, a set is four words of bits, one word for each source. Comparing two sets is then comparing
//! sixteen bytes.

use alloc::{borrow::ToOwned, vec::Vec};

use crate::contract::FactSource;

/// The source of a fact. The order is that of the contract.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Source {
    KeyList,
    Catalogue,
    BuiltIn,
    Inferred,
}

const SOURCES: [(&str, Source); 4] = [
    ("key-list", Source::KeyList),
    ("catalogue", Source::Catalogue),
    ("built-in", Source::BuiltIn),
    ("inferred", Source::Inferred),
];

/// The facts of a model that have a source.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fact {
    Status,
    Kind,
    Name,
    Vendor,
    Routes,
    Input,
    Output,
    ContextWindow,
    MaxInputTokens,
    MaxOutputTokens,
    Tools,
    StructuredOutput,
    Reasoning,
    ReasoningEfforts,
    Price,
    RetirementDate,
    ReplacedBy,
}

/// The contract's names, in the order of [`Fact`].
const NAMES: [&str; 17] = [
    "status",
    "kind",
    "name",
    "vendor",
    "routes",
    "input",
    "output",
    "context-window",
    "max-input-tokens",
    "max-output-tokens",
    "tools",
    "structured-output",
    "reasoning",
    "reasoning-efforts",
    "price",
    "retirement-date",
    "replaced-by",
];

/// The facts of one model and their sources. A fact that several sources agree on has several.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Facts {
    by_source: [u32; SOURCES.len()],
}

impl Facts {
    pub(super) fn add(&mut self, fact: Fact, source: Source) {
        if let Some(facts) = self.by_source.get_mut(source as usize) {
            *facts |= 1 << fact as u32;
        }
    }

    /// Notes the source of a value that is published, and hands the value on.
    pub(super) fn keep<T>(&mut self, fact: Fact, found: Option<(T, Source)>) -> Option<T> {
        let (value, source) = found?;
        self.add(fact, source);
        Some(value)
    }

    pub(super) fn has(&self, fact: Fact, source: Source) -> bool {
        self.by_source.get(source as usize).is_some_and(|facts| facts & 1 << fact as u32 != 0)
    }

    /// Whether any fact comes from this source.
    pub(super) fn has_any(&self, source: Source) -> bool {
        self.by_source.get(source as usize).is_some_and(|facts| *facts != 0)
    }

    /// The names of facts and sources, sorted by fact.
    fn named(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        NAMES.iter().enumerate().flat_map(move |(fact, name)| {
            let sources = SOURCES.iter().zip(self.by_source);
            sources.filter(move |(_, facts)| facts & 1 << fact != 0).map(|((source, _), _)| (*name, *source))
        })
    }
}

/// The distinct sets of sources, in the order of their first use.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceSets(Vec<Facts>);

impl SourceSets {
    /// The index of a set, which is added if it is new.
    pub(super) fn index_of(&mut self, facts: &Facts) -> u32 {
        let index = self.0.iter().position(|known| known == facts).unwrap_or_else(|| {
            self.0.push(*facts);
            self.0.len().saturating_sub(1)
        });
        u32::try_from(index).unwrap_or(u32::MAX)
    }

    /// The names of the facts and sources of a set.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn get(&self, index: u32) -> Option<Vec<(&'static str, &'static str)>> {
        Some(self.0.get(usize::try_from(index).ok()?)?.named().collect())
    }

    /// The sets as the contract has them.
    pub fn into_contract(self) -> Vec<Vec<FactSource>> {
        let named =
            |(fact, source): (&str, &str)| FactSource { fact: fact.to_owned(), source: source.to_owned() };
        self.0.iter().map(|set| set.named().map(named).collect()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_an_index_and_keeps_its_names() {
        let mut facts = Facts::default();
        facts.add(Fact::Routes, Source::Inferred);
        facts.add(Fact::Routes, Source::KeyList);
        assert_eq!(facts.keep(Fact::Status, Some((7, Source::Catalogue))), Some(7));
        assert_eq!(facts.keep(Fact::Name, None::<(u8, Source)>), None);
        let mut sets = SourceSets::default();
        assert_eq!(
            [sets.index_of(&Facts::default()), sets.index_of(&facts), sets.index_of(&facts)],
            [0, 1, 1]
        );
        let named = [("status", "catalogue"), ("routes", "key-list"), ("routes", "inferred")];
        assert_eq!(sets.get(1).as_deref(), Some(&named[..]));
        assert_eq!((sets.get(0), sets.get(2)), (Some(Vec::new()), None));
        assert_eq!(sets.into_contract()[1][2].source, "inferred");
        assert!(facts.has(Fact::Routes, Source::Inferred) && !facts.has(Fact::Routes, Source::Catalogue));
        assert!(facts.has_any(Source::KeyList) && !facts.has_any(Source::BuiltIn));
    }

    #[test]
    fn the_names_stand_in_the_order_of_the_facts() {
        for (fact, name) in
            [(Fact::Status, "status"), (Fact::Price, "price"), (Fact::ReplacedBy, "replaced-by")]
        {
            assert_eq!(NAMES[fact as usize], name);
        }
        assert!(SOURCES.iter().enumerate().all(|(index, (_, source))| *source as usize == index));
    }
}
