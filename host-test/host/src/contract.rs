//! The contract's types, generated from `wit/model-provider.wit`, which documents each of them.
//!
//! A record always has all of its fields. The constructors here leave everything unset, so that a caller writes only the
//! fields that it sets:
//!
//! ```
//! use provider_host::contract::{Config, Request, Timeouts};
//!
//! let request = Request { max_output_tokens: Some(100), ..Request::prompt("gpt-5.4-mini", "Hello") };
//! assert_eq!(request.messages.len(), 1);
//!
//! let timeouts = Timeouts { total_ms: Some(60_000), ..Timeouts::default() };
//! let config = Config { timeouts, max_retries: Some(1), ..Config::default() };
//! assert_eq!(config.base_url, None);
//! ```
#![allow(missing_docs)]

mod constructors;

wasmtime::component::bindgen!({
    world: "model-provider-with-embeddings",
    path: "../../wit",
    additional_derives: [PartialEq],
});

/// The types of `embeddings`, which a component may export as well.
pub use exports::agent::model_provider::embeddings;
pub use exports::agent::model_provider::provider::*;
