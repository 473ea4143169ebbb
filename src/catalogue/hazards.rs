//! Every small body that has tripped a client of these lists, and JSON at its worst.

use serde_json::Value;

use super::{BuiltIn, KeyList, PublicList, envelope::tests::refused, merge::merge};
use crate::corpora;
use crate::{
    contract::{Model, ModelKind, ModelStatus},
    errors::ErrorKind,
};

/// The models of one body, which is a response of this route.
fn models(route: &str, body: &[u8]) -> Result<Vec<Model>, ErrorKind> {
    let table = BuiltIn::default();
    if route.starts_with("/v1/models") {
        let list = KeyList::parse(body, &refused).map_err(|error| error.kind)?;
        return Ok(merge(Some(&list), None, &table).models);
    }
    let list = PublicList::parse(body, &refused).map_err(|error| error.kind)?;
    Ok(merge(None, Some(&list), &table).models)
}

fn ids(found: Result<Vec<Model>, ErrorKind>) -> Result<Vec<String>, ErrorKind> {
    found.map(|models| models.into_iter().map(|model| model.id).collect())
}

#[test]
fn every_recorded_hazard_ends_in_the_models_or_a_typed_error() {
    let Some(file) = corpora::bytes("models/list-hazards.json") else { return };
    let cases: Vec<Value> = serde_json::from_slice(&file).unwrap();
    assert!(cases.len() >= 16);
    for case in &cases {
        let name = case["name"].as_str().unwrap();
        let route = case["route"].as_str().unwrap();
        let body = case["raw"].as_str().map_or_else(|| case["body"].to_string(), str::to_owned);
        if route != "both" {
            check(name, &models(route, body.as_bytes()));
        } else {
            let [key, public] = ["v1", "api"].map(|list| format!("[{{\"id\":{}}}]", case[list]));
            let key = KeyList::parse(key.as_bytes(), &refused).unwrap();
            let public = PublicList::parse(public.as_bytes(), &refused).unwrap();
            let joined = merge(Some(&key), Some(&public), &BuiltIn::default());
            assert_eq!(joined.models.len(), 2, "{name}");
        }
    }
}

/// What we make of each case; a case that is new fails until it is judged.
fn check(name: &str, found: &Result<Vec<Model>, ErrorKind>) {
    let found_ids = ids(found.clone());
    let expected: Result<&[&str], ErrorKind> = match name {
        "v1 null list" => Ok(&[]),
        "v1 without object" | "v1 supported_endpoint_types null" => Ok(&["gpt-5.4"]),
        "v1 supported_endpoint_types empty on every row" => Ok(&["gpt-5", "tts-1"]),
        "v1 user group failure" | "v1/{id} unknown" => Err(ErrorKind::Server),
        "v1 Anthropic shape" | "api model_type is the vendor family" => Ok(&["claude-opus-5"]),
        "v1 Gemini shape" | "api null body" | "api data object" => Err(ErrorKind::Protocol),
        "api non-finite price" => Ok(&["x"]),
        "api pricing missing / ratio only" => Ok(&["a", "b", "c"]),
        "api id with spaces" => Ok(&["Claude Mythos  Preview"]),
        "wildcard id" => Ok(&["gpt-4-gizmo-*"]),
        other => panic!("a new case: {other}"),
    };
    let expected = expected.map(|ids| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>());
    assert_eq!(found_ids, expected, "{name}");
    let Ok(models) = found else { return };
    let prices: Vec<_> = models.iter().map(|model| model.price.as_ref().and_then(|p| p.input)).collect();
    match name {
        "api non-finite price" => {
            assert_eq!(prices, [None]);
            assert_eq!(models[0].price.as_ref().unwrap().output, Some(25.0));
        }
        "api pricing missing / ratio only" => assert_eq!(prices, [None, None, Some(5.0)]),
        "api model_type is the vendor family" => assert_eq!(models[0].kind, ModelKind::Chat),
        "api id with spaces" => {
            assert_eq!((models[0].kind, models[0].status), (ModelKind::Unknown, ModelStatus::Upcoming));
        }
        "wildcard id" => assert_eq!(models[0].kind, ModelKind::Unknown),
        "v1 supported_endpoint_types empty on every row" => {
            assert_eq!([models[0].kind, models[1].kind], [ModelKind::Chat, ModelKind::Audio]);
        }
        _ => (),
    }
}

#[test]
fn any_text_in_any_place_of_a_row_leaves_the_other_rows() {
    let values = [
        "null",
        "true",
        "-0",
        "1e999",
        "-1e999",
        "123456789012345678901234567890",
        "\"\"",
        "\"\\ud83d\"",
        "\"\\udc00\\ud800\"",
        "\"\\u0000\"",
        "[]",
        "[[]]",
        "{}",
        "{\"\\ud83d\":1}",
        "[null,1,\"x\",{}]",
        "\"{\\\"openai\\\":\"",
        "\"999999999999999999999M\"",
        "\"\u{fffd}K\"",
    ];
    let names = [
        "id",
        "code",
        "provider",
        "name",
        "model_type",
        "features",
        "endpoints",
        "pricing",
        "context_length",
        "max_completion_tokens",
        "upcoming",
        "deprecated",
        "supported_endpoint_types",
        "\\ud83d",
    ];
    for value in values {
        for name in names {
            let body = format!(r#"{{"data":[{{"id":"a"}},{{"id":"b","{name}":{value}}},{{"id":"c"}}]}}"#);
            for route in ["/v1/models", "/api/models"] {
                let ids = ids(models(route, body.as_bytes())).unwrap();
                assert!(ids.contains(&"a".to_owned()) && ids.contains(&"c".to_owned()), "{route} {body}");
            }
        }
    }
}

#[test]
fn no_text_of_the_json_test_suite_upsets_a_list() {
    let Some(root) = corpora::root() else { return };
    let mut files = 0;
    for entry in std::fs::read_dir(root.join("json/test_parsing")).unwrap() {
        let path = entry.unwrap().path();
        let must_parse = path.file_name().unwrap().to_string_lossy().starts_with("y_");
        let text = std::fs::read(&path).unwrap();
        let row = [b"{\"data\":[{\"id\":\"a\",\"pricing\":", text.as_slice(), b"},{\"id\":\"b\"}]}"].concat();
        for route in ["/v1/models", "/api/models"] {
            let _ = models(route, &text);
            let found = models(route, &row);
            if must_parse {
                assert_eq!(found.unwrap().len(), 2, "{}", path.display());
            }
        }
        files += 1;
    }
    assert!(files > 300);
}

#[test]
fn broken_bodies_are_errors_and_never_panics() {
    let whole = r#"{"success":true,"data":[{"id":"é","pricing":{"input":1},"endpoints":"{\"openai\":{}}"}]}"#;
    for cut in 0..whole.len() {
        for route in ["/v1/models", "/api/models"] {
            let found = models(route, &whole.as_bytes()[..cut]);
            assert_eq!(found, Err(ErrorKind::Protocol), "{cut}");
        }
    }
}
