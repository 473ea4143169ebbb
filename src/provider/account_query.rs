//! A query of the account: whether the key is accepted, and what is left on it.
//!
//! The list of models shows whether the key is accepted. The two billing endpoints, which not every deployment has,
//! report the balance. All three requests are sent at once, since a person waits for the result.

use alloc::rc::Rc;
use core::time::Duration;

use super::model_query::no_list;
use super::outgoing;
use super::waiting::{Awaited, Wait};
use crate::account::account;
use crate::catalogue::KeyList;
use crate::config::Settings;
use crate::contract::{Account, AccountPoll, Pending};
use crate::errors::{Error, from_body_error, invalid_request};
use crate::transport::{BufferedRequest, Fetched, LIST, Transport};

/// How long each request may take, retries included.
const TIME: Duration = Duration::from_secs(15);

/// The key's list of models, the limit, and the usage.
const PATHS: [&str; 3] = ["/models", "/dashboard/billing/subscription", "/dashboard/billing/usage"];

/// A request and its result, once it is complete.
type Lookup<T> = (BufferedRequest<T>, Option<Result<Fetched, Error>>);

/// A query of the account in progress.
pub struct AccountQuery<T: Transport> {
    transport: Rc<T>,
    settings: Rc<Settings>,
    /// In the order of [`PATHS`].
    lookups: [Lookup<T>; 3],
    /// The result was taken.
    is_returned: bool,
}

impl<T: Transport> AccountQuery<T> {
    /// Starts the query. The first poll sends its requests.
    pub fn new(transport: Rc<T>, settings: &Rc<Settings>) -> Self {
        let lookup = |path| {
            let request = outgoing::get(settings, path);
            let settings = settings.clone();
            (BufferedRequest::new(transport.clone(), settings, request, &LIST, Some(TIME)), None)
        };
        Self { lookups: PATHS.map(lookup), is_returned: false, settings: settings.clone(), transport }
    }

    /// The account, once it is known. Waits at most `wait_ms`.
    ///
    /// The result is returned once. A copy for later calls would be out of date, and would have to be kept.
    ///
    /// # Errors
    ///
    /// Of kind `authentication` for a rejected key, and of any other kind where the list of models cannot be read. A
    /// failure of the billing endpoints is no error: the balance is then unknown.
    pub fn poll(&mut self, wait_ms: u32) -> Result<AccountPoll, Error> {
        if self.is_returned {
            return Err(invalid_request("this query has returned its result; create a new query"));
        }
        let (wait, mut now) = Wait::new(&*self.transport, wait_ms);
        loop {
            for (get, result) in &mut self.lookups {
                if result.is_none() {
                    *result = get.step(&mut now);
                }
            }
            let [(_, accepted), (_, limit), (_, used)] = &mut self.lookups;
            let all = limit.is_some() && used.is_some();
            // A rejected key has no balance, so its error does not wait for the billing endpoints.
            if let Some(accepted) = accepted.take_if(|accepted| accepted.is_err() || all) {
                self.is_returned = true;
                let (limit, used) = (limit.take(), used.take());
                return self.result(accepted, limit, used).map(AccountPoll::Ready);
            }
            let mut awaited = Awaited::new();
            for (get, _) in self.lookups.iter().filter(|(_, result)| result.is_none()) {
                awaited.add(get);
            }
            if !wait.wait(&*self.transport, &mut now, &awaited.exchanges, awaited.until) {
                let wake_after_ms = Some(now.wake_after_ms(&*self.transport, awaited.until));
                return Ok(AccountPoll::Pending(Pending { wake_after_ms }));
            }
        }
    }

    fn result(
        &self,
        accepted: Result<Fetched, Error>,
        limit: Option<Result<Fetched, Error>>,
        used: Option<Result<Fetched, Error>>,
    ) -> Result<Account, Error> {
        let accepted = accepted.map_err(no_list)?;
        // Only a list proves that the key is accepted: the service rejects keys with status 200 as well.
        KeyList::parse(&accepted.body, &|json| {
            from_body_error(json, Some(&accepted.head), &self.settings.scrubber)
        })?;
        // A failed billing request only leaves the balance unknown. A key that works must not look broken for it.
        let body = |result: Option<Result<Fetched, Error>>| result?.ok().map(|fetched| fetched.body);
        Ok(account(body(limit).as_deref(), body(used).as_deref()))
    }
}
