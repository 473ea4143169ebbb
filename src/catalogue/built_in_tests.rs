use super::super::routes::{self, ROUTES};
use super::*;
use alloc::collections::BTreeMap;
use serde_json::Value;
use std::{env, format, fs, path::Path, string::ToString};

fn table() -> Value {
    serde_json::from_str(include_str!("built_in.json")).unwrap()
}

/// The places of words in a list.
fn places<'a>(words: &Value, list: impl Iterator<Item = &'a str> + Clone) -> String {
    let words = words.as_str().unwrap_or_default().split_whitespace();
    words.map(|word| list.clone().position(|known| known == word).expect(word).to_string()).collect()
}

fn digit(index: usize) -> char {
    char::from_digit(index as u32, 36).expect("at most 36 documents, and as many notes")
}

/// The notes on a model, each a member of a JSON object, with sorted names. serde_json keeps the order of the file or
/// sorts, by a feature that other packages of a build may turn on, and the component must not depend on that.
fn notes_of(row: &Value) -> impl Iterator<Item = String> {
    let notes: BTreeMap<_, _> = row[13].as_object().into_iter().flatten().collect();
    notes.into_iter().map(|(name, note)| {
        let fields: BTreeMap<_, _> = note.as_object().into_iter().flatten().collect();
        let note = if note.is_object() { serde_json::to_string(&fields).unwrap() } else { note.to_string() };
        format!("{}:{note}", Value::from(name.as_str()))
    })
}

/// The notes of all models, each once.
fn distinct_notes(table: &Value) -> Vec<String> {
    let mut distinct = Vec::new();
    for note in table["models"].as_array().unwrap().iter().flat_map(notes_of) {
        if !distinct.contains(&note) {
            distinct.push(note);
        }
    }
    distinct
}

/// The names of the rates, in the order of the cell.
const RATES: [&str; 5] = ["input", "output", "cache-read", "cache-write", "cache-write-long"];

fn price_cell(price: &Value) -> String {
    let rates = |rates: &Value| {
        let rates = RATES.map(|name| rates[name].to_string().replace("null", "")).join("/");
        rates.trim_end_matches('/').to_owned()
    };
    let tiers = price["tiers"].as_array().into_iter().flatten();
    let tiers = tiers.map(|tier| format!(";{}:{}", tier["above-input-tokens"], rates(tier)));
    rates(price) + &tiers.collect::<String>()
}

/// The table as the component carries it, made of the one for people.
fn written(table: &Value) -> String {
    let text =
        |value: &Value| value.as_str().map_or_else(|| value.to_string().replace("null", ""), Into::into);
    let sources: Vec<String> = table["sources"].as_array().unwrap().iter().map(text).collect();
    let notes = distinct_notes(table);
    let mut lines = std::vec![sources.join("|"), notes.join("|")];
    for row in table["models"].as_array().unwrap() {
        let abilities = (6..9).map(|place| match row[place].as_bool() {
            Some(true) => 'y',
            Some(false) => 'n',
            None => '-',
        });
        let retirement = match row[12].as_array() {
            Some(end) => format!("{}>{}", text(&end[0]), text(&end[1])),
            None => String::new(),
        };
        let documents = row[14].as_array().unwrap().iter().map(|place| match place.as_u64() {
            Some(place) => digit(place as usize),
            None => '-',
        });
        let cells = [
            text(&row[0]),
            text(&row[1]),
            text(&row[2]),
            text(&row[3]),
            text(&row[4]),
            places(&row[5], MODALITIES.into_iter()),
            abilities.collect(),
            places(&row[9], EFFORTS.into_iter()),
            price_cell(&row[10]),
            places(&row[11], ROUTES.iter().map(|route| route.0)),
            retirement,
            notes_of(row).map(|note| digit(notes.iter().position(|known| *known == note).unwrap())).collect(),
            documents.collect(),
        ];
        assert!(cells.iter().all(|cell| !cell.contains(['|', '\n'])), "{cells:?}");
        lines.push(cells.join("|"));
    }
    lines.join("\n") + "\n"
}

