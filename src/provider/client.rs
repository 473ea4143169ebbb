//! A configured client.

use alloc::rc::Rc;
use core::cell::RefCell;
use core::time::Duration;

use super::model_query::Memory;
use super::{AccountQuery, Completion, ModelQuery};
use crate::config::Settings;
use crate::contract::{Config, Discovery, Request};
use crate::errors::Error;
use crate::transport::Transport;

/// A configured client: the settings, the way to the network, and the models learnt last.
pub struct Client<T: Transport> {
    transport: Rc<T>,
    settings: Rc<Settings>,
    memory: Rc<RefCell<Memory>>,
}

impl<T: Transport> Client<T> {
    /// Checks the configuration; sends nothing.
    pub fn open(transport: T, config: Config) -> Result<Self, Error> {
        let settings = Rc::new(Settings::check(config)?);
        Ok(Self { transport: Rc::new(transport), settings, memory: Rc::default() })
    }

    /// Checks a request and has it sent by the first step of the completion.
    pub fn complete(&self, request: &Request) -> Result<Completion<T>, Error> {
        Completion::new(self.transport.clone(), self.settings.clone(), request)
    }

    /// Asks for the models.
    pub fn models(&self, how: Discovery, max_age_ms: u64) -> ModelQuery<T> {
        let max_age = Duration::from_millis(max_age_ms);
        ModelQuery::new(self.transport.clone(), self.settings.clone(), self.memory.clone(), how, max_age)
    }

    /// Asks for the account.
    pub fn account(&self) -> AccountQuery<T> {
        AccountQuery::new(self.transport.clone(), &self.settings)
    }
}
