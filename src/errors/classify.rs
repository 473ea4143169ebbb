//! From an answer that is an error to an [`Error`] that a host can decide by.

use alloc::{
    borrow::Cow,
    string::{String, ToString},
};

use super::{
    Error, ErrorKind, Scrubber, Wish,
    body::{self, Words},
    error,
    excerpt::excerpt,
    rules::{self, Evidence},
};
use crate::http_head::{ResponseHead, usable_id};
use crate::json::Json;
use crate::text_search::{contains, split_once, trim};

/// Bytes of a body that are looked at [22].
const BODY_READ: usize = 64 * 1024;
/// Bytes of a text that are searched for phrases: an error says first what it is, and later may quote the
/// prompt.
const TEXT_SEARCHED: usize = 8 * 1024;
/// Bytes of the provider's message in the details, and of each word beside it: with the names of the
/// fields, the whole stays below 4 KiB [22].
const MESSAGE_SHOWN: usize = 3 * 1024;
const WORD_SHOWN: usize = 160;
/// Longest name of a code or a parameter that our own message repeats.
const NAME_SHOWN: usize = 64;

/// The error that an answer with a status other than 2xx means.
///
/// `body` is what was read of it, whole or not. The message is ours; the provider's words are in
/// `details_json`, scrubbed and below 4 KiB.
pub fn from_response(head: &ResponseHead, body: &[u8], scrubber: &Scrubber) -> Error {
    let text = String::from_utf8_lossy(body.get(..BODY_READ).unwrap_or(body));
    build(Some(head), head.status, &text, scrubber)
}

/// The error that a JSON text inside of an answer with status 200 means: in place of a list or a
/// completion, or in the middle of a stream [18]. `json` is the whole text or chunk, not the inner object.
///
/// A code from 400 to 599 counts as the status. What cannot be told is the provider's failure, retryable.
pub fn from_body_error(json: &str, head: Option<&ResponseHead>, scrubber: &Scrubber) -> Error {
    build(head, 0, json, scrubber)
}

/// `status` 0 stands for "see the body".
fn build(head: Option<&ResponseHead>, status: u16, text: &str, scrubber: &Scrubber) -> Error {
    let words = Words::read(text);
    let evidence = evidence(head, status, text, &words);
    let verdict = rules::judge(&evidence);
    let code = provider_code(&words, scrubber);
    let http_status = head.map(|head| head.status);
    let message = message(verdict.advice, http_status, code.as_deref(), &words, scrubber);
    let should_retry = head.and_then(|head| head.header("x-should-retry"));
    let mut error = error(verdict.kind.clone(), message);
    error.http_status = http_status;
    error.provider_code = code;
    error.request_id = request_id(head, &words, scrubber);
    error.retry_after_ms = head.and_then(|head| Wish::from_head(head).ms());
    error.retryable = match should_retry.map(str::trim_ascii) {
        Some("true") => verdict.retryable || may_pass(&verdict.kind),
        Some("false") => false,
        _ => verdict.retryable,
    };
    error.request_sent = true;
    error.details_json = details(text, &words, scrubber);
    error
}

/// Failures of the kind that another try may find gone, where the server says so. Its word is not enough for a
/// key that is refused or a request that is wrong: those come back the same, and may be counted against it.
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

fn evidence(head: Option<&ResponseHead>, status: u16, text: &str, words: &Words) -> Evidence {
    let named = || [&words.code, &words.class].into_iter().find_map(|word| word.parse().ok());
    let in_body = || named().filter(|code| (400..=599).contains(code)).unwrap_or(0);
    let said = if words.message.is_empty() { text } else { &words.message };
    let said = said.get(..said.floor_char_boundary(TEXT_SEARCHED)).unwrap_or_default();
    Evidence {
        status: if status == 0 { in_body() } else { status },
        words: [words.code.to_ascii_lowercase(), words.class.to_ascii_lowercase()],
        text: said.to_ascii_lowercase(),
        html: body::is_html(head.and_then(|head| head.header("content-type")), text),
        declined: words.declined,
    }
}

/// Scrubbed, and short enough to show.
fn shown(text: &str, limit: usize, scrubber: &Scrubber) -> String {
    // A window first: what lies far behind the cut need not be searched, and the scrubber knows a key
    // that the window's end cuts in half.
    let window = text.get(..text.floor_char_boundary(BODY_READ)).unwrap_or_default();
    excerpt(&scrubber.scrub(window), limit).into_owned()
}

fn provider_code(words: &Words, scrubber: &Scrubber) -> Option<String> {
    let word = [&words.code, &words.class].into_iter().find(|word| !word.trim_ascii().is_empty())?;
    Some(shown(word.trim_ascii(), WORD_SHOWN, scrubber))
}

/// Our advice and the facts beside it. The provider's free text is left out: it may repeat the prompt.
fn message(
    advice: &str,
    status: Option<u16>,
    code: Option<&str>,
    words: &Words,
    scrubber: &Scrubber,
) -> String {
    let param = scrubber.scrub(&words.param);
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

fn is_name(word: &str) -> bool {
    (1..=NAME_SHOWN).contains(&word.len())
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.[]".contains(&byte))
        // `[redacted]` alone says nothing.
        && !contains(word, super::scrub::REDACTED)
}

fn request_id(head: Option<&ResponseHead>, words: &Words, scrubber: &Scrubber) -> Option<String> {
    let in_header = head.and_then(ResponseHead::request_id);
    let id = in_header.or_else(|| usable_id(&words.request_id)).or_else(|| id_in_text(&words.message))?;
    Some(scrubber.scrub(id).into_owned())
}

/// "… (request id: 20261122…)", as the gateway writes into its messages.
fn id_in_text(text: &str) -> Option<&str> {
    const MARK: &str = "request id:";
    // ASCII only is folded, so that places in the one are places in the other.
    let lower = text.to_ascii_lowercase();
    let (_, mut rest) = split_once(&lower, MARK)?;
    // The last one: what the gateway adds stands at the end.
    while let Some((_, behind)) = split_once(rest, MARK) {
        rest = behind;
    }
    let rest = text.get(text.len() - rest.len()..)?.trim_ascii_start();
    let in_id = |byte: &u8| byte.is_ascii_graphic() && !b")],;\"".contains(byte);
    usable_id(rest.get(..rest.bytes().take_while(in_id).count())?)
}

/// The provider's words as a JSON object; `None` where it said nothing.
fn details(text: &str, words: &Words, scrubber: &Scrubber) -> Option<String> {
    let text = trim(text);
    if text.is_empty() {
        return None;
    }
    let whole = if words.is_empty() { text } else { "" };
    let fields = [
        ("message", words.message.as_str(), MESSAGE_SHOWN),
        ("type", &words.class, WORD_SHOWN),
        ("param", &words.param, WORD_SHOWN),
        ("code", &words.code, WORD_SHOWN),
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
