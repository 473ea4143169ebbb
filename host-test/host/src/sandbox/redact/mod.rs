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
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use hyper::body::Body;
use redaction::{Flow, Keys, Kind, REDACTED};

pub(super) use body::RedactedBody;
pub(super) use events::Outgoing;

use crate::contract::embeddings::Embedding;
use crate::contract::{Error, ErrorKind};

/// The keys of one instance. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Redaction {
    keys: Keys,
    /// See [`Redaction::taken_out`].
    taken_out: Arc<AtomicU64>,
}

impl Redaction {
    /// The same with one key more.
    pub(super) fn with(&self, key: &str) -> Redaction {
        Redaction { keys: self.keys.with(key), taken_out: self.taken_out.clone() }
    }

    /// Whether there is nothing to search responses for.
    fn is_idle(&self) -> bool {
        self.keys.is_idle()
    }

    /// The beginning of a text of this kind.
    fn flow(&self, kind: Kind) -> Flow {
        Flow::new(&self.keys, kind)
    }

    /// A response without the keys.
    pub(super) fn response<B>(&self, mut response: http::Response<B>) -> http::Response<RedactedBody<B>>
    where
        B: Body<Data = Bytes>,
    {
        clean_headers(&self.keys, response.headers_mut());
        response.map(|body| RedactedBody::new(body, self.flow(Kind::Response)))
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
        if let Cow::Owned(clean) = self.flow(Kind::Text).all(text.as_bytes()) {
            *text = into_text(clean);
        }
    }

    /// Removes the keys from the texts beside vectors.
    pub(super) fn embedding(&self, embedding: &mut Embedding) {
        let Embedding { vectors: _, model, usage, request_id, warnings } = embedding;
        let counts = usage.iter_mut().flat_map(|usage| [&mut usage.currency, &mut usage.raw_json]).flatten();
        let texts = [model, request_id].into_iter().flatten().chain(counts).chain(warnings);
        texts.for_each(|text| self.counted(text, self.flow(Kind::Text)));
    }

    /// Removes the keys from an error, whatever their length.
    pub(super) fn error(&self, error: &mut Error) {
        let Error { kind, message, provider_code, request_id, suggested_model, details_json, .. } = error;
        let other = match kind {
            ErrorKind::Other(name) => Some(name),
            _ => None,
        };
        let texts = [provider_code, request_id, suggested_model, details_json];
        for text in texts.into_iter().flatten().chain(other).chain([message]) {
            self.counted(text, self.flow(Kind::Error));
        }
    }
}

/// Removes the keys from the values of headers, and headers whose name contains one.
fn clean_headers(keys: &Keys, headers: &mut HeaderMap) {
    let has_key = |name: &&HeaderName| keys.are_in_name(name.as_str());
    let names: Vec<HeaderName> = headers.keys().filter(has_key).cloned().collect();
    names.iter().for_each(|name| drop(headers.remove(name)));
    for value in headers.values_mut() {
        if let Cow::Owned(clean) = Flow::new(keys, Kind::Response).all(value.as_bytes()) {
            *value = HeaderValue::from_bytes(&clean).unwrap_or(HeaderValue::from_static(REDACTED));
        }
    }
}

/// Redacted text as text. Keys are ASCII, so taking one out cuts no character in two.
fn into_text(clean: Vec<u8>) -> String {
    String::from_utf8(clean).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
