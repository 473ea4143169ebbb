//! Control requests for programs in another process: read the recorded requests, and choose the scenario for
//! a path. The TypeScript tests need them, because they cannot call [`StandIn`](super::StandIn) directly.
//!
//! They are not recorded and need no key, so that watching a test does not change what it observes.

use std::sync::atomic::Ordering;

use axum::Router;
use axum::extract::{Json, Query, State};
use axum::routing::{get, post};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;

use super::record::{Outcome, Recorded};
use super::router::CREDENTIALS;
use super::{KEY, Shared, repertoire};

/// For the help of the command.
pub const HELP: &str = "\
For other programs:
  GET  /stand-in/record[?from=N]  the requests from number N on, each with method, path, headers without
                                  credentials, body, scenario, connection, time in ms, and outcome:
                                  pending, finished or aborted (the client closed the connection); and how
                                  often the key was leaked, and the other origin was contacted
  POST /stand-in/script           {\"path\": \"/v1/models\", \"scenario\": NAME or null}: the scenario for a path";

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/stand-in/record", get(record)).route("/stand-in/script", post(script))
}

/// A test that polls reads only the new requests: bodies of up to 1 MiB would be sent again and again otherwise.
#[derive(Deserialize)]
struct From {
    #[serde(default)]
    from: usize,
}

async fn record(State(shared): State<Arc<Shared>>, Query(From { from }): Query<From>) -> Json<Value> {
    let requests = shared.log.snapshot();
    // Times are relative to the first request: the monotonic clock has no meaning in another process.
    let began = requests.first().map(|first| first.at);
    let entry = |entry: &Recorded| {
        let at = began.map_or(0, |began| entry.at.duration_since(began).as_millis());
        json!({
            "at-ms": u64::try_from(at).unwrap_or(u64::MAX),
            "method": entry.method.as_str(),
            "path": entry.path,
            "headers": shown(&entry.headers),
            "credential": credential(entry),
            "body": entry.json(),
            "body-length": entry.body_length,
            "connection": entry.connection,
            "scenario": entry.scenario,
            "outcome": match entry.outcome {
                Outcome::Pending => "pending",
                Outcome::Finished => "finished",
                Outcome::Aborted => "aborted",
            },
        })
    };
    Json(json!({
        "requests": requests.iter().skip(from).map(entry).collect::<Vec<_>>(),
        "key-leaks": shared.key_leaks.load(Ordering::Acquire) + shared.elsewhere.key_leaks(),
        "went-elsewhere": shared.elsewhere.visits(),
        "connections-open": shared.traffic.open(),
    }))
}

/// All headers except those with a key. The output ends up in test logs, and somebody may have sent a real
/// key by mistake.
fn shown(headers: &HeaderMap) -> Map<String, Value> {
    let named = headers.iter().filter(|(name, _)| !CREDENTIALS.contains(&name.as_str()));
    named.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into())).collect()
}

/// Whether the request had the right key, another one, or none; without showing it.
fn credential(entry: &Recorded) -> &'static str {
    match entry.header("authorization") {
        None => "none",
        Some(value) if value.strip_prefix("Bearer ") == Some(KEY) => "right",
        Some(_) => "wrong",
    }
}

/// Unknown fields are refused, since a misspelt `scenario` would silently remove the scenario of the path.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Script {
    path: String,
    scenario: Option<String>,
}

async fn script(State(shared): State<Arc<Shared>>, Json(script): Json<Script>) -> (StatusCode, String) {
    match script.scenario.as_deref().map(|name| (name, repertoire::named(name))) {
        None => drop(shared.scripted().remove(&script.path)),
        Some((_, Some(scenario))) => drop(shared.scripted().insert(script.path, scenario)),
        Some((name, None)) => {
            return (StatusCode::NOT_FOUND, format!("no scenario is called {name:?}\n"));
        }
    }
    (StatusCode::NO_CONTENT, String::new())
}
