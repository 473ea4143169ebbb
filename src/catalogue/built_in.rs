//! The built-in table: facts about well-attested chat models, each with the document it was taken from.
//!
//! The table for people is `built_in.json`; the tool `built-in-table` generates it. The component carries
//! `built_in.txt`, a third as long, which a test writes from it. Two lines come first: the documents, and the notes that
//! the contract has no field for, as members of a JSON object. Each further line is a model, its cells in the order
//! of [`BuiltInModel::read`], empty where unknown. Words, documents and notes are indices into lists, as digits and
//! then letters, and yes and no are `y`, `n` and `-`. Limits are in tokens, and prices are the vendor's list prices
//! in US dollars per million tokens. A line is parsed when its model is needed: most lists have few of them.

use alloc::{borrow::ToOwned, string::String, vec::Vec};
use core::cmp::Ordering;

use super::{features::MODALITIES, retired::Retirement};
use crate::contract::{Price, PriceTier};
use crate::json::Number;
use crate::text_search::split_once;

const TABLE: &str = include_str!("built_in.txt");

/// The facts of the table, as the contract names them. `retirement-date` covers the status and the successor as well.
pub(super) const FACTS: [&str; 12] = [
    "name",
    "context-window",
    "max-input-tokens",
    "max-output-tokens",
    "input",
    "tools",
    "structured-output",
    "reasoning",
    "reasoning-efforts",
    "price",
    "routes",
    "retirement-date",
];

/// The words for efforts that the table knows, weakest first.
const EFFORTS: [&str; 8] = ["none", "off", "minimal", "low", "medium", "high", "xhigh", "max"];

/// The table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BuiltIn {
    documents: Vec<&'static str>,
    notes: Vec<&'static str>,
    /// Ids, sorted, each with the rest of its line.
    lines: Vec<(&'static str, &'static str)>,
}

/// What the table knows of a model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BuiltInModel {
    pub(super) name: Option<&'static str>,
    pub(super) context_window: Option<u64>,
    pub(super) max_input_tokens: Option<u64>,
    pub(super) max_output_tokens: Option<u64>,
    pub(super) input: Vec<String>,
    pub(super) tools: Option<bool>,
    pub(super) structured_output: Option<bool>,
    pub(super) reasoning: Option<bool>,
    pub(super) reasoning_efforts: Vec<String>,
    pub(super) price: Option<Price>,
    /// Indices of the routes in the order of [`super::routes::ROUTES`], best first.
    pub(super) routes: &'static str,
    /// The announced end.
    pub(super) retirement: Option<Retirement>,
    /// Indices of the notes.
    notes: &'static str,
    /// Indices of the documents, in the order of [`FACTS`].
    from: &'static str,
}

impl BuiltIn {
    /// The table that is compiled in.
    pub fn load() -> Self {
        let mut table = Self::default();
        let mut lines = TABLE.split('\n');
        let mut cells = || lines.next().unwrap_or_default().split('|').collect();
        table.documents = cells();
        table.notes = cells();
        table.lines.reserve(MODELS);
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

    /// Indices of the routes of a model, best first; empty where the table does not know it. It is needed for each
    /// request, so it looks at a few lines only.
    pub(super) fn routes(id: &str) -> &'static str {
        find(id).map(|line| BuiltInModel::read(line).routes).unwrap_or_default()
    }

    /// The document that a fact of a model was taken from.
    pub(super) fn document(&self, model: &BuiltInModel, fact: &str) -> Option<&'static str> {
        let place = FACTS.iter().position(|name| *name == fact)?;
        self.documents.get(index(*model.from.as_bytes().get(place)?)?).copied()
    }

    /// The notes on a model, each a member of a JSON object.
    pub(super) fn notes(&self, model: &BuiltInModel) -> impl Iterator<Item = &'static str> {
        model.notes.bytes().filter_map(|note| self.notes.get(index(note)?).copied())
    }
}

/// The table without its first two lines.
const LINES: &str = match str::from_utf8(after_lines(TABLE.as_bytes(), 2)) {
    Ok(lines) => lines,
    Err(_) => "",
};

const fn after_lines(mut text: &[u8], mut count: usize) -> &[u8] {
    while let (1.., [first, rest @ ..]) = (count, text) {
        count = count.saturating_sub((*first == b'\n') as usize);
        text = rest;
    }
    text
}

/// The line of a model without its id, by a binary search in the text.
fn find(id: &str) -> Option<&'static str> {
    let mut lines = LINES;
    loop {
        // The line that the middle is in.
        let (before, after) = lines.split_at_checked(lines.len() / 2)?;
        let start = before.rfind('\n').map_or(0, |at| at.saturating_add(1));
        let end = before.len().saturating_add(after.find('\n').unwrap_or(after.len()));
        let (known, line) = split_once(lines.get(start..end)?, "|")?;
        lines = match known.cmp(id) {
            Ordering::Equal => return Some(line),
            Ordering::Less => lines.get(end.saturating_add(1)..)?,
            Ordering::Greater => lines.get(..start)?,
        };
    }
}

/// The value of a digit or a letter.
fn index(byte: u8) -> Option<usize> {
    usize::try_from(char::from(byte).to_digit(36)?).ok()
}

/// Room for the models of the table.
const MODELS: usize = 80;

impl BuiltInModel {
    /// Parses a line without its id.
    pub(super) fn read(line: &'static str) -> Self {
        let mut cells = line.split('|');
        let mut cell = || cells.next().unwrap_or_default();
        let name = Some(cell()).filter(|name| !name.is_empty());
        let [context_window, max_input_tokens, max_output_tokens] = [(); 3].map(|()| tokens(cell()));
        let input = words(cell(), &MODALITIES);
        let [tools, structured_output, reasoning] = abilities(cell());
        Self {
            name,
            context_window,
            max_input_tokens,
            max_output_tokens,
            input,
            tools,
            structured_output,
            reasoning,
            reasoning_efforts: words(cell(), &EFFORTS),
            price: price(cell()),
            routes: cell(),
            retirement: Retirement::parse(cell()),
            notes: cell(),
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

/// The words at these indices of a list.
fn words(cell: &str, list: &[&str]) -> Vec<String> {
    let mut words = Vec::with_capacity(cell.len());
    for byte in cell.bytes() {
        words.extend(index(byte).and_then(|index| list.get(index)).map(|word| (*word).to_owned()));
    }
    words
}

/// Rates in the order input, output, cache read, cache write, longer cache write, separated by `/`. The tiers follow
/// after semicolons, each as its threshold, a colon and the same rates.
fn price(cell: &str) -> Option<Price> {
    let mut parts = cell.split(';');
    let [input, output, cache_read, cache_write, cache_write_long] = rates(parts.next()?);
    // Without both of these there is no price: the generator leaves it out.
    input.and(output)?;
    let tier = |text| {
        let (above, listed) = split_once(text, ":")?;
        let [input, output, cache_read, cache_write, _] = rates(listed);
        Some(PriceTier { above_input_tokens: tokens(above)?, input, output, cache_read, cache_write })
    };
    Some(Price {
        currency: "USD".to_owned(),
        input,
        output,
        cache_read,
        cache_write,
        cache_write_long,
        per_request: None,
        tiers: parts.filter_map(tier).collect(),
    })
}

fn rates(text: &str) -> [Option<f64>; 5] {
    let mut rates = text.split('/');
    [(); 5].map(|()| Number::parse(rates.next()?)?.as_f64())
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
