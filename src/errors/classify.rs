//! Turns a response that is an error into an [`Error`] that a host can decide by.
//!
//! A host decides three things by it: whether to try again, whether to shorten the conversation, and what to
//! show to a person. So the kind and `retryable` come from a table of documented codes and phrases (`rules`),
//! and the message is our own sentence, never the provider's.

use alloc::{
    borrow::Cow,
    string::{String, ToString},
};

use super::{
    Error, ErrorKind, RetryAfter, Scrubber,
    body::{self, ErrorFields},
    error,
    excerpt::excerpt,
    phrases::words,
    rules::{self, ErrorSignals},
    wait_hint::wait_hint,
};
use crate::http_head::{ResponseHead, usable_id};
use crate::json::Json;
use crate::text_search::{contains, split_once, trim};

/// Bytes of a body that are read [22]. An endless body must not cost endless time, and no provider's error
/// comes near this.
const BODY_READ: usize = 64 * 1024;
/// Bytes of a text that are searched for phrases. An error states its cause first and may quote the prompt
/// later: a prompt about rate limits must not make a rate limit of every error.
const TEXT_SEARCHED: usize = 8 * 1024;
/// Bytes of the provider's message in the details, and of each other field: with the names of the fields, the
/// whole stays below 4 KiB [22].
const MESSAGE_SHOWN: usize = 3 * 1024;
const FIELD_SHOWN: usize = 160;
/// Longest name of a code or a parameter that our own message repeats.
const NAME_SHOWN: usize = 64;
/// Bytes of a code that are compared. The longest of the table has half of it; the class may be a sentence.
const NAME_SEARCHED: usize = 256;

/// The error that a response with a status other than 2xx means.
///
/// `body` is what was read of it, whole or not. The message is ours; the provider's own text is in
/// `details_json`, scrubbed and below 4 KiB.
pub fn from_response(head: &ResponseHead, body: &[u8], scrubber: &Scrubber) -> Error {
    // Cut before it is decoded, so that the rest of a large body costs nothing.
    let text = String::from_utf8_lossy(body.get(..BODY_READ).unwrap_or(body));
    build(Some(head), head.status, &text, scrubber)
}

/// The error that a JSON text inside a response with status 200 means: in place of a list or a completion, or
/// in the middle of a stream [18]. `json` is the whole text or chunk, not the inner object.
///
/// A code from 400 to 599 counts as the status. An error that nothing identifies is the provider's failure,
/// and retryable.
pub fn from_body_error(json: &str, head: Option<&ResponseHead>, scrubber: &Scrubber) -> Error {
    build(head, 0, json, scrubber)
}

/// `status` 0 stands for "see the body".
pub(super) fn build(head: Option<&ResponseHead>, status: u16, text: &str, scrubber: &Scrubber) -> Error {
    let fields = ErrorFields::read(text);
    // The headers first: they are the server's own, and a text may quote anything.
    let in_header = head.and_then(|head| RetryAfter::from_head(head).ms());
    let wait = in_header.or_else(|| wait_hint(&fields.message)).or_else(|| wait_hint(text));
    let signals = signals(head, status, text, &fields, wait.is_some());
    let verdict = rules::judge(&signals);
    let code = provider_code(&fields, scrubber);
    let http_status = head.map(|head| head.status);
    let message = message(verdict.advice, http_status, code.as_deref(), &fields, scrubber);
    // OpenAI's header. It knows more than the status does, as far as it is believed; see `may_pass`.
    let should_retry = head.and_then(|head| head.header("x-should-retry"));
    let mut error = error(verdict.kind.clone(), message);
    error.http_status = http_status;
    error.provider_code = code;
    error.request_id = request_id(head, &fields, scrubber);
    // A wait in a text counts only where waiting helps, since the text may be about anything.
    error.retry_after_ms = if verdict.retryable { wait } else { in_header };
    error.retryable = match should_retry.map(str::trim_ascii) {
        Some("true") => verdict.retryable || may_pass(&verdict.kind),
        Some("false") => false,
        _ => verdict.retryable,
    };
    // A response proves that the request has arrived, so it may be billed.
    error.request_sent = true;
    error.details_json = details(text, &fields, scrubber);
    error
}

/// Kinds that another try may succeed after, where the server asks for it with `x-should-retry: true`. The
/// header is not enough for a refused key or a wrong request: those fail the same way again, and providers
/// count such failures against the key.
fn may_pass(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::RateLimited
            | ErrorKind::Overloaded
            | ErrorKind::Server
            | ErrorKind::Timeout
            | ErrorKind::Network
    )
}

