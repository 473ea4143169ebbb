//! Plays scenarios as chat completions, streamed or whole.

use http::{HeaderName, HeaderValue, header};
use serde_json::{Map, Value, json};

use super::Shared;
use super::chat_request::ChatRequest;
use super::fault::{Content, Reply};
use super::fill::Filling;
use super::player::Player;
use super::router::Exchange;
use super::script::{Early, Scenario, ScriptedResponse, Whole};

/// Chooses the response of a scenario and fills its placeholders from the request. Without a request (on the
/// lists and the account) the body is played as it is.
pub fn play(
    shared: &Shared,
    exchange: &Exchange,
    scenario: &'static Scenario,
    request: Option<ChatRequest>,
) -> Reply {
    exchange.ticket.played_by(&scenario.name);
    let response = next_response(shared, scenario, &exchange.body);
    let streamed = request.as_ref().is_none_or(|request| request.stream);
    let filling = Filling {
        request,
        request_id: exchange.request_id.clone(),
        authorization: exchange.authorization().to_owned(),
        base_url: shared.base_url.clone(),
        elsewhere: shared.elsewhere.base_url(),
        piece: String::new(),
        pieces: 0,
    };
    // A client without streaming must be able to play every scenario, so one without a whole response gets a generic one.
    let reply = match &response.whole {
        Some(whole) if !streamed => whole_response(response, whole, &filling),
        None if !streamed && response.status == 200 => generic_whole(response, &filling),
        _ => stream(response, filling),
    };
    Reply { faults: response.fault.clone(), ..reply }
}

/// The first early response whose condition holds and that has repetitions left; otherwise the usual
/// response, which resets the counts. The reset lets a test run a scenario several times in one server.
fn next_response(shared: &Shared, scenario: &'static Scenario, body: &[u8]) -> &'static ScriptedResponse {
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

/// The response of a stream, or the body of an error: both are played item by item, so that an error body can
/// break off or stall as well.
fn stream(response: &'static ScriptedResponse, filling: Filling) -> Reply {
    let headers = headers(response, &filling);
    let content = Content::Played(Box::new(Player::new(response, filling)));
    Reply { headers, content, ..Reply::whole(response.status, "", String::new()) }
}

/// The headers that the response sets. `None` removes a header that is set by default.
fn headers(response: &ScriptedResponse, filling: &Filling) -> Vec<(HeaderName, Option<HeaderValue>)> {
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

/// A whole response: the usual envelope, one choice, and the usage. Usage is always sent, as servers do
/// without streaming; `stream_options` concerns streams only.
fn whole_response(response: &ScriptedResponse, whole: &Whole, filling: &Filling) -> Reply {
    let mut choice = Map::new();
    choice.insert("index".to_owned(), 0.into());
    choice.insert("message".to_owned(), filling.value(&whole.message));
    choice.extend(filling.fields(&response.choice));
    choice.insert("finish_reason".to_owned(), whole.finish_reason.clone());
    let mut fields = Map::new();
    fields.insert("choices".to_owned(), json!([choice]));
    fields.insert("usage".to_owned(), filling.value(&whole.usage));
    let body = filling.envelope(response, "chat.completion", fields);
    Reply::whole(200, "application/json", body.to_string())
}

/// The whole response of a scenario that was written for streams only, so that a client without streaming can
/// run every scenario.
fn generic_whole(response: &ScriptedResponse, filling: &Filling) -> Reply {
    let whole = Whole {
        message: json!({ "role": "assistant", "content": "{{answer}}" }),
        finish_reason: "stop".into(),
        usage: "{{usage}}".into(),
    };
    whole_response(response, &whole, filling)
}
