//! Google's own route: `streamGenerateContent`.

mod calls;
mod chunk;
mod decoder;
#[cfg(test)]
mod decoder_tests;
mod extras;
mod finish_reason;
mod models;
mod partial_arguments;
mod recovery;
mod repeat_fast_path;
mod replay;
mod request;
#[cfg(any(test, feature = "fuzzing"))]
mod strict_server;
mod usage;

use alloc::{format, string::String};

use crate::config::BaseUrl;
use crate::history::{ConversationRules, IdRule, LateSystem, NameRule};
use crate::routes::encoding::path_segment;
use crate::routes::{Route, Suitability};

/// The contract's name of this route.
pub const NAME: &str = "gemini";

/// The row of this route.
pub const ROUTE: Route = Route {
    name: NAME,
    headers: &[],
    path,
    suits: |_| Suitability::Whole,
    conversation: |_| RULES,
    write: request::write,
    recover: recovery::recover,
    decoder: decoder::decoder,
    #[cfg(any(test, feature = "fuzzing"))]
    check_body: strict_server::check,
};

/// Results of tools have the role `user`, so that roles alternate.
const RULES: ConversationRules = ConversationRules {
    call_ids: IdRule::Any,
    tool_names: NameRule { longest: 64, punctuation: "_-.:", letter_first: true },
    late_system: LateSystem::AsUser,
    merge_neighbours: true,
    starts_with_user: true,
    is_free_text: |_| false,
};

/// The model is in the path, beside `/v1`. Without `alt=sse` the response would be one JSON list.
fn path(model: &str, base_url: &BaseUrl) -> String {
    let segment = path_segment(model);
    base_url.beside_version(&format!("/v1beta/models/{segment}:streamGenerateContent?alt=sse"))
}
