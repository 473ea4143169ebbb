//! What is told of a model that the contract has no field for, as JSON.

use alloc::{string::String, vec::Vec};

use super::{Pricing, PublicModel};
use crate::json::Json;

/// The `extra-json` of a model, with the catalogue's own words as names.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Extra<'a> {
    /// The second spelling of the id, where it differs.
    code: Option<&'a str>,
    /// What CometAPI says that it charges of the list price; not applied to the prices.
    ratio: Option<f64>,
    /// Price of a second of video, in the currency of the row.
    per_second: Option<f64>,
    /// Callable, though the catalogue still calls it upcoming, or already deprecated.
    upcoming: bool,
    deprecated: bool,
    /// Which document each built-in fact was taken from.
    pub(super) built_in_sources: Vec<(&'static str, &'a str)>,
}

impl<'a> Extra<'a> {
    /// What a row of the catalogue tells beyond the contract.
    pub(super) fn of(id: &str, row: &'a PublicModel) -> Self {
        let Pricing { ratio, per_second, .. } = row.pricing;
        Self {
            code: row.code.as_deref().filter(|code| *code != id),
            ratio,
            per_second,
            upcoming: row.upcoming,
            deprecated: row.deprecated,
            built_in_sources: Vec::new(),
        }
    }

    /// Leaves out what the model's status says already.
    pub(super) fn told_by_status(&mut self) {
        self.upcoming = false;
        self.deprecated = false;
    }

    /// The JSON; `None` if there is nothing to tell.
    pub(super) fn json(&self) -> Option<String> {
        // Most need no more.
        let mut json = Json::with_room(32).unwrap_or_default();
        json.raw("{");
        if let Some(code) = self.code {
            json.key("code");
            json.string(code);
        }
        for (name, number) in [("ratio", self.ratio), ("per_second", self.per_second)] {
            if let Some(number) = number {
                json.key(name);
                json.float(number);
            }
        }
        for (name, told) in [("upcoming", self.upcoming), ("deprecated", self.deprecated)] {
            if told {
                json.key(name);
                json.bool(true);
            }
        }
        if !self.built_in_sources.is_empty() {
            json.key("built_in_sources");
            json.raw("{");
            for (fact, document) in &self.built_in_sources {
                json.key(fact);
                json.string(document);
            }
            json.raw("}");
        }
        if json.len() == 1 {
            return None;
        }
        json.raw("}");
        Some(json.into_string())
    }
}
