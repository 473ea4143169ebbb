//! The models: what this key may call, what is known of each, and where each fact comes from.
//!
//! CometAPI has two lists, and both are needed. The [`KeyList`] says what may be called and next to nothing
//! else; the [`PublicList`] has the facts, for half of the callable models, and proves nothing of what may
//! be called. The [`BuiltIn`] table fills in facts and stands in for both where neither can be had. [`merge`]
//! joins them by exact id.
//!
//! Nothing here does I/O: bodies come in, models go out. The rules on which source is believed stand in
//! `merge`; what is unknown stays unknown, since a made-up context window does more harm than none.

mod built_in;
mod by_id;
mod endpoints;
mod envelope;
mod extra;
mod features;
mod key_list;
mod kind;
mod limits;
mod merge;
mod names;
mod pricing;
mod public_list;
mod routes;
mod told;

pub use built_in::{BuiltIn, BuiltInModel};
pub use by_id::ById;
pub use endpoints::EndpointTypes;
pub use envelope::Refused;
pub use features::Features;
pub use key_list::{KeyList, KeyModel};
pub use merge::{Merged, built_in_models, merge};
pub use pricing::Pricing;
pub use public_list::{PublicList, PublicModel};
pub use routes::Routes;
pub use told::Told;

/// Where a fact comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Source {
    KeyList,
    Catalogue,
    BuiltIn,
    Inferred,
}

impl Source {
    /// The contract's word for it.
    fn as_str(self) -> &'static str {
        match self {
            Self::KeyList => "key-list",
            Self::Catalogue => "catalogue",
            Self::BuiltIn => "built-in",
            Self::Inferred => "inferred",
        }
    }
}

#[cfg(test)]
mod hazards;
