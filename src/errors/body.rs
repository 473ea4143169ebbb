//! Reads the fields of an error body, whatever shape it has.
//!
//! Seen in public: `{"error":{…}}`, `{"error":"text"}`, `{"object":"error",…}`, `{"success":false,…}`,
//! `{"message":…}`, `{"detail":…}`, `[{"error":{…}}]`, an error as a JSON text inside the message of
//! another, an event stream, plain text, a web page, nothing [18, 22]; a message that is an object or a list,
//! MiniMax's `base_resp`, OpenRouter's `metadata.raw` [73, 74].

use alloc::{borrow::ToOwned, string::String};

use crate::json::{self, Raw, RawValue};
use crate::text_search::{split_once, trim};

/// How many errors may be nested in each other. Each gateway in a chain may wrap the error of the next, and three
/// were seen; the limit keeps a hostile body from recursing. FastAPI's list in a message takes four levels alone.
const DEEPEST: u8 = 8;

/// Bytes of the messages of a list that are joined. Each item is one mistake in the request, and a person needs all.
const JOINED: usize = 2 * 1024;

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
    /// The HTTP status that a code in the body means; 0 where there is none. The code of an inner error is often the
    /// vendor's own (`1261`), and then that of the error around it counts.
    pub status: u16,
}

/// The names of each field, the preferred one first.
const MESSAGE: &[&str] =
    &["message", "msg", "status_msg", "detail", "error_description", "error_msg", "errorMessage"];
/// Google calls it `status`.
const CLASS: &[&str] = &["type", "status"];
const CODE: &[&str] = &["code", "error_code", "status_code"];
const PARAM: &[&str] = &["param"];
const REQUEST_ID: &[&str] = &["request_id", "requestId"];
/// `false` in a refusal of new-api and its relatives.
const SUCCESS: &[&str] = &["success"];
/// Fields that contain the error itself. `response` is that of a failed response of OpenAI's newer route; `metadata`
/// and `raw` are OpenRouter's, which keeps the upstream's error there and writes "Provider returned error" outside [74].
const INNER: &[&str] =
    &["error", "errors", "metadata", "raw", "base_resp", "response", "message", "msg", "detail"];
/// All of them; some are in two lists.
const KNOWN: [&str; 24] = [
    "message",
    "msg",
    "status_msg",
    "detail",
    "error_description",
    "error_msg",
    "errorMessage",
    "type",
    "status",
    "code",
    "error_code",
    "status_code",
    "param",
    "loc",
    "request_id",
    "requestId",
    "success",
    "error",
    "errors",
    "metadata",
    "raw",
    "base_resp",
    "response",
    "details",
];

/// MiniMax's codes in `base_resp`, and the status that another vendor would have sent: it sends 200 for all [73].
/// Other vendors use the same numbers for other causes, so they count in that object only.
const BASE_RESP: [(u16, u16); 9] = [
    (1001, 504),
    (1002, 429),
    (1004, 401),
    (1008, 402),
    (1013, 500),
    (1039, 429),
    (1041, 429),
    (2013, 400),
    (2049, 401),
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
            status: if self.status == 0 { outer.status } else { self.status },
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
/// frame the error as an event, since the client requested a stream. llama.cpp has a field of its own for it [70].
fn event_data(body: &str) -> &str {
    let body = trim(body);
    if let Some(error) = body.strip_prefix("error:") {
        return error;
    }
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
        b'[' => read_list(json, depth),
        // The whole body is a string, or the error of a relay is one.
        b'"' => Some(read_text(string(json::parse(json).ok())?, depth)),
        _ => None,
    }
}

