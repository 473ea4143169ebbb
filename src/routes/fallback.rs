//! Which refusals prove that no model ran because the route does not serve it, so that another route may be tried.
//!
//! Lists name routes that a channel does not have, and gateways of many versions are in use. A second request is free only
//! where the first one cannot have been billed, so timeouts, failures of a server, limits and refusals of a field are no
//! such proof.

use alloc::string::String;

use crate::response::utf8_lossy;
use crate::text_search::contains;

/// Most bytes of a response that are searched.
const SEARCHED: usize = 8 << 10;

/// What a refusal proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotServed {
    /// The route does not serve the model.
    Here,
    /// The same, and the response names the route that does.
    But(&'static str),
}

/// The names of routes in the texts of servers.
const NAMED: [(&str, &str); 8] = [
    ("v1/responses", "responses"),
    ("responses api", "responses"),
    ("v1/chat/completions", "chat-completions"),
    ("chat completions", "chat-completions"),
    ("v1/messages", "messages"),
    ("messages api", "messages"),
    (":generatecontent", "gemini"),
    (":streamgeneratecontent", "gemini"),
];

/// The model, or its channel, is not there on this route.
const NO_MODEL: [&str; 5] = [
    "model_not_found",
    "no available channel",
    "no channel available",
    "\u{65e0}\u{53ef}\u{7528}\u{6e20}\u{9053}",
    "does not exist",
];

/// The gateway cannot convert the request for the model's channel.
const NO_CONVERSION: [&str; 6] = [
    "convert_request_failed",
    "invalid_api_type",
    "api_not_implemented",
    "not implemented",
    "not a chat model",
    "unsupported_endpoint",
];

/// Beside the name of a route: it is the wrong one.
const WRONG_ROUTE: [&str; 5] =
    ["not supported", "unsupported", "only supported", "not available", "does not support"];

/// What a refusal of a request on `route` proves. `is_listed`: the key's list has the model, so the model is there on
/// another route.
pub fn not_served(status: u16, body: &[u8], route: &str, is_listed: bool) -> Option<NotServed> {
    let text = utf8_lossy(body.get(..SEARCHED).unwrap_or(body)).to_ascii_lowercase();
    let has = |phrases: &[&str]| phrases.iter().any(|phrase| contains(&text, phrase));
    let is_page = text.trim_ascii_start().starts_with('<');
    let names_route = NAMED.iter().any(|(name, _)| contains(&text, name)) || contains(&text, "this endpoint");
    let proven = match status {
        // A page of a proxy in front of the API with 403 is a block, and with 5xx a failure: the model may have run.
        301..=399 | 405 | 501 => true,
        404 => is_listed || is_page || !contains(&text, "model"),
        503 => is_listed && has(&NO_MODEL),
        400 | 422 => is_page || has(&NO_CONVERSION) || names_route && has(&WRONG_ROUTE),
        500 => has(&NO_CONVERSION) || names_route && has(&WRONG_ROUTE),
        _ => false,
    };
    proven.then(|| named(&text, route).map_or(NotServed::Here, NotServed::But))
}

/// The route that a text names, other than the one that it refuses.
fn named(text: &str, refused: &str) -> Option<&'static str> {
    let mut others = NAMED.iter().filter(|(name, route)| *route != refused && contains(text, name));
    others.next().map(|(_, route)| *route)
}

/// For people, where the second route fails as well.
pub fn both_refused(message: &mut String, first: &str, first_message: &str) {
    message.push_str("; before that, the route ");
    message.push_str(first);
    message.push_str(" refused the request: ");
    message.push_str(first_message);
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAT: &str = "chat-completions";

    #[test]
    fn a_path_or_a_conversion_that_is_not_there_proves_that_no_model_ran() {
        for (status, body) in [
            (
                404,
                r#"{"error":{"message":"Invalid URL (POST /v1/messages)","type":"invalid_request_error"}}"#,
            ),
            (404, "404 page not found"),
            (404, r#"{"detail":"Not Found"}"#),
            (405, ""),
            (301, ""),
            (308, "<html>"),
            (400, "<!doctype html>"),
            (501, r#"{"error":{"code":"api_not_implemented"}}"#),
            (500, r#"{"error":{"code":"convert_request_failed","message":"x"}}"#),
            (400, r#"{"error":{"message":"Not Implemented"}}"#),
            (400, r#"{"error":{"message":"this model is not supported with this endpoint"}}"#),
        ] {
            assert_eq!(
                not_served(status, body.as_bytes(), "messages", false),
                Some(NotServed::Here),
                "{body}"
            );
        }
    }

    #[test]
    fn a_model_that_the_list_has_is_there_on_another_route() {
        for body in [
            r#"{"error":{"code":"model_not_found"}}"#,
            "No available channel for model x under group default",
            "\u{5f53}\u{524d}\u{5206}\u{7ec4}\u{65e0}\u{53ef}\u{7528}\u{6e20}\u{9053}",
        ] {
            assert_eq!(not_served(503, body.as_bytes(), "messages", true), Some(NotServed::Here), "{body}");
            assert_eq!(not_served(503, body.as_bytes(), "messages", false), None, "{body}");
        }
        let unknown = r#"{"error":{"code":"model_not_found","message":"The model does not exist"}}"#;
        assert_eq!(not_served(404, unknown.as_bytes(), "messages", true), Some(NotServed::Here));
        assert_eq!(not_served(404, unknown.as_bytes(), "messages", false), None);
    }

    #[test]
    fn a_text_that_names_the_right_route_leads_there() {
        for (route, text, expected) in [
            (
                CHAT,
                "Function tools with reasoning_effort are not supported for gpt-6 in /v1/chat/completions. \
                 To use function tools, use /v1/responses or set reasoning_effort to 'none'.",
                "responses",
            ),
            (
                CHAT,
                "This model is only supported in v1/responses and not in v1/chat/completions.",
                "responses",
            ),
            ("responses", "The model is not supported with the Responses API; use Chat Completions", CHAT),
        ] {
            assert_eq!(
                not_served(400, text.as_bytes(), route, false),
                Some(NotServed::But(expected)),
                "{text}"
            );
        }
    }

    #[test]
    fn what_may_have_been_billed_or_would_come_again_proves_nothing() {
        for (status, body) in [
            (400, r#"{"error":{"message":"Unsupported parameter: temperature"}}"#),
            (400, r#"{"error":{"message":"include: not supported"}}"#),
            (400, "prompt is too long"),
            (401, "not implemented"),
            (402, ""),
            (403, "<html>"),
            (413, ""),
            (429, "not implemented"),
            (500, "<html>"),
            (502, "<html>"),
            (503, "overloaded"),
            (504, "<html>"),
            (200, "not implemented"),
        ] {
            assert_eq!(not_served(status, body.as_bytes(), CHAT, true), None, "{status} {body}");
        }
    }
}
