//! Whether a provider keeps the contract: cases with what they should come to, played against a server that
//! does what servers do to clients.
//!
//! It is meant for any component that exports the contract and takes a base URL of a server that speaks
//! OpenAI's chat completions. A [`Case`] is data where it can be: a scenario of the
//! [stand-in](stand_in) with what it comes to, or a line of `cases.json`; code is what is no answer of
//! a server. Beside what is expected of it, each completion is held against what the contract says of all of
//! them: see [`play`].

mod bench;
mod case;
mod code;
mod data;
mod expected;
pub mod grammar;
mod judge;
mod lists;
mod play;
mod promise;
mod report;
#[cfg(test)]
mod tests;
pub mod transcript;
mod watch;

pub use bench::{Bench, BenchError, Hosting, Provider, config};
pub use case::{Case, Verdict, cases};
pub use play::Played;
pub use promise::Promise;
pub use report::{Finding, Report, run};
