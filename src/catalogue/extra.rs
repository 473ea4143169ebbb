//! What is told of a model that the contract has no field for, as JSON.

use alloc::{string::String, vec::Vec};

use serde::{Serialize, Serializer};

use super::{Pricing, PublicModel};

/// The `extra-json` of a model, with the catalogue's own words as names.
#[derive(Debug, Default, PartialEq, Serialize)]
pub(super) struct Extra<'a> {
    /// The second spelling of the id, where it differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    /// What CometAPI says that it charges of the list price; not applied to the prices.
    #[serde(skip_serializing_if = "Option::is_none")]
    ratio: Option<f64>,
    /// Price of a second of video, in the currency of the row.
    #[serde(skip_serializing_if = "Option::is_none")]
    per_second: Option<f64>,
    /// Callable, though the catalogue still calls it upcoming, or already deprecated.
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    upcoming: bool,
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    deprecated: bool,
    /// Which document each built-in fact was taken from.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "as_object")]
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
        if *self == Extra::default() {
            return None;
        }
        serde_json::to_string(self).ok()
    }
}

fn as_object<S: Serializer>(pairs: &[(&str, &str)], json: S) -> Result<S::Ok, S::Error> {
    json.collect_map(pairs.iter().copied())
}
