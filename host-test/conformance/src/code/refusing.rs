//! Configurations and requests that are refused before anything is sent. An invalid request that goes out costs a round
//! trip, and its error is less clear: CometAPI documents status 500 for a request without messages, which looks like a failure
//! of the server.

use super::{CaseResult, Code, case_result, connections_made, stand_in};
use crate::bench::{Bench, config, error_text};
use crate::play::prompt;
use crate::promise::Promise;
use crate::tested_host::{TestedHost, TestedInstance as _};
use provider_host::contract::{Config, Credential, Error, Request, Tool};
use provider_host::json;
use provider_host::sandbox::{CallError, KeyMode, Secret};
use stand_in::Setup;

const PROMISES: &[Promise] = &[Promise::Errors, Promise::NoPanic];

pub(super) fn cases<H: TestedHost>() -> Vec<Code<H>> {
    vec![
        Code {
            name: "configurations-that-cannot-be-used",
            plays: "Plain HTTP to another machine, a query, no URL, line breaks in headers and keys, a second key.",
            promises: PROMISES,
            expected: "configuration, nothing sent",
            run: |bench| Box::pin(configurations(bench)),
        },
        Code {
            name: "requests-that-cannot-be-used",
            plays: "No message, no model, a schema and extra fields that are not JSON objects.",
            promises: PROMISES,
            expected: "invalid-request or unsupported, nothing sent",
            run: |bench| Box::pin(requests(bench)),
        },
        Code {
            name: "denied-by-the-host",
            plays: "A base URL that the host does not allow.",
            promises: PROMISES,
            expected: "denied-by-host, final, nothing sent",
            run: |bench| Box::pin(denied(bench)),
        },
        Code {
            name: "nobody-listens",
            plays: "A port on which nobody listens.",
            promises: PROMISES,
            expected: "network, retryable, nothing sent",
            run: |bench| Box::pin(nobody(bench)),
        },
    ]
}

/// What is wrong with an error that should be of one of these kinds, before anything was sent. The flags are checked as
/// well: a host that believes `retryable` would send the same mistake again, and one that believes `request-sent` would
/// warn the user of a charge.
fn violations(what: &str, result: Result<(), CallError>, kinds: &[&str]) -> Vec<String> {
    let error = match result {
        Ok(()) => return vec![format!("{what} is accepted")],
        Err(CallError::Provider(error)) => error,
        Err(other) => return vec![format!("{what}: {other}")],
    };
    let mut violations = Vec::new();
    if !kinds.contains(&json::error::kind(&error.kind)) {
        violations.push(format!("{what}: {}", error_text(&CallError::Provider(error.clone()))));
    }
    if error.request_sent || error.retryable || error.partial {
        let Error { request_sent, retryable, partial, .. } = *error;
        violations
            .push(format!("{what}: request-sent {request_sent}, retryable {retryable}, partial {partial}"));
    }
    violations
}

async fn configurations(bench: &Bench<impl TestedHost>) -> CaseResult {
    let stand_in = stand_in().await?;
    let mut instance = bench.instance(&stand_in.base_url(), None).await?;
    let good = config(&stand_in.base_url(), &Setup::default());
    let at = |base_url: &str| Config { base_url: Some(base_url.to_owned()), ..good.clone() };
    let header = |name: &str, value: &str| {
        let headers = vec![(name.to_owned(), value.to_owned())];
        Config { headers, ..good.clone() }
    };
    let key = |key: &str| Config { credential: Credential::Bearer(key.to_owned()), ..good.clone() };
    let bad = [
        // The key would be readable on the way.
        ("plain HTTP to another machine", at("http://provider.example/v1")),
        ("a base URL with a query", at(&format!("{}?a=b", stand_in.base_url()))),
        ("a base URL that is not a URL", at("not a URL")),
        // It would end up in error messages and logs, where URLs are usual and secrets are not expected.
        ("a base URL with a password", at("https://a:b@provider.example/v1")),
        // Header injection: the line after the break would be a header of its own.
        ("a header with a line break", header("x-a", "b\r\nc: d")),
        ("a header with an invalid name", header("x a", "b")),
        // With two `Authorization` headers it depends on the server which one counts.
        ("a second key", header("Authorization", "Bearer x")),
        ("a key with a line break", key("sk-a\r\nb: c")),
        // What a variable gives that is set and empty.
        ("an empty key", key("")),
    ];
    let mut reasons = Vec::new();
    for (what, config) in &bad {
        let opened = instance.open(config).await.map(|_| ());
        reasons.extend(violations(what, opened, &["configuration", "authentication"]));
    }
    reasons.extend(connections_made(&stand_in));
    case_result(format!("{} refused", bad.len()), reasons)
}

