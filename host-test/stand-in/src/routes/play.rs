//! Plays scenarios on the three routes, streamed or whole.

use std::time::Duration;

use http::{HeaderValue, header};
use serde_json::Value;

use super::prompt_cache::{CacheUse, PromptCache};
use super::writer::{Framing, Writer};
use crate::Shared;
use crate::chat_request::ChatRequest;
use crate::errors::Refusal;
use crate::fault::{Content, Reply};
use crate::player::{Player, RouteFormat};
use crate::router::Exchange;
use crate::script::Scenario;
use crate::scripted::{filling, headers, next_response};

/// Sets the clock of the prompt cache, in milliseconds since the start. A test of lifetimes does not have to wait.
const CLOCK_HEADER: &str = "x-stand-in-clock-ms";

/// What distinguishes the routes here.
pub struct Format {
    /// Refuses an invalid body as the vendor does, and reads a valid one.
    pub prepare: fn(&Exchange, Value) -> Result<ChatRequest, Refusal>,
    /// How events are framed.
    pub framing: fn(&Exchange) -> Framing,
    /// The vendor's prompt cache.
    pub cache: fn(&ChatRequest, &mut PromptCache, Duration) -> CacheUse,
    /// A writer of one response. The number is that of the request.
    pub writer: fn(&ChatRequest, u64, CacheUse) -> Box<dyn Writer>,
}

/// Chooses the response of a scenario, and plays it.
pub fn play(
    shared: &Shared,
    exchange: &Exchange,
    scenario: &'static Scenario,
    request: Option<ChatRequest>,
    format: &Format,
) -> Reply {
    exchange.ticket.played_by(&scenario.name);
    let response = next_response(shared, scenario, &exchange.body);
    let request = request.unwrap_or_default();
    // A refused request writes nothing into the cache.
    let used = match response.status {
        200 => (format.cache)(&request, &mut shared.prompt_cache(), clock(shared, exchange)),
        _ => CacheUse::default(),
    };
    let framing = (format.framing)(exchange);
    let writer = (format.writer)(&request, exchange.number(), used);
    let streamed = request.stream || response.status != 200;
    let filling = filling(shared, exchange, Some(request));
    let mut headers = headers(response, &filling);
    let mut player = Player::new(response, filling, Some(RouteFormat::new(writer, framing)));
    if !streamed {
        let body = player.whole().to_string();
        return Reply { faults: response.fault.clone(), ..Reply::whole(200, "application/json", body) };
    }
    if framing == Framing::List && !response.headers.contains_key("content-type") {
        headers.push((header::CONTENT_TYPE, Some(HeaderValue::from_static("application/json"))));
    }
    let faults = response.fault.clone();
    Reply { status: response.status, headers, content: Content::Played(Box::new(player)), faults }
}

fn clock(shared: &Shared, exchange: &Exchange) -> Duration {
    let header = exchange.headers.get(CLOCK_HEADER).and_then(|value| value.to_str().ok()?.parse().ok());
    header.map_or_else(|| shared.began.elapsed(), Duration::from_millis)
}