#[test]
fn the_table_of_the_component_is_the_one_for_people() {
    let expected = written(&table());
    if TABLE != expected && env::var_os("UPDATE").is_some() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/catalogue/built_in.txt");
        fs::write(file, &expected).unwrap();
    }
    assert_eq!(TABLE, expected, "run this test with UPDATE=1 to write built_in.txt anew");
}

#[test]
fn the_table_is_small_sorted_and_unique() {
    // Cache rates, tiers, ends and notes took the table from 7 to 11 KB; without them every estimate of cost is wrong.
    assert!(TABLE.len() <= 12 * 1024, "{} bytes", TABLE.len());
    let table = table();
    assert_eq!(table["facts"], serde_json::json!(FACTS));
    let ids: Vec<_> = table["models"].as_array().unwrap().iter().map(|m| m[0].as_str().unwrap()).collect();
    assert!((40..=80).contains(&ids.len()), "{}", ids.len());
    assert!(ids.is_sorted_by(|a, b| a < b));
    assert_eq!(BuiltIn::load().ids().collect::<Vec<_>>(), ids);
}

#[test]
fn every_fact_is_read_as_it_stands_and_has_its_source() {
    let (table, loaded) = (table(), BuiltIn::load());
    for row in table["models"].as_array().unwrap() {
        let id = row[0].as_str().unwrap();
        let model = loaded.get(id).expect(id);
        let list = |value: &Value| -> Vec<String> {
            value.as_str().unwrap_or_default().split_whitespace().map(ToOwned::to_owned).collect()
        };
        assert_eq!(model.name, row[1].as_str(), "{id}");
        assert_eq!(model.context_window, row[2].as_u64(), "{id}");
        assert_eq!(model.max_input_tokens, row[3].as_u64(), "{id}");
        assert_eq!(model.max_output_tokens, row[4].as_u64(), "{id}");
        assert_eq!(model.input, list(&row[5]), "{id}");
        assert_eq!(model.tools, row[6].as_bool(), "{id}");
        assert_eq!(model.structured_output, row[7].as_bool(), "{id}");
        assert_eq!(model.reasoning, row[8].as_bool(), "{id}");
        assert_eq!(model.reasoning_efforts, list(&row[9]), "{id}");
        assert_eq!(model.price, listed_price(&row[10]), "{id}");
        assert_eq!(routes::ordered(model.routes), list(&row[11]), "{id}");
        let end = row[12].as_array().map(|end| (end[0].as_str(), end[1].as_str()));
        assert_eq!(model.retirement.map(|end| (end.date, end.replaced_by)), end, "{id}");
        let notes: Vec<_> = loaded.notes(&model).collect();
        let written: Value = serde_json::from_str(&format!("{{{}}}", notes.join(","))).unwrap();
        assert_eq!(written, row[13].as_object().map_or(serde_json::json!({}), |notes| notes.clone().into()));
        for (place, fact) in FACTS.iter().enumerate() {
            let source = row[14][place].as_u64().map(|at| table["sources"][at as usize].as_str().unwrap());
            assert_eq!(loaded.document(&model, fact), source, "{id} {fact}");
            assert_eq!(source.is_some(), !row[place + 1].is_null(), "{id} {fact}");
        }
    }
    assert_eq!(loaded.get("nobody"), None);
}

fn listed_price(listed: &Value) -> Option<Price> {
    let tier = |tier: &Value| PriceTier {
        above_input_tokens: tier["above-input-tokens"].as_u64().unwrap(),
        input: tier["input"].as_f64(),
        output: tier["output"].as_f64(),
        cache_read: tier["cache-read"].as_f64(),
        cache_write: tier["cache-write"].as_f64(),
    };
    listed.is_object().then(|| Price {
        currency: "USD".to_owned(),
        input: listed["input"].as_f64(),
        output: listed["output"].as_f64(),
        cache_read: listed["cache-read"].as_f64(),
        cache_write: listed["cache-write"].as_f64(),
        cache_write_long: listed["cache-write-long"].as_f64(),
        per_request: None,
        tiers: listed["tiers"].as_array().into_iter().flatten().map(tier).collect(),
    })
}

