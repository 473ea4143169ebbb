//! Plays scenarios as chat completions, streamed or whole.

use serde_json::{Map, json};

use super::Shared;
use super::chat_request::ChatRequest;
use super::fault::{Content, Reply};
use super::fill::Filling;
use super::player::Player;
use super::router::Exchange;
use super::script::{Scenario, ScriptedResponse, Whole};
use super::scripted::{filling, headers, next_response};

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
    let filling = filling(shared, exchange, request);
    // A client without streaming must be able to play every scenario, so one without a whole response gets a generic one.
    let reply = match &response.whole {
        Some(whole) if !streamed => whole_response(response, whole, &filling),
        None if !streamed && response.status == 200 => generic_whole(response, &filling),
        _ => stream(response, filling),
    };
    Reply { faults: response.fault.clone(), ..reply }
}

/// The response of a stream, or the body of an error: both are played item by item, so that an error body can
/// break off or stall as well.
fn stream(response: &'static ScriptedResponse, filling: Filling) -> Reply {
    let headers = headers(response, &filling);
    let content = Content::Played(Box::new(Player::new(response, filling, None)));
    Reply { headers, content, ..Reply::whole(response.status, "", String::new()) }
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
