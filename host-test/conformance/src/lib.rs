//! Checks whether a provider keeps the contract. Each [`Case`] names an expected outcome and is run against the
//! [stand-in](stand_in), which misbehaves as servers do.
//!
//! It works for any component that exports the contract and takes a base URL of a server that speaks one of the wire
//! routes of the [stand-in](stand_in). `host-test conformance` is its command line; the component tests use its [`Bench`] and its [`grammar`].
//!
//! A case is data where possible: a scenario of the stand-in with its expected outcome, or a line of
//! `cases.json`. Cases about what a host does, such as cancelling, are code. In addition to its expected outcome, each
//! completion is checked against everything that the contract says about all completions, so that a violation is
//! found in a case that is about something else.

pub mod agent;
mod bench;
mod case;
mod code;
mod data;
mod embeddings;
mod expected;
pub mod grammar;
mod judge;
mod lists;
mod needs;
mod own_host;
mod play;
mod promise;
mod report;
mod tested_host;
#[cfg(test)]
mod tests;
pub mod transcript;
mod watch;

pub use bench::{Bench, BenchError, Provider, config};
pub use case::{Case, Verdict, cases};
pub use needs::Need;
pub use own_host::OwnHost;
pub use play::Played;
pub use promise::Promise;
pub use report::{Finding, Report, run};
pub use tested_host::{TestedHost, TestedInstance};
