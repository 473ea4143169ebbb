//! OpenAI's Responses API: the route of its reasoning models, which keep their reasoning between tool calls here.

mod decoder;
mod event;
mod extras;
mod field;
mod finish_reason;
mod item_end;
mod items;
mod models;
mod output;
mod recovery;
mod replay;
pub mod request;
mod sent;
#[cfg(any(test, feature = "fuzzing"))]
mod strict_server;
#[cfg(test)]
mod tests;

use alloc::boxed::Box;

pub use decoder::ResponsesDecoder;

use crate::contract::Part;
use crate::history::{ConversationRules, IdRule, LateSystem, NameRule};
use crate::routes::{Route, RouteQuery, Suitability};

/// The contract's name of this route.
pub const NAME: &str = "responses";

/// The endpoint, below the base URL.
const PATH: &str = "/responses";

/// The characters of an id of a call, and of the name of a tool.
const NAMES: NameRule = NameRule { longest: 64, punctuation: "_-", letter_first: false };

/// The row of this route.
pub const ROUTE: Route = Route {
    name: NAME,
    headers: &[],
    path: |_, base_url| base_url.endpoint(PATH),
    suits,
    conversation: |_| ConversationRules {
        call_ids: IdRule::Within(NAMES),
        tool_names: NAMES,
        late_system: LateSystem::Keep,
        merge_neighbours: false,
        starts_with_user: false,
        is_free_text: replay::is_free_text,
    },
    write: request::write,
    recover: recovery::recover,
    decoder: |context| Box::new(ResponsesDecoder::new(context)),
    #[cfg(any(test, feature = "fuzzing"))]
    check_body: strict_server::check,
};

/// Options that the route has no field for, and sound, which chat completions take.
fn suits(query: &RouteQuery<'_>) -> Suitability {
    let request = query.request;
    let has_options = !request.stop.is_empty()
        || request.seed.is_some()
        || request.frequency_penalty.is_some()
        || request.presence_penalty.is_some();
    let mut parts = request.messages.iter().flat_map(|message| &message.content);
    match has_options || parts.any(|part| matches!(part, Part::Audio(_))) {
        true => Suitability::Partly,
        false => Suitability::Whole,
    }
}