async fn requests(bench: &Bench<impl TestedHost>) -> CaseResult {
    let stand_in = stand_in().await?;
    let setup = Setup::default();
    let mut provider = bench.provider(&stand_in, KeyMode::Injected, &setup).await?;
    let good = prompt("at-once");
    let tool = |parameters: &str| Tool {
        name: "look".to_owned(),
        description: None,
        parameters_json: parameters.to_owned(),
        strict: None,
    };
    let bad = [
        ("a request without a message", Request { messages: Vec::new(), ..good.clone() }),
        ("a request without a model", Request { model: String::new(), ..good.clone() }),
        ("a tool whose schema is not JSON", Request { tools: vec![tool("{")], ..good.clone() }),
        ("a tool whose schema is not an object", Request { tools: vec![tool("[]")], ..good.clone() }),
        (
            "extra fields that are not an object",
            Request { extra_json: Some("[1]".to_owned()), ..good.clone() },
        ),
        ("an unknown route", Request { route: Some("carrier-pigeon".to_owned()), ..good.clone() }),
    ];
    let mut reasons = Vec::new();
    for (what, request) in &bad {
        let played = provider.play(request, &stand_in, 0).await;
        reasons.extend(played.violations.iter().map(|wrong| format!("{what}: {wrong}")));
        let result = played.error.map_or(Ok(()), |error| Err(CallError::Provider(Box::new(error))));
        reasons.extend(violations(what, result, &["invalid-request", "unsupported"]));
    }
    let requests = stand_in.requests().len();
    if requests > 0 {
        reasons.push(format!("{requests} requests were made"));
    }
    case_result(format!("{} refused", bad.len()), reasons)
}

/// A denial is a decision of the user. A component that takes it for a network error retries, and its message asks the
/// user to check the connection.
async fn denied(bench: &Bench<impl TestedHost>) -> CaseResult {
    let stand_in = stand_in().await?;
    let mut instance = bench.instance("https://elsewhere.example/v1", None).await?;
    let client = instance.open(&config(&stand_in.base_url(), &Setup::default())).await;
    let client = client.map_err(|error| error_text(&error))?;
    let completion =
        instance.complete(&client, &prompt("at-once")).await.map_err(|error| error_text(&error))?;
    let first = instance.next(&completion, 64, std::time::Duration::from_secs(5)).await.map(|_| ());
    let mut reasons = violations("a request that the host denies", first, &["denied-by-host"]);
    reasons.extend(connections_made(&stand_in));
    case_result("denied".to_owned(), reasons)
}

/// The one failure of the network that is certainly safe to repeat, since no byte has reached a server.
async fn nobody(bench: &Bench<impl TestedHost>) -> CaseResult {
    // The port is bound until the end, or a server of another case could get it. A fixed one could be in use on some
    // machine.
    let socket = tokio::net::TcpSocket::new_v4().map_err(|error| error.to_string())?;
    socket.bind(([127, 0, 0, 1], 0).into()).map_err(|error| error.to_string())?;
    let address = socket.local_addr().map_err(|error| error.to_string())?;
    let base_url = format!("http://{address}/v1");
    let key = Secret::new("sk-0123456789abcdef");
    let mut instance = bench.instance(&base_url, Some(key)).await?;
    // The first error is checked, and not the one after the retries.
    let setup = Setup { max_retries: Some(0), ..Setup::default() };
    let client = instance.open(&config(&base_url, &setup)).await.map_err(|error| error_text(&error))?;
    let completion =
        instance.complete(&client, &prompt("at-once")).await.map_err(|error| error_text(&error))?;
    match instance.next(&completion, 64, std::time::Duration::from_secs(5)).await {
        Err(CallError::Provider(error)) => {
            let kind = json::error::kind(&error.kind);
            let right = kind == "network" && error.retryable && !error.request_sent;
            let got = format!("{kind}, retryable {}, request-sent {}", error.retryable, error.request_sent);
            case_result(got.clone(), if right { Vec::new() } else { vec![got] })
        }
        Err(other) => Err(other.to_string().into()),
        Ok(_) => Err("no error was returned".to_owned().into()),
    }
}
