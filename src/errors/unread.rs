//! The error in a text of the server that was no part of the response, for streams that end badly [71].

use super::{
    Error, ErrorKind, Scrubber,
    body::ErrorFields,
    classify::{build, details, signals},
    detection::glued_error,
    phrases::has_phrase,
    rules::{self, ErrorSignals},
    verdicts,
};
use crate::http_head::ResponseHead;
use crate::json::parse;
use crate::text_search::trim;

/// Lines that are judged, the last ones: a traceback ends with its cause.
const LINES_SEARCHED: usize = 8;

/// Words of a text that reports a failure. The Chinese ones: "error", "failed", "exception".
const FAILURES: &str =
    "error|exception|fail|died|crash|abort|denied|refused|unavailable|panic|traceback\n错误|失败|异常";

/// The error that ended a stream badly, with the last text of the server that could not be read.
///
/// Where that text is an error, it is the cause. A broken connection is its effect, and says less. Any other text only
/// goes into the details.
pub fn from_unread(text: &str, mut cause: Error, head: &ResponseHead, scrubber: &Scrubber) -> Error {
    if cause.details_json.is_some() {
        return cause;
    }
    if let Some(error) = unread_error(text, &cause.kind, head, scrubber) {
        return error;
    }
    let last = lines_from_the_end(text).next().unwrap_or_default();
    // Half a chunk is the model's text, which the caller has as far as it goes.
    if !is_json_like(last) || parse(last).is_ok() {
        // The last line alone, which is the latest thing that the server wrote.
        cause.details_json = details(last, &ErrorFields::default(), scrubber);
    }
    cause
}

/// The error in a text that could not be read; `None` where it need not be one. `cause` is the error that is known.
pub fn unread_error(
    text: &str,
    cause: &ErrorKind,
    head: &ResponseHead,
    scrubber: &Scrubber,
) -> Option<Error> {
    if let Some(json) = glued_error(text) {
        return Some(build(Some(head), 0, json, scrubber));
    }
    // A web page may be about anything.
    if trim(text).starts_with('<') {
        return None;
    }
    let line = lines_from_the_end(text).take(LINES_SEARCHED).find(|line| is_error(line, cause))?;
    Some(build(Some(head), 0, line, scrubber))
}

/// The lines that are not blank, the last one first. `str::lines` would be the only use of 900 bytes of code.
fn lines_from_the_end(mut text: &str) -> impl Iterator<Item = &str> {
    core::iter::from_fn(move || {
        loop {
            // Without its line end, so that a position after the last one is within the text or at its end.
            text = text.trim_ascii_end();
            if text.is_empty() {
                return None;
            }
            let start = memchr::memrchr(b'\n', text.as_bytes()).map_or(0, |end| end.saturating_add(1));
            let (before, line) = text.split_at_checked(start)?;
            text = before;
            let line = line.trim_ascii_start();
            if !line.is_empty() {
                return Some(line);
            }
        }
    })
}

fn is_error(line: &str, cause: &ErrorKind) -> bool {
    if is_json_like(line) {
        return is_reason(line, cause);
    }
    let named = line.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("error:"));
    named || reports_failure(&signals(None, 0, line, &ErrorFields::default(), false), cause)
}

/// Whether a JSON text that does not call itself an error is one all the same: it has a message, and a code or words
/// of a failure. `cause` is the error otherwise.
pub fn is_reason(json: &str, cause: &ErrorKind) -> bool {
    let fields = ErrorFields::read(json);
    // 0 and 200 are the codes of success of those that have codes in every response.
    let has_code = !matches!(&*fields.code, "" | "0" | "200");
    !fields.message.is_empty()
        && (has_code || reports_failure(&signals(None, 0, &fields.message, &fields, false), cause))
}

/// A body without one event is the text of something else than the API, and there the table has to know the cause.
/// Between events only what goes wrong is written as plain text, so that one of the words for that is enough.
fn reports_failure(signals: &ErrorSignals, cause: &ErrorKind) -> bool {
    *cause != ErrorKind::Protocol && has_phrase(&signals.words, FAILURES)
        || !core::ptr::eq(rules::judge(signals), &verdicts::SERVER)
}

/// Whether a line begins as JSON, whole or cut off. It may be a chunk, whose text is the model's: that may be about
/// errors, and is none. `[ERROR]` and Python's `{'error': …}` are no JSON.
fn is_json_like(line: &str) -> bool {
    line.trim_start_matches(['{', '[', ' ', '\t']).starts_with('"')
}
