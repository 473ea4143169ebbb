//! Reads the fields of an error body, whatever shape it has.
//!
//! Seen in public: `{"error":{…}}`, `{"error":"text"}`, `{"object":"error",…}`, `{"success":false,…}`,
//! `{"message":…}`, `{"detail":…}`, `[{"error":{…}}]`, an error as a JSON text inside the message of
//! another, an event stream, plain text, a web page, nothing [18, 22].

use alloc::{borrow::ToOwned, string::String};

use crate::json::{self, Raw, RawValue};
use crate::text_search::{split_once, trim};

/// How many errors may be nested in each other. Each gateway in a chain may wrap the error of the next, and three
/// were seen; the limit keeps a hostile body from recursing.
const DEEPEST: u8 = 6;

/// The fields of an error, as the provider wrote them: nothing here is scrubbed or bounded.
#[derive(Debug, Default, PartialEq)]
pub struct ErrorFields {
    /// The text for people.
    pub message: String,
    /// The provider's class of the error (`type`; Google calls it `status`).
    pub class: String,
    /// The parameter of the request that it is about.
    pub param: String,
    /// Its code; a number is written out.
    pub code: String,
    /// The provider's id of the request.
    pub request_id: String,
    /// `"success": false`, with which new-api and its relatives refuse a request under status 200.
    pub declined: bool,
}

/// The names of each field, the preferred one first.
const MESSAGE: &[&str] = &["message", "msg", "detail", "error_description", "error_msg"];
/// Google calls it `status`.
const CLASS: &[&str] = &["type", "status"];
const CODE: &[&str] = &["code", "error_code", "status_code"];
const PARAM: &[&str] = &["param"];
const REQUEST_ID: &[&str] = &["request_id", "requestId"];
/// `false` in a refusal of new-api and its relatives.
const SUCCESS: &[&str] = &["success"];
/// Fields that contain the error itself.
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

impl ErrorFields {
    /// Reads a body. All fields are empty where it is not JSON, or JSON without an error.
    pub fn read(body: &str) -> Self {
        read(event_data(body), DEEPEST).unwrap_or_default()
    }

    /// Whether nothing identifies the error. A parameter alone does not: it has no meaning without a message.
    pub fn is_empty(&self) -> bool {
        self.message.is_empty() && self.class.is_empty() && self.code.is_empty()
    }

    fn is_only_message(&self) -> bool {
        self.class.is_empty() && self.code.is_empty() && self.param.is_empty()
    }

