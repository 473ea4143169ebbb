//! Generates the table of built-in models and retired ids from collected facts:
//!
//! ```text
//! cargo run -p tools --bin built-in-table -- SEED.json RETIREMENTS.tsv > src/catalogue/built_in.json
//! UPDATE=1 cargo test -p cometapi-provider --lib catalogue::built_in
//! ```
//!
//! The second command writes the compact files that the component contains.
//!
//! The seed is `{"models": […]}`. Each row has the facts of one model, null where unknown, and in `facts_source` the
//! source of each. A fact without a source is left out, because nobody could check it. The retirements are a table with
//! a header: an id, the date and the successor where they are known, and the source. The output depends on these two
//! files alone, so that a test can compare it with the committed table: one model per line, sorted by id, with the
//! sources as indices into a shared list.

mod facts;
mod notes;
mod prices;
mod retirements;
mod sources;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use serde_json::{Value, json};

use facts::{boolean, efforts, input_limit, modalities, non_empty, output_limit, retirement, routes, tokens};
use notes::notes;
use prices::price;
use retirements::Retired;
use sources::{Sources, first_source, short_name, source};

/// The facts of a row, with the names of the contract and in the order of the columns.
const FACTS: [&str; 12] = [
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

/// The ways in which a model was seen on CometAPI, the strongest first. Any other value is no attestation, for example
/// the address of a page about the model.
const ATTESTED: [&str; 5] = [
    "live GET /api/models",
    "CometAPI's own material",
    "recorded GET /v1/models",
    "third-party client",
    "third-party script",
];

/// The most rows in the table. Every row ships in each plugin, so the weakest attested models are left out.
const MAX_MODELS: usize = 80;

/// Generates the table of built-in models and retired ids, and writes it to standard output.
#[derive(Parser)]
struct Arguments {
    /// The collected facts, as JSON.
    seed: PathBuf,
    /// The retired ids, as tab-separated values with a header.
    retirements: PathBuf,
}

fn main() -> Result<()> {
    let Arguments { seed, retirements } = Arguments::parse();
    let read =
        |path: PathBuf| fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()));
    print!("{}", table(&read(seed)?, &read(retirements)?)?);
    Ok(())
}

/// The text of the whole table.
fn table(seed: &str, retirements: &str) -> Result<String> {
    let seed: Value = serde_json::from_str(seed).context("the seed is not JSON")?;
    let rows = seed["models"].as_array().context("the seed has no list `models`")?;
    let mut attested: Vec<_> = rows.iter().filter_map(|row| Some((attestation(row)?, row))).collect();
    // The id as a second key makes the choice independent of the order in the seed.
    attested.sort_by_key(|(strength, row)| (*strength, row["id"].as_str()));
    attested.truncate(MAX_MODELS);

    let rows: BTreeMap<&str, &Value> =
        attested.iter().filter_map(|(_, row)| Some((row["id"].as_str()?, *row))).collect();
    ensure!(rows.len() == attested.len(), "the seed contains an id twice");

    let retired = retirements::parse(retirements, &rows)?;
    let retired_rows: Vec<Value> =
        retired.iter().map(|(id, [date, next, source])| json!([id, date, next, source])).collect();
    let mut sources = Sources::default();
    let models: Vec<Value> = rows.iter().map(|(id, row)| model(id, row, &retired, &mut sources)).collect();
    let lines = |rows: &[Value]| rows.iter().map(Value::to_string).collect::<Vec<_>>().join(",\n");
    Ok(format!(
        "{{\"facts\":{},\n\"sources\":{},\n\"models\":[\n{}\n],\n\"retired\":[\n{}\n]}}\n",
        json!(FACTS),
        json!(sources.0),
        lines(&models),
        lines(&retired_rows)
    ))
}

/// The strength of a row's attestation, 0 for the strongest. `None` leaves the row out: without a context window it has
/// nothing that a host needs.
fn attestation(row: &Value) -> Option<usize> {
    row["id"].as_str().filter(|id| !id.trim().is_empty())?;
    tokens(&row["context_window"])?;
    let seen = row["seen_strength"].as_str()?;
    ATTESTED.iter().position(|kind| seen.starts_with(kind))
}

/// A row of the table: the id, the facts, the notes, and the index of each fact's source.
fn model(id: &str, row: &Value, retired: &Retired<'_>, sources: &mut Sources) -> Value {
    let from = |name: &str| source(row, name);
    let known = [
        (non_empty(&row["name"]), from("name")),
        (tokens(&row["context_window"]), from("context")),
        (input_limit(row), from("max_input")),
        (output_limit(row), from("output")),
        (modalities(&row["input"]), from("input")),
        (boolean(&row["tools"]), from("tools")),
        (boolean(&row["structured_output"]), from("structured")),
        (boolean(&row["reasoning"]), from("reasoning")),
        efforts(row),
        price(row),
        (routes(row), row["route_source"].as_str().and_then(short_name)),
        (retirement(&row["status"]), first_source(&row["status"]["source"])),
    ];
    let mut model = vec![json!(id)];
    let mut indices = Vec::new();
    for (value, source) in known {
        match value.zip(source) {
            Some((value, source)) => {
                model.push(value);
                indices.push(json!(sources.index(source)));
            }
            None => {
                model.push(Value::Null);
                indices.push(Value::Null);
            }
        }
    }
    model.push(notes(row, retired));
    model.push(Value::Array(indices));
    Value::Array(model)
}
