//! The provider: its description, a configured client, and the completions and queries of a client.
//!
//! Each of them is a state machine that only a call of the host advances. A component has no threads and no timers, so
//! nothing happens between two calls; `wake-after-ms` says when the next one is due.

mod account_query;
mod client;
mod completion;
mod description;
mod embedding_query;
mod memory;
mod model_query;
mod outgoing;
#[cfg(test)]
mod tests;
mod waiting;

pub use account_query::AccountQuery;
pub use client::Client;
pub use completion::Completion;
pub use description::describe;
pub use embedding_query::EmbeddingQuery;
pub use model_query::ModelQuery;
