//! Handles every request: records it, checks its key, and lets its route produce the response.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::body::Bytes;
use axum::extract::connect_info::IntoMakeServiceWithConnectInfo;
use axum::extract::{ConnectInfo, DefaultBodyLimit, State};
use axum::response::Response;
use http::{HeaderMap, HeaderValue, Method, Uri, header};
use serde_json::{Value, json};

use super::errors::Refusal;
use super::fault::{self, Faults, Reply, deliver};
use super::record::{KEPT_BODY, Outcome, Recorded, Ticket};
use super::repertoire;
use super::routes::embeddings;
use super::script::Scenario;
use super::socket::Peer;
use super::{KEY, Shared, billing, chat, control, models, wire_routes};

/// Maximum bytes of a request's body. Uploads of media in tests reach 20 MB.
const LONGEST_BODY: usize = 64 * 1024 * 1024;

/// Selects a scenario by name, for clients that have to send a real model's id.
const SCENARIO_HEADER: &str = "x-scenario";

/// Headers in which vendors expect a key. A plugin that sends it in any of them to the public catalogue leaks
/// it.
pub(super) const CREDENTIALS: [&str; 4] = ["authorization", "x-api-key", "x-goog-api-key", "api-key"];

/// One request, with everything that its response depends on.
pub struct Exchange {
    /// Path without the query.
    pub path: String,
    /// The query, or an empty text.
    pub query: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// The request's id, as in the response's header.
    pub request_id: String,
    /// Its entry in the log.
    pub ticket: Ticket,
}

