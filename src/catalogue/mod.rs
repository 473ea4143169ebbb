//! The models: which ones this key may call, what is known of each, and where each fact comes from.
//!
//! CometAPI has two lists, and both are needed. The [`KeyList`] says what may be called and next to nothing else. The
//! [`PublicList`] has the facts, for half of the callable models, and does not prove that one may be called. The
//! [`BuiltIn`] table fills in facts, and replaces both lists where neither is available. [`merge`] joins them by exact
//! id. A request for a model that is not there gets its hint from [`suggest_model`].
//!
//! Nothing here does I/O: bodies come in, models go out. The rules about sources are in `merge`. What is unknown stays
//! unknown, since an invented context window does more harm than none: one agent's default of 4,000 tokens made it
//! compact its history without end.

mod built_in;
mod by_id;
mod endpoints;
mod envelope;
mod extra;
mod facts;
mod features;
mod key_list;
mod kind;
mod limits;
mod merge;
mod names;
mod openai_generation;
mod pricing;
mod public_list;
mod retired;
mod routes;
mod row_facts;
mod suggestions;

pub use built_in::{BuiltIn, BuiltInModel};
pub use by_id::ById;
pub use endpoints::EndpointTypes;
pub use envelope::Refused;
pub(crate) use facts::Source;
pub use facts::SourceSets;
pub use features::Features;
pub use key_list::{KeyList, KeyModel};
pub use merge::{Merged, built_in_models, merge};
pub use openai_generation::is_reasoning_generation;
pub use pricing::Pricing;
pub use public_list::{PublicList, PublicModel};
pub use routes::{Routes, routes_of};
pub use row_facts::RowFacts;
pub use suggestions::suggest_model;

#[cfg(test)]
mod hazards;
