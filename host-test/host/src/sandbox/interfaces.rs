//! The interfaces of the contract that a component exports: the provider always, and embeddings where it has them.
//!
//! A component of either world runs here. The generated bindings of a world require all of its exports, so the interfaces
//! are bound one by one.

use wasmtime::Store;
use wasmtime::component::InstancePre;

use super::wasi::State;
use crate::contract::{Guest, GuestIndices, embeddings};
use crate::plugin::Surface;

/// A linked component, and where its functions are.
#[derive(Clone)]
pub(super) struct Interfaces {
    pre: InstancePre<State>,
    provider: GuestIndices,
    embeddings: Option<embeddings::GuestIndices>,
}

/// The functions of one instance.
pub(super) struct Bindings {
    pub(super) provider: Guest,
    pub(super) embeddings: Option<embeddings::Guest>,
}

impl Interfaces {
    /// # Errors
    /// When an interface lacks a function.
    pub(super) fn new(pre: InstancePre<State>, surface: &Surface) -> wasmtime::Result<Interfaces> {
        let provider = GuestIndices::new(&pre)?;
        // An interface that is there and cannot be used is an error, and not a component without embeddings.
        let embeddings = surface.has_embeddings().then(|| embeddings::GuestIndices::new(&pre)).transpose()?;
        Ok(Interfaces { pre, provider, embeddings })
    }

    /// The engine that compiled the component.
    pub(super) fn engine(&self) -> &wasmtime::Engine {
        self.pre.component().engine()
    }

    /// # Errors
    /// When the component does not start, or when a function has other types than the contract's.
    pub(super) fn instantiate(&self, store: &mut Store<State>) -> wasmtime::Result<Bindings> {
        let instance = self.pre.instantiate(&mut *store)?;
        Ok(Bindings {
            provider: self.provider.load(&mut *store, &instance)?,
            embeddings: match &self.embeddings {
                Some(embeddings) => Some(embeddings.load(&mut *store, &instance)?),
                None => None,
            },
        })
    }
}
