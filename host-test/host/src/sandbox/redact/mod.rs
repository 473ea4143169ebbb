//! Takes keys out of what servers say, before a component or a person sees it.
//!
//! Some servers repeat the credential: in an error, a dump of the headers, a header of their own, or (when
//! a model is shown it) in an answer. There are two places where the host looks, in both key modes:
//!
//! - **At the door** ([`Redaction::answer`]): every byte of every answer, before
//!   it enters the sandbox. So a key that the host adds is in no memory of a component, and whatever the
//!   component makes of an answer (events, errors, model lists, accounts) is made of an answer without it.
//! - **At the events** ([`Outgoing`]): a model repeats a text in pieces, and a key that two deltas share
//!   stands in no one place of the answer. Here the pieces come together, so here it is found.
//!
//! A key is found as it is, with JSON's escapes and percent-encoded, each however often, and across any
//! split. A server that *wants* to hand the key on can encode it in a way of its own; it has the key, and
//! no filter can stop it. And the pieces of a key that came in two deltas are in the memory of the
//! component that joined them.
//!
//! A host without this (the contract does not demand it) shows what a server says in an answer as the
//! server said it: with `bearer`, the component itself takes the key out of errors only.

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

/// What stands in the place of a key.
const REDACTED: &str = "[redacted]";

/// Keys this long are taken out of answers. Shorter ones are what people give to servers that want none
/// ("none", "EMPTY", "lm-studio"): such a word in an answer is a word. Errors are rid of those too.
const SHORTEST_SECRET: usize = 12;

/// What begins as keys do is a key from fewer characters on: no word is spelled like that.
const KEY_PREFIX: &str = "sk-";

/// The same for what begins with [`KEY_PREFIX`], which counts.
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

    /// The keys that are taken out of answers.
    fn secrets(&self) -> impl Iterator<Item = &Needle> {
        self.needles.iter().map(|needle| &**needle).filter(|needle| needle.is_secret())
    }

    /// Whether there is anything to look for in answers.
    fn is_idle(&self) -> bool {
        self.secrets().next().is_none()
    }

    /// Takes the keys out of the values of headers; a header whose name holds one goes.
    fn headers(&self, headers: &mut HeaderMap) {
        let spoiled = |name: &&HeaderName| self.secrets().any(|needle| needle.is_in_name(name.as_str()));
        let names: Vec<HeaderName> = headers.keys().filter(spoiled).cloned().collect();
        names.iter().for_each(|name| drop(headers.remove(name)));
        for value in headers.values_mut() {
            if let Cow::Owned(clean) = Flow::at_the_door(self).all(value.as_bytes()) {
                *value = HeaderValue::from_bytes(&clean).unwrap_or(HeaderValue::from_static(REDACTED));
            }
        }
    }

    /// An answer without the keys.
    pub(super) fn answer<B>(&self, mut answer: http::Response<B>) -> http::Response<RedactedBody<B>>
    where
        B: Body<Data = Bytes>,
    {
        self.headers(answer.headers_mut());
        answer.map(|body| RedactedBody::new(body, Flow::at_the_door(self)))
    }

    /// Takes the keys out of a text that came from the component, and counts it if one was there.
    fn counted(&self, text: &mut String, flow: Flow) {
        if flow.finds_in(text.as_bytes()) {
            self.taken_out.fetch_add(1, Ordering::Relaxed);
        }
        if let Cow::Owned(clean) = flow.all(text.as_bytes()) {
            *text = into_text(clean);
        }
    }

    /// How many texts that came out of the component held a key that was then taken out: errors, and events
    /// that come whole. What a server said passed the door, where its keys were taken out, so these are the
    /// component's own. Blocks do not count: there a component joins what the server said in pieces.
    pub(super) fn taken_out(&self) -> u64 {
        self.taken_out.load(Ordering::Relaxed)
    }

    /// Takes the keys out of a text.
    pub(super) fn text(&self, text: &mut String) {
        if let Cow::Owned(clean) = Flow::of_text(self).all(text.as_bytes()) {
            *text = into_text(clean);
        }
    }

    /// Takes the keys out of an error, whatever their length.
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
