//! The wire routes that the stand-in serves. A new one is a row here, its variant of [`Route`], its scenarios, and the
//! functions that the row names.

use http::Method;
use serde_json::Value;

use super::ask::Asked;
use super::chat;
use super::check;
use super::errors::Refusal;
use super::fault::Reply;
use super::router::Exchange;
use super::script::{Route, Scenario};
use super::{Shared, repertoire};

/// One wire route, as a server sees it.
pub struct WireRoute {
    /// The contract's name of it.
    pub name: &'static str,
    /// The scenarios that answer it.
    pub scenarios: Route,
    /// The endpoint type that stands for it in the lists of models.
    pub endpoint_type: &'static str,
    /// The scenario that cases play which are about the connection and not about a scenario. It says
    /// "Hello, world.".
    pub plain: &'static str,
    /// Whether a request is one of this route. A function, since a path may hold the model's id.
    pub is_request: fn(&Method, &str) -> bool,
    /// A path of the route, for requests that tests write themselves.
    pub sample_path: &'static str,
    /// Refuses the body of a request as the strictest vendor of the route does.
    pub(super) check: fn(&Value) -> Result<(), Refusal>,
    /// Reads a checked body.
    pub(super) read: fn(Value) -> Asked,
    /// Plays a scenario in the form of the route.
    pub(super) play: fn(&Shared, &Exchange, &'static Scenario, Option<Asked>) -> Reply,
}

/// All of them, the one first that a provider takes for a model that it does not know.
pub static WIRE_ROUTES: &[WireRoute] = &[WireRoute {
    name: "chat-completions",
    scenarios: Route::Chat,
    endpoint_type: "openai",
    plain: "at-once",
    is_request: |method, path| method == Method::POST && path == "/v1/chat/completions",
    sample_path: "/v1/chat/completions",
    check: check::request,
    read: Asked::read,
    play: chat::play,
}];

/// The route of a request; `None` where it is of another kind.
pub(super) fn find(method: &Method, path: &str) -> Option<&'static WireRoute> {
    WIRE_ROUTES.iter().find(|route| (route.is_request)(method, path))
}

impl Route {
    /// The wire route whose requests these scenarios answer; `None` for the lists and the account.
    #[must_use]
    pub fn wire(self) -> Option<&'static WireRoute> {
        WIRE_ROUTES.iter().find(|route| route.scenarios == self)
    }
}

impl WireRoute {
    /// Answers a request, with the given scenario or with the one that fits it.
    pub(super) fn complete(
        &self,
        shared: &Shared,
        exchange: &Exchange,
        scripted: Option<&'static Scenario>,
    ) -> Result<Reply, Refusal> {
        let body = serde_json::from_slice(&exchange.body)
            .map_err(|error| Refusal::gateway(400, "invalid_request", format!("invalid JSON: {error}")))?;
        (self.check)(&body)?;
        let asked = (self.read)(body);
        match scripted.or_else(|| repertoire::fitting(self.scenarios, &asked)) {
            Some(scenario) => Ok((self.play)(shared, exchange, scenario, Some(asked))),
            // The generic scenarios fit every turn.
            None => Err(Refusal::gateway(503, "model_not_found", "no scenario fits")),
        }
    }
}
