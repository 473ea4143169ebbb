//! The provider: what it is, a configured client of it, and what a client has under way.
//!
//! Everything under way is a state machine that its own call moves on: nothing happens between calls, and
//! nothing waits but where a call says for how long.

mod account_query;
mod client;
mod completion;
mod description;
mod model_query;
mod outgoing;
#[cfg(test)]
mod tests;
mod waiting;

pub use account_query::AccountQuery;
pub use client::Client;
pub use completion::Completion;
pub use description::describe;
pub use model_query::ModelQuery;
