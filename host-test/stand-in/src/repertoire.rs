//! All scenarios, and the choice of one for a request.
//!
//! A request selects one with its name as the model id, with the header `x-scenario`, or with one of the
//! scenario's model ids and the turn of the conversation. A test can also set one for a path with
//! [`StandIn::script`](super::StandIn::script). The model id works with any client, also those that cannot
//! send extra headers.

use std::sync::OnceLock;

use super::chat_request::{ChatRequest, Turn};
use super::script::{Route, Scenario, When};

/// The files, each a JSON list of scenarios. They are embedded, so that the test host is one file that runs
/// anywhere.
const FILES: [(&str, &str); 32] = [
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
    ("call-identity", include_str!("scenarios/call-identity.json")),
    ("contradicting-usage", include_str!("scenarios/contradicting-usage.json")),
    ("proof-of-finish", include_str!("scenarios/proof-of-finish.json")),
    ("odd-forms", include_str!("scenarios/odd-forms.json")),
    ("reasoning", include_str!("scenarios/reasoning.json")),
    ("replays", include_str!("scenarios/replays.json")),
    ("errors-midway", include_str!("scenarios/errors-midway.json")),
    ("error-forms", include_str!("scenarios/error-forms.json")),
    ("error-meanings", include_str!("scenarios/error-meanings.json")),
    ("ends", include_str!("scenarios/ends.json")),
    ("statuses", include_str!("scenarios/statuses.json")),
    ("headers", include_str!("scenarios/headers.json")),
    ("failures", include_str!("scenarios/failures.json")),
    ("recoveries", include_str!("scenarios/recoveries.json")),
    ("timing", include_str!("scenarios/timing.json")),
    ("cost", include_str!("scenarios/cost.json")),
    ("key-lists", include_str!("scenarios/key-lists.json")),
    ("catalogue-and-account", include_str!("scenarios/catalogue-and-account.json")),
];

/// The files of the routes beside chat completions.
const NEW_ROUTES: [(&str, &str); 6] = [
    ("routes/responses", include_str!("scenarios/routes/responses.json")),
    ("routes/responses-quirks", include_str!("scenarios/routes/responses-quirks.json")),
    ("routes/messages", include_str!("scenarios/routes/messages.json")),
    ("routes/messages-quirks", include_str!("scenarios/routes/messages-quirks.json")),
    ("routes/gemini", include_str!("scenarios/routes/gemini.json")),
    ("routes/gemini-quirks", include_str!("scenarios/routes/gemini-quirks.json")),
];

/// The file of the embeddings, which are no completions.
const EMBEDDINGS: [(&str, &str); 1] =
    [("routes/embeddings", include_str!("scenarios/routes/embeddings.json"))];

/// Every scenario but those of embeddings, in the order of the files. A test that iterates over it covers scenarios that are
/// added later.
pub fn scenarios() -> &'static [Scenario] {
    all().split_at(without_embeddings()).0
}

/// The scenarios of embeddings.
pub fn embedding_scenarios() -> &'static [Scenario] {
    all().split_at(without_embeddings()).1
}

/// The number of the others, which come first.
fn without_embeddings() -> usize {
    static COUNT: OnceLock<usize> = OnceLock::new();
    let is_other = |scenario: &&Scenario| scenario.route != Route::Embeddings;
    *COUNT.get_or_init(|| all().iter().take_while(is_other).count())
}

/// Every scenario.
///
/// If an embedded file is not a list of scenarios: a defect of the build, which any test finds.
pub fn all() -> &'static [Scenario] {
    static ALL: OnceLock<Vec<Scenario>> = OnceLock::new();
    let files = || FILES.iter().chain(&NEW_ROUTES).chain(&EMBEDDINGS);
    ALL.get_or_init(|| files().flat_map(|(name, text)| parse(name, text)).collect())
}

fn parse(name: &str, text: &str) -> Vec<Scenario> {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("scenarios/{name}.json: {error}"))
}

/// The scenario with this name.
pub fn named(name: &str) -> Option<&'static Scenario> {
    all().iter().find(|scenario| scenario.name == name)
}

/// The scenario of a wire route for a request that names none. The order is: a scenario whose name is the
/// model id, one for the model and the turn, one for the model, and the generic one for the turn.
pub fn fitting(route: Route, request: &ChatRequest) -> Option<&'static Scenario> {
    let of_route = || all().iter().filter(|scenario| scenario.route == route);
    let fits = |scenario: &Scenario| match scenario.when {
        When::Any => true,
        When::Text => request.turn == Turn::Text,
        When::Tools => request.turn == Turn::Tools,
        When::Reasoning => request.turn == Turn::Reasoning,
    };
    let plays = |scenario: &Scenario, model: &str| scenario.models.iter().any(|id| id == model);
    of_route()
        .find(|scenario| scenario.name == request.model)
        .or_else(|| of_route().find(|scenario| plays(scenario, &request.model) && fits(scenario)))
        .or_else(|| {
            of_route().find(|scenario| plays(scenario, &request.model) && scenario.when == When::Text)
        })
        .or_else(|| of_route().find(|scenario| plays(scenario, "*") && fits(scenario)))
}
