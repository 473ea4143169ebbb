//! A second route, built for the tests alone.
//!
//! It differs from chat completions in everything that a route can differ in: the model is in the path and not in the
//! body, the path is beside `/v1`, there is a header of its own, another shape of request and of events, another
//! reason to send a request again, and stricter rules for conversations. It lives in this folder and in one row of
//! [`ROUTES`](super::ROUTES). If another file of the guest has to know it, the seam between routes and the rest is
//! broken, and the tests here say so.

mod decoder;
mod tests;

use std::{borrow::ToOwned, boxed::Box, format, string::String};

use super::encoding::path_segment;
use super::{CheckedRequest, Encoded, Recovery, Refusal, Route, RouteQuery, Suitability, without_field};
use crate::config::BaseUrl;
use crate::contract::Request;
use crate::errors::{Error, invalid_request};
use crate::history::{AssistantPart, ConversationRules, IdRule, LateSystem, NameRule, Turn, UserPart};
use crate::json::Json;

pub const NAME: &str = "test-route";

pub const ROUTE: Route = Route {
    name: NAME,
    headers: &[("x-test-version", "7")],
    path,
    suits,
    conversation: |_| ConversationRules {
        call_ids: IdRule::Within(NameRule { longest: 12, punctuation: "_", letter_first: false }),
        tool_names: NameRule { longest: 20, punctuation: "_.:", letter_first: true },
        late_system: LateSystem::AsUser,
        merge_neighbours: true,
        starts_with_user: true,
        is_free_text: |_| false,
    },
    write,
    recover,
    decoder: |context| Box::new(decoder::TestDecoder::new(context)),
    check_body,
};

fn path(model: &str, base_url: &BaseUrl) -> String {
    let segment = path_segment(model);
    base_url.beside_version(&format!("/beta/models/{segment}:run?stream=1"))
}

fn suits(query: &RouteQuery<'_>) -> Suitability {
    if query.model.starts_with("test/") { Suitability::Always } else { Suitability::No }
}

/// `{"turns":[["user","hi"],…],"fast":true}`.
fn write(checked: CheckedRequest<'_>) -> Result<Encoded, Error> {
    let mut json = Json::default();
    json.raw(r#"{"turns":["#);
    for turn in &checked.conversation.turns {
        json.item();
        let (role, text) = text_of(turn);
        json.raw("[");
        json.item();
        json.string(role);
        json.item();
        json.string(&text);
        json.raw("]");
    }
    json.raw("]");
    if checked.conversation.turns.is_empty() {
        return Err(invalid_request("the request has no turns"));
    }
    json.key("fast");
    json.bool(true);
    json.raw("}");
    Ok(Encoded { body: json.into_bytes(), warnings: checked.conversation.warnings.into_vec() })
}

fn text_of(turn: &Turn<'_>) -> (&'static str, String) {
    match turn {
        Turn::System(texts) => ("system", texts.concat()),
        Turn::User(parts) => {
            let texts = parts.iter().map(|part| match part {
                UserPart::Text(text) => text.clone().into_owned(),
                UserPart::Image(..) | UserPart::Audio(..) | UserPart::File(..) => "(media)".to_owned(),
            });
            ("user", texts.collect())
        }
        Turn::Assistant(turn) => {
            let texts = turn.parts.iter().map(|part| match part {
                AssistantPart::Text { text, .. } => (*text).to_owned(),
                AssistantPart::Reasoning { .. } => String::new(),
                AssistantPart::Call(call) => format!("{}({})", call.name, call.arguments),
            });
            ("model", texts.collect())
        }
    }
}

/// A server that knows no `fast` responds with 422 and any body, where chat completions needs the name of the field.
fn recover(refusal: &Refusal<'_>) -> Option<Recovery> {
    if refusal.status != 422 {
        return None;
    }
    Some(Recovery { body: without_field(refusal.request, "fast")?, warning: "sent without fast".into() })
}

fn check_body(_: &Request, body: &serde_json::Value) {
    assert_eq!(body["fast"], true);
    let turns = body["turns"].as_array().expect("a list");
    assert!(turns.iter().all(|turn| turn[1].is_string()), "{body}");
    assert!(turns.windows(2).all(|pair| pair[0][0] != "user" || pair[1][0] != "user"), "{body}");
}
