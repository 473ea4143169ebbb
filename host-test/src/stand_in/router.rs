//! One door for every request: record it, check the key, and let the route answer.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::connect_info::IntoMakeServiceWithConnectInfo;
use axum::extract::{ConnectInfo, DefaultBodyLimit, State};
use axum::response::Response;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use serde_json::{Value, json};

use super::errors::Refusal;
use super::record::{KEPT_BODY, Outcome, Recorded, Ticket};
use super::repertoire;
use super::script::Scenario;
use super::socket::Peer;
use super::{KEY, Shared, billing, chat, models};

/// Bytes of a request's body that are taken in.
const LONGEST_BODY: usize = 64 * 1024 * 1024;

/// Picks a scenario by name.
const SCENARIO_HEADER: &str = "x-scenario";

/// Headers that carry a key.
const CREDENTIALS: [&str; 4] = ["authorization", "x-api-key", "x-goog-api-key", "api-key"];

/// One request, with all that is needed to answer it.
pub struct Exchange {
    /// Path without the query.
    pub path: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// The request's id, as in the answer's header.
    pub request_id: String,
    /// Its place in the log.
    pub ticket: Ticket,
    /// The connection.
    pub peer: Peer,
}

impl Exchange {
    /// The `Authorization` header, or nothing.
    pub fn authorization(&self) -> &str {
        self.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Answers with JSON.
    pub fn json(self, status: u16, body: &Value) -> Response {
        self.fixed(status, "application/json", body.to_string())
    }

    /// Answers with the error envelope.
    pub fn refuse(self, refusal: &Refusal) -> Response {
        let body = refusal.body(&self.request_id);
        self.json(refusal.status, &body)
    }

    fn html(self, status: u16) -> Response {
        let page = "<!doctype html><html><head><title>CometAPI</title></head><body>\
                    <p>This is a page for people. The stand-in has no such route.</p></body></html>";
        self.fixed(status, "text/html; charset=utf-8", page.to_owned())
    }

    fn fixed(mut self, status: u16, content_type: &'static str, body: String) -> Response {
        self.ticket.finish();
        let mut response = respond(status, &self.request_id, Body::from(body));
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        response
    }
}

/// A response with the request id that CometAPI puts on every answer.
pub fn respond(status: u16, request_id: &str, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Ok(id) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert("x-cometapi-request-id", id);
    }
    response
}

/// The whole server.
pub fn service(shared: Arc<Shared>) -> IntoMakeServiceWithConnectInfo<Router, Peer> {
    Router::new()
        .fallback(answer)
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
        .with_state(shared)
        .into_make_service_with_connect_info::<Peer>()
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    method: Method,
    uri: Uri,
    mut headers: HeaderMap,
    body: Bytes,
) -> Response {
    for name in CREDENTIALS {
        // Left out of what `Debug` prints: somebody may have sent a real key by mistake.
        headers.get_mut(name).into_iter().for_each(|value| value.set_sensitive(true));
    }
    let number = shared.served.fetch_add(1, Ordering::AcqRel) + 1;
    let ticket = shared.log.add(Recorded {
        method: method.clone(),
        path: uri.to_string(),
        headers: headers.clone(),
        // A copy: a slice would keep the whole of a long body in memory.
        body: Bytes::copy_from_slice(body.get(..KEPT_BODY).unwrap_or(&body)),
        body_length: body.len(),
        connection: peer.id,
        scenario: None,
        outcome: Outcome::Pending,
    });
    let request_id = format!("stand-in-{number:06}");
    let exchange = Exchange { path: uri.path().to_owned(), headers, body, request_id, ticket, peer };
    route(&shared, &method, exchange).await
}

async fn route(shared: &Shared, method: &Method, exchange: Exchange) -> Response {
    let path = exchange.path.clone();
    if path == "/api/models" && leaks_key(&exchange.headers) {
        shared.key_leaks.fetch_add(1, Ordering::AcqRel);
        let refusal = Refusal::gateway(400, "", "the catalogue is public: no key may be sent to it");
        return exchange.refuse(&refusal);
    }
    let scripted = match scripted(shared, &exchange) {
        Ok(scripted) => scripted,
        Err(refusal) => return exchange.refuse(&refusal),
    };
    let known = matches!(
        (method.as_str(), path.as_str()),
        ("POST", "/v1/chat/completions")
            | ("GET", "/v1/models" | "/v1/dashboard/billing/subscription" | "/v1/dashboard/billing/usage")
    );
    if known && exchange.authorization() != format!("Bearer {KEY}") {
        return exchange.refuse(&Refusal::gateway(401, "", "invalid token"));
    }
    match (method.as_str(), path.as_str(), scripted) {
        ("POST", "/v1/chat/completions", scripted) => chat::complete(shared, exchange, scripted).await,
        (_, _, Some(scenario)) => chat::play(shared, exchange, scenario, None).await,
        ("GET", "/v1/models", None) => {
            let rows = models::key_list(models::KEY_ROWS, shared.served.load(Ordering::Acquire));
            exchange.json(200, &json!({ "success": true, "object": "list", "data": rows }))
        }
        ("GET", "/api/models", None) => {
            let rows = models::catalogue(models::CATALOGUE_ROWS);
            let total = rows.len();
            exchange.json(200, &json!({ "success": true, "total": total, "data": rows }))
        }
        ("GET", "/v1/dashboard/billing/subscription", None) => exchange.json(200, &billing::subscription()),
        ("GET", "/v1/dashboard/billing/usage", None) => exchange.json(200, &billing::usage()),
        _ if path.starts_with("/v1/") || path == "/" => exchange.html(200),
        _ => {
            let mut response = exchange.html(302);
            response.headers_mut().insert(header::LOCATION, HeaderValue::from_static("/"));
            response
        }
    }
}

fn leaks_key(headers: &HeaderMap) -> bool {
    CREDENTIALS.iter().any(|name| headers.contains_key(*name))
}

/// The scenario that the request names, or that was set for its path.
fn scripted(shared: &Shared, exchange: &Exchange) -> Result<Option<&'static Scenario>, Refusal> {
    let Some(name) = exchange.headers.get(SCENARIO_HEADER) else {
        return Ok(shared.scripted().get(&exchange.path).copied());
    };
    let named = name.to_str().ok().and_then(repertoire::named);
    let refusal = || Refusal::gateway(400, "", format!("no scenario is called {name:?}"));
    named.map(Some).ok_or_else(refusal)
}
