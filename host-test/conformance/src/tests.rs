//! The cases as data, and a judge that reports each difference.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::judge;
use super::needs::{self, Need};
use super::play::Played;
use super::promise::Promise;
use super::{Case, OwnHost, cases};
use provider_host::contract::{
    BlockDelta, BlockEnd, BlockKind, BlockStart, Error, ErrorKind, Event, Finish, FinishReason, ResponseInfo,
};
use provider_host::json;
use stand_in::{Abort, Break, Expect, StandIn, WIRE_ROUTES, scenarios};

/// Every kind of the contract.
const KINDS: [ErrorKind; 17] = [
    ErrorKind::Configuration,
    ErrorKind::InvalidRequest,
    ErrorKind::Authentication,
    ErrorKind::Permission,
    ErrorKind::Billing,
    ErrorKind::RateLimited,
    ErrorKind::ModelNotFound,
    ErrorKind::ContextLengthExceeded,
    ErrorKind::ContentFiltered,
    ErrorKind::Overloaded,
    ErrorKind::Server,
    ErrorKind::Timeout,
    ErrorKind::Network,
    ErrorKind::DeniedByHost,
    ErrorKind::Protocol,
    ErrorKind::IncompleteStream,
    ErrorKind::Unsupported,
];

#[test]
fn every_case_has_a_unique_name_promises_and_an_expected_outcome() {
    let mut names = BTreeSet::new();
    for Case { name, plays, promises, expected, .. } in cases::<OwnHost>() {
        assert!(!plays.is_empty() && !expected.is_empty() && !promises.is_empty(), "{name}");
        assert!(promises.is_sorted() && promises.windows(2).all(|pair| pair[0] != pair[1]), "{name}");
        assert!(name.bytes().all(|byte| byte == b'-' || byte.is_ascii_lowercase() || byte.is_ascii_digit()));
        assert!(names.insert(name.clone()), "{name} is there twice");
    }
}

/// The names of the cases of the file for the first route are those of the file: other harnesses find them by name.
#[test]
fn each_written_case_is_there_for_each_wire_route_that_can_play_it() {
    let names: BTreeSet<String> = cases::<OwnHost>().into_iter().map(|case| case.name).collect();
    let written = super::data::written();
    for (number, wire) in WIRE_ROUTES.iter().enumerate() {
        let ending = if number == 0 { String::new() } else { format!("-on-{}", wire.name) };
        for script in written.iter().filter(|script| script.scenario.is_none()) {
            let on_each = script.route.wire().is_some() || number == 0;
            assert_eq!(names.contains(&format!("{}{ending}", script.name)), on_each, "{}", script.name);
        }
        let plain = scenarios().iter().find(|scenario| scenario.name == wire.plain).expect(wire.plain);
        assert!(plain.route.wire().is_some_and(|route| route.name == wire.name), "{}", wire.name);
    }
}

#[test]
fn every_promise_is_checked_by_several_cases() {
    let cases = cases::<OwnHost>();
    for promise in Promise::ALL {
        let count = cases.iter().filter(|case| case.promises.contains(&promise)).count();
        assert!(count >= 2, "{promise} is checked by {count} cases");
    }
    let numbers: Vec<u8> = Promise::ALL.iter().map(|promise| promise.number()).collect();
    assert_eq!(numbers, (1..=10).collect::<Vec<u8>>());
}

/// A renamed case would otherwise lose its mark, and a need without a case would have no effect.
#[test]
fn every_need_names_cases_that_exist_and_gives_its_reason() {
    let cases = cases::<OwnHost>();
    for need in Need::ALL {
        assert!(!need.reason().is_empty(), "{need:?}");
        assert_eq!(serde_json::from_value::<Need>(json!(need.name())).ok(), Some(need));
    }
    for listed in needs::LIST.iter() {
        for name in &listed.cases {
            let case =
                cases.iter().find(|case| case.name == *name).unwrap_or_else(|| panic!("no case {name}"));
            assert_eq!(case.needs, Some(listed.needs), "{name}");
        }
    }
    let needs = |name: &str| cases.iter().find(|case| case.name == name).and_then(|case| case.needs);
    assert_eq!(needs("tls-expired-on-messages"), Some(Need::TestRoots), "a route's case needs the same");
    assert_eq!(needs("at-once"), None);
}

#[test]
fn expected_outcomes_use_the_contracts_names() {
    let known: BTreeSet<&str> = KINDS.iter().map(json::error::kind).collect();
    let written = super::data::written();
    let all = scenarios().iter().filter_map(|scenario| Some((&scenario.name, scenario.expect.as_ref()?)));
    for (name, expect) in all.chain(written.iter().map(|script| (&script.name, &script.expect))) {
        for kind in &expect.error {
            assert!(known.contains(kind.as_str()), "{name}: {kind}");
        }
        assert!(expect.error.is_empty() || expect.finish.is_none(), "{name} ends in two ways");
    }
}

