//! A request that goes out on another route, where a refusal proves that the first one does not serve the model.

use alloc::{format, rc::Rc, string::String, vec::Vec};

use super::{Completion, State, outgoing};
use crate::contract::Request;
use crate::errors::{Error, from_response};
use crate::http_head::ResponseHead;
use crate::routes::{self, Encoded, NotServed, Route};
use crate::transport::Transport;

/// A route and the request as it goes out there.
pub struct Chosen {
    pub route: &'static Route,
    pub encoded: Encoded,
    /// The routes after it, best first.
    pub left: Vec<&'static Route>,
}

impl Chosen {
    /// The best route that can express a request. Sound, for example, has no place on every one.
    ///
    /// # Errors
    /// That of the best route, where none can.
    pub fn first(request: &Request, listed: &[String]) -> Result<Self, Error> {
        let routes = routes::choose(request, listed)?;
        let mut refused = None;
        for (at, route) in routes.iter().enumerate() {
            match route.encode(request) {
                Ok(encoded) => {
                    let left = routes.iter().skip(at.saturating_add(1)).copied().collect();
                    return Ok(Self { route, encoded, left });
                }
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        Err(refused.unwrap_or_else(|| crate::errors::unsupported("no route serves the model")))
    }
}

/// What is needed to send a request on another route.
///
/// The body cannot be translated, so the request is kept until the head of a response shows that the model runs, and only
/// where there is another route.
#[derive(Default)]
pub struct OtherRoutes {
    request: Option<Request>,
    routes: Vec<&'static Route>,
}

impl OtherRoutes {
    pub fn new(request: Request, routes: Vec<&'static Route>) -> Self {
        Self { request: (!routes.is_empty()).then_some(request), routes }
    }
}

impl<T: Transport> Completion<T> {
    /// Prepares the request for another route, if the refusal proves that the model did not run on this one. At most once,
    /// since two routes that name each other would go on without end.
    pub(super) fn take_other_route(&mut self, head: &ResponseHead, body: &[u8]) -> bool {
        let is_callable = self.memory.borrow().is_callable(&self.model);
        let Some(proof) = routes::not_served(head.status, body, self.route.name, is_callable) else {
            return false;
        };
        let OtherRoutes { request, routes } = core::mem::take(&mut self.other_routes);
        let Some(request) = request else { return false };
        let named = routes.iter().find(|route| proof == NotServed::But(route.name));
        let Some(route) = named.or(routes.first()).copied() else { return false };
        let (Ok(Encoded { body: encoded, mut warnings }), Ok(path)) =
            (route.encode(&request), route.path(&request, &self.settings.base_url))
        else {
            return false;
        };
        warnings.push(format!(
            "the route {} does not serve this model; {} was taken",
            self.route.name, route.name
        ));
        let refusal = from_response(head, body, &self.settings.scrubber).message;
        self.refused_route = Some((self.route.name, refusal));
        self.warnings = warnings;
        self.route = route;
        self.request = outgoing::post(&self.settings, path, route.headers, Rc::new(encoded));
        // Another form of the body may be needed on this route as well.
        self.recovered = false;
        self.sent = true;
        self.state = State::Ready;
        true
    }
}
