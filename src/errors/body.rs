//! Reads what a provider says in the body of an error, whatever shape it has.
//!
//! Seen in public: `{"error":{…}}`, `{"error":"text"}`, `{"object":"error",…}`, `{"success":false,…}`,
//! `{"message":…}`, `{"detail":…}`, `[{"error":{…}}]`, an error as a JSON text inside the message of
//! another, an event stream, plain text, a web page, nothing [18, 22].

use alloc::{borrow::ToOwned, string::String};

use crate::json::{self, Raw, RawValue};
use crate::text_search::{split_once, trim};

/// How far an error is looked for inside of others; a gateway behind a gateway behind a gateway is three.
const DEEPEST: u8 = 6;

/// What the provider said, in its own words: nothing here is scrubbed or bounded.
#[derive(Debug, Default, PartialEq)]
pub struct Words {
    /// The text for people.
    pub message: String,
    /// Its class of the error (`type`; Google says `status`).
    pub class: String,
    /// The parameter of the request that it is about.
    pub param: String,
    /// Its code; a number is written out.
    pub code: String,
    /// What it calls the request.
    pub request_id: String,
    /// `"success": false`: how new-api and its relatives say no with status 200.
    pub declined: bool,
}

/// The names under which a piece is found, the preferred one first.
const MESSAGE: &[&str] = &["message", "msg", "detail", "error_description", "error_msg"];
const CLASS: &[&str] = &["type", "status"];
const CODE: &[&str] = &["code", "error_code", "status_code"];
const PARAM: &[&str] = &["param"];
const REQUEST_ID: &[&str] = &["request_id", "requestId"];
const SUCCESS: &[&str] = &["success"];
/// Fields that hold the error itself.
const INNER: &[&str] = &["error", "errors", "detail"];
/// All of them; `detail` is in two lists.
const KNOWN: [&str; 16] = [
    "message",
    "msg",
    "detail",
    "error_description",
    "error_msg",
    "type",
    "status",
    "code",
    "error_code",
    "status_code",
    "param",
    "request_id",
    "requestId",
    "success",
    "error",
    "errors",
];

impl Words {
    /// Reads a body. What is not JSON, or JSON without a message, gives words that are all empty.
    pub fn read(body: &str) -> Self {
        read(event_data(body), DEEPEST).unwrap_or_default()
    }

    /// Whether the body named nothing that can be told apart from any other.
    pub fn is_empty(&self) -> bool {
        self.message.is_empty() && self.class.is_empty() && self.code.is_empty()
    }

    fn is_only_message(&self) -> bool {
        self.class.is_empty() && self.code.is_empty() && self.param.is_empty()
    }

    /// These words, and where they are silent, those of the error around them.
    fn or(self, outer: Words) -> Words {
        let pick = |inner: String, outer: String| if inner.is_empty() { outer } else { inner };
        Words {
            message: pick(self.message, outer.message),
            class: pick(self.class, outer.class),
            param: pick(self.param, outer.param),
            code: pick(self.code, outer.code),
            request_id: pick(self.request_id, outer.request_id),
            declined: self.declined || outer.declined,
        }
    }
}

/// Whether a body is a web page: a firewall, a proxy, or a path that the API does not have.
pub fn is_html(content_type: Option<&str>, body: &str) -> bool {
    let typed = content_type
        .is_some_and(|value| value.trim_ascii_start().to_ascii_lowercase().starts_with("text/html"));
    let body = trim(body);
    let begins = |mark: &&str| body.get(..mark.len()).is_some_and(|start| start.eq_ignore_ascii_case(mark));
    let marks = ["<!doctype html", "<html", "<head", "<body", "<title", "<center", "<h1"];
    typed || marks.iter().any(begins)
}

/// Some gateways frame the error as the first event of the stream that was asked for.
fn event_data(body: &str) -> &str {
    let body = trim(body);
    if !body.starts_with("data:") && !body.starts_with("event:") {
        return body;
    }
    let Some(data) = body.strip_prefix("data:").or_else(|| Some(split_once(body, "\ndata:")?.1)) else {
        return body;
    };
    split_once(data, "\n").map_or(data, |(line, _)| line)
}