#[test]
fn every_way_to_break_a_connection_is_a_case() {
    let by_scenario = |how: Break| {
        let breaks = |faults: &stand_in::Faults| faults.abort == Some(Abort::Connection(how));
        scenarios().iter().any(|scenario| breaks(&scenario.response.fault))
    };
    let requested: BTreeSet<String> = super::data::written()
        .iter()
        .filter_map(|script| script.setup.headers.get("x-fault-abort-connection").cloned())
        .collect();
    for (word, how) in Break::ALL {
        assert!(requested.contains(word) || by_scenario(how), "no case plays {word}");
    }
}

fn events() -> Vec<Event> {
    let response = ResponseInfo {
        id: None,
        model: None,
        request_id: None,
        created: None,
        route: "chat-completions".into(),
    };
    vec![
        Event::Response(response),
        Event::BlockStart(BlockStart { index: 0, kind: BlockKind::Text }),
        Event::BlockDelta(BlockDelta { index: 0, text: "Hello".into() }),
        Event::BlockEnd(BlockEnd { index: 0, replay: None, arguments: None }),
        Event::Finish(Finish { reason: FinishReason::Stop, raw_reason: None, usage: None, extra_json: None }),
    ]
}

fn played(events: Vec<Event>, error: Option<Error>) -> Played {
    let mut played = Played { error, ..Played::default() };
    for event in events {
        played.transcript.push(&event);
        played.events.push(event);
    }
    played
}

fn network() -> Error {
    Error {
        kind: ErrorKind::Network,
        message: "the connection broke".into(),
        http_status: None,
        provider_code: None,
        request_id: None,
        retry_after_ms: None,
        retryable: true,
        request_sent: true,
        partial: false,
        suggested_model: None,
        details_json: None,
    }
}

fn expect(fields: &Value) -> Expect {
    serde_json::from_value(fields.clone()).unwrap_or_else(|error| panic!("{fields}: {error}"))
}

#[tokio::test]
async fn every_expected_field_is_compared_with_the_outcome() {
    let stand_in = StandIn::start(0).await.unwrap();
    let (finished, failed) = (played(events(), None), played(Vec::new(), Some(network())));
    let judge = |played, fields: &Value| judge::completion(played, &expect(fields), &stand_in).reasons;
    for (played, right, wrong) in [
        (&finished, json!({ "text": "Hello" }), json!({ "text": "Hello, world." })),
        (&finished, json!({ "reasoning": "" }), json!({ "reasoning": "Well" })),
        (&finished, json!({ "refusal": "" }), json!({ "refusal": "No" })),
        (&finished, json!({ "blocks": ["text"] }), json!({ "blocks": ["text", "text"] })),
        (&finished, json!({ "tools": [] }), json!({ "tools": [["a", "{}"]] })),
        (&finished, json!({}), json!({ "malformed": ["a", "b"] })),
        (&finished, json!({ "finish": "stop" }), json!({ "finish": "length" })),
        (&finished, json!({}), json!({ "error": "network" })),
        (&finished, json!({}), json!({ "usage": { "input": 1 } })),
        (&finished, json!({ "requests": 0 }), json!({ "requests": 1 })),
        (&finished, json!({}), json!({ "waits-ms": [0, 1000] })),
        (&failed, json!({ "error": ["network", "timeout"] }), json!({ "error": "timeout" })),
        (&failed, json!({ "error": "network" }), json!({})),
        (
            &failed,
            json!({ "error": "network", "says": "broke" }),
            json!({ "error": "network", "says": "certificate" }),
        ),
        (
            &failed,
            json!({ "error": "network", "retryable": true }),
            json!({ "error": "network", "retryable": false }),
        ),
        (
            &failed,
            json!({ "error": "network", "request-sent": true }),
            json!({ "error": "network", "request-sent": false }),
        ),
    ] {
        assert_eq!(judge(played, &right), [""; 0], "{right}");
        assert_ne!(judge(played, &wrong), [""; 0], "{wrong}");
    }
    let slow = Played { took: std::time::Duration::from_secs(2), ..played(events(), None) };
    assert_ne!(judge(&slow, &json!({ "within-ms": 1000 })), [""; 0]);
    let wrong = Played { violations: vec!["it lies".to_owned()], ..played(events(), None) };
    assert_eq!(judge(&wrong, &json!({})), ["it lies"]);
}
