//! `POST /v1/chat/completions`: check the request, pick a scenario, play it.

use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use http::{HeaderName, HeaderValue, header};
use serde_json::{Map, Value, json};

use super::Shared;
use super::ask::Asked;
use super::check;
use super::errors::Refusal;
use super::fill::Filling;
use super::player::Player;
use super::repertoire;
use super::router::{Exchange, respond};
use super::script::{Answer, Early, End, Scenario, Whole};
use super::socket::Ending;

/// Answers a chat request, with the given scenario or with the one that fits it.
pub async fn complete(shared: &Shared, exchange: Exchange, scripted: Option<&'static Scenario>) -> Response {
    let body = match read(&exchange.body) {
        Ok(body) => body,
        Err(refusal) => return exchange.refuse(&refusal),
    };
    let asked = Asked::read(body);
    match scripted.or_else(|| repertoire::for_chat(&asked)) {
        Some(scenario) => play(shared, exchange, scenario, Some(asked)).await,
        // The generic scenarios fit every turn.
        None => exchange.refuse(&Refusal::gateway(503, "model_not_found", "no scenario fits")),
    }
}

fn read(body: &[u8]) -> Result<Value, Refusal> {
    let body: Value = serde_json::from_slice(body)
        .map_err(|error| Refusal::gateway(400, "invalid_request", format!("invalid JSON: {error}")))?;
    check::request(&body)?;
    Ok(body)
}

/// Plays a scenario.
pub async fn play(
    shared: &Shared,
    mut exchange: Exchange,
    scenario: &'static Scenario,
    asked: Option<Asked>,
) -> Response {
    exchange.ticket.played_by(&scenario.name);
    let answer = next_answer(shared, scenario, &exchange.body);
    if answer.delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(answer.delay_ms)).await;
    }
    if answer.end == End::NoAnswer {
        exchange.ticket.finish();
        exchange.peer.end_with(Ending::Mute);
    }
    let streamed = asked.as_ref().is_none_or(|asked| asked.stream);
    let filling = Filling {
        asked,
        request_id: exchange.request_id.clone(),
        authorization: exchange.authorization().to_owned(),
        base_url: shared.base_url.clone(),
        piece: String::new(),
        pieces: 0,
    };
    match &answer.whole {
        Some(whole) if !streamed => whole_answer(exchange, answer, whole, &filling),
        None if !streamed && answer.status == 200 => generic_whole(exchange, answer, &filling),
        _ => stream(exchange, answer, filling),
    }
}

/// The first early answer that applies and has times left, or the usual one; that starts the counting anew.
fn next_answer(shared: &Shared, scenario: &'static Scenario, body: &[u8]) -> &'static Answer {
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
            return &early.answer;
        }
    }
    played.retain(|(name, _), _| *name != scenario.name);
    &scenario.answer
}

fn stream(exchange: Exchange, answer: &'static Answer, filling: Filling) -> Response {
    let headers = headers(answer, &filling);
    let request_id = filling.request_id.clone();
    let player = Player::new(answer, filling, exchange.ticket, exchange.peer);
    let mut response = respond(answer.status, &request_id, Body::from_stream(player.stream()));
    for (name, value) in headers {
        match value {
            Some(value) => response.headers_mut().insert(name, value),
            None => response.headers_mut().remove(name),
        };
    }
    response
}

/// The headers that the answer sets, and with no value those that it takes away.
fn headers(answer: &Answer, filling: &Filling) -> Vec<(HeaderName, Option<HeaderValue>)> {
    let content_type = if answer.status == 200 { "text/event-stream" } else { "application/json" };
    let mut headers = vec![(header::CONTENT_TYPE, Some(HeaderValue::from_static(content_type)))];
    for (name, value) in &answer.headers {
        let value = filling.text(value);
        // The names and values are embedded, and a test parses each of them.
        if let (Ok(name), Ok(parsed)) = (name.parse(), value.parse()) {
            headers.push((name, (!value.is_empty()).then_some(parsed)));
        }
    }
    headers
}

fn whole_answer(exchange: Exchange, answer: &Answer, whole: &Whole, filling: &Filling) -> Response {
    let mut choice = Map::new();
    choice.insert("index".to_owned(), 0.into());
    choice.insert("message".to_owned(), filling.value(&whole.message));
    choice.extend(filling.fields(&answer.choice));
    choice.insert("finish_reason".to_owned(), whole.finish_reason.clone());
    let mut fields = Map::new();
    fields.insert("choices".to_owned(), json!([choice]));
    fields.insert("usage".to_owned(), filling.value(&whole.usage));
    let body = filling.envelope(answer, "chat.completion", fields);
    exchange.json(200, &body)
}

/// The answer of a scenario that was written for streams only.
fn generic_whole(exchange: Exchange, answer: &Answer, filling: &Filling) -> Response {
    let whole = Whole {
        message: json!({ "role": "assistant", "content": "{{answer}}" }),
        finish_reason: "stop".into(),
        usage: "{{usage}}".into(),
    };
    whole_answer(exchange, answer, &whole, filling)
}
