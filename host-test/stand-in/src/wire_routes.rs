//! The wire routes that the stand-in serves. A new route is a row here, its variant of [`Route`], its
//! scenarios, and the functions that the row names. Tests and conformance cases iterate over the table, so
//! they cover a new row without a change.

use http::Method;
use serde_json::Value;

use super::chat;
use super::chat_request::ChatRequest;
use super::check;
use super::errors::{Refusal, Shape};
use super::fault::Reply;
use super::router::Exchange;
use super::routes::play::{self, Format};
use super::routes::{gemini, messages, responses};
use super::script::{Route, Scenario};
use super::{Shared, repertoire};

/// One wire route, from the server's side.
pub struct WireRoute {
    /// Its name in the contract.
    pub name: &'static str,
    /// The kind of its scenarios.
    pub scenarios: Route,
    /// Its endpoint type in the lists of models.
    pub endpoint_type: &'static str,
    /// The scenario for cases that test the connection and not a scenario. Its text is "Hello, world.".
    pub plain: &'static str,
    /// Whether a request belongs to this route. A function, because a path may contain the model's id.
    pub is_request: fn(&Method, &str) -> bool,
    /// A model that a client would use on this route.
    pub sample_model: &'static str,
    /// A path of the route, for requests that tests write by hand.
    pub sample_path: &'static str,
    /// A body for it.
    pub sample_body: &'static str,
    /// The shape of the gateway's own errors on this route.
    shape: Shape,
    /// How its bodies are checked and read, and how its responses are written; `None` for chat completions, whose
    /// scenarios are written in their format already.
    format: Option<&'static Format>,
}

/// Every route. The first one is the route that a provider uses for a model that it does not know.
pub static WIRE_ROUTES: &[WireRoute] = &[
    WireRoute {
        name: "chat-completions",
        scenarios: Route::Chat,
        endpoint_type: "openai",
        plain: "at-once",
        is_request: |method, path| method == Method::POST && path == "/v1/chat/completions",
        sample_model: "gpt-5.4-mini",
        sample_path: "/v1/chat/completions",
        sample_body: r#"{"model":"gpt-5.4-mini","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"ping, please"}]}"#,
        shape: Shape::OpenAi,
        format: None,
    },
    WireRoute {
        name: "responses",
        scenarios: Route::Responses,
        endpoint_type: "openai-response",
        plain: "responses-at-once",
        is_request: |method, path| method == Method::POST && path == "/v1/responses",
        sample_model: "gpt-5.5",
        sample_path: "/v1/responses",
        sample_body: r#"{"model":"gpt-5.4-mini","stream":true,"store":false,"input":[{"role":"user","content":"ping, please"}]}"#,
        shape: Shape::OpenAi,
        format: Some(&responses::FORMAT),
    },
    WireRoute {
        name: "messages",
        scenarios: Route::Messages,
        endpoint_type: "anthropic",
        plain: "messages-at-once",
        is_request: |method, path| method == Method::POST && path == "/v1/messages",
        sample_model: "claude-opus-5",
        sample_path: "/v1/messages",
        sample_body: r#"{"model":"claude-sonnet-5","stream":true,"max_tokens":100,"messages":[{"role":"user","content":"ping, please"}]}"#,
        shape: Shape::Anthropic,
        format: Some(&messages::FORMAT),
    },
    WireRoute {
        name: "gemini",
        scenarios: Route::Gemini,
        endpoint_type: "gemini",
        plain: "gemini-at-once",
        is_request: gemini::is_request,
        sample_model: "gemini-3.5-flash",
        sample_path: "/v1beta/models/gemini-3.5-flash:streamGenerateContent?alt=sse",
        sample_body: r#"{"contents":[{"role":"user","parts":[{"text":"ping, please"}]}]}"#,
        shape: Shape::OpenAi,
        format: Some(&gemini::FORMAT),
    },
];

/// The route of a request; `None` if it belongs to none.
pub(super) fn find(method: &Method, path: &str) -> Option<&'static WireRoute> {
    WIRE_ROUTES.iter().find(|route| (route.is_request)(method, path))
}

impl Route {
    /// The wire route of these scenarios; `None` for embeddings, the lists and the account.
    #[must_use]
    pub fn wire(self) -> Option<&'static WireRoute> {
        WIRE_ROUTES.iter().find(|route| route.scenarios == self)
    }
}

impl WireRoute {
    /// Responds to a request, with the given scenario or with the one that fits it.
    pub(super) fn complete(
        &self,
        shared: &Shared,
        exchange: &Exchange,
        scripted: Option<&'static Scenario>,
    ) -> Result<Reply, Refusal> {
        let body: Value = serde_json::from_slice(&exchange.body)
            .map_err(|error| Refusal::gateway(400, "invalid_request", format!("invalid JSON: {error}")))
            .map_err(|refusal| refusal.in_shape(self.shape))?;
        // Checked first: an invalid request must not pass because a scenario ignores the invalid part.
        let request = match self.format {
            Some(format) => (format.prepare)(exchange, body)?,
            None => check::request(&body).map(|()| ChatRequest::read(body))?,
        };
        // This does not happen, because the generic scenarios fit every turn.
        let none = || Refusal::gateway(503, "model_not_found", "no scenario fits").in_shape(self.shape);
        let scenario = scripted.or_else(|| repertoire::fitting(self.scenarios, &request)).ok_or_else(none)?;
        let request = Some(request);
        Ok(match self.format {
            Some(format) => play::play(shared, exchange, scenario, request, format),
            None => chat::play(shared, exchange, scenario, request),
        })
    }
}
