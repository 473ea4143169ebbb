//! Removes keys from what servers send, before a component or a person sees it.
//!
//! Some servers repeat the credential: in an error, in a dump of the headers, in a header of their own, or in a
//! model's text, if the key was in a prompt. The host searches two places, in both key modes:
//!
//! - **At the gate** ([`Redaction::response`]): every byte of every response, before it enters the sandbox. A key that
//!   the host adds is therefore never in a component's memory, and everything that the component derives from a response
//!   (events, errors, model lists, accounts) is free of it.
//! - **In the events** ([`Outgoing`]): a model repeats a text in pieces, so a key may be spread over two deltas and
//!   be in no single place of the response. The host sees the pieces joined, so it can find such a key here.
//!
//! A key is found as it is, with JSON's escapes and percent-encoded, each any number of times, and across any split.
//! A server that *wants* to pass the key on can encode it in its own way; it has the key, and no filter can stop it.
//! The two halves of a key that arrived in two deltas are in the memory of the component that joined them.
//!
//! The contract does not require this of a host. Without it, with `bearer`, the component removes the key from errors
//! only.

mod body;
mod events;
mod flow;
mod needle;
#[cfg(test)]
mod tests;
mod units;

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use hyper::body::Body;

use body::RedactedBody;
pub(super) use events::Outgoing;
use flow::Flow;
use needle::Needle;

use crate::contract::Error;

/// What replaces a key.
const REDACTED: &str = "[redacted]";

/// Keys of at least this length are removed from responses. Shorter ones are placeholders for servers that need no key
/// ("none", "EMPTY", "lm-studio"); removing them would damage ordinary text. Errors lose those too.
const SHORTEST_SECRET: usize = 12;

/// The prefix of most keys. A text that begins with it counts as a key even if it is shorter: no ordinary word begins so.
const KEY_PREFIX: &str = "sk-";

/// The shortest key with [`KEY_PREFIX`], whose length is included.
const SHORTEST_PREFIXED: usize = 8;

/// The keys of one instance. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Redaction {
    needles: Arc<[Arc<Needle>]>,
    /// See [`Redaction::taken_out`].
    taken_out: Arc<AtomicU64>,
}

impl Redaction {
    /// The same with one key more.
    pub(super) fn with(&self, key: &str) -> Redaction {
        let known = self.needles.iter().any(|needle| needle.is(key));
        match Needle::new(key) {
            Some(needle) if !known => {
                let needles = self.needles.iter().cloned().chain([Arc::new(needle)]).collect();
                Redaction { needles, taken_out: self.taken_out.clone() }
            }
            _ => self.clone(),
        }
    }

    /// The keys that are removed from responses.
    fn secrets(&self) -> impl Iterator<Item = &Needle> {
        self.needles.iter().map(|needle| &**needle).filter(|needle| needle.is_secret())
    }

    /// Whether there is nothing to search responses for.
    fn is_idle(&self) -> bool {
        self.secrets().next().is_none()
    }

    /// Removes the keys from the values of headers, and headers whose name contains one.
    fn headers(&self, headers: &mut HeaderMap) {
        let holds_key = |name: &&HeaderName| self.secrets().any(|needle| needle.is_in_name(name.as_str()));
        let names: Vec<HeaderName> = headers.keys().filter(holds_key).cloned().collect();
        names.iter().for_each(|name| drop(headers.remove(name)));
        for value in headers.values_mut() {
            if let Cow::Owned(clean) = Flow::at_the_gate(self).all(value.as_bytes()) {
                *value = HeaderValue::from_bytes(&clean).unwrap_or(HeaderValue::from_static(REDACTED));
            }
        }
    }

    /// A response without the keys.
    pub(super) fn response<B>(&self, mut response: http::Response<B>) -> http::Response<RedactedBody<B>>
    where
        B: Body<Data = Bytes>,
    {
        self.headers(response.headers_mut());
        response.map(|body| RedactedBody::new(body, Flow::at_the_gate(self)))
    }

    /// Removes the keys from a text of the component, and counts the text if it had one.
    fn counted(&self, text: &mut String, flow: Flow) {
        if flow.finds_in(text.as_bytes()) {
            self.taken_out.fetch_add(1, Ordering::Relaxed);
        }
        if let Cow::Owned(clean) = flow.all(text.as_bytes()) {
            *text = into_text(clean);
        }
    }

    /// How many texts of the component contained a key, which was removed: errors, and events that are not streamed.
    /// Responses lose their keys at the gate, so these were leaked by the component. Blocks are not counted: there a
    /// component joins pieces of what the server sent.
    pub(super) fn taken_out(&self) -> u64 {
        self.taken_out.load(Ordering::Relaxed)
    }

    /// Removes the keys from a text.
    pub(super) fn text(&self, text: &mut String) {
        if let Cow::Owned(clean) = Flow::of_text(self).all(text.as_bytes()) {
            *text = into_text(clean);
        }
    }

    /// Removes the keys from an error, whatever their length.
    pub(super) fn error(&self, error: &mut Error) {
        let texts = [&mut error.provider_code, &mut error.request_id, &mut error.details_json];
        for text in texts.into_iter().flatten().chain([&mut error.message]) {
            self.counted(text, Flow::of_error(self));
        }
    }
}

/// Redacted text as text. Keys are ASCII, so taking one out cuts no character in two.
fn into_text(clean: Vec<u8>) -> String {
    String::from_utf8(clean).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
