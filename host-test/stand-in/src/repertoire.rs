//! All scenarios, and which of them plays.
//!
//! One is found by its own name as the model id, by the header `x-scenario`, by
//! [`StandIn::script`](super::StandIn::script), or by one of its model ids and the turn of the conversation.

use std::sync::OnceLock;

use super::ask::{Asked, Turn};
use super::script::{Route, Scenario, When};

/// The files, each a JSON list of scenarios.
const FILES: [(&str, &str); 24] = [
    ("generic", include_str!("scenarios/generic.json")),
    ("openai", include_str!("scenarios/openai.json")),
    ("anthropic", include_str!("scenarios/anthropic.json")),
    ("gemini", include_str!("scenarios/gemini.json")),
    ("deepseek", include_str!("scenarios/deepseek.json")),
    ("qwen", include_str!("scenarios/qwen.json")),
    ("xai", include_str!("scenarios/xai.json")),
    ("mistral", include_str!("scenarios/mistral.json")),
    ("framing", include_str!("scenarios/framing.json")),
    ("bodies", include_str!("scenarios/bodies.json")),
    ("content", include_str!("scenarios/content.json")),
    ("usage", include_str!("scenarios/usage.json")),
    ("tool-calls", include_str!("scenarios/tool-calls.json")),
    ("finish-reasons", include_str!("scenarios/finish-reasons.json")),
    ("reasoning", include_str!("scenarios/reasoning.json")),
    ("errors-midway", include_str!("scenarios/errors-midway.json")),
    ("ends", include_str!("scenarios/ends.json")),
    ("statuses", include_str!("scenarios/statuses.json")),
    ("headers", include_str!("scenarios/headers.json")),
    ("failures", include_str!("scenarios/failures.json")),
    ("recoveries", include_str!("scenarios/recoveries.json")),
    ("timing", include_str!("scenarios/timing.json")),
    ("key-lists", include_str!("scenarios/key-lists.json")),
    ("catalogue-and-account", include_str!("scenarios/catalogue-and-account.json")),
];

/// Every scenario, in the order of the files. A test that walks it can tell which of them has no test yet.
///
/// # Panics
/// Where an embedded file is no list of scenarios: a defect of the build that any test finds.
pub fn scenarios() -> &'static [Scenario] {
    static ALL: OnceLock<Vec<Scenario>> = OnceLock::new();
    ALL.get_or_init(|| FILES.iter().flat_map(|(name, text)| parse(name, text)).collect())
}

fn parse(name: &str, text: &str) -> Vec<Scenario> {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("scenarios/{name}.json: {error}"))
}

/// The scenario of that name.
pub fn named(name: &str) -> Option<&'static Scenario> {
    scenarios().iter().find(|scenario| scenario.name == name)
}

/// The scenario of a wire route for a request that names none: by the model's own name, by model and turn, by model,
/// and at last the generic one for the turn.
pub fn fitting(route: Route, asked: &Asked) -> Option<&'static Scenario> {
    let of_route = || scenarios().iter().filter(|scenario| scenario.route == route);
    let fits = |scenario: &Scenario| match scenario.when {
        When::Any => true,
        When::Text => asked.turn == Turn::Text,
        When::Tools => asked.turn == Turn::Tools,
        When::Reasoning => asked.turn == Turn::Reasoning,
    };
    let plays = |scenario: &Scenario, model: &str| scenario.models.iter().any(|id| id == model);
    of_route()
        .find(|scenario| scenario.name == asked.model)
        .or_else(|| of_route().find(|scenario| plays(scenario, &asked.model) && fits(scenario)))
        .or_else(|| of_route().find(|scenario| plays(scenario, &asked.model) && scenario.when == When::Text))
        .or_else(|| of_route().find(|scenario| plays(scenario, "*") && fits(scenario)))
}
