//! Our own reader and writer of JSON, held against `serde_json`.

use serde_json::Value;

use crate::json::{Json, Number, PairJoiner, RawValue, WireText, fields, items, names, parse};
use crate::json::{surrogates::replace_lone, unsigned, wire_text};

/// The same texts are taken as JSON, and mean the same; what we write is read back as it was.
pub fn json_reader(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let ours = parse(&text);
    let theirs = serde_json::from_str::<&serde_json::value::RawValue>(&text);
    assert_eq!(ours.is_ok(), theirs.is_ok(), "{text:?}: {ours:?} {theirs:?}");
    if let (Ok(ours), Ok(theirs)) = (ours, theirs) {
        assert_eq!(ours.get(), theirs.get());
        // It refuses what is deep, out of the range of floats, or half a character. Then there is nothing to
        // hold ours against.
        if let Ok(value) = serde_json::from_str::<Value>(&text) {
            same(ours, &value);
        }
        let whole = replace_lone(&text);
        assert!(parse(&whole).is_ok(), "{whole:?}");
        assert_eq!(replace_lone(&whole), whole, "once is enough");
    }
    if let Err(flaw) = ours {
        assert!(flaw.line >= 1 && flaw.column <= text.len(), "{flaw:?}");
    }
    written(&text);
    number(&text);
    joined(&text);
}

fn same(ours: RawValue<'_>, theirs: &Value) {
    match theirs {
        Value::String(theirs) => {
            assert_eq!(wire_text(Some(ours)).expect("text").into_string_lossy(), theirs.as_str());
        }
        Value::Number(theirs) => {
            close(Number::parse(ours.get()).expect("a number").as_f64(), theirs.as_f64(), ours.get());
            if let (Some(whole), false) = (theirs.as_u64(), ours.get().contains('-')) {
                assert_eq!(unsigned(Some(ours)), Some(whole));
            }
        }
        Value::Array(theirs) => {
            let mut at = 0;
            items(ours, &mut |item| {
                same(item, &theirs[at]);
                at += 1;
            })
            .expect("a list");
            assert_eq!(at, theirs.len());
        }
        Value::Object(theirs) => {
            let mut seen = std::collections::BTreeSet::new();
            names(ours, &mut |name| _ = seen.insert(name.to_owned())).expect("an object");
            assert_eq!(seen.len(), theirs.len());
            for (name, value) in theirs.iter().take(64) {
                let [field] = fields(ours, [name.as_str()]).expect("an object");
                same(field.expect(name), value);
            }
        }
        Value::Null | Value::Bool(_) => assert_eq!(ours.get(), theirs.to_string()),
    }
}

/// Within the last two digits, also where a long way of digits and powers leads there.
fn close(ours: Option<f64>, theirs: Option<f64>, text: &str) {
    let (Some(ours), Some(theirs)) = (ours, theirs) else { panic!("{text}: {ours:?} {theirs:?}") };
    let off = (ours - theirs).abs();
    assert!(off <= theirs.abs() * 1e-13 || off < f64::MIN_POSITIVE, "{text}: {ours} is not {theirs}");
}

fn written(text: &str) {
    let mut json = Json::default();
    json.string(text);
    assert_eq!(serde_json::from_str::<String>(&json.into_string()).expect("a string"), text);
}

/// What is taken for a number is one to the standard library as well.
fn number(text: &str) {
    if let Some(number) = Number::parse(text) {
        let theirs: f64 = text.trim_ascii().parse().expect(text);
        match number.as_f64() {
            Some(ours) => close(Some(ours), Some(theirs), text),
            None => assert!(theirs.abs() > 1e306, "{text}"),
        }
    }
}

/// Text that is put together again of pieces cut anywhere between two characters is the text.
fn joined(text: &str) {
    let (mut joiner, mut out) = (PairJoiner::default(), String::new());
    for character in text.chars() {
        joiner.push(WireText::from(character.encode_utf8(&mut [0; 4]) as &str).as_bytes(), &mut out);
    }
    joiner.finish(&mut out);
    assert_eq!(out, text);
}
