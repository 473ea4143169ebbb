//! A question about the account: whether the key is accepted, and what is left on it.
//!
//! The list of models tells whether the key is accepted; the two billing endpoints, which not every
//! deployment has, tell the balance. All three are asked at once.

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
use crate::transport::{BufferedGet, Fetched, Transport};

/// How long each of them may take, retries included.
const TIME: Duration = Duration::from_secs(15);

/// The key's list, the limit, what was used.
const PATHS: [&str; 3] = ["/models", "/dashboard/billing/subscription", "/dashboard/billing/usage"];

/// A question and its answer, once it is there.
type Ask<T> = (BufferedGet<T>, Option<Result<Fetched, Error>>);

/// A question about the account under way.
pub struct AccountQuery<T: Transport> {
    transport: Rc<T>,
    settings: Rc<Settings>,
    asked: [Ask<T>; 3],
    answered: bool,
}

impl<T: Transport> AccountQuery<T> {
    /// Asks.
    pub fn new(transport: Rc<T>, settings: &Rc<Settings>) -> Self {
        let ask = |path| {
            let request = outgoing::get(settings, path);
            (BufferedGet::new(transport.clone(), settings.clone(), request, TIME), None)
        };
        Self { asked: PATHS.map(ask), answered: false, settings: settings.clone(), transport }
    }

    /// The account, once it is known. Waits at most `wait_ms`.
    pub fn poll(&mut self, wait_ms: u32) -> Result<AccountPoll, Error> {
        if self.answered {
            return Err(invalid_request("This question was answered already; ask a new one."));
        }
        let mut wait = Wait::new(&*self.transport, wait_ms);
        loop {
            for (fetch, told) in &mut self.asked {
                if told.is_none() {
                    *told = fetch.step();
                }
            }
            let [(_, accepted), (_, limit), (_, used)] = &mut self.asked;
            let all = limit.is_some() && used.is_some();
            // A key that is refused has no balance to wait for.
            if let Some(accepted) = accepted.take_if(|accepted| accepted.is_err() || all) {
                self.answered = true;
                let (limit, used) = (limit.take(), used.take());
                return self.answer(accepted, limit, used).map(AccountPoll::Ready);
            }
            let mut awaited = Awaited::new();
            for (fetch, _) in self.asked.iter().filter(|(_, told)| told.is_none()) {
                awaited.add(fetch);
            }
            if !wait.wait(&*self.transport, &awaited.exchanges, awaited.until) {
                let wake_after_ms = Some(wait.now().wake_after_ms(awaited.until));
                return Ok(AccountPoll::Pending(Pending { wake_after_ms }));
            }
        }
    }

    fn answer(
        &self,
        accepted: Result<Fetched, Error>,
        limit: Option<Result<Fetched, Error>>,
        used: Option<Result<Fetched, Error>>,
    ) -> Result<Account, Error> {
        let accepted = accepted.map_err(no_list)?;
        // A list is the proof: a refusal comes with status 200 as well.
        KeyList::parse(&accepted.body, &|json| {
            from_body_error(json, Some(&accepted.head), &self.settings.scrubber)
        })?;
        let body = |told: Option<Result<Fetched, Error>>| told?.ok().map(|fetched| fetched.body);
        Ok(account(body(limit).as_deref(), body(used).as_deref()))
    }
}
