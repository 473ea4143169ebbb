//! The built-in table: facts about well-attested chat models, each with the document it was taken from.
//!
//! `built_in.json` is made by `cargo run -p host-test --example built_in_table -- SEED.json`. A model is a
//! list: its id, its facts in the order of `facts`, null where unknown, and a list that names the source of
//! each fact by its place in `sources`. Names for each of them would make up half of the table. Limits are in tokens, prices are the vendor's list prices in US dollars per million
//! tokens, input then output.

use alloc::{borrow::ToOwned, string::String, vec::Vec};

use super::{
    by_id::ById,
    envelope::label,
    lenient::{self, amount, fields, flag, items, text, tokens, tuple},
    routes::Routes,
};
use crate::contract::Price;
use crate::json::{Raw, RawValue};

const TABLE: &str = include_str!("built_in.json");

/// The facts of the table, as the contract names them.
pub(super) const FACTS: [&str; 10] = [
    "name",
    "context-window",
    "max-output-tokens",
    "input",
    "tools",
    "structured-output",
    "reasoning",
    "reasoning-efforts",
    "price",
    "routes",
];

/// The table, by id.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BuiltIn {
    pub(super) models: ById<BuiltInModel>,
    sources: Vec<String>,
}

/// What the table knows of a model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BuiltInModel {
    pub(super) name: Option<String>,
    pub(super) context_window: Option<u64>,
    pub(super) max_output_tokens: Option<u64>,
    pub(super) input: Vec<String>,
    pub(super) tools: Option<bool>,
    pub(super) structured_output: Option<bool>,
    pub(super) reasoning: Option<bool>,
    pub(super) reasoning_efforts: Vec<String>,
    pub(super) price: Option<Price>,
    pub(super) routes: Routes,
    /// Places in the sources, in the order of [`FACTS`].
    from: Vec<Option<usize>>,
}

impl BuiltIn {
    /// Parses the table that is compiled in.
    pub fn load() -> Self {
        let mut table = Self::default();
        let Some([sources, models]) =
            lenient::parse(TABLE).and_then(|raw| fields(raw, ["sources", "models"]))
        else {
            return table;
        };
        if let Some(sources) = sources {
            items(sources, &mut |source| table.sources.extend(text(source)));
        }
        if let Some(models) = models {
            items(models, &mut |row| {
                if let Some((id, model)) = read(row) {
                    // The table has every id once; were there two, the first would count.
                    let _ = table.models.add(id, model);
                }
            });
        }
        table
    }

    /// The document that a fact of a model was taken from.
    pub(super) fn document(&self, model: &BuiltInModel, fact: &str) -> Option<&str> {
        let place = FACTS.iter().position(|name| *name == fact)?;
        let source = (*model.from.get(place)?)?;
        self.sources.get(source).map(String::as_str)
    }
}

fn read(row: RawValue<'_>) -> Option<(String, BuiltInModel)> {
    let [id, name, context, output, input, tools, structured, reasoning, efforts, price, routes, from] =
        tuple(row)?;
    let mut sources = Vec::new();
    items(from?, &mut |place| sources.push(lenient::number(place).map(|place| place as usize)))?;
    let model = BuiltInModel {
        name: label(name),
        context_window: context.and_then(tokens),
        max_output_tokens: output.and_then(tokens),
        input: words(input),
        tools: tools.and_then(flag),
        structured_output: structured.and_then(flag),
        reasoning: reasoning.and_then(flag),
        reasoning_efforts: words(efforts),
        price: price.and_then(read_price),
        routes: routes.and_then(text).map(|names| Routes::named(&names)).unwrap_or_default(),
        from: sources,
    };
    Some((text(id?)?, model))
}

fn words(field: Raw<'_>) -> Vec<String> {
    let words = field.and_then(text).unwrap_or_default();
    let mut list = Vec::new();
    words.split_ascii_whitespace().for_each(|word| list.push(word.to_owned()));
    list
}

fn read_price(pair: RawValue<'_>) -> Option<Price> {
    let [input, output] = tuple(pair)?;
    Some(Price {
        currency: "USD".to_owned(),
        input: input.and_then(amount),
        output: output.and_then(amount),
        cache_read: None,
        cache_write: None,
        per_request: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn table() -> Value {
        serde_json::from_str(TABLE).unwrap()
    }

    #[test]
    fn the_table_is_small_sorted_and_unique() {
        assert!(TABLE.len() <= 24 * 1024, "{} bytes", TABLE.len());
        let table = table();
        assert_eq!(table["facts"], serde_json::json!(FACTS));
        let ids: Vec<_> =
            table["models"].as_array().unwrap().iter().map(|m| m[0].as_str().unwrap()).collect();
        assert!((40..=80).contains(&ids.len()), "{}", ids.len());
        assert!(ids.is_sorted_by(|a, b| a < b));
        assert_eq!(BuiltIn::load().models.len(), ids.len());
    }

    #[test]
    fn every_fact_has_a_source_and_every_source_a_fact() {
        let (table, loaded) = (table(), BuiltIn::load());
        for row in table["models"].as_array().unwrap() {
            let model = loaded.models.get(row[0].as_str().unwrap()).unwrap();
            for (place, fact) in FACTS.iter().enumerate() {
                let known = !row[place + 1].is_null();
                assert_eq!(loaded.document(model, fact).is_some(), known, "{} {fact}", row[0]);
            }
        }
    }

    #[test]
    fn every_limit_and_price_of_the_table_is_positive_and_fits() {
        for (id, model) in BuiltIn::load().models.iter() {
            let window = model.context_window.unwrap();
            assert!(window >= 8_000, "{id}");
            assert!(model.max_output_tokens.is_none_or(|output| output < window), "{id}");
            assert!(!model.routes.is_empty(), "{id}");
            if let Some(price) = &model.price {
                assert!(price.input.unwrap() > 0.0 && price.output.unwrap() > 0.0, "{id}");
            }
        }
    }

    #[test]
    fn a_known_row_is_read_whole() {
        let table = BuiltIn::load();
        let model = table.models.get("claude-haiku-4-5-20251001").unwrap();
        assert_eq!(model.context_window, Some(200_000));
        assert_eq!(model.max_output_tokens, Some(64_000));
        assert_eq!(model.input, ["text", "image", "file"]);
        assert_eq!(model.tools, Some(true));
        assert_eq!(model.price.as_ref().unwrap().output, Some(5.0));
        assert_eq!(table.document(model, "context-window"), Some("pi-ai 1.5.2"));
        assert_eq!(
            table.models.get("gpt-5").unwrap().reasoning_efforts,
            ["minimal", "low", "medium", "high"]
        );
    }
}