/// Google's errors are a list of one; FastAPI lists each mistake in the request. The first one decides.
fn read_list(json: &str, depth: u8) -> Option<ErrorFields> {
    let mut all: Option<ErrorFields> = None;
    json::items(json::parse(json).ok()?, &mut |item| {
        let full = all.as_ref().is_some_and(|all| all.message.len() > JOINED);
        let Some(next) = (if full { None } else { read(item.get(), depth) }) else { return };
        all = Some(match all.take() {
            None => next,
            Some(mut first) => {
                if !first.message.is_empty() && !next.message.is_empty() {
                    first.message.push_str("; ");
                    first.message.push_str(&next.message);
                }
                first.or(next)
            }
        });
    })?;
    all
}

fn read_object(json: &str, depth: u8) -> Option<ErrorFields> {
    let fields = Fields(json::fields(json::parse(json).ok()?, KNOWN)?);
    let text = |names| fields.text(names).unwrap_or_default();
    let code = text(CODE);
    let status = [&code, &text(CLASS)].into_iter().find_map(|code| code.parse().ok());
    let own = ErrorFields {
        class: text(CLASS),
        param: fields.text(PARAM).or_else(|| path(fields.get("loc"))).unwrap_or_default(),
        status: status.filter(|status| (400..=599).contains(status)).unwrap_or(0),
        // Google's code is the status once more; its reason is the code.
        code: fields.get("details").and_then(reason).unwrap_or(code),
        request_id: text(REQUEST_ID),
        declined: fields.text(SUCCESS).as_deref() == Some("false"),
        ..ErrorFields::default()
    };
    // Gateways put the upstream's error into the message as text. The inner one has the cause.
    let outer = read_text(text(MESSAGE), depth).or(own);
    let inner = INNER.iter().find_map(|name| Some((*name, read_inner(name, &fields, depth)?)));
    Some(match inner {
        // `{"error": "Unauthorized", "message": …}`: the message has the cause, `error` only names the status.
        Some(("error", inner)) if fields.get("message").is_some() && inner.is_only_message() => {
            outer.or(inner)
        }
        Some((_, inner)) => inner.or(outer),
        None => outer,
    })
}

/// The error in a field, if there is one.
fn read_inner(name: &str, fields: &Fields<'_>, depth: u8) -> Option<ErrorFields> {
    let json = fields.get(name)?.get();
    // Some local servers write the text of the model in a field of that name.
    if name == "response" && !json.starts_with('{') {
        return None;
    }
    // A message is read as one already, unless it is an object or a list [73].
    if MESSAGE.contains(&name) && !json.starts_with(['{', '[']) {
        return None;
    }
    let mut inner = read(json, depth).filter(|inner| !inner.is_empty())?;
    if name == "base_resp" {
        let code = inner.code.parse::<u16>().ok();
        inner.status = BASE_RESP.iter().find(|row| Some(row.0) == code).map_or(0, |row| row.1);
    }
    Some(inner)
}

/// The reason in Google's list of details, such as `API_KEY_INVALID`.
fn reason(details: RawValue<'_>) -> Option<String> {
    let reason = |item| string(json::fields(item, ["reason"])?[0]).filter(|reason| !reason.is_empty());
    json::elements(details.get())?.find_map(reason)
}

/// FastAPI's path to the parameter: `["body", "stream_options", "include_usage"]`.
fn path(raw: Raw<'_>) -> Option<String> {
    let mut path = String::new();
    json::items(raw?, &mut |item| {
        let step = scalar(item).filter(|step| step != "body" && path.len() < JOINED);
        if let Some(step) = step {
            path.push_str(if path.is_empty() { "" } else { "." });
            path.push_str(&step);
        }
    })?;
    Some(path)
}

/// A message, which may be the JSON text of another error.
fn read_text(text: String, depth: u8) -> ErrorFields {
    // Only what looks like JSON is parsed: most messages are sentences.
    let json =
        if text.starts_with("data:") || text.starts_with("error:") { event_data(&text) } else { trim(&text) };
    let nested = if json.trim_ascii_start().starts_with(['{', '[']) { read(json, depth) } else { None };
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
#[path = "body_tests.rs"]
mod tests;
