//! A query of the models: both lists are requested at once, and neither may take long.
//!
//! Two lists are needed. The key's list says which models this key may call and nothing else of use; the public
//! catalogue has limits, prices and modalities, also of models that the key may not call. A query without the
//! catalogue still works, with fewer facts.

use alloc::{boxed::Box, format, rc::Rc, string::String, vec::Vec};
use core::cell::RefCell;
use core::time::Duration;

use super::memory::{Lists, Memory, Received};
use super::outgoing;
use super::waiting::{Awaited, Wait};
use crate::catalogue::{KeyList, Merged, PublicList, built_in_models};
use crate::config::Settings;
use crate::contract::{self, Discovery, ListOrigin, ModelList, ModelPoll, Pending};
use crate::errors::{Error, ErrorKind, from_body_error, invalid_request};
use crate::transport::{BufferedRequest, Fetched, LIST, Now, Transport};

/// How long the key's list may take, retries included, where there is nothing to fall back to.
const KEY_LIST_TIME: Duration = Duration::from_secs(15);

/// The same where there is a list to fall back to. Agents wait for it when they start.
const BEST_EFFORT_TIME: Duration = Duration::from_secs(5);

/// How long the public catalogue may take. It only adds facts, which are not worth a longer wait.
const CATALOGUE_TIME: Duration = Duration::from_secs(5);

/// A query of the models in progress.
pub struct ModelQuery<T: Transport> {
    transport: Rc<T>,
    settings: Rc<Settings>,
    /// The memory of the client, which the next query may be served from.
    memory: Rc<RefCell<Memory>>,
    how: Discovery,
    state: State<T>,
}

enum State<T: Transport> {
    /// The result is known without a request.
    Known(ModelList),
    /// Both requests are under way.
    Loading {
        key_list: ListRequest<T>,
        catalogue: ListRequest<T>,
    },
    Returned,
}

/// The request of one list.
enum ListRequest<T: Transport> {
    /// In a box, because a request with its attempt is much larger than the other states, which are moved.
    Open(Box<BufferedRequest<T>>),
    Complete(Result<Fetched, Error>),
}

impl<T: Transport> ListRequest<T> {
    /// Makes all steps that are possible without waiting. True once there is a result.
    fn step(&mut self, now: &mut Now) -> bool {
        if let Self::Open(get) = self {
            let Some(result) = get.step(now) else { return false };
            *self = Self::Complete(result);
        }
        true
    }
}

impl<T: Transport> ModelQuery<T> {
    /// Starts a query, or takes the list from memory where that is recent enough.
    pub fn new(
        transport: Rc<T>,
        settings: Rc<Settings>,
        memory: Rc<RefCell<Memory>>,
        how: Discovery,
        max_age: Duration,
    ) -> Self {
        // Where there is a fallback, a short wait is better than a fresh list.
        let key_list_time = match how {
            Discovery::BestEffort => BEST_EFFORT_TIME,
            _ => KEY_LIST_TIME,
        };
        let state = match how {
            Discovery::BuiltIn => State::Known(built_in(None)),
            _ => match memory.borrow().recall(transport.now(), Some(max_age)) {
                Some(list) => State::Known(list),
                None => {
                    let get = |request, time| {
                        let (transport, settings) = (transport.clone(), settings.clone());
                        BufferedRequest::new(transport, settings, request, &LIST, Some(time))
                    };
                    let key_list = get(outgoing::get(&settings, "/models"), key_list_time);
                    let catalogue = get(outgoing::get_catalogue(&settings), CATALOGUE_TIME);
                    State::Loading {
                        key_list: ListRequest::Open(Box::new(key_list)),
                        catalogue: ListRequest::Open(Box::new(catalogue)),
                    }
                }
            },
        };
        Self { transport, settings, memory, how, state }
    }

    /// The list, once it is complete. Waits at most `wait_ms`.
    pub fn poll(&mut self, wait_ms: u32) -> Result<ModelPoll, Error> {
        let (wait, mut now) = Wait::new(&*self.transport, wait_ms);
        loop {
            match &mut self.state {
                State::Loading { key_list, catalogue } => {
                    // Both are advanced in each round, so that neither waits for the other.
                    let has_catalogue = catalogue.step(&mut now);
                    // Without the key's list the catalogue is useless, so it is not waited for.
                    let has_key_list = key_list.step(&mut now);
                    let is_rejected = matches!(key_list, ListRequest::Complete(Err(_)));
                    if is_rejected || (has_key_list && has_catalogue) {
                        return self.result().map(ModelPoll::Ready);
                    }
                }
                // No request is needed, so the first poll has the result and `wait_ms` does not matter.
                State::Known(_) | State::Returned => return self.result().map(ModelPoll::Ready),
            }
            let awaited = self.awaited();
            if !wait.wait(&*self.transport, &mut now, &awaited.exchanges, awaited.until) {
                let wake_after_ms = Some(now.wake_after_ms(&*self.transport, awaited.until));
                return Ok(ModelPoll::Pending(Pending { wake_after_ms }));
            }
        }
    }

