//! A request that goes out on another route, because the first one does not serve the model.

use super::*;
use crate::contract::ErrorKind;
use std::string::ToString;

/// The route of the tests serves this model whatever the lists say, and chat completions comes after it.
const MODEL: &str = "test/x";
const FIRST: &str = "/beta/models/test%2Fx:run?stream=1";
const SECOND: &str = "/chat/completions";
const NO_PATH: &str = r#"{"error":{"message":"Invalid URL (POST /beta)","type":"invalid_request_error"}}"#;

fn model_request() -> Request {
    Request { model: MODEL.into(), route: None, ..request() }
}

fn run_on(network: &Scripted, request: Request) -> (Vec<Event>, Option<Error>) {
    run(&mut client(network).complete(request).expect("a good request"))
}

#[test]
fn a_path_that_is_not_served_leads_to_the_next_route_with_a_warning() {
    for status in [404, 405, 501] {
        let network = Scripted::default().on(FIRST, [refusal(status, NO_PATH)]).on(SECOND, [good()]);
        let (events, error) = run_on(&network, model_request());
        assert_eq!(error, None, "{status}");
        let Some(Event::Response(info)) = events.first() else { panic!("{events:?}") };
        assert_eq!(info.route, "chat-completions");
        let warned =
            |event: &&Event| matches!(event, Event::Warning(text) if text.contains("route test-route"));
        assert_eq!(events.iter().filter(warned).count(), 1, "{events:?}");
        // It is no retry, so nothing is waited for.
        assert_eq!((network.sent().len(), network.now_ms()), (2, 0));
    }
}

#[test]
fn the_errors_of_both_routes_are_reported() {
    let network = Scripted::default()
        .on(FIRST, [refusal(404, NO_PATH)])
        .on(SECOND, [refusal(400, r#"{"error":{"message":"no such tool"}}"#)]);
    let (_, error) = run_on(&network, model_request());
    let error = error.expect("an error");
    assert_eq!((error.kind, error.http_status), (ErrorKind::InvalidRequest, Some(400)));
    for part in ["as invalid", "the route test-route refused", "HTTP 404"] {
        assert!(error.message.contains(part), "{part}: {}", error.message);
    }
}

#[test]
fn nothing_else_leads_to_another_route() {
    let event = std::format!("data: {NO_PATH}\n\n");
    for script in [
        refusal(400, r#"{"error":{"message":"unknown field `top_k`"}}"#),
        refusal(401, NO_PATH),
        refusal(413, NO_PATH),
        refusal(200, &event),
        refusal(200, ""),
    ] {
        let scripts = [script.clone(), script.clone(), script];
        let network = Scripted::default().on(FIRST, scripts).on(SECOND, [good()]);
        let (_, error) = run_on(&network, model_request());
        let elsewhere = network.sent().iter().any(|sent| sent.path.ends_with(SECOND));
        assert_eq!((error.is_some(), elsewhere), (true, false), "{error:?}");
    }
    // The host has named the route.
    let named = Request { route: Some("test-route".into()), ..model_request() };
    let network = Scripted::default().on(FIRST, [refusal(404, NO_PATH)]).on(SECOND, [good()]);
    let (_, error) = run_on(&network, named);
    assert_eq!((error.map(|error| error.http_status), network.sent().len()), (Some(Some(404)), 1));
}

#[test]
fn a_route_that_refused_a_model_is_not_tried_again() {
    let mut memory = crate::provider::memory::Memory::default();
    let routes = |memory: &crate::provider::memory::Memory, model: &str| memory.routes_of(model).join(" ");
    assert_eq!(routes(&memory, "claude-x"), "messages chat-completions");
    memory.note_refused("claude-x", "messages");
    assert_eq!(routes(&memory, "claude-x"), "chat-completions");
    assert_eq!(routes(&memory, "claude-y"), "messages chat-completions");
    // The last one stays: an empty list would say that nothing is known.
    memory.note_refused("claude-x", "chat-completions");
    assert_eq!(routes(&memory, "claude-x"), "messages chat-completions");
    (0..1000).for_each(|at| memory.note_refused(&at.to_string(), "messages"));
}
