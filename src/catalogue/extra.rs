//! What is known of a model that the contract has no field for, as JSON.

use alloc::string::String;

use super::{
    BuiltIn, BuiltInModel, Pricing, PublicModel, Source,
    built_in::FACTS,
    facts::{Fact, Facts},
};
use crate::json::Json;

/// The facts of the table, in the order of [`FACTS`].
const BUILT_IN_FACTS: [Fact; FACTS.len()] = [
    Fact::Name,
    Fact::ContextWindow,
    Fact::MaxInputTokens,
    Fact::MaxOutputTokens,
    Fact::Input,
    Fact::Tools,
    Fact::StructuredOutput,
    Fact::Reasoning,
    Fact::ReasoningEfforts,
    Fact::Price,
    Fact::Routes,
    Fact::RetirementDate,
];

/// The `extra-json` of a model, under the catalogue's own names.
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
}

impl<'a> Extra<'a> {
    /// What a row of the catalogue has beyond the contract.
    pub(super) fn of(id: &str, row: &'a PublicModel) -> Self {
        let Pricing { ratio, per_second, .. } = row.pricing;
        Self {
            code: row.code.as_deref().filter(|code| *code != id),
            ratio,
            per_second,
            upcoming: row.upcoming,
            deprecated: row.deprecated,
        }
    }

    /// Leaves out what the model's status says already.
    pub(super) fn leave_out_status(&mut self) {
        self.upcoming = false;
        self.deprecated = false;
    }

    /// The JSON; `None` if there is nothing in it. The table adds its notes, and the document of each fact that
    /// comes from it.
    pub(super) fn json(&self, table: Option<(&BuiltIn, &BuiltInModel)>, facts: &Facts) -> Option<String> {
        // A model that only the key's list has, as a third are, needs no memory for nothing.
        if table.is_none() && *self == Self::default() {
            return None;
        }
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
        for (name, is_set) in [("upcoming", self.upcoming), ("deprecated", self.deprecated)] {
            if is_set {
                json.key(name);
                json.bool(true);
            }
        }
        if let Some((table, model)) = table {
            for note in table.notes(model) {
                json.item();
                json.raw(note);
            }
            json.key("built_in_sources");
            json.raw("{");
            for (fact, name) in BUILT_IN_FACTS.into_iter().zip(FACTS) {
                if let Some(document) =
                    table.document(model, name).filter(|_| facts.has(fact, Source::BuiltIn))
                {
                    json.key(name);
                    json.string(document);
                }
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