#[test]
fn every_limit_and_price_of_the_table_is_positive_and_fits() {
    let table = BuiltIn::load();
    for id in table.ids() {
        let model = table.get(id).unwrap();
        let window = model.context_window.unwrap();
        assert!(window >= 8_000, "{id}");
        assert!(model.max_output_tokens.is_none_or(|output| output < window), "{id}");
        assert!(model.max_input_tokens.is_none_or(|input| input < window), "{id}");
        assert!(!model.routes.is_empty(), "{id}");
        if let Some(price) = &model.price {
            assert!(price.input.unwrap() > 0.0 && price.output.unwrap() > 0.0, "{id}");
            // A cached token that costs more than a fresh one is a slip in the data.
            assert!(price.cache_read.is_none_or(|read| read < price.input.unwrap()), "{id}");
            assert!(price.cache_write.is_none_or(|write| write >= price.input.unwrap()), "{id}");
            assert!(
                price.tiers.iter().all(|tier| tier.input >= price.input && tier.output >= price.output),
                "{id}"
            );
        }
    }
}

#[test]
fn a_known_row_is_read_whole() {
    let table = BuiltIn::load();
    let model = table.get("claude-haiku-4-5-20251001").unwrap();
    assert_eq!(model.context_window, Some(200_000));
    assert_eq!(model.max_output_tokens, Some(64_000));
    assert_eq!(model.input, ["text", "image", "file"]);
    assert_eq!(model.tools, Some(true));
    let price = model.price.as_ref().unwrap();
    assert_eq!((price.input, price.output, price.cache_read), (Some(1.0), Some(5.0), Some(0.1)));
    assert_eq!((price.cache_write, price.cache_write_long), (Some(1.25), Some(2.0)));
    assert_eq!(table.document(&model, "context-window"), Some("pi-ai 1.6.0"));
    assert_eq!(table.get("gpt-5").unwrap().reasoning_efforts, ["minimal", "low", "medium", "high"]);
}

#[test]
fn a_long_request_has_rates_of_its_own() {
    let price = BuiltIn::load().get("claude-haiku-5-5").unwrap().price.unwrap();
    let [tier] = &price.tiers[..] else { panic!("{price:?}") };
    assert_eq!((tier.above_input_tokens, tier.input, tier.output), (100_000, Some(0.5), Some(2.5)));
    assert_eq!((tier.cache_read, tier.cache_write), (Some(0.05), Some(0.625)));
    assert_eq!((price.input, price.output), (Some(0.1), Some(0.5)));
}

#[test]
fn what_is_not_the_whole_price_is_noted() {
    let table = BuiltIn::load();
    for (id, name) in [
        ("deepseek-v4-pro", "peak_price"),
        ("gemini-4-carbon", "next_price"),
        ("kimi-k3", "cometapi_ratio"),
        ("gpt-6.2-sol", "chat_completions_tools"),
    ] {
        let notes: Vec<_> = table.notes(&table.get(id).unwrap()).collect();
        assert!(notes.iter().any(|note| note.starts_with(&format!("\"{name}\":{{"))), "{id}: {notes:?}");
    }
}

#[test]
fn the_default_models_are_in_the_table_and_have_not_ended() {
    let table = BuiltIn::load();
    let description = crate::provider::describe();
    for id in [Some(description.default_model), description.utility_model].into_iter().flatten() {
        assert_eq!(table.get(&id).expect(&id).retirement, None, "{id}");
    }
}

#[test]
fn a_search_finds_each_model_and_nothing_between_two() {
    assert!(TABLE.is_ascii(), "the search cuts the text at any byte");
    for (id, line) in BuiltIn::load().lines() {
        assert_eq!(find(id), Some(line));
        let (shorter, longer) = (&id[..id.len() - 1], format!("{id}0"));
        for other in [shorter, longer.as_str(), &format!("{id}\n"), &format!("{id}|")] {
            let known = BuiltIn::load().lines().find(|(known, _)| *known == other);
            assert_eq!(find(other), known.map(|(_, line)| line), "{other}");
        }
    }
    for id in ["", "\n", "|", "0", "zzz", "\u{ffff}"] {
        assert_eq!(find(id), None, "{id}");
    }
}