fn read(json: &str, depth: u8) -> Option<Words> {
    let json = trim(json);
    let depth = depth.checked_sub(1)?;
    match json.as_bytes().first()? {
        b'{' => read_object(json, depth),
        b'[' => read(first_item(json)?, depth),
        b'"' => Some(read_text(string(json::parse(json).ok())?, depth)),
        _ => None,
    }
}

fn first_item(json: &str) -> Option<&str> {
    let mut first = None;
    json::items(json::parse(json).ok()?, &mut |item| {
        first.get_or_insert(item.get());
    });
    first
}

fn read_object(json: &str, depth: u8) -> Option<Words> {
    let fields = Fields(json::fields(json::parse(json).ok()?, KNOWN)?);
    let text = |names| fields.text(names).unwrap_or_default();
    let own = Words {
        class: text(CLASS),
        param: text(PARAM),
        code: text(CODE),
        request_id: text(REQUEST_ID),
        declined: fields.text(SUCCESS).as_deref() == Some("false"),
        ..Words::default()
    };
    let outer = read_text(text(MESSAGE), depth).or(own);
    let inner = INNER.iter().filter_map(|name| fields.get(name)).find_map(|raw| read(raw.get(), depth));
    Some(match inner {
        // `{"error": "Unauthorized", "message": …}`: the message is the longer of the two stories.
        Some(inner) if fields.get("message").is_some() && inner.is_only_message() => outer.or(inner),
        Some(inner) => inner.or(outer),
        None => outer,
    })
}

/// A message, which may be the JSON text of another error.
fn read_text(text: String, depth: u8) -> Words {
    let nested = if trim(&text).starts_with(['{', '[']) { read(&text, depth) } else { None };
    match nested {
        Some(words) if !words.is_empty() => words,
        _ => Words { message: text, ..Words::default() },
    }
}

/// The fields of a JSON object that are of interest, as raw JSON; of two with one name, the last.
struct Fields<'a>([Raw<'a>; KNOWN.len()]);

impl<'a> Fields<'a> {
    fn get(&self, name: &str) -> Raw<'a> {
        let place = KNOWN.iter().position(|known| *known == name)?;
        self.0.get(place).copied().flatten()
    }

    /// The first of these fields that is a text that is not empty, a number or a boolean.
    fn text(&self, names: &[&str]) -> Option<String> {
        names.iter().filter_map(|name| scalar(self.get(name)?)).find(|text| !text.is_empty())
    }
}

fn scalar(raw: RawValue<'_>) -> Option<String> {
    let json = raw.get();
    match json.as_bytes().first()? {
        b'"' => string(Some(raw)),
        b'{' | b'[' | b'n' => None,
        _ => Some(json.to_owned()),
    }
}