    /// The lists that are not complete yet. Both are waited for together, since either may come first.
    fn awaited(&self) -> Awaited<'_, T> {
        let mut awaited = Awaited::new();
        if let State::Loading { key_list, catalogue } = &self.state {
            for request in [key_list, catalogue] {
                if let ListRequest::Open(get) = request {
                    awaited.add(get);
                }
            }
        }
        awaited
    }

    /// Takes the result. Errors of a best-effort query become a fallback list here.
    fn result(&mut self) -> Result<ModelList, Error> {
        // The list is moved out and not copied. A second poll is a mistake of the host, and gets an error instead of
        // an empty list.
        match core::mem::replace(&mut self.state, State::Returned) {
            State::Known(list) => Ok(list),
            State::Returned => Err(invalid_request("this query has returned its result; create a new query")),
            State::Loading { key_list: ListRequest::Complete(key_list), catalogue } => {
                match self.live(key_list, catalogue) {
                    Ok(list) => Ok(list),
                    Err(error) if self.how == Discovery::BestEffort => Ok(self.fall_back(*error)),
                    Err(error) => Err(error),
                }
            }
            State::Loading { .. } => Err(invalid_request("the query has no result yet; poll it again")),
        }
    }

    /// Joins the received lists. Only the key's list is essential: without the catalogue there are warnings.
    fn live(&self, key_list: Result<Fetched, Error>, catalogue: ListRequest<T>) -> Result<ModelList, Error> {
        let key_list = key_list.map_err(no_list)?;
        let key_list = KeyList::parse(&key_list.body, &self.body_error(&key_list))?;
        let catalogue = match catalogue {
            ListRequest::Complete(Ok(fetched)) => {
                PublicList::parse(&fetched.body, &self.body_error(&fetched))
            }
            ListRequest::Complete(Err(error)) => Err(error),
            ListRequest::Open(_) => Err(invalid_request("it was not complete in time")),
        };
        let mut warnings = key_list.warnings.clone();
        let catalogue = match catalogue {
            Ok(list) => {
                warnings.extend(list.warnings.iter().cloned());
                Some(list)
            }
            Err(error) => {
                // The message of a status is about keys and models, and this request carried neither.
                let why = match error.http_status {
                    Some(status) => format!("HTTP {status}"),
                    None => error.message,
                };
                warnings.push(format!(
                    "the public catalogue is not available, so facts about models are missing: {why}"
                ));
                None
            }
        };
        if key_list.models.is_empty() {
            warnings.push("the key's list of models is empty; check the key's permissions".into());
        }
        let lists = Lists { key_list, catalogue };
        let merged = lists.merged();
        // An empty list may be a short failure of the service: it is returned, and not remembered.
        if !lists.key_list.models.is_empty() {
            let received = Received { at: self.transport.now(), lists, warnings: warnings.clone() };
            self.memory.borrow_mut().received = Some(received);
        }
        Ok(list(merged, ListOrigin::Live, warnings))
    }

    /// The last known list however old it is, or else the built-in one. An agent that starts without a network can
    /// then still show models, with the error beside them.
    fn fall_back(&self, error: contract::Error) -> ModelList {
        match self.memory.borrow().recall(self.transport.now(), None) {
            Some(mut list) => {
                list.degraded = Some(error);
                list
            }
            None => built_in(Some(error)),
        }
    }

    /// Reads an error in a body with status 200, which some gateways send in place of a list.
    fn body_error(&self, fetched: &Fetched) -> impl Fn(&str) -> Error {
        let (head, scrubber) = (fetched.head.clone(), self.settings.scrubber.clone());
        move |json| from_body_error(json, Some(&head), &scrubber)
    }
}

/// A missing list is not a missing model: the request named none, so a host must not suggest another model.
pub(super) fn no_list(mut error: Error) -> Error {
    if error.kind == ErrorKind::ModelNotFound {
        error.kind = ErrorKind::Protocol;
        error.message =
            "the server has no list of models at this base URL; check that the URL ends in /v1 and points at \
             an OpenAI-compatible API"
                .into();
    }
    error
}

fn built_in(degraded: Option<contract::Error>) -> ModelList {
    let mut list = list(built_in_models(), ListOrigin::BuiltIn, Vec::new());
    list.degraded = degraded;
    list
}

pub(super) fn list(merged: Merged, origin: ListOrigin, warnings: Vec<String>) -> ModelList {
    let Merged { models, source_sets } = merged;
    let source_sets = source_sets.into_contract();
    ModelList { models, source_sets, origin, age_ms: None, degraded: None, warnings }
}
