//! The types of the contract, generated from `wit/model-provider.wit`.
//!
//! This crate has no other types for requests, events and errors: the encoders read the host's values, and the
//! decoders make the values that the host receives. A second set of types would cost a conversion of each event and
//! could disagree with the contract. The native target has the same code, so tests use it too.
#![allow(missing_docs, unsafe_code, clippy::all)]

wit_bindgen::generate!({
    world: "model-provider-with-embeddings",
    path: "wit",
    additional_derives: [PartialEq],
    pub_export_macro: true,
    default_bindings_module: "crate::contract",
    export_macro_name: "export",
});

/// The types of `embeddings`, in a module of their own: both interfaces have functions of their own beside resources, so
/// that the generated traits for those functions have the same name.
pub use exports::agent::model_provider::embeddings;
pub use exports::agent::model_provider::provider::*;
