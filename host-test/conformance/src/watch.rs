//! Checks of what the contract says about every completion, whatever the server does.
//!
//! They run in every case. A leak of the key, for example, is most likely in a case about something else: an error message
//! that quotes the request, or a redirect.

use std::fmt::Debug;
use std::time::{Duration, Instant};

use super::bench::Provider;
use super::needs::Need;
use super::play::{PROMPT, Played};
use super::tested_host::TestedInstance;
use provider_host::contract::{Error, ErrorKind};
use provider_host::sandbox::KeyMode;
use stand_in::{Outcome, StandIn};

/// How long it may take until the server sees that a completion was dropped. Long, because dozens of cases run at the same
/// time; a request that is never dropped stays open for as long as its scenario lasts.
const SEEN: Duration = Duration::from_secs(5);

/// Violations of a completion that was dropped: in its events, at its server, in its instance.
pub(super) async fn violations(
    played: &Played,
    provider: &mut Provider<impl TestedInstance>,
    stand_in: &StandIn,
    max_retries: u32,
) -> Vec<String> {
    let mut violations = Vec::new();
    let key = stand_in.key();
    shows_key(&mut violations, "an event", &played.events, key);
    if let Some(error) = &played.error {
        shows_key(&mut violations, "the error", error, key);
        violations.extend(of_error(error, played, stand_in));
    }
    // Each request may be charged, so more than the configured number is the user's money.
    let requests = stand_in.requests().len();
    let allowed = 1 + max_retries as usize;
    if requests > allowed {
        violations.push(format!("{requests} requests were made where {allowed} are allowed"));
    }
    if let Some(before) = played.requests_at_first_event
        && requests > before
    {
        violations.push("it retried after it had returned events".to_owned());
    }
    violations.extend(of_key(provider, stand_in));
    violations.extend(unseen(stand_in).await);
    violations
}

fn of_error(error: &Error, played: &Played, stand_in: &StandIn) -> Vec<String> {
    let mut violations = Vec::new();
    // Agents show the message as it is: without one, people see an empty box.
    if error.message.trim().is_empty() {
        violations.push("the error has no message".to_owned());
    }
    // Messages end up in logs, and prompts are private. Some servers quote the request in their errors.
    if error.message.contains(PROMPT) {
        violations.push("the error's message contains a part of the prompt".to_owned());
    }
    // A host decides by `partial` whether it can send the request elsewhere without showing text twice.
    if error.partial == played.events.is_empty() {
        let events = played.events.len();
        violations.push(format!("partial is {} after {events} events", error.partial));
    }
    // `request-sent: false` promises that a repetition costs nothing.
    if !error.request_sent && !stand_in.requests().is_empty() {
        violations.push("request-sent is false, but the server received the request".to_owned());
    }
    if let Some(retryable) = retryable(&error.kind)
        && error.retryable != retryable
    {
        let kind = provider_host::json::error::kind(&error.kind);
        violations.push(format!("retryable is {} for {kind}", error.retryable));
    }
    violations
}

/// Whether the kind alone decides if another try makes sense. Of the other kinds, such as a server's or the network's,
/// some errors pass and others do not.
fn retryable(kind: &ErrorKind) -> Option<bool> {
    match kind {
        ErrorKind::RateLimited | ErrorKind::Overloaded | ErrorKind::IncompleteStream => Some(true),
        ErrorKind::Configuration
        | ErrorKind::InvalidRequest
        | ErrorKind::Authentication
        | ErrorKind::ModelNotFound
        | ErrorKind::ContextLengthExceeded
        | ErrorKind::DeniedByHost
        | ErrorKind::Unsupported => Some(false),
        _ => None,
    }
}

/// Places that have the key and must not.
pub(super) fn of_key<I: TestedInstance>(provider: &mut Provider<I>, stand_in: &StandIn) -> Vec<String> {
    let mut violations = Vec::new();
    let leaks = stand_in.key_leaks();
    if leaks > 0 {
        violations.push(format!("the key was sent {leaks} times where it does not belong"));
    }
    let visits = stand_in.went_elsewhere();
    if visits > 0 {
        violations.push(format!("{visits} connections were made to another origin"));
    }
    // The sandbox stopped it. In a host without such a gate the request would have been sent.
    for denial in provider.instance.denials() {
        violations.push(format!("it tried to reach a server that is not allowed: {denial}"));
    }
    // The host removes the key from what people see. That it had to is still a violation.
    let shown = provider.instance.keys_taken_out();
    if provider.mode == KeyMode::Bearer && shown > 0 {
        violations
            .push(format!("it leaked the key that it was given {shown} times, in an error or an event"));
    }
    if provider.mode == KeyMode::Injected && I::HAS.contains(&Need::MemorySearch) {
        match provider.instance.count_in_memory(stand_in.key().as_bytes()) {
            None => violations.push("the component's memory cannot be searched".to_owned()),
            Some(0) => {}
            Some(count) => violations.push(format!("the key is in the component's memory {count} times")),
        }
    }
    violations
}

/// Adds a violation if a value contains the key, whole or without its prefix: a component that removes only the prefix has
/// removed the part that is no secret.
pub(super) fn shows_key(violations: &mut Vec<String>, what: &str, shown: &impl Debug, key: &str) {
    let bare = key.strip_prefix("sk-").unwrap_or(key);
    if format!("{shown:?}").contains(bare) {
        violations.push(format!("{what} shows the key"));
    }
}

/// Requests that the server still serves although nobody waits for them. For a real server, that is generating tokens that
/// the user pays for.
pub(super) async fn unseen(stand_in: &StandIn) -> Option<String> {
    let until = Instant::now() + SEEN;
    loop {
        let requests = stand_in.requests();
        let open = requests.iter().filter(|request| request.outcome == Outcome::Pending).count();
        match open {
            0 => return None,
            _ if Instant::now() < until => tokio::time::sleep(Duration::from_millis(5)).await,
            _ => return Some(format!("{open} requests stay open after the completion was dropped")),
        }
    }
}
