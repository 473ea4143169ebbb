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

use http::{HeaderMap, HeaderName, HeaderValue};
use http_body_util::BodyExt;
use wasmtime_wasi_http::WasiBody;

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

/// The keys of one instance. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Redaction {
    needles: Arc<[Arc<Needle>]>,
}

impl Redaction {
    /// The same with one key more.
    pub(super) fn with(&self, key: &str) -> Redaction {
        let known = self.needles.iter().any(|needle| needle.is(key));
        match Needle::new(key) {
            Some(needle) if !known => {
                Redaction { needles: self.needles.iter().cloned().chain([Arc::new(needle)]).collect() }
            }
            _ => self.clone(),
        }
    }

    /// The keys that are taken out of answers.
    fn secrets(&self) -> impl Iterator<Item = &Needle> {
        self.needles.iter().map(|needle| &**needle).filter(|needle| needle.len() >= SHORTEST_SECRET)
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
    pub(super) fn answer(&self, mut answer: http::Response<WasiBody>) -> http::Response<WasiBody> {
        if self.is_idle() {
            return answer;
        }
        self.headers(answer.headers_mut());
        answer.map(|body| RedactedBody::new(body, Flow::at_the_door(self)).boxed_unsync())
    }

    /// Takes the keys out of a text.
    fn text(&self, text: &mut String) {
        if let Cow::Owned(clean) = Flow::of_text(self).all(text.as_bytes()) {
            *text = into_text(clean);
        }
    }

    /// Takes the keys out of an error, whatever their length.
    pub(super) fn error(&self, error: &mut Error) {
        let texts = [&mut error.provider_code, &mut error.request_id, &mut error.details_json];
        for text in texts.into_iter().flatten().chain([&mut error.message]) {
            if let Cow::Owned(clean) = Flow::of_error(self).all(text.as_bytes()) {
                *text = into_text(clean);
            }
        }
    }
}

/// Redacted text as text. Keys are ASCII, so taking one out cuts no character in two.
fn into_text(clean: Vec<u8>) -> String {
    String::from_utf8(clean).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
