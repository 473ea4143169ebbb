//! A query of the account: whether the key is accepted, and what is left on it.
//!
//! Hosts poll it, so it is small: the two billing endpoints, which report the balance in some hundred bytes and prove
//! that the key is accepted. One request follows the other, since they then share a connection. The list of models, which
//! proves the same in 78 KB, is requested only from a server that has no billing endpoints.

use alloc::{rc::Rc, vec::Vec};
use core::time::Duration;

use super::model_query::no_list;
use super::outgoing;
use super::waiting::{Awaited, Wait};
use crate::account::account;
use crate::catalogue::KeyList;
use crate::config::Settings;
use crate::contract::{Account, AccountPoll, Pending};
use crate::errors::{Error, ErrorKind, from_body_error, invalid_request};
use crate::transport::{BufferedRequest, Fetched, LIST, Now, Transport};

/// How long all requests together may take, retries included.
const TIME: Duration = Duration::from_secs(15);

const LIMIT: &str = "/dashboard/billing/subscription";
const USAGE: &str = "/dashboard/billing/usage";
const MODELS: &str = "/models";

/// A query of the account in progress.
pub struct AccountQuery<T: Transport> {
    transport: Rc<T>,
    settings: Rc<Settings>,
    request: BufferedRequest<T>,
    /// The path of `request`.
    path: &'static str,
    /// The body of the limit, if the server has one.
    limit: Option<Vec<u8>>,
    /// The result was taken.
    is_returned: bool,
}

impl<T: Transport> AccountQuery<T> {
    /// Starts the query. The first poll sends its first request.
    pub fn new(transport: Rc<T>, settings: &Rc<Settings>) -> Self {
        let request = outgoing::get(settings, LIMIT);
        let request = BufferedRequest::new(transport.clone(), settings.clone(), request, &LIST, Some(TIME));
        Self { request, path: LIMIT, limit: None, is_returned: false, settings: settings.clone(), transport }
    }

    /// The account, once it is known. Waits at most `wait_ms`.
    ///
    /// The result is returned once. A copy for later calls would be out of date, and would have to be kept.
    ///
    /// # Errors
    ///
    /// Of kind `authentication` for a rejected key, and of any other kind where no response arrives, or where neither the
    /// billing endpoints nor the list of models can be read. A server that has only one of them reports no error.
    pub fn poll(&mut self, wait_ms: u32) -> Result<AccountPoll, Error> {
        if self.is_returned {
            return Err(invalid_request("this query has returned its result; create a new query"));
        }
        let (wait, mut now) = Wait::new(&*self.transport, wait_ms);
        loop {
            if let Some(result) = self.step(&mut now) {
                self.is_returned = true;
                return result.map(AccountPoll::Ready);
            }
            let mut awaited = Awaited::new();
            awaited.add(&self.request);
            if !wait.wait(&*self.transport, &mut now, &awaited.exchanges, awaited.until) {
                let wake_after_ms = Some(now.wake_after_ms(&*self.transport, awaited.until));
                return Ok(AccountPoll::Pending(Pending { wake_after_ms }));
            }
        }
    }

    /// Makes all steps that are possible without waiting.
    fn step(&mut self, now: &mut Now) -> Option<Result<Account, Error>> {
        loop {
            let result = self.request.step(now)?;
            if self.path == MODELS {
                return Some(result.map_err(no_list).and_then(|list| self.accepted(&list)));
            }
            let (body, is_rejected) = match result {
                Ok(Fetched { body, .. }) => (Some(body), false),
                // Without a response, the next request would fail in the same way, and a person waits for the reason.
                Err(error) if error.http_status.is_none() => return Some(Err(error)),
                // A failure that concerns only the balance must not make a key that works look broken.
                Err(error) => (None, error.kind == ErrorKind::Authentication),
            };
            if self.path == LIMIT && !is_rejected {
                self.limit = body;
                self.send(USAGE);
                continue;
            }
            let account = account(self.limit.as_deref(), body.as_deref());
            // An amount is read only from a response without an error, so that there is one only for an accepted key.
            if account.currency.is_some() {
                return Some(Ok(account));
            }
            // Also after a rejection: some servers reserve their billing for another kind of key.
            self.send(MODELS);
        }
    }

    fn send(&mut self, path: &'static str) {
        self.path = path;
        self.request.send_instead(outgoing::get(&self.settings, path));
    }

    /// Only a list proves that the key is accepted: the service rejects keys with status 200 as well.
    fn accepted(&self, list: &Fetched) -> Result<Account, Error> {
        KeyList::parse(&list.body, &|json| from_body_error(json, Some(&list.head), &self.settings.scrubber))?;
        Ok(account(None, None))
    }
}
