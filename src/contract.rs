//! The types of the contract, generated from `wit/model-provider.wit`.
//!
//! They are the only model of a request, an event and an error in this crate: what the host hands in is
//! what the encoders read, and what the decoders make is what the host takes, with no second set of
//! types between. The generated code is the same on the native target, where tests use it.
#![allow(missing_docs, unsafe_code, clippy::all)]

wit_bindgen::generate!({
    world: "model-provider",
    path: "wit",
    additional_derives: [PartialEq],
    pub_export_macro: true,
    default_bindings_module: "crate::contract",
    export_macro_name: "export",
});

pub use exports::agent::model_provider::provider::*;
