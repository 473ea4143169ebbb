//! Keys in every spelling and split, at the gate and in events.

mod bodies;
mod events;
mod splits;

use super::*;

const KEY: &str = "sk-canary-7Qx2mW9zRt4v";

/// A key with all that JSON and percent encoding escape.
const ODD_KEY: &str = "sk-\"a/b\\c%zd+e&f";

fn redaction(key: &str) -> Redaction {
    Redaction::default().with(key)
}

/// A key as servers spell it, meaning no harm.
fn spellings(key: &str) -> Vec<String> {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let once = quoted(key).trim_matches('"').to_owned();
    let twice = quoted(&once).trim_matches('"').to_owned();
    let by_number: String = key.bytes().map(|byte| format!("\\u{byte:04x}")).collect();
    let percent: String = key.bytes().map(|byte| format!("%{byte:02X}")).collect();
    vec![
        key.to_owned(),
        once,
        twice,
        key.replace('\\', "\\\\").replace('"', "\\\"").replace('/', "\\/"),
        by_number.replace('\\', "\\\\"),
        by_number.to_uppercase().replace("\\U", "\\u"),
        by_number,
        percent.replace('%', "%25"),
        percent.to_lowercase(),
        percent,
        url::form_urlencoded::byte_serialize(key.as_bytes()).collect(),
    ]
}

#[test]
fn an_error_is_rid_of_a_key_of_any_spelling_and_any_length() {
    for key in [KEY, ODD_KEY, "plain\"key/99", "EMPTY"] {
        for spelling in spellings(key) {
            let text = || Some(format!("[{spelling}]"));
            let mut error = Error {
                kind: crate::contract::ErrorKind::Authentication,
                message: format!("{spelling} and {spelling}."),
                http_status: Some(401),
                provider_code: text(),
                request_id: text(),
                retry_after_ms: None,
                retryable: false,
                request_sent: true,
                partial: false,
                suggested_model: None,
                details_json: text(),
            };
            redaction(key).error(&mut error);
            assert_eq!(error.message, "[redacted] and [redacted].", "{spelling}");
            for text in [error.provider_code, error.request_id, error.details_json] {
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
    redaction(KEY).headers(&mut headers);
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

#[test]
fn a_word_that_serves_as_a_key_stays_a_word_in_answers() {
    for key in ["none", "EMPTY", "lm-studio"] {
        let redaction = redaction(key);
        assert!(redaction.is_idle());
        let mut text = format!("the word {key}");
        redaction.text(&mut text);
        assert_eq!(text, format!("the word {key}"));
    }
    assert!(Redaction::default().with("sk-two words-and-more").is_idle(), "no header takes it");
}

#[test]
fn each_key_of_an_instance_is_taken_out() {
    let second = "sk-another-0123456789";
    let redaction = redaction(KEY).with(second).with(KEY);
    assert_eq!(redaction.needles.len(), 2);
    let mut text = format!("{second}{KEY}, {KEY}{KEY} and {second}");
    redaction.text(&mut text);
    assert_eq!(text, "[redacted][redacted], [redacted][redacted] and [redacted]");
}

#[test]
fn a_short_key_that_begins_like_one_is_a_key() {
    for (key, secret) in [
        ("sk-1234", false),
        ("sk-12345", true),
        ("sk-short-01", true),
        ("lm-studio-1", false),
        ("lm-studio-12", true),
    ] {
        let redaction = redaction(key);
        assert_eq!(redaction.is_idle(), !secret, "{key}");
        let mut text = format!("it is {key}.");
        redaction.text(&mut text);
        assert_eq!(text.contains(key), !secret, "{text}");
        let whole = format!("it is {key}.");
        let at_the_gate = Flow::at_the_gate(&redaction).all(whole.as_bytes()).into_owned();
        assert_eq!(into_text(at_the_gate).contains(key), !secret, "{key}");
    }
}
