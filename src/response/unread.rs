//! The text of a stream that was no part of it, kept for the error if the stream ends badly [71].
//!
//! Servers that fail in the middle of a response write the reason as a line of plain text, as JSON without `data:`, or
//! in the middle of an event. By the standard all of that is skipped, and the caller would learn only that the
//! connection broke. A stream that ends well never looks at it: a stray line must not make an error of a response.

use alloc::{string::String, vec::Vec};

use crate::errors::{Error, ErrorKind, Scrubber, from_body_error, from_unread, unread_error};
use crate::http_head::ResponseHead;

/// Bytes that are kept of one text, and of all of them: an error is short, and comes last. Twice as many for a moment,
/// so that the rest is moved rarely and the cost stays linear.
const KEPT: usize = 8 * 1024;

/// What could not be read, and what an error needs beside it.
#[derive(Debug, Default)]
pub struct Unread {
    text: Vec<u8>,
    /// No content of the response came after the text.
    is_last: bool,
    head: ResponseHead,
    scrubber: Scrubber,
}

impl Unread {
    /// For a response with this head.
    pub fn new(head: ResponseHead, scrubber: Scrubber) -> Self {
        Self { head, scrubber, ..Self::default() }
    }

    /// Keeps a line, or the data of an event.
    pub fn note(&mut self, text: &[u8]) {
        if text.is_empty() {
            return;
        }
        self.is_last = true;
        // Never cut at its start, where the scrubber would not recognize a part of a key.
        let text = text.get(..KEPT).unwrap_or(text);
        if self.text.len().saturating_add(text.len()) > 2 * KEPT {
            let excess = self.text.len().saturating_sub(KEPT);
            // Up to the end of a line, for the same reason.
            let rest = self.text.get(excess..).unwrap_or_default();
            let line = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end.saturating_add(1));
            self.text.drain(..excess.saturating_add(line));
        }
        self.text.extend_from_slice(text);
        self.text.push(b'\n');
    }

    /// Content follows the text: the response went on, so that the text is not what ended it.
    pub fn precedes_content(&mut self) {
        self.is_last = false;
    }

    /// The error in a JSON text of this response.
    pub fn json_error(&self, json: &str) -> Error {
        from_body_error(json, Some(&self.head), &self.scrubber)
    }

    /// The error in the text, if it is one and nothing followed it: for an end of the stream that proves nothing.
    pub fn error(&self) -> Option<Error> {
        if self.text.is_empty() || !self.is_last {
            return None;
        }
        unread_error(&self.lossy(), &ErrorKind::IncompleteStream, &self.head, &self.scrubber)
    }

    /// The cause of a bad end: the error in the text, or the known one with the text in its details.
    pub fn explain(&self, cause: Error) -> Error {
        if self.text.is_empty() {
            return cause;
        }
        from_unread(&self.lossy(), cause, &self.head, &self.scrubber)
    }

    fn lossy(&self) -> String {
        String::from_utf8_lossy(&self.text).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::errors::incomplete_stream;

    fn explained(texts: &[&str]) -> Error {
        let mut unread = Unread::default();
        texts.iter().for_each(|text| unread.note(text.as_bytes()));
        unread.explain(incomplete_stream())
    }

    #[test]
    fn an_error_is_the_cause_and_any_other_text_is_a_detail() {
        for (texts, kind) in [
            (&["error: engine died"][..], ErrorKind::Server),
            (&["Traceback (most recent call last)", "RuntimeError: CUDA"], ErrorKind::Server),
            (&["rate limit reached"], ErrorKind::RateLimited),
            (&["{\"a\":1", "{\"error\":{\"code\":402}}"], ErrorKind::Billing),
            (&["模型余额不足"], ErrorKind::Billing),
            (&["ping"], ErrorKind::IncompleteStream),
            (
                &["{\"choices\":[{\"delta\":{\"content\":\"an error: rate limit reached"],
                ErrorKind::IncompleteStream,
            ),
        ] {
            let error = explained(texts);
            assert_eq!(error.kind, kind, "{texts:?}");
            // Not for half a chunk: it is the model's text.
            assert_eq!(error.details_json.is_some(), !texts.concat().starts_with("{\"choices"), "{texts:?}");
        }
        assert_eq!(Unread::default().explain(incomplete_stream()), incomplete_stream());
    }

    #[test]
    fn only_the_last_bytes_are_kept() {
        let mut unread = Unread::default();
        for _ in 0..100_000 {
            unread.note(b"error: first");
            assert!(unread.text.len() <= 2 * KEPT + 16);
        }
        unread.note(&[b'x'; 100_000]);
        assert!(unread.text.len() <= 2 * KEPT + 16);
        assert_eq!(unread.lossy().lines().filter(|line| *line != "error: first").count(), 1, "whole lines");
        unread.note(b"error: last");
        assert!(unread.lossy().ends_with("error: last\n"));
    }
}
