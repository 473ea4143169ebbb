//! OpenAI's chat completions: the route that serves nearly every model.

mod call_fragments;
mod call_repeats;
mod call_resolution;
mod chunk;
mod content;
mod decoder;
#[cfg(test)]
mod decoder_tests;
mod extras;
mod finish_reason;
mod odd_reasoning;
mod reasoning;
#[cfg(test)]
mod recorded_streams;
mod recovery;
mod repeat_fast_path;
pub mod replay;
pub mod request;
#[cfg(any(test, feature = "fuzzing"))]
mod strict_server;
mod think;
mod usage;
mod usage_json;

use alloc::boxed::Box;

pub use decoder::ChatDecoder;

use crate::history::{ConversationRules, LateSystem, NameRule};
use crate::routes::{Route, Suitability};

/// The contract's name of this route.
pub const NAME: &str = "chat-completions";

/// The endpoint, below the base URL.
const PATH: &str = "/chat/completions";

/// The row of this route.
pub const ROUTE: Route = Route {
    name: NAME,
    headers: &[],
    path: |_, base_url| base_url.endpoint(PATH),
    // Every model is served here, if some of them with fewer abilities than on their vendor's own route.
    suits: |_| Suitability::Serves,
    conversation: RULES,
    write: request::write,
    recover: recovery::recover,
    decoder: |context| Box::new(ChatDecoder::new(context)),
    #[cfg(any(test, feature = "fuzzing"))]
    check_body: strict_server::check,
};

/// The vendors of this route differ, so the strictest of each rule counts: OpenAI accepts ids of 40 characters
/// and names of 64, Anthropic neither dots nor colons in them. Roles may repeat, and system messages may stand
/// anywhere.
const RULES: ConversationRules = ConversationRules {
    call_ids: NameRule { longest: 40, punctuation: "_-", letter_first: false },
    tool_names: NameRule { longest: 64, punctuation: "_-", letter_first: false },
    late_system: LateSystem::Keep,
    merge_neighbours: false,
    starts_with_user: false,
};
