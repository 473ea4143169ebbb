//! The wire routes: how a request is written and how its response is read, one folder for each route.
//!
//! The rest of the crate knows a route only as a [`Route`], a row of [`ROUTES`]. A new route is its folder and its
//! row here. If it needs a change anywhere else in the guest, the seam is wrong: change [`Route`], not the caller.
//! `test_route` is a second route for the tests, and keeps this true.

pub mod chat_completions;
mod choice;
#[cfg(test)]
mod cross_tests;
pub mod encoding;
mod fallback;
pub mod gemini;
pub mod messages;
#[cfg(test)]
mod recorded;
mod recovery;
mod relayed;
pub mod responses;
#[cfg(test)]
mod test_route;

use alloc::{boxed::Box, string::String, vec::Vec};

pub use choice::{RouteQuery, Suitability, choose};
pub use fallback::{NotServed, both_refused, not_served};
pub use recovery::{Recovery, Refusal, without_field};
pub use relayed::decoder;

use crate::config::BaseUrl;
use crate::contract::Request;
use crate::errors::{Error, Scrubber, invalid_request};
use crate::history::{self, Conversation, ConversationRules};
use crate::http_head::ResponseHead;
use crate::response::Decoder;

/// All routes. Their order means nothing.
pub static ROUTES: &[Route] = &[
    chat_completions::ROUTE,
    gemini::ROUTE,
    messages::ROUTE,
    responses::ROUTE,
    #[cfg(test)]
    test_route::ROUTE,
];

/// One wire route: everything that the rest of the crate has to know of it.
///
/// The fields are plain data and function pointers, so a table of routes is a constant and costs nothing until a
/// route is used.
pub struct Route {
    /// The contract's name of the route, as in `request.route` and `model.routes`.
    pub name: &'static str,
    /// The headers that only this route sends, names in lower case.
    ///
    /// They are constants, because they state a version of the protocol (`anthropic-version`). A header that
    /// depends on what the caller wants, such as `anthropic-beta`, belongs to the caller: `config.headers`.
    pub headers: &'static [(&'static str, &'static str)],
    /// The path and query of the request, for a model id that has been checked and trimmed.
    ///
    /// It gets the whole base URL, because a route may live beside `/v1` and not below it. It gets the model id
    /// and nothing else of the request, because paths end up in the logs of proxies and gateways.
    pub path: fn(model: &str, base_url: &BaseUrl) -> String,
    /// How well the route serves a request that names no route. Which models it serves the catalogue knows.
    pub suits: fn(&RouteQuery<'_>) -> Suitability,
    /// What the vendor of a model requires of a conversation. The vendors of one route differ, and what one refuses
    /// another one has made itself, such as ids of tool calls.
    pub conversation: fn(model: &str) -> ConversationRules,
    /// Writes the body of a request.
    pub write: fn(CheckedRequest<'_>) -> Result<Encoded, Error>,
    /// Decides whether a refused request may go out once more in another form.
    ///
    /// It is called at most once per completion, and only before any event was handed out. It sees the bytes that
    /// were sent rather than the request: keeping the request as well would double the memory of a conversation
    /// with images, and a route that has to know what it wrote can read its own JSON.
    pub recover: fn(&Refusal<'_>) -> Option<Recovery>,
    /// Makes a decoder for one response.
    pub decoder: fn(ResponseContext) -> Box<dyn Decoder>,
    /// Panics where a written body breaks a rule that a strict server of this route has.
    #[cfg(any(test, feature = "fuzzing"))]
    pub check_body: fn(&Request, &serde_json::Value),
}

impl Route {
    /// Checks a request, repairs its conversation by the rules of this route, and writes its body.
    ///
    /// # Errors
    /// `invalid-request` for a request that no server of this route would take.
    pub fn encode(&self, request: &Request) -> Result<Encoded, Error> {
        let model = model_id(&request.model)?;
        let rules = (self.conversation)(model);
        let conversation = history::repair(&request.messages, &rules)?;
        (self.write)(CheckedRequest { request, model, conversation })
    }

    /// The path and query of a request.
    ///
    /// # Errors
    /// `invalid-request` where the model id is missing or cannot be an id.
    pub fn path(&self, request: &Request, base_url: &BaseUrl) -> Result<String, Error> {
        Ok((self.path)(model_id(&request.model)?, base_url))
    }
}

/// A request whose model id is checked and whose conversation is repaired.
pub struct CheckedRequest<'a> {
    /// The request as the host gave it. Its messages are in `conversation`.
    pub request: &'a Request,
    /// The model id without white space around it.
    pub model: &'a str,
    /// The messages, repaired by the rules of the route.
    pub conversation: Conversation<'a>,
}

/// The body of a request, as it goes on the wire.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Encoded {
    /// JSON that a strict reader accepts.
    pub body: Vec<u8>,
    /// What was repaired or could not be sent, for people.
    pub warnings: Vec<String>,
}

/// What a decoder has to know of the request and of the head of its response.
#[derive(Clone, Debug)]
pub struct ResponseContext {
    /// Status and headers.
    pub head: ResponseHead,
    /// Removes keys from what the provider writes in an error.
    pub scrubber: Scrubber,
    /// Whether the host wants the text of reasoning.
    pub reasoning_text: bool,
}

/// The model id without white space around it.
///
/// # Errors
/// `invalid-request` where there is none, or where it cannot be an id.
pub fn model_id(model: &str) -> Result<&str, Error> {
    let model = model.trim_ascii();
    if model.is_empty() {
        return Err(invalid_request(
            "the request has no model; set it to a model id from the list of models",
        ));
    }
    if model.chars().any(char::is_control) {
        return Err(invalid_request("the model id contains control characters; remove them"));
    }
    Ok(model)
}
