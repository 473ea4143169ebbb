//! The route from a request to its finish, over a scripted network, through the same code as every other route.

use std::string::{String, ToString};
use std::vec::Vec;

use crate::contract::{Config, Credential, ErrorKind, Event, Request, Timeouts};
use crate::errors::Error;
use crate::events::grammar::Grammar;
use crate::history::samples;
use crate::provider::Client;
use crate::transport::scripted::{Move, Script, Scripted};

/// What chat completions send again without `stream_options`. Here it means nothing.
const NAMES_STREAM_OPTIONS: &str = r#"{"error":{"message":"unknown parameter: stream_options"}}"#;

const PATH: &str = "/beta/models/test%2Fm%C3%B6del:run?stream=1";

fn request(model: &str) -> Request {
    Request {
        model: model.into(),
        ..samples::request(std::vec![
            samples::assistant(std::vec![samples::text("so")]),
            samples::user(std::vec![samples::text("a \"b\"")]),
            samples::user(std::vec![samples::text("c")]),
        ])
    }
}

fn script(status: u16, body: &str) -> Script {
    std::vec![
        (0, Move::Connected),
        (0, Move::Uploaded),
        (0, Move::Head(status, Vec::new())),
        (0, Move::Bytes(body.to_string())),
        (0, Move::End),
    ]
}

/// The events of a request over these scripts, and its error.
fn run(network: &Scripted, request: &Request) -> (Vec<Event>, Option<Error>) {
    let config = Config {
        base_url: Some("https://gateway.example/llm/v1".into()),
        credential: Credential::Bearer("sk-0123456789abcdef".into()),
        timeouts: Timeouts { connect_ms: None, first_byte_ms: None, idle_ms: None, total_ms: None },
        max_retries: Some(0),
        headers: std::vec![
            ("x-team".into(), "blue".into()),
            // One of the route's own: it must not go out twice.
            ("x-test-version".into(), "6".into()),
        ],
    };
    let client = Client::open(network.clone(), config).expect("a good configuration");
    let mut completion = client.complete(request.clone()).expect("a good request");
    let mut events = Vec::new();
    loop {
        match completion.next(16, 60_000) {
            Ok(batch) => {
                events.extend(batch.events);
                if batch.done {
                    return (events, None);
                }
            }
            Err(error) => return (events, Some(error)),
        }
    }
}

fn bodies(network: &Scripted) -> Vec<String> {
    let body = |sent: &crate::transport::Outgoing| {
        String::from_utf8(sent.body.as_ref().expect("a body").to_vec()).expect("UTF-8")
    };
    network.sent().iter().map(body).collect()
}

const GOOD: &str =
    "data: {\"id\":\"r1\"}\n\ndata: {\"t\":\"Hel\"}\n\ndata: {\"t\":\"lo\"}\n\ndata: {\"end\":\"fin\"}\n\n";

const BODY: &str = r#"{"turns":[["user","[The conversation begins with the assistant]"],["model","so"],["user","a \"b\"c"]],"fast":true}"#;

#[test]
fn a_model_of_the_route_goes_its_way_from_the_path_to_the_finish() {
    let network = Scripted::default().on(PATH, [script(200, GOOD)]);
    let (events, error) = run(&network, &request(" test/mödel\n"));
    assert_eq!(error, None);
    let sent = &network.sent()[0];
    assert_eq!(sent.path, std::format!("/llm{PATH}"));
    assert_eq!(bodies(&network), [BODY]);
    let mut headers: Vec<_> =
        sent.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    headers.sort_unstable();
    assert_eq!(
        headers,
        [
            ("accept", "text/event-stream, application/json"),
            ("accept-encoding", "identity"),
            ("authorization", "Bearer sk-0123456789abcdef"),
            ("content-length", BODY.len().to_string().as_str()),
            ("content-type", "application/json"),
            ("user-agent", concat!("cometapi-provider/", env!("CARGO_PKG_VERSION"))),
            ("x-team", "blue"),
            ("x-test-version", "7"),
        ]
    );
    let mut grammar = Grammar::default();
    events.iter().for_each(|event| grammar.read(event));
    assert_eq!(grammar.content.text, "Hello");
    assert_eq!(
        grammar.content.warnings.len(),
        1,
        "a user message was put first: {:?}",
        grammar.content.warnings
    );
    let Some(Event::Response(info)) = events.first() else { panic!("{events:?}") };
    assert_eq!((info.route.as_str(), info.id.as_deref()), (super::NAME, Some("r1")));
}

#[test]
fn the_route_recovers_once_by_its_own_rule() {
    let scripts = [script(422, "no fast here"), script(200, GOOD)];
    let network = Scripted::default().on(PATH, scripts);
    let (events, error) = run(&network, &request("test/mödel"));
    assert_eq!(error, None);
    assert_eq!(bodies(&network), [BODY.to_string(), BODY.replace(",\"fast\":true", "")]);
    let sent = network.sent();
    assert_eq!(sent[0].path, sent[1].path);
    let header = |at: usize, name: &str| {
        let value = |(known, value): &(String, String)| (known == name).then(|| value.clone());
        sent[at].headers.iter().find_map(value)
    };
    assert_eq!(header(1, "x-test-version").as_deref(), Some("7"));
    assert_eq!(header(1, "content-length"), Some((BODY.len() - ",\"fast\":true".len()).to_string()));
    assert!(events.contains(&Event::Warning("sent without fast".into())), "{events:?}");

    let network = Scripted::default().on(PATH, [script(422, "no"), script(422, "no"), script(200, GOOD)]);
    let (_, error) = run(&network, &request("test/mödel"));
    let error = error.expect("the second refusal is final");
    assert_eq!((network.sent().len(), error.http_status, error.request_sent), (2, Some(422), true));
}

#[test]
fn what_another_route_recovers_from_is_an_error_here() {
    let network = Scripted::default().on(PATH, [script(400, NAMES_STREAM_OPTIONS), script(200, GOOD)]);
    let (_, error) = run(&network, &request("test/mödel"));
    let error = error.expect("a refusal");
    assert_eq!((network.sent().len(), error.kind), (1, ErrorKind::InvalidRequest));
}

#[test]
fn errors_and_ends_are_those_of_the_route() {
    let bad = "data: {\"t\":\"Hel\"}\n\ndata: {\"bad\":\"x\",\"error\":{\"message\":\"m\",\"code\":\"model_not_found\"}}\n\n";
    for (body, kind) in [
        (bad, ErrorKind::ModelNotFound),
        ("data: {\"t\":\"Hel\"}\n\n", ErrorKind::IncompleteStream),
        // The end marker of chat completions means nothing here, and is no JSON.
        ("data: {\"t\":\"Hel\"}\n\ndata: [DONE]\n\n", ErrorKind::Protocol),
    ] {
        let network = Scripted::default().on(PATH, [script(200, body)]);
        let (_, error) = run(&network, &request("test/mödel"));
        assert_eq!(error.map(|error| error.kind), Some(kind), "{body}");
    }
}

#[test]
fn a_request_may_name_the_route_for_any_model() {
    let network = Scripted::default().on("/beta/models/gpt-5.4-mini:run?stream=1", [script(200, GOOD)]);
    let named = Request { route: Some(super::NAME.into()), ..request("gpt-5.4-mini") };
    assert_eq!(run(&network, &named).1, None);
    let other = Scripted::default().on("/v1/chat/completions", [script(401, "")]);
    assert_eq!(
        run(&other, &request("deepseek-chat")).1.map(|error| error.kind),
        Some(ErrorKind::Authentication)
    );
}
