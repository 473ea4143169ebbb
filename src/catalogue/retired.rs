//! Retired ids: when each ended, and which model replaces it.
//!
//! A configuration lives longer than a model. A person who still uses a retired id needs to read what happened and what to
//! use instead, rather than "no available channel". The component carries `retired.txt` for that, which a test
//! writes from the list for people in `built_in.json`.
//!
//! The first line lists the distinct ends as `date>successor`, separated by `|`, each half empty where unknown: 135 ids
//! share 43 of them. Each further line is an id, `|`, and the index of its end as one character from `0` up. The
//! ids are sorted, so that a list of models is joined with them in one pass.

use crate::text_search::split_once;

const TABLE: &str = include_str!("retired.txt");

/// The end of a model, announced or past.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Retirement {
    /// The day, as `YYYY-MM-DD`.
    pub(super) date: Option<&'static str>,
    /// The id that CometAPI or the vendor recommends instead.
    pub(super) replaced_by: Option<&'static str>,
}

impl Retirement {
    /// Reads `date>successor`.
    pub(super) fn parse(text: &'static str) -> Option<Self> {
        let (date, replaced_by) = split_once(text, ">")?;
        let known = |text: &'static str| Some(text).filter(|text| !text.is_empty());
        Some(Self { date: known(date), replaced_by: known(replaced_by) })
    }
}

/// The retired ids, sorted, each with the index of its end in the first line.
pub(super) fn lines() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLE.split('\n').skip(1).filter_map(|line| split_once(line, "|"))
}

/// The end that an index names.
pub(super) fn end(index: &str) -> Option<Retirement> {
    let index = usize::from(index.bytes().next()?.checked_sub(b'0')?);
    let ends = TABLE.split('\n').next().unwrap_or_default();
    Retirement::parse(ends.split('|').nth(index)?)
}

/// How the model of exactly this id ended; `None` if it is not known to have ended.
pub(super) fn retirement(id: &str) -> Option<Retirement> {
    let (_, index) = lines().find(|(retired, _)| *retired == id)?;
    end(index)
}

#[cfg(test)]
#[path = "retired_tests.rs"]
mod tests;
