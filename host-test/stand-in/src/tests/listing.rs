//! The scenarios as data: names, descriptions, and mistakes that would otherwise only show when they are
//! played.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::chat_request::ChatRequest;
use crate::fill::Filling;
use crate::repertoire::all;
use crate::script::{Item, Scenario, ScriptedResponse, When};
use crate::{Route, WIRE_ROUTES, scenarios};

fn responses() -> impl Iterator<Item = (&'static str, &'static ScriptedResponse)> {
    all().iter().flat_map(|scenario| {
        let early = scenario.first.iter().map(|early| &early.response);
        early.chain([&scenario.response]).map(|response| (scenario.name.as_str(), response))
    })
}

fn each_item(items: &'static [Item], look: &mut impl FnMut(&'static Item)) {
    for item in items {
        look(item);
        if let Item::Repeat(repeat) = item {
            each_item(&repeat.items, look);
        }
    }
}

#[test]
fn every_scenario_has_a_unique_name_and_a_description() {
    let names: HashSet<&str> = all().iter().map(|scenario| scenario.name.as_str()).collect();
    assert_eq!(names.len(), all().len());
    for scenario in all() {
        let name = &scenario.name;
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        assert!(name.bytes().all(fits), "{name}");
        assert!(scenario.plays.ends_with('.'), "{name}: {}", scenario.plays);
    }
}

#[test]
fn every_quirk_that_a_server_can_show_has_a_scenario() {
    // Rows in parentheses are about requests: no server shows them.
    let catalogue = include_str!("../../../../docs/wire-quirks.md");
    let rows = catalogue.lines().filter_map(|line| {
        let (number, row) = line.strip_prefix("| ")?.split_once(" | ")?;
        Some((number.parse::<u32>().ok()?, row.starts_with('(')))
    });
    let numbers: Vec<u32> = rows.filter(|(_, of_requests)| !of_requests).map(|(number, _)| number).collect();
    assert!(numbers.len() > 30, "{numbers:?}");
    for number in numbers {
        let prefix = format!("q{number:02}-");
        assert!(all().iter().any(|scenario| scenario.name.starts_with(&prefix)), "{prefix}");
    }
}

#[test]
fn every_vendor_has_a_scenario_for_every_turn() {
    for vendor in ["generic", "openai", "anthropic", "google", "deepseek", "qwen", "xai", "mistral"] {
        for turn in ["text", "reasoning", "tool-call"] {
            let name = format!("{vendor}-{turn}");
            let scenario = scenarios().iter().find(|scenario| scenario.name == name).expect(&name);
            assert!(scenario.response.whole.is_some(), "{name} has a response without streaming");
        }
    }
}

#[test]
fn every_header_and_every_base64_text_can_be_sent() {
    for (name, response) in responses() {
        assert!(http::StatusCode::from_u16(response.status).is_ok(), "{name}");
        for (header, value) in &response.headers {
            assert!(header.parse::<http::HeaderName>().is_ok(), "{name}: {header}");
            assert!(value.parse::<http::HeaderValue>().is_ok(), "{name}: {value}");
        }
        each_item(&response.body, &mut |item| {
            if let Item::Base64(text) = item {
                assert!(STANDARD.decode(text).is_ok(), "{name}");
            }
        });
    }
}

#[test]
fn every_placeholder_is_known() {
    let body = json!({ "model": "any", "messages": [{ "role": "user", "content": "hello" }] });
    let filling = Filling {
        request: Some(ChatRequest::read(body)),
        request_id: "id".into(),
        authorization: "Bearer key".into(),
        base_url: "http://127.0.0.1/v1".into(),
        elsewhere: String::new(),
        piece: "word".into(),
        pieces: 1,
    };
    for (name, response) in responses() {
        // The debug output contains every text of a response, so a new kind of item is covered without a
        // change here.
        let debug = format!("{response:?}");
        let filled = filling.text(&debug);
        assert!(!filled.contains("{{"), "{name}: {filled}");
    }
}

#[test]
fn every_quirk_of_a_completion_has_an_expected_outcome() {
    let quirks = all().iter().filter(|scenario| {
        scenario.route.wire().is_some()
            && scenario.name.starts_with('q')
            && !scenario.name.starts_with("qwen")
    });
    // Scenarios whose outcome is the client's choice, or that never end.
    let open = ["q07-empty-data-lines", "q25-never-ends", "q26-empty-deltas-for-ever"];
    for scenario in quirks {
        let expected = scenario.expect.is_some() || !scenario.first.is_empty();
        assert!(expected || open.contains(&scenario.name.as_str()), "{}", scenario.name);
    }
}

#[test]
fn each_item_is_of_a_route_that_can_write_it() {
    for scenario in all() {
        each_item(&scenario.response.body, &mut |item| {
            let (chat, others) = match item {
                Item::Delta(_) | Item::Finish(_) | Item::Usage(_) | Item::Chunk(_) | Item::Each(_) => {
                    (true, false)
                }
                Item::Start
                | Item::Text(_)
                | Item::Refusal(_)
                | Item::Reasoning(_)
                | Item::Thought(_)
                | Item::Call(..)
                | Item::Calls
                | Item::End(_)
                | Item::Event(_) => (false, true),
                _ => (true, true),
            };
            let fits = match scenario.route {
                Route::Responses | Route::Messages | Route::Gemini => others,
                _ => chat,
            };
            assert!(fits, "{}: {item:?}", scenario.name);
        });
    }
}

#[test]
fn each_route_has_a_plain_scenario_and_one_for_every_turn() {
    for route in [Route::Chat, Route::Responses, Route::Messages, Route::Gemini] {
        let wire = route.wire().expect("a wire route");
        let plain = all().iter().find(|scenario| scenario.name == wire.plain).expect(wire.plain);
        assert!(
            plain.route == route && plain.expect.as_ref().is_some_and(|expect| expect.requests == Some(1))
        );
        for turn in [When::Text, When::Reasoning, When::Tools] {
            let generic = |scenario: &&Scenario| {
                scenario.route == route && scenario.when == turn && scenario.models.iter().any(|id| id == "*")
            };
            assert!(all().iter().any(|scenario| generic(&scenario)), "{} {turn:?}", wire.name);
        }
    }
    assert_eq!(WIRE_ROUTES[0].scenarios, Route::Chat);
}

#[test]
fn only_scenarios_of_rows_of_the_table_are_cases() {
    for scenario in scenarios() {
        let wire = scenario.route.wire();
        assert!(
            wire.is_none_or(|wire| WIRE_ROUTES.iter().any(|row| row.name == wire.name)),
            "{}",
            scenario.name
        );
        assert_ne!(scenario.route, Route::Embeddings, "{}", scenario.name);
    }
    let embeddings = crate::embedding_scenarios();
    assert!(embeddings.iter().all(|scenario| scenario.route == Route::Embeddings));
    assert_eq!(scenarios().len() + embeddings.len(), all().len());
}
