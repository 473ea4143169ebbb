//! The built-in table: facts about well-attested chat models, each with the document it was taken from.
//!
//! For people it is `built_in.json`, made by `cargo run -p tools --bin built-in-table -- SEED.json`. The
//! component carries `built_in.txt`, half as long, which a test makes of it. Its first line names the documents.
//! Each further line is a model, its cells in the order of `Line`, empty where unknown: words stand as their
//! places in the lists below, yes and no as `y`, `n` and `-`, documents as digits and letters, one for each of
//! [`FACTS`]. Limits are in tokens, prices are the vendor's list prices in US dollars per million tokens, input
//! then output. A line is read when its model is asked for.

use alloc::{borrow::ToOwned, string::String, vec::Vec};

use super::{features::MODALITIES, routes::Routes};
use crate::contract::Price;
use crate::json::Number;
use crate::text_search::split_once;

const TABLE: &str = include_str!("built_in.txt");

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

/// The words for efforts that the table knows, weakest first.
const EFFORTS: [&str; 8] = ["none", "off", "minimal", "low", "medium", "high", "xhigh", "max"];

/// The table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BuiltIn {
    documents: Vec<&'static str>,
    /// Ids, sorted, each with the rest of its line.
    lines: Vec<(&'static str, &'static str)>,
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
    /// Places in the documents, in the order of [`FACTS`].
    from: &'static str,
}

impl BuiltIn {
    /// The table that is compiled in.
    pub fn load() -> Self {
        let mut table = Self::default();
        let mut lines = TABLE.split('\n');
        table.documents.extend(lines.next().unwrap_or_default().split('|'));
        table.lines.extend(lines.filter_map(|line| split_once(line, "|")));
        table
    }

    /// The ids of its models, sorted.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(|(id, _)| *id)
    }

    /// The ids, sorted, each with the rest of its line.
    pub(super) fn lines(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.lines.iter().copied()
    }

    /// The model of exactly this id.
    #[cfg(test)]
    pub(super) fn get(&self, id: &str) -> Option<BuiltInModel> {
        let (_, line) = self.lines().find(|(known, _)| *known == id)?;
        Some(BuiltInModel::read(line))
    }

    /// The document that a fact of a model was taken from.
    pub(super) fn document(&self, model: &BuiltInModel, fact: &str) -> Option<&'static str> {
        let place = FACTS.iter().position(|name| *name == fact)?;
        let document = char::from(*model.from.as_bytes().get(place)?).to_digit(36)?;
        self.documents.get(document as usize).copied()
    }
}

impl BuiltInModel {
    /// Reads the rest of a line.
    pub(super) fn read(line: &'static str) -> Self {
        let mut cells = line.split('|');
        let mut cell = || cells.next().unwrap_or_default();
        let name = Some(cell()).filter(|name| !name.is_empty());
        let (context_window, max_output_tokens) = (tokens(cell()), tokens(cell()));
        let input = words(cell(), &MODALITIES);
        let [tools, structured_output, reasoning] = abilities(cell());
        Self {
            name: name.map(ToOwned::to_owned),
            context_window,
            max_output_tokens,
            input,
            tools,
            structured_output,
            reasoning,
            reasoning_efforts: words(cell(), &EFFORTS),
            price: price(cell()),
            routes: Routes::numbered(cell()),
            from: cell(),
        }
    }
}

fn tokens(cell: &str) -> Option<u64> {
    Number::parse(cell)?.as_u64()
}

fn abilities(cell: &str) -> [Option<bool>; 3] {
    let mut letters = cell.bytes();
    [(); 3].map(|()| letters.next().filter(|letter| *letter != b'-').map(|letter| letter == b'y'))
}

/// The words at these places of a list.
fn words(cell: &str, list: &[&str]) -> Vec<String> {
    let mut words = Vec::new();
    for place in cell.bytes() {
        words.extend(list.get(usize::from(place.wrapping_sub(b'0'))).map(|word| (*word).to_owned()));
    }
    words
}

fn price(cell: &str) -> Option<Price> {
    let (input, output) = split_once(cell, "/")?;
    let amount = |text| Number::parse(text)?.as_f64();
    Some(Price {
        currency: "USD".to_owned(),
        input: amount(input),
        output: amount(output),
        cache_read: None,
        cache_write: None,
        cache_write_long: None,
        per_request: None,
        tiers: Vec::new(),
    })
}

#[cfg(test)]
impl BuiltIn {
    /// The same line under another id.
    pub(super) fn add_like(&mut self, id: &'static str, known: &str) {
        let place = self.lines.iter().position(|(other, _)| *other == known).expect("a known id");
        self.lines.push((id, self.lines[place].1));
        self.lines.sort_unstable();
    }
}

#[cfg(test)]
#[path = "built_in_tests.rs"]
mod tests;
