//! The built component in its sandbox, over real sockets: one file for each behaviour.
//!
//! The tests use the packed plugin in `dist/`, since that is what ships; `make test` builds it first.

mod account;
mod agent;
mod back_pressure;
mod bench;
mod canary;
mod cancelling;
mod connections;
mod contract;
mod cost;
mod credentials;
mod discovery;
mod embeddings;
mod errors;
mod hostile_input;
mod live;
mod raw;
mod requests;
mod runtimes;
mod scenarios;
mod sessions;
#[path = "../support/mod.rs"]
mod small_component;
mod streaming;
mod uploads;
mod waking;
