//! A configured client.

use alloc::rc::Rc;
use core::cell::{Cell, RefCell};
use core::time::Duration;

use super::memory::Memory;
use super::{AccountQuery, Completion, EmbeddingQuery, ModelQuery};
use crate::config::Settings;
use crate::contract::embeddings::EmbeddingRequest;
use crate::contract::{Config, Discovery, Request};
use crate::embeddings::Encoding;
use crate::errors::Error;
use crate::transport::Transport;

/// A configured client: the settings, the network, and what earlier calls have learned.
pub struct Client<T: Transport> {
    /// Shared with completions and queries, since the host may drop the client before them.
    transport: Rc<T>,
    /// Shared for the same reason. They never change: another configuration is another client.
    settings: Rc<Settings>,
    /// Shared with the queries, which outlive the call that created them and store their result here.
    memory: Rc<RefCell<Memory>>,
    /// The encoding of vectors that the server takes. A refusal is so paid for, in time, once and not for every batch.
    encoding: Rc<Cell<Encoding>>,
}

impl<T: Transport> Client<T> {
    /// Checks the configuration. Sends nothing.
    ///
    /// # Errors
    ///
    /// `configuration`, with the setting that is wrong. A host can so check a configuration without a network.
    pub fn open(transport: T, config: Config) -> Result<Self, Error> {
        let settings = Rc::new(Settings::check(config)?);
        Ok(Self { transport: Rc::new(transport), settings, memory: Rc::default(), encoding: Rc::default() })
    }

    /// Checks a request. The first step of the completion sends it.
    pub fn complete(&self, request: Request) -> Result<Completion<T>, Error> {
        Completion::new(self.transport.clone(), self.settings.clone(), self.memory.clone(), request)
    }

    /// Starts a query of the models.
    pub fn models(&self, how: Discovery, max_age_ms: u64) -> ModelQuery<T> {
        let max_age = Duration::from_millis(max_age_ms);
        ModelQuery::new(self.transport.clone(), self.settings.clone(), self.memory.clone(), how, max_age)
    }

    /// Checks a request for vectors. The first poll of the query sends it.
    pub fn embed(&self, request: &EmbeddingRequest) -> Result<EmbeddingQuery<T>, Error> {
        EmbeddingQuery::new(self.transport.clone(), self.settings.clone(), self.encoding.clone(), request)
    }

    /// Starts a query of the account.
    pub fn account(&self) -> AccountQuery<T> {
        AccountQuery::new(self.transport.clone(), &self.settings)
    }
}
