use super::super::routes::ROUTES;
use super::*;
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

/// The table as the component carries it, made of the one for people.
fn written(table: &Value) -> String {
    let text =
        |value: &Value| value.as_str().map_or_else(|| value.to_string().replace("null", ""), Into::into);
    let sources: Vec<String> = table["sources"].as_array().unwrap().iter().map(text).collect();
    let mut lines = std::vec![sources.join("|")];
    for row in table["models"].as_array().unwrap() {
        let abilities = (5..8).map(|place| match row[place].as_bool() {
            Some(true) => 'y',
            Some(false) => 'n',
            None => '-',
        });
        let price = match row[9].as_array() {
            Some(pair) => format!("{}/{}", pair[0], pair[1]),
            None => String::new(),
        };
        let documents = row[11].as_array().unwrap().iter().map(|place| match place.as_u64() {
            Some(place) => char::from_digit(place as u32, 36).expect("at most 36 documents"),
            None => '-',
        });
        let cells = [
            text(&row[0]),
            text(&row[1]),
            text(&row[2]),
            text(&row[3]),
            places(&row[4], MODALITIES.into_iter()),
            abilities.collect(),
            places(&row[8], EFFORTS.into_iter()),
            price,
            places(&row[10], ROUTES.iter().map(|route| route.0)),
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
    assert!(TABLE.len() <= 8 * 1024, "{} bytes", TABLE.len());
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
        let price = model.price.as_ref().map(|price| [price.input.unwrap(), price.output.unwrap()]);
        assert_eq!(model.name.as_deref(), row[1].as_str(), "{id}");
        assert_eq!(model.context_window, row[2].as_u64(), "{id}");
        assert_eq!(model.max_output_tokens, row[3].as_u64(), "{id}");
        assert_eq!(model.input, list(&row[4]), "{id}");
        assert_eq!(model.tools, row[5].as_bool(), "{id}");
        assert_eq!(model.structured_output, row[6].as_bool(), "{id}");
        assert_eq!(model.reasoning, row[7].as_bool(), "{id}");
        assert_eq!(model.reasoning_efforts, list(&row[8]), "{id}");
        let listed = row[9].as_array().map(|pair| [pair[0].as_f64().unwrap(), pair[1].as_f64().unwrap()]);
        assert_eq!(price, listed, "{id}");
        assert_eq!(model.routes, Routes::named(row[10].as_str().unwrap_or_default()), "{id}");
        for (place, fact) in FACTS.iter().enumerate() {
            let source = row[11][place].as_u64().map(|at| table["sources"][at as usize].as_str().unwrap());
            assert_eq!(loaded.document(&model, fact), source, "{id} {fact}");
            assert_eq!(source.is_some(), !row[place + 1].is_null(), "{id} {fact}");
        }
    }
    assert_eq!(loaded.get("nobody"), None);
}

#[test]
fn every_limit_and_price_of_the_table_is_positive_and_fits() {
    let table = BuiltIn::load();
    for id in table.ids() {
        let model = table.get(id).unwrap();
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
    let model = table.get("claude-haiku-4-5-20251001").unwrap();
    assert_eq!(model.context_window, Some(200_000));
    assert_eq!(model.max_output_tokens, Some(64_000));
    assert_eq!(model.input, ["text", "image", "file"]);
    assert_eq!(model.tools, Some(true));
    assert_eq!(model.price.as_ref().unwrap().output, Some(5.0));
    assert_eq!(table.document(&model, "context-window"), Some("pi-ai 1.6.0"));
    assert_eq!(table.get("gpt-5").unwrap().reasoning_efforts, ["minimal", "low", "medium", "high"]);
}
