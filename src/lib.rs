//! CometAPI as a model provider for AI agents, in one sandboxed component.
//!
//! The modules follow the way of the data. A request goes [`config`] → [`history`] → [`routes`] → [`transport`], and its
//! response comes back [`transport`] → [`response`] → [`sse`] → [`routes`] → [`events`]. Parsers and mappers do no I/O, and
//! the transport knows no JSON. What is known of a wire route is in its folder below [`routes`], and in its row of
//! [`routes::ROUTES`], through which all other modules see it.
//!
//! [`embeddings`] are a request and a response of their own, without a route, a conversation or events.
//!
//! Modules that both ways share depend on none of these: [`errors`], [`http_head`], [`json`], [`text_search`].
//!
//! Everything but the transport over `wasi:http` and the exported functions also compiles for the native target,
//! where the tests run.
//!
//! # No panic
//!
//! A panic in the component is a trap: it ends the instance, and with it every session that the host runs in it.
//! So the lints below reject whatever can panic, in all code that the component contains; `make lint` runs them
//! for the native target and for the component's. Tests, fuzzing and measuring are exempt: a panic is how they
//! report a failure, and none of them is in the component.
//!
//! `arithmetic_side_effects` is one of them although the release profile wraps on overflow instead of panicking:
//! a length or position that has wrapped silently is worse than a trap. The code uses
//! - `saturating_*` for counts and sums that a server can drive, since a cap that is compared with them then holds;
//! - `checked_*` where an overflow has a meaning of its own, such as "not a number of this type";
//! - `wrapping_*` only for positions within a slice on the hot path. A slice is never longer than `isize::MAX`
//!   bytes, so that they cannot wrap, and the check for it would be run for every byte of a response.
#![cfg_attr(target_family = "wasm", no_std)]
#![cfg_attr(
    not(any(test, feature = "fuzzing", feature = "measuring")),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::todo,
        clippy::unimplemented,
        clippy::unreachable,
        clippy::unwrap_used
    )
)]

extern crate alloc;

pub mod account;
pub mod catalogue;
pub mod config;
pub mod contract;
pub mod embeddings;
pub mod errors;
pub mod events;
pub mod hash;
pub mod history;
pub mod http_head;
pub mod json;
pub mod provider;
pub mod response;
pub mod routes;
mod scanned;
pub mod sse;
pub mod string_interner;
pub mod text_search;
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