pub(super) fn signals(
    head: Option<&ResponseHead>,
    status: u16,
    text: &str,
    fields: &ErrorFields,
    waits: bool,
) -> ErrorSignals {
    let message = if fields.message.is_empty() { text } else { &fields.message };
    let message = window(message, TEXT_SEARCHED);
    ErrorSignals {
        // Gateways put the upstream's status into `code` of an error inside a 200. Other numbers are codes of
        // the vendor's own (`1261`, `40303`) and say nothing about the status.
        status: if status == 0 { fields.status } else { status },
        codes: [&fields.code, &fields.class].map(|name| words(window(name, NAME_SEARCHED))),
        text: message.to_ascii_lowercase(),
        words: words(message),
        waits,
        html: body::is_html(head.and_then(|head| head.header("content-type")), text),
        declined: fields.declined,
    }
}

/// The beginning of a text.
fn window(text: &str, limit: usize) -> &str {
    text.get(..text.floor_char_boundary(limit)).unwrap_or_default()
}

/// Scrubbed, and short enough to show.
fn shown(text: &str, limit: usize, scrubber: &Scrubber) -> String {
    // A window first, so that the text far after the cut costs nothing. The scrubber recognises a key that the
    // window's end cuts in half.
    excerpt(&scrubber.scrub(window(text, BODY_READ)), limit).into_owned()
}

fn provider_code(fields: &ErrorFields, scrubber: &Scrubber) -> Option<String> {
    let code = [&fields.code, &fields.class].into_iter().find(|code| !code.trim_ascii().is_empty())?;
    Some(shown(code.trim_ascii(), FIELD_SHOWN, scrubber))
}

/// Our advice, and the facts in brackets. The provider's free text is left out: it may repeat the prompt, and
/// messages go to logs where prompts must not.
fn message(
    advice: &str,
    status: Option<u16>,
    code: Option<&str>,
    fields: &ErrorFields,
    scrubber: &Scrubber,
) -> String {
    // A server may echo anything, so even the name of a parameter is cleaned [24].
    let param = scrubber.scrub(&fields.param);
    let facts = [
        status.map(|status| ("HTTP ", Cow::Owned(u32::from(status).to_string()))),
        code.filter(|code| is_name(code)).map(|code| ("code ", Cow::Borrowed(code))),
        Some(("parameter ", Cow::Borrowed(&*param))).filter(|(_, param)| is_name(param)),
    ];
    let mut message = advice.to_string();
    for (at, (label, fact)) in facts.into_iter().flatten().enumerate() {
        message.push_str(if at == 0 { " (" } else { ", " });
        message.push_str(label);
        message.push_str(&fact);
    }
    if message.len() > advice.len() {
        message.push(')');
    }
    message
}

fn is_name(text: &str) -> bool {
    (1..=NAME_SHOWN).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.[]".contains(&byte))
        // A code that was a key is no code: `[redacted]` would only puzzle.
        && !contains(text, super::scrub::REDACTED)
}

fn request_id(head: Option<&ResponseHead>, fields: &ErrorFields, scrubber: &Scrubber) -> Option<String> {
    let in_header = head.and_then(ResponseHead::request_id);
    let id = in_header.or_else(|| usable_id(&fields.request_id)).or_else(|| id_in_text(&fields.message))?;
    Some(scrubber.scrub(id).into_owned())
}

/// The id in "… (request id: 20261122…)": new-api writes it into its messages and sends no header with it.
fn id_in_text(text: &str) -> Option<&str> {
    const MARK: &str = "request id:";
    // Only ASCII is folded, so that positions in one text are positions in the other.
    let lower = text.to_ascii_lowercase();
    let (_, mut rest) = split_once(&lower, MARK)?;
    // The last one: the gateway appends its own id after whatever the upstream wrote.
    while let Some((_, after)) = split_once(rest, MARK) {
        rest = after;
    }
    let rest = text.get(text.len().saturating_sub(rest.len())..)?.trim_ascii_start();
    let in_id = |byte: &u8| byte.is_ascii_graphic() && !b")],;\"".contains(byte);
    usable_id(rest.get(..rest.bytes().take_while(in_id).count())?)
}

/// The provider's own fields as a JSON object, for people who debug; `None` where the body is empty.
pub(super) fn details(text: &str, fields: &ErrorFields, scrubber: &Scrubber) -> Option<String> {
    let text = trim(text);
    if text.is_empty() {
        return None;
    }
    // The body itself where its message was not found: a shape that is new must not cost the words in it [73].
    let whole = if fields.message.is_empty() { text } else { "" };
    let fields = [
        ("message", fields.message.as_str(), MESSAGE_SHOWN),
        ("type", &fields.class, FIELD_SHOWN),
        ("param", &fields.param, FIELD_SHOWN),
        ("code", &fields.code, FIELD_SHOWN),
        ("text", whole, MESSAGE_SHOWN),
    ];
    let mut json = Json::default();
    json.raw("{");
    for (name, value, limit) in fields.into_iter().filter(|(_, value, _)| !value.is_empty()) {
        json.key(name);
        json.string(&shown(value, limit, scrubber));
    }
    json.raw("}");
    Some(json.into_string())
}
