//! What every route needs to play a scenario: which of its responses is next, its headers, and its placeholders.

use http::{HeaderName, HeaderValue, header};
use serde_json::Value;

use super::Shared;
use super::chat_request::ChatRequest;
use super::fill::Filling;
use super::router::Exchange;
use super::script::{Early, Scenario, ScriptedResponse};

/// The first early response whose condition holds and that has repetitions left; otherwise the usual
/// response, which resets the counts. The reset lets a test run a scenario several times in one server.
pub fn next_response(shared: &Shared, scenario: &'static Scenario, body: &[u8]) -> &'static ScriptedResponse {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let applies = |early: &Early| {
        early.has.as_ref().is_none_or(|path| body.pointer(path).is_some())
            && early.lacks.as_ref().is_none_or(|path| body.pointer(path).is_none())
    };
    let mut played = shared.played();
    for (place, early) in scenario.first.iter().enumerate().filter(|(_, early)| applies(early)) {
        let count = played.entry((&scenario.name, place)).or_default();
        if early.times.is_none_or(|times| *count < times) {
            *count += 1;
            return &early.response;
        }
    }
    played.retain(|(name, _), _| *name != scenario.name);
    &scenario.response
}

/// The values of the placeholders.
pub fn filling(shared: &Shared, exchange: &Exchange, request: Option<ChatRequest>) -> Filling {
    Filling {
        request,
        request_id: exchange.request_id.clone(),
        authorization: exchange.authorization().to_owned(),
        base_url: shared.base_url.clone(),
        elsewhere: shared.elsewhere.base_url(),
        piece: String::new(),
        pieces: 0,
    }
}

/// The headers that the response sets. `None` removes a header that is set by default.
pub fn headers(response: &ScriptedResponse, filling: &Filling) -> Vec<(HeaderName, Option<HeaderValue>)> {
    let content_type = if response.status == 200 { "text/event-stream" } else { "application/json" };
    let mut headers = vec![(header::CONTENT_TYPE, Some(HeaderValue::from_static(content_type)))];
    for (name, value) in &response.headers {
        let value = filling.text(value);
        // A header that does not parse is skipped. That cannot hide a mistake: all of them are embedded, and
        // a test parses each.
        if let (Ok(name), Ok(parsed)) = (name.parse(), value.parse()) {
            headers.push((name, (!value.is_empty()).then_some(parsed)));
        }
    }
    headers
}
