//! Every scenario of the stand-in, through the component, in both kinds of host.

use std::collections::BTreeMap;

use host_test::contract::{BlockKind, Event, Request, ToolArguments, Usage};
use host_test::json;
use host_test::stand_in::{Expect, Route, Scenario, StandIn, scenarios};
use serde_json::Value;

use crate::support::{Answer, Waiting, ask, provider};

/// Scenarios without a fixed text, and the file here that tests them.
const ELSEWHERE: &[(&str, &str)] = &[
    ("generic-", "streaming"),
    ("q07-empty-data-lines", "errors"),
    ("q22-retry-after-", "errors"),
    ("q25-never-ends", "cancelling"),
    ("q25-asks-to-wait-a-minute", "cancelling"),
    ("q26-empty-deltas-for-ever", "errors"),
    ("openai-", "streaming"),
    ("anthropic-", "streaming"),
    ("gemini-", "streaming"),
    ("deepseek-", "streaming"),
    ("qwen-", "streaming"),
    ("xai-", "streaming"),
    ("mistral-", "streaming"),
    ("q27-catalogue-", "discovery"),
    ("q27-", "discovery"),
    ("account-", "account"),
];

/// What says what it should come to is played here, but for one that takes a minute.
fn is_elsewhere(scenario: &Scenario) -> bool {
    (scenario.expect.is_none() || scenario.name == "q25-asks-to-wait-a-minute")
        && ELSEWHERE.iter().any(|(prefix, _)| scenario.name.starts_with(prefix))
}

#[test]
fn every_scenario_has_a_test() {
    let untested: Vec<_> = scenarios()
        .iter()
        .filter(|scenario| !(scenario.route == Route::Chat && scenario.expect.is_some()))
        .filter(|scenario| !is_elsewhere(scenario))
        .map(|scenario| &scenario.name)
        .collect();
    assert!(untested.is_empty(), "no test plays {untested:?}");
    for (prefix, _) in ELSEWHERE {
        assert!(
            scenarios().iter().any(|scenario| scenario.name.starts_with(prefix)),
            "nothing is called {prefix}…"
        );
    }
}

async fn play_all(waiting: Waiting) {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    let expected: Vec<_> = scenarios()
        .iter()
        .filter(|scenario| scenario.route == Route::Chat && !is_elsewhere(scenario))
        .filter_map(|scenario| Some((scenario, scenario.expect.as_ref()?)))
        .collect();
    assert!(expected.len() > 100, "most scenarios are missing");
    // Many wait for something; side by side they do not wait for each other.
    let mut wrong = Vec::new();
    for group in expected.chunks(24) {
        let plays = group.iter().map(|(scenario, expect)| play(&stand_in, waiting, scenario, expect));
        wrong.extend(futures_util::future::join_all(plays).await.into_iter().flatten());
    }
    assert!(wrong.is_empty(), "{} of {} scenarios:\n{}", wrong.len(), expected.len(), wrong.join("\n"));
}

#[tokio::test]
async fn every_scenario_comes_to_what_it_should() {
    play_all(Waiting::Allowed).await;
}

#[tokio::test]
async fn every_scenario_comes_to_the_same_where_waiting_traps() {
    play_all(Waiting::Traps).await;
}

fn request_for(scenario: &Scenario) -> Request {
    ask(&scenario.name, "hello")
}

async fn play(stand_in: &StandIn, waiting: Waiting, scenario: &Scenario, expect: &Expect) -> Option<String> {
    let mut provider = provider(stand_in, waiting).await;
    let answer = provider.answer(&request_for(scenario)).await;
    let differences = differences(&answer, expect);
    (!differences.is_empty()).then(|| format!("{}: {}", scenario.name, differences.join("; ")))
}

/// What is not as expected.
fn differences(answer: &Answer, expect: &Expect) -> Vec<String> {
    let texts = Texts::of(&answer.events);
    let finish = answer.transcript.finish();
    let mut found = Vec::new();
    let mut hold = |what: &str, is: &dyn std::fmt::Debug, should: &dyn std::fmt::Debug| {
        let (is, should) = (format!("{is:?}"), format!("{should:?}"));
        if is != should {
            found.push(format!("{what} is {is} and should be {should}"));
        }
    };
    for (what, is, should) in [
        ("text", &texts.text, &expect.text),
        ("reasoning", &texts.reasoning, &expect.reasoning),
        ("refusal", &texts.refusal, &expect.refusal),
    ] {
        if let Some(should) = should {
            hold(what, is, should);
        }
    }
    let malformed: Vec<_> = expect.malformed.iter().cloned().collect();
    if expect.error.is_none() {
        hold("tool calls", &texts.calls, &expect.tools);
        hold("malformed calls", &texts.malformed, &malformed);
    }
    if let Some(should) = &expect.finish {
        hold("finish", &finish.map(|finish| json::events::finish_reason(&finish.reason)), &Some(should));
    }
    match &expect.error {
        None => hold("error", &answer.error.as_ref().map(|error| (&error.kind, &error.message)), &None::<()>),
        Some(should) if should == "any" => hold("an error came", &answer.error.is_some(), &true),
        Some(should) => {
            hold("error", &answer.error.as_ref().map(|error| json::error::kind(&error.kind)), &Some(should))
        }
    }
    let usage = finish.and_then(|finish| finish.usage.as_ref()).map(counts).unwrap_or_default();
    for (name, should) in &expect.usage {
        hold(name, &usage.get(name.as_str()), &Some(should));
    }
    found
}

fn counts(usage: &Usage) -> BTreeMap<String, u64> {
    let Value::Object(fields) = json::events::usage(usage) else { return BTreeMap::new() };
    fields.into_iter().filter_map(|(name, value)| Some((name, value.as_u64()?))).collect()
}

/// Texts by the kind of their block, ended or not: what came before an error is valid.
#[derive(Default)]
struct Texts {
    text: String,
    reasoning: String,
    refusal: String,
    calls: Vec<(String, String)>,
    malformed: Vec<(String, String)>,
}

impl Texts {
    fn of(events: &[Event]) -> Self {
        let mut texts = Self::default();
        let mut kinds = BTreeMap::new();
        for event in events {
            match event {
                Event::BlockStart(start) => {
                    kinds.insert(start.index, start.kind.clone());
                }
                Event::BlockDelta(delta) => match kinds.get(&delta.index) {
                    Some(BlockKind::Text) => texts.text += &delta.text,
                    Some(BlockKind::Reasoning) => texts.reasoning += &delta.text,
                    Some(BlockKind::Refusal) => texts.refusal += &delta.text,
                    _ => {}
                },
                Event::BlockEnd(end) => {
                    let (Some(BlockKind::ToolCall(head)), Some(arguments)) =
                        (kinds.get(&end.index), &end.arguments)
                    else {
                        continue;
                    };
                    match arguments {
                        ToolArguments::Object(object) => {
                            texts.calls.push((head.name.clone(), object.clone()))
                        }
                        ToolArguments::Malformed(malformed) => {
                            texts.malformed.push((head.name.clone(), malformed.raw.clone()));
                        }
                    }
                }
                _ => {}
            }
        }
        texts
    }
}
