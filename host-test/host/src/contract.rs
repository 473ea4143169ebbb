//! The contract as the host sees it, generated from `wit/model-provider.wit`.
#![allow(missing_docs)]

wasmtime::component::bindgen!({
    world: "model-provider",
    path: "../../wit",
    exports: { default: async },
    additional_derives: [PartialEq],
});

pub use exports::agent::model_provider::provider::*;
