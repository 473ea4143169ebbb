//! Plays scenarios in the form of chat completions.

use http::{HeaderName, HeaderValue, header};
use serde_json::{Map, Value, json};

use super::Shared;
use super::ask::Asked;
use super::fault::{Content, Reply};
use super::fill::Filling;
use super::player::Player;
use super::router::Exchange;
use super::script::{Answer, Early, Scenario, Whole};

/// Plays a scenario.
pub fn play(
    shared: &Shared,
    exchange: &Exchange,
    scenario: &'static Scenario,
    asked: Option<Asked>,
) -> Reply {
    exchange.ticket.played_by(&scenario.name);
    let answer = next_answer(shared, scenario, &exchange.body);
    let streamed = asked.as_ref().is_none_or(|asked| asked.stream);
    let filling = Filling {
        asked,
        request_id: exchange.request_id.clone(),
        authorization: exchange.authorization().to_owned(),
        base_url: shared.base_url.clone(),
        elsewhere: shared.elsewhere.base_url(),
        piece: String::new(),
        pieces: 0,
    };
    let reply = match &answer.whole {
        Some(whole) if !streamed => whole_answer(answer, whole, &filling),
        None if !streamed && answer.status == 200 => generic_whole(answer, &filling),
        _ => stream(answer, filling),
    };
    Reply { faults: answer.fault.clone(), ..reply }
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

fn stream(answer: &'static Answer, filling: Filling) -> Reply {
    let headers = headers(answer, &filling);
    let content = Content::Played(Box::new(Player::new(answer, filling)));
    Reply { headers, content, ..Reply::whole(answer.status, "", String::new()) }
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

fn whole_answer(answer: &Answer, whole: &Whole, filling: &Filling) -> Reply {
    let mut choice = Map::new();
    choice.insert("index".to_owned(), 0.into());
    choice.insert("message".to_owned(), filling.value(&whole.message));
    choice.extend(filling.fields(&answer.choice));
    choice.insert("finish_reason".to_owned(), whole.finish_reason.clone());
    let mut fields = Map::new();
    fields.insert("choices".to_owned(), json!([choice]));
    fields.insert("usage".to_owned(), filling.value(&whole.usage));
    let body = filling.envelope(answer, "chat.completion", fields);
    Reply::whole(200, "application/json", body.to_string())
}

/// The answer of a scenario that was written for streams only.
fn generic_whole(answer: &Answer, filling: &Filling) -> Reply {
    let whole = Whole {
        message: json!({ "role": "assistant", "content": "{{answer}}" }),
        finish_reason: "stop".into(),
        usage: "{{usage}}".into(),
    };
    whole_answer(answer, &whole, filling)
}