fn string(raw: Raw<'_>) -> Option<String> {
    json::wire_text(raw).map(|text| text.into_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(message: &str, class: &str, param: &str, code: &str) -> Words {
        let [message, class, param, code] = [message, class, param, code].map(ToString::to_string);
        Words { message, class, param, code, ..Words::default() }
    }

    #[test]
    fn every_shape_that_was_seen_is_read() {
        let cases = [
            (r#"{"error":{"message":"m","type":"t","param":"p","code":"c"}}"#, words("m", "t", "p", "c")),
            (r#"{"error":{"message":"m","type":"t","param":null,"code":null}}"#, words("m", "t", "", "")),
            (r#"{"error":{"message":"m","code":429}}"#, words("m", "", "", "429")),
            (r#"{"error":{"message":"m","code":""}}"#, words("m", "", "", "")),
            (r#"{"error":"text"}"#, words("text", "", "", "")),
            (r#"{"error":"Unauthorized","message":"no such user"}"#, words("no such user", "", "", "")),
            (r#"{"error":null,"message":"m"}"#, words("m", "", "", "")),
            (r#"{"object":"error","message":"m","code":40303}"#, words("m", "", "", "40303")),
            (r#"{"message":"m"}"#, words("m", "", "", "")),
            (r#"{"msg":"m","code":"c"}"#, words("m", "", "", "c")),
            (r#"{"detail":"m"}"#, words("m", "", "", "")),
            (r#"{"detail":[{"loc":["body"],"msg":"m","type":"missing"}]}"#, words("m", "missing", "", "")),
            (r#"{"errors":[{"message":"m"},{"message":"n"}]}"#, words("m", "", "", "")),
            (r#"[{"error":{"code":400,"message":"m","status":"S"}}]"#, words("m", "S", "", "400")),
            (
                r#"{"error":{"message":"{\"error\":{\"message\":\"m\",\"code\":\"c\"}}","type":"t"}}"#,
                words("m", "t", "", "c"),
            ),
            (
                r#"{"type":"error","error":{"type":"overloaded_error","message":"m"}}"#,
                words("m", "overloaded_error", "", ""),
            ),
            ("data: {\"error\":{\"message\":\"m\"}}\n\ndata: [DONE]\n\n", words("m", "", "", "")),
            ("event: error\ndata: {\"message\":\"m\"}\n\n", words("m", "", "", "")),
            ("\u{feff} {\"message\":\"m\"}\n", words("m", "", "", "")),
            (r#""m""#, words("m", "", "", "")),
            (r#"{"message":"a","message":"m"}"#, words("m", "", "", "")),
            // A message that is JSON, with an error in it or without.
            (r#"{"error":{"message":"{\"message\":\"m\"}"}}"#, words("m", "", "", "")),
            (r#"{"message":"{\"a\":1}"}"#, words("{\"a\":1}", "", "", "")),
            // Of two messages the inner one, where it is more than a word for the status.
            (r#"{"message":"outer","error":{"message":"m","type":"t"}}"#, words("m", "t", "", "")),
            (r#"{"message":"outer","error":{"message":"m","code":"c"}}"#, words("m", "", "", "c")),
            (r#"{"message":"outer","error":{"message":"m","param":"p"}}"#, words("m", "", "p", "")),
            (r#"{"msg":"outer","error":"m"}"#, words("m", "", "", "")),
        ];
        for (body, expected) in cases {
            assert_eq!(Words::read(body), expected, "{body}");
        }
        let declined = Words { declined: true, ..words("m", "", "", "") };
        assert_eq!(Words::read(r#"{"success":false,"message":"m"}"#), declined);
        let anthropic = r#"{"type":"error","error":{"message":"m"},"request_id":"req_1"}"#;
        assert_eq!(Words::read(anthropic).request_id, "req_1");
    }

    #[test]
    fn a_lone_surrogate_spoils_neither_a_key_nor_a_value() {
        let read = Words::read(r#"{"\ud83d":"\ud83d","error":{"message":"m\ud83d!","code":"c"}}"#);
        assert!(read.message.starts_with("m\u{fffd}") && read.message.ends_with('!'), "{read:?}");
        assert_eq!(read.code, "c");
    }

    #[test]
    fn what_names_no_error_is_empty() {
        let deep = "[".repeat(100_000);
        let chain = r#"{"error":"#.repeat(100) + r#"{"message":"m"}"# + &"}".repeat(100);
        for body in
            ["", "null", "1", "{}", "[]", "plain text", "{\"error\":{}}", "{\"a\":", "{} {}", &deep, &chain]
        {
            assert!(Words::read(body).is_empty(), "{body:.40}");
        }
    }

    #[test]
    fn a_message_a_class_or_a_code_each_names_an_error_and_a_parameter_alone_does_not() {
        for (read, empty) in [
            (words("m", "", "", ""), false),
            (words("", "t", "", ""), false),
            (words("", "", "", "c"), false),
            (words("", "", "p", ""), true),
        ] {
            assert_eq!(read.is_empty(), empty, "{read:?}");
        }
    }

    #[test]
    fn a_web_page_is_recognised_by_its_type_or_its_start() {
        assert!(is_html(Some("Text/HTML; charset=utf-8"), ""));
        assert!(is_html(None, "\u{feff}\n<!DOCTYPE html><p>"));
        assert!(is_html(Some("application/json"), "<html>"));
        assert!(!is_html(Some("text/plain"), "a < b"));
        assert!(!is_html(None, "{\"message\":\"<html>\"}"));
    }
}
