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
};

/// The model is in the path, beside `/v1`, and may have a `/` in its id, so that each byte which is not plain is escaped.
/// Without `alt=sse` the response would be one JSON list.
fn path(model: &str, base_url: &BaseUrl) -> String {
    let mut segment = String::new();
    for byte in model.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' => segment.push(byte.into()),
            byte => segment.push_str(&format!("%{byte:02X}")),
        }
    }
    base_url.beside_version(&format!("/v1beta/models/{segment}:streamGenerateContent?alt=sse"))
}
