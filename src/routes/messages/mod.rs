//! Anthropic's Messages: the route of Claude, with its thinking, its prompt cache and its tools.

mod blocks;
mod decoder;
mod extras;
mod models;
mod recovery;
mod repeat_fast_path;
mod replay;
pub mod request;
#[cfg(any(test, feature = "fuzzing"))]
mod strict_server;
#[cfg(test)]
mod tests;
mod usage;
mod wire;

use alloc::boxed::Box;

pub use decoder::MessagesDecoder;

use crate::history::{ConversationRules, IdRule, LateSystem, NameRule};
use crate::routes::{Route, Suitability};

/// The contract's name of this route.
pub const NAME: &str = "messages";

/// The endpoint, below the base URL.
const PATH: &str = "/messages";

/// The row of this route.
pub const ROUTE: Route = Route {
    name: NAME,
    headers: &[("anthropic-version", "2023-06-01")],
    path: |_, base_url| base_url.endpoint(PATH),
    suits: |_| Suitability::Whole,
    conversation: rules,
    write: request::write,
    recover: recovery::recover,
    decoder: |context| Box::new(MessagesDecoder::new(context)),
    #[cfg(any(test, feature = "fuzzing"))]
    check_body: strict_server::check,
};

/// The results of a turn's calls are the user's here, and a conversation begins with the user. Ids are unique in a
/// conversation. Names have Anthropic's characters and OpenAI's length, because a tool has one name for all vendors.
///
/// Late system messages stay where the model takes the role there; the writer knows in which places.
fn rules(model: &str) -> ConversationRules {
    let names = NameRule { longest: 64, punctuation: "_-", letter_first: false };
    ConversationRules {
        call_ids: IdRule::Within(names),
        tool_names: names,
        late_system: match models::Abilities::of(model).system_role {
            true => LateSystem::Keep,
            false => LateSystem::AsUser,
        },
        merge_neighbours: true,
        starts_with_user: true,
        is_free_text: |_| false,
    }
}
