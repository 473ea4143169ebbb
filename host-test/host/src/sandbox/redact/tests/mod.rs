//! Keys in every spelling and split, at the gate and in events.

mod bodies;
mod events;

use super::*;

const KEY: &str = "sk-canary-7Qx2mW9zRt4v";

/// A key with all that JSON and percent encoding escape.
const ODD_KEY: &str = "sk-\"a/b\\c%zd+e&f";

fn redaction(key: &str) -> Redaction {
    Redaction::default().with(key)
}

/// The spellings of a key in the table that every host's tests read; a key that is not in it has only its own.
fn spellings(key: &str) -> Vec<String> {
    let table = include_str!("../../../../../redaction/spellings.json");
    let table: serde_json::Value = serde_json::from_str(table).expect("the table is valid");
    let entries = table["keys"].as_array().expect("the table has keys");
    let Some(entry) = entries.iter().find(|entry| entry["key"] == key) else { return vec![key.to_owned()] };
    let texts = entry["spellings"].as_object().expect("the key has spellings").values();
    texts.map(|text| text.as_str().expect("a spelling is a text").to_owned()).collect()
}

#[test]
fn an_error_is_rid_of_a_key_of_any_spelling_and_any_length() {
    for key in [KEY, ODD_KEY, "EMPTY"] {
        for spelling in spellings(key) {
            let text = || Some(format!("[{spelling}]"));
            let mut error = Error {
                kind: ErrorKind::Other(format!("[{spelling}]")),
                message: format!("{spelling} and {spelling}."),
                http_status: Some(401),
                provider_code: text(),
                request_id: text(),
                retry_after_ms: None,
                retryable: false,
                request_sent: true,
                partial: false,
                suggested_model: text(),
                details_json: text(),
            };
            redaction(key).error(&mut error);
            assert_eq!(error.message, "[redacted] and [redacted].", "{spelling}");
            assert_eq!(error.kind, ErrorKind::Other("[[redacted]]".to_owned()), "{spelling}");
            for text in [error.provider_code, error.request_id, error.suggested_model, error.details_json] {
                assert_eq!(text.as_deref(), Some("[[redacted]]"), "{spelling}");
            }
        }
    }
}

#[test]
fn headers_lose_the_key_and_keep_everything_else() {
    let mut headers = HeaderMap::new();
    for spelling in spellings(KEY) {
        headers.append("x-request-id", spelling.parse().unwrap());
        headers.append("x-echo", format!("Bearer {spelling}; done").parse().unwrap());
    }
    headers.insert("content-type", HeaderValue::from_static("text/event-stream"));
    headers.insert("x-bytes", HeaderValue::from_bytes(b"caf\xe9 sk-").unwrap());
    headers.insert(
        HeaderName::from_bytes(KEY.to_lowercase().as_bytes()).unwrap(),
        HeaderValue::from_static("1"),
    );
    clean_headers(&redaction(KEY).keys, &mut headers);
    for value in headers.get_all("x-request-id") {
        assert!(value.to_str().unwrap().starts_with("[redacted]*"), "{value:?}");
    }
    for value in headers.get_all("x-echo") {
        let value = value.to_str().unwrap();
        assert!(value.starts_with("Bearer [redacted]*") && value.ends_with("*; done"), "{value}");
    }
    assert_eq!(headers.get("content-type").unwrap(), "text/event-stream");
    assert_eq!(headers.get("x-bytes").unwrap().as_bytes(), b"caf\xe9 sk-");
    assert_eq!(headers.keys().count(), 4, "{headers:?}");
}