    /// These fields, and where one is empty, that of the error around them.
    fn or(self, outer: ErrorFields) -> ErrorFields {
        let pick = |inner: String, outer: String| if inner.is_empty() { outer } else { inner };
        ErrorFields {
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
    // The type of the content is missing or wrong often enough, so the first tag counts as well.
    let begins = |mark: &&str| body.get(..mark.len()).is_some_and(|start| start.eq_ignore_ascii_case(mark));
    let marks = ["<!doctype html", "<html", "<head", "<body", "<title", "<center", "<h1"];
    typed || marks.iter().any(begins)
}

/// The data of the first event, where the body is an event stream: some gateways send an error status and still
/// frame the error as an event, since the client requested a stream.
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

fn read(json: &str, depth: u8) -> Option<ErrorFields> {
    let json = trim(json);
    let depth = depth.checked_sub(1)?;
    match json.as_bytes().first()? {
        b'{' => read_object(json, depth),
        // Google's errors are a list of one.
        b'[' => read(first_item(json)?, depth),
        // The whole body is a string, or the error of a relay is one.
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

fn read_object(json: &str, depth: u8) -> Option<ErrorFields> {
    let fields = Fields(json::fields(json::parse(json).ok()?, KNOWN)?);
    let text = |names| fields.text(names).unwrap_or_default();
    let own = ErrorFields {
        class: text(CLASS),
        param: text(PARAM),
        code: text(CODE),
        request_id: text(REQUEST_ID),
        declined: fields.text(SUCCESS).as_deref() == Some("false"),
        ..ErrorFields::default()
    };
    // Gateways put the upstream's error into the message as text. The inner one has the cause.
    let outer = read_text(text(MESSAGE), depth).or(own);
    let inner = INNER.iter().filter_map(|name| fields.get(name)).find_map(|raw| read(raw.get(), depth));
    Some(match inner {
        // `{"error": "Unauthorized", "message": …}`: the message has the cause, `error` only names the status.
        Some(inner) if fields.get("message").is_some() && inner.is_only_message() => outer.or(inner),
        Some(inner) => inner.or(outer),
        None => outer,
    })
}

/// A message, which may be the JSON text of another error.
fn read_text(text: String, depth: u8) -> ErrorFields {
    // Only what looks like JSON is parsed: most messages are sentences.
    let nested = if trim(&text).starts_with(['{', '[']) { read(&text, depth) } else { None };
    match nested {
        // JSON without an error in it is only a message that quotes some.
        Some(fields) if !fields.is_empty() => fields,
        _ => ErrorFields { message: text, ..ErrorFields::default() },
    }
}

/// The fields of an object that have a known name, as raw JSON; of two with one name, the last.
struct Fields<'a>([Raw<'a>; KNOWN.len()]);

impl<'a> Fields<'a> {
    fn get(&self, name: &str) -> Raw<'a> {
        let index = KNOWN.iter().position(|known| *known == name)?;
        self.0.get(index).copied().flatten()
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

    fn error_fields(message: &str, class: &str, param: &str, code: &str) -> ErrorFields {
        let [message, class, param, code] = [message, class, param, code].map(ToString::to_string);
        ErrorFields { message, class, param, code, ..ErrorFields::default() }
    }

    #[test]
    fn every_shape_that_was_seen_is_read() {
        let cases = [
            (
                r#"{"error":{"message":"m","type":"t","param":"p","code":"c"}}"#,
                error_fields("m", "t", "p", "c"),
            ),
            (
                r#"{"error":{"message":"m","type":"t","param":null,"code":null}}"#,
                error_fields("m", "t", "", ""),
            ),
            (r#"{"error":{"message":"m","code":429}}"#, error_fields("m", "", "", "429")),
            (r#"{"error":{"message":"m","code":""}}"#, error_fields("m", "", "", "")),
            (r#"{"error":"text"}"#, error_fields("text", "", "", "")),
            (
                r#"{"error":"Unauthorized","message":"no such user"}"#,
                error_fields("no such user", "", "", ""),
            ),
            (r#"{"error":null,"message":"m"}"#, error_fields("m", "", "", "")),
            (r#"{"object":"error","message":"m","code":40303}"#, error_fields("m", "", "", "40303")),
            (r#"{"message":"m"}"#, error_fields("m", "", "", "")),
            (r#"{"msg":"m","code":"c"}"#, error_fields("m", "", "", "c")),
            (r#"{"detail":"m"}"#, error_fields("m", "", "", "")),
            (
                r#"{"detail":[{"loc":["body"],"msg":"m","type":"missing"}]}"#,
                error_fields("m", "missing", "", ""),
            ),
            (r#"{"errors":[{"message":"m"},{"message":"n"}]}"#, error_fields("m", "", "", "")),
            (r#"[{"error":{"code":400,"message":"m","status":"S"}}]"#, error_fields("m", "S", "", "400")),
            (
                r#"{"error":{"message":"{\"error\":{\"message\":\"m\",\"code\":\"c\"}}","type":"t"}}"#,
                error_fields("m", "t", "", "c"),
            ),
            (
                r#"{"type":"error","error":{"type":"overloaded_error","message":"m"}}"#,
                error_fields("m", "overloaded_error", "", ""),
            ),
            ("data: {\"error\":{\"message\":\"m\"}}\n\ndata: [DONE]\n\n", error_fields("m", "", "", "")),
            ("event: error\ndata: {\"message\":\"m\"}\n\n", error_fields("m", "", "", "")),
            ("\u{feff} {\"message\":\"m\"}\n", error_fields("m", "", "", "")),
            (r#""m""#, error_fields("m", "", "", "")),
            (r#"{"message":"a","message":"m"}"#, error_fields("m", "", "", "")),
            // A message that is JSON, with an error in it or without.
            (r#"{"error":{"message":"{\"message\":\"m\"}"}}"#, error_fields("m", "", "", "")),
            (r#"{"message":"{\"a\":1}"}"#, error_fields("{\"a\":1}", "", "", "")),
            // Of two messages the inner one, where it is more than a word for the status.
            (r#"{"message":"outer","error":{"message":"m","type":"t"}}"#, error_fields("m", "t", "", "")),
            (r#"{"message":"outer","error":{"message":"m","code":"c"}}"#, error_fields("m", "", "", "c")),
            (r#"{"message":"outer","error":{"message":"m","param":"p"}}"#, error_fields("m", "", "p", "")),
            (r#"{"msg":"outer","error":"m"}"#, error_fields("m", "", "", "")),
        ];
        for (body, expected) in cases {
            assert_eq!(ErrorFields::read(body), expected, "{body}");
        }
        let declined = ErrorFields { declined: true, ..error_fields("m", "", "", "") };
        assert_eq!(ErrorFields::read(r#"{"success":false,"message":"m"}"#), declined);
        let anthropic = r#"{"type":"error","error":{"message":"m"},"request_id":"req_1"}"#;
        assert_eq!(ErrorFields::read(anthropic).request_id, "req_1");
    }

    #[test]
    fn a_lone_surrogate_spoils_neither_a_key_nor_a_value() {
        let read = ErrorFields::read(r#"{"\ud83d":"\ud83d","error":{"message":"m\ud83d!","code":"c"}}"#);
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
            assert!(ErrorFields::read(body).is_empty(), "{body:.40}");
        }
    }

    #[test]
    fn a_message_a_class_or_a_code_each_names_an_error_and_a_parameter_alone_does_not() {
        for (read, empty) in [
            (error_fields("m", "", "", ""), false),
            (error_fields("", "t", "", ""), false),
            (error_fields("", "", "", "c"), false),
            (error_fields("", "", "p", ""), true),
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
