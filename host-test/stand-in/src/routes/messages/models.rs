//! What each model of Anthropic's takes, as its documentation had it in August 2026. An unknown model takes everything:
//! scenarios are requested by their names.

/// How a model thinks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thinking {
    /// Not at all.
    No,
    /// With a budget.
    Budget,
    /// With a budget or adaptively.
    Both,
    /// Adaptively only.
    Adaptive,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Abilities {
    /// How the ids begin.
    start: &'static str,
    /// How it thinks.
    pub thinking: Thinking,
    /// The efforts that it takes.
    pub efforts: &'static [&'static str],
    /// Its greatest `max_tokens`.
    pub max_tokens: u64,
    /// The least tokens of a prompt that it caches.
    pub least_cached: u64,
    /// Whether it takes `temperature`, `top_p` and `top_k`.
    pub samples: bool,
    /// Whether the last message may be the assistant's.
    pub prefill: bool,
}

const NONE: &[&str] = &[];
const THREE: &[&str] = &["low", "medium", "high"];
const FOUR: &[&str] = &["low", "medium", "high", "max"];
const FIVE: &[&str] = &["low", "medium", "high", "xhigh", "max"];

const fn row(
    start: &'static str,
    thinking: Thinking,
    efforts: &'static [&'static str],
    max_tokens: u64,
    least_cached: u64,
) -> Abilities {
    let newest = matches!(thinking, Thinking::Adaptive);
    let prefill = matches!(thinking, Thinking::No | Thinking::Budget);
    Abilities { start, thinking, efforts, max_tokens, least_cached, samples: !newest, prefill }
}

/// The first row that fits counts, so a longer beginning stands before a shorter one.
const MODELS: [Abilities; 17] = [
    row("claude-opus-4-8", Thinking::Adaptive, FIVE, 128_000, 1024),
    row("claude-opus-4-7", Thinking::Adaptive, FIVE, 128_000, 2048),
    row("claude-opus-4-6", Thinking::Both, FOUR, 128_000, 4096),
    row("claude-sonnet-4-6", Thinking::Both, FOUR, 64_000, 1024),
    row("claude-opus-4-5", Thinking::Budget, THREE, 64_000, 4096),
    row("claude-haiku-4-5", Thinking::Budget, NONE, 64_000, 4096),
    row("claude-sonnet-4-5", Thinking::Budget, NONE, 64_000, 1024),
    row("claude-opus-4", Thinking::Budget, NONE, 32_000, 1024),
    row("claude-sonnet-4", Thinking::Budget, NONE, 64_000, 1024),
    row("claude-3-7", Thinking::Budget, NONE, 64_000, 1024),
    row("claude-3-5-haiku", Thinking::No, NONE, 8_192, 2048),
    row("claude-3-5", Thinking::No, NONE, 8_192, 1024),
    row("claude-3", Thinking::No, NONE, 4_096, 1024),
    row("claude-opus", Thinking::Adaptive, FIVE, 128_000, 512),
    row("claude-fable", Thinking::Adaptive, FIVE, 128_000, 512),
    row("claude-mythos", Thinking::Adaptive, FIVE, 128_000, 512),
    row("claude-", Thinking::Adaptive, FIVE, 128_000, 1024),
];

/// The abilities of a model; `None` if it is none of Anthropic's.
pub fn abilities(model: &str) -> Option<&'static Abilities> {
    let id = model.rsplit('/').next().unwrap_or(model);
    MODELS.iter().find(|row| id.starts_with(row.start))
}

/// Whether it sends no text of its thinking unless `display` asks for it.
pub fn omits_thinking(model: &str) -> bool {
    abilities(model).is_some_and(|model| model.thinking == Thinking::Adaptive)
}

/// The least tokens of a prompt that it caches.
pub fn least_cached(model: &str) -> u64 {
    abilities(model).map_or(1024, |model| model.least_cached)
}

/// Whether it refuses a forced call also with adaptive thinking.
pub fn never_forces_calls(model: &str) -> bool {
    ["claude-fable", "claude-mythos"]
        .iter()
        .any(|start| model.rsplit('/').next().unwrap_or(model).starts_with(start))
}

/// Whether a message after a user's may have the role `system`.
pub fn takes_system_messages(model: &str) -> bool {
    ["claude-opus-4-8", "claude-opus-5", "claude-fable-5", "claude-mythos-5"]
        .iter()
        .any(|start| model.contains(start))
}
