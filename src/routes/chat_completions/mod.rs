//! OpenAI's chat completions: the route that serves nearly every model.

mod call_fragments;
mod call_ids;
mod call_lookup;
mod call_repeats;
mod call_resolution;
mod chunk;
mod content;
#[cfg(test)]
mod corpus_of_bugs;
mod decoder;
#[cfg(test)]
mod decoder_tests;
mod extras;
pub(super) mod finish_reason;
mod odd_reasoning;
mod placed;
mod reasoning;
mod reasoning_details;
#[cfg(test)]
mod recorded_streams;
mod recovery;
mod repeat_fast_path;
pub mod replay;
pub mod request;
#[cfg(any(test, feature = "fuzzing"))]
mod strict_server;
mod think;
pub(in crate::routes) mod usage;
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
    suits: |_| Suitability::Whole,
    conversation: rules,
    write: request::write,
    recover: recovery::recover,
    decoder: |context| Box::new(ChatDecoder::new(context)),
    #[cfg(any(test, feature = "fuzzing"))]
    check_body: strict_server::check,
};

/// Roles may repeat, and system messages may stand anywhere. Of the rules for names the strictest counts, because a tool
/// has one name for all vendors: OpenAI accepts 64 characters, Anthropic neither dots nor colons.
fn rules(model: &str) -> ConversationRules {
    ConversationRules {
        call_ids: call_ids::rule(model),
        tool_names: NameRule { longest: 64, punctuation: "_-", letter_first: false },
        late_system: LateSystem::Keep,
        merge_neighbours: false,
        starts_with_user: false,
        is_free_text: |_| false,
    }
}