impl Exchange {
    /// The `Authorization` header, or an empty text.
    pub fn authorization(&self) -> &str {
        self.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The number of the request, which its id ends with.
    pub fn number(&self) -> u64 {
        number_of(&self.request_id)
    }

    /// The key. On the vendors' own paths the gateway takes it from the vendor's header, even if there is a good one in
    /// `Authorization`: a placeholder there replaces the key that a host added.
    fn key(&self) -> &str {
        let vendors = match self.path.as_str() {
            path if path.starts_with("/v1/messages") => "x-api-key",
            path if path.starts_with("/v1beta/models") => "x-goog-api-key",
            _ => "",
        };
        let header = self.headers.get(vendors).and_then(|value| value.to_str().ok());
        let bearer = self.authorization().strip_prefix("Bearer ").unwrap_or_default();
        header.filter(|key| !key.is_empty()).unwrap_or(bearer)
    }
}

/// The number of a request, by its id.
pub fn number_of(request_id: &str) -> u64 {
    request_id.rsplit('-').next().and_then(|digits| digits.parse().ok()).unwrap_or_default()
}

fn json_reply(body: &Value) -> Reply {
    Reply::whole(200, "application/json", body.to_string())
}

fn refusal_reply(refusal: &Refusal, request_id: &str) -> Reply {
    Reply::whole(refusal.status, "application/json", refusal.body(request_id).to_string())
}

/// A page as CometAPI's website returns it for a wrong path: status 200 and HTML. A wrong base URL has to
/// lead to a clear error and not to an empty response, so clients have to meet one here.
fn page(status: u16) -> Reply {
    let page = "<!doctype html><html><head><title>CometAPI</title></head><body>\
                <p>This is a page for people. The stand-in has no such route.</p></body></html>";
    Reply::whole(status, "text/html; charset=utf-8", page.to_owned())
}

/// The whole server.
pub fn service(shared: Arc<Shared>) -> IntoMakeServiceWithConnectInfo<Router, Peer> {
    control::routes()
        .fallback(respond)
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
        .with_state(shared)
        .into_make_service_with_connect_info::<Peer>()
}

async fn respond(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    method: Method,
    uri: Uri,
    mut headers: HeaderMap,
    body: Bytes,
) -> Response {
    for name in CREDENTIALS {
        // Keeps the value out of `Debug` output: somebody may have sent a real key by mistake.
        headers.get_mut(name).into_iter().for_each(|value| value.set_sensitive(true));
    }
    let number = shared.served.fetch_add(1, Ordering::AcqRel) + 1;
    let ticket = shared.log.add(Recorded {
        at: std::time::Instant::now(),
        method: method.clone(),
        path: uri.to_string(),
        headers: headers.clone(),
        // A copy, because a slice would keep the whole of a long body in memory.
        body: Bytes::copy_from_slice(body.get(..KEPT_BODY).unwrap_or(&body)),
        body_length: body.len(),
        connection: peer.id,
        scenario: None,
        outcome: Outcome::Pending,
    });
    let request_id = format!("stand-in-{number:06}");
    // Read before the route, so that a fault works on any path, unknown ones included.
    let requested = fault::read(&headers, number);
    let query = uri.query().unwrap_or_default().to_owned();
    let exchange = Exchange { path: uri.path().to_owned(), query, headers, body, request_id, ticket };
    let (reply, requested) = match requested {
        Ok(requested) => (route(&shared, &method, &exchange), requested),
        Err(why) => (Err(Refusal::gateway(400, "", why)), Faults::default()),
    };
    let reply = reply.unwrap_or_else(|refusal| refusal_reply(&refusal, &exchange.request_id));
    deliver(reply, requested, &exchange.request_id, peer, exchange.ticket).await
}

fn route(shared: &Shared, method: &Method, exchange: &Exchange) -> Result<Reply, Refusal> {
    let path = exchange.path.as_str();
    // Checked before the scenario is chosen, so that no scenario can hide a leak.
    if path == "/api/models" && leaks_key(&exchange.headers) {
        shared.key_leaks.fetch_add(1, Ordering::AcqRel);
        return Err(Refusal::gateway(400, "", "the catalogue is public: no key may be sent to it"));
    }
    let scripted = scripted(shared, exchange)?;
    let wire = wire_routes::find(method, path);
    // Only known paths need the key: the others belong to the website, which serves anybody.
    let is_embeddings = embeddings::is_request(method, path);
    let known = wire.is_some()
        || is_embeddings
        || matches!(
            (method.as_str(), path),
            ("GET", "/v1/models" | "/v1/dashboard/billing/subscription" | "/v1/dashboard/billing/usage")
        );
    if known && exchange.key() != KEY {
        return Err(Refusal::gateway(401, "", "invalid token"));
    }
    if is_embeddings {
        return embeddings::respond(shared, exchange, scripted);
    }
    match (wire, scripted) {
        (Some(wire), scripted) => wire.complete(shared, exchange, scripted),
        (None, Some(scenario)) => Ok(chat::play(shared, exchange, scenario, None)),
        (None, None) => Ok(plain(shared, method.as_str(), path)),
    }
}

/// The default responses of the lists and the account. An unknown path below `/v1/` gets the website's page, and any other
/// a redirect, as CometAPI documents: a client must neither parse the one nor follow the other.
fn plain(shared: &Shared, method: &str, path: &str) -> Reply {
    match (method, path) {
        ("GET", "/v1/models") => {
            let rows = models::key_list(models::KEY_ROWS, shared.served.load(Ordering::Acquire));
            json_reply(&json!({ "success": true, "object": "list", "data": rows }))
        }
        ("GET", "/api/models") => {
            let rows = models::catalogue(models::CATALOGUE_ROWS);
            let total = rows.len();
            json_reply(&json!({ "success": true, "total": total, "data": rows }))
        }
        ("GET", "/v1/dashboard/billing/subscription") => json_reply(&billing::subscription()),
        ("GET", "/v1/dashboard/billing/usage") => json_reply(&billing::usage()),
        _ if path.starts_with("/v1/") || path == "/" => page(200),
        _ => {
            let mut moved = page(302);
            moved.headers.push((header::LOCATION, Some(HeaderValue::from_static("/"))));
            moved
        }
    }
}

/// Any of the headers counts, and any value: even a wrong key in a public request shows that a client sends keys there.
fn leaks_key(headers: &HeaderMap) -> bool {
    CREDENTIALS.iter().any(|name| headers.contains_key(*name))
}

/// The scenario that the request names, or that a test set for its path.
fn scripted(shared: &Shared, exchange: &Exchange) -> Result<Option<&'static Scenario>, Refusal> {
    let Some(name) = exchange.headers.get(SCENARIO_HEADER) else {
        return Ok(shared.scripted().get(&exchange.path).copied());
    };
    let named = name.to_str().ok().and_then(repertoire::named);
    let refusal = || Refusal::gateway(400, "", format!("no scenario is called {name:?}"));
    named.map(Some).ok_or_else(refusal)
}
