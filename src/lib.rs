//! CometAPI as a model provider for AI agents, in one sandboxed component.
//!
//! The modules follow the way of the data. A request goes [`config`] → [`history`] → [`routes`] → [`transport`], and its
//! response comes back [`transport`] → [`response`] → [`sse`] → [`routes`] → [`events`]. Parsers and mappers do no I/O, and
//! the transport knows no JSON. What is known of a wire route is in its folder below [`routes`], and in its row of
//! [`routes::ROUTES`], through which all other modules see it.
//!
//! Everything but the transport over `wasi:http` and the exported functions runs on the native target as
//! well, where it is tested and linted.
#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

pub mod account;
pub mod catalogue;
pub mod config;
pub mod contract;
pub mod distinct;
pub mod errors;
pub mod events;
pub mod history;
pub mod json;
pub mod provider;
pub mod response;
pub mod routes;
mod scanned;
pub mod sse;
pub mod text;
pub mod transport;

#[cfg(test)]
mod corpora;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
#[cfg(any(test, feature = "measuring"))]
pub mod measuring;

#[cfg(all(feature = "fuzzing", target_family = "wasm"))]
compile_error!("the feature \"fuzzing\" is for tests on the native target; build the component without it");
#[cfg(all(feature = "measuring", target_family = "wasm"))]
compile_error!("the feature \"measuring\" is for native counts; build the component without it");

#[cfg(target_family = "wasm")]
mod component;
