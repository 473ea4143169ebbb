use super::super::{BuiltIn, suggestions::current};
use super::*;
use crate::corpora;
use serde_json::Value;
use std::{env, format, fs, path::Path, string::String, string::ToString, vec::Vec};

/// The list for people: `[id, date, successor, source]` in each row.
fn rows() -> Vec<Value> {
    let table: Value = serde_json::from_str(include_str!("built_in.json")).unwrap();
    table["retired"].as_array().unwrap().clone()
}

/// The list as the component carries it.
fn written(rows: &[Value]) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
    let mut ends: Vec<String> = Vec::new();
    let mut lines = String::new();
    for row in rows {
        let end = format!("{}>{}", text(&row[1]), text(&row[2]));
        let index = ends.iter().position(|known| *known == end).unwrap_or_else(|| {
            ends.push(end);
            ends.len() - 1
        });
        let index = char::from(b'0' + u8::try_from(index).unwrap());
        assert!(index.is_ascii_graphic() && index != '|', "too many distinct ends");
        lines += &format!("{}|{index}\n", text(&row[0]));
    }
    format!("{}\n{lines}", ends.join("|"))
}

#[test]
fn the_component_carries_the_list_for_people() {
    let expected = written(&rows());
    if TABLE != expected && env::var_os("UPDATE").is_some() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/catalogue/retired.txt");
        fs::write(file, &expected).unwrap();
    }
    assert_eq!(TABLE, expected, "run this test with UPDATE=1 to write retired.txt");
}

#[test]
fn the_list_is_small_sorted_and_unique() {
    assert!(TABLE.len() <= 5 * 1024, "{} bytes", TABLE.len());
    let ids: Vec<_> = lines().map(|(id, _)| id).collect();
    assert!(ids.len() > 100 && ids.is_sorted_by(|one, next| one < next), "{ids:?}");
}

#[test]
fn every_id_is_known_with_its_date_and_successor() {
    for row in rows() {
        let found = retirement(row[0].as_str().unwrap()).expect("a known end");
        assert_eq!((found.date, found.replaced_by), (row[1].as_str(), row[2].as_str()), "{row}");
    }
    assert_eq!(retirement("gpt-5.4"), None);
    assert_eq!(end("~"), None);
    assert_eq!(end(""), None);
}

#[test]
fn no_successor_is_retired_and_no_built_in_model_is() {
    let table = BuiltIn::load();
    for (id, index) in lines() {
        let successor = end(index).unwrap().replaced_by;
        assert!(successor.is_none_or(|successor| retirement(successor).is_none()), "{id}");
        assert_eq!(successor.and_then(current), successor, "{id}");
        assert!(!table.ids().any(|built_in| built_in == id), "{id} is retired and in the built-in list");
    }
}

#[test]
fn the_collected_retirements_are_all_known() {
    let Some(body) = corpora::bytes("models/retirements.tsv") else { return };
    let text = String::from_utf8(body).unwrap();
    let mut count = 0;
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let known = |cell: &str| Some(cell.to_string()).filter(|cell| !cell.is_empty());
        let found = retirement(cells[0]).unwrap_or_else(|| panic!("{} is not known", cells[0]));
        let found = (found.date.map(ToString::to_string), found.replaced_by.map(ToString::to_string));
        assert_eq!(found, (known(cells[1]), known(cells[2])), "{}", cells[0]);
        count += 1;
    }
    assert_eq!(count, lines().count());
}
