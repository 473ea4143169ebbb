//! A question about models: both lists are asked at once, and neither is waited for long.

use alloc::{boxed::Box, format, rc::Rc, string::String, vec::Vec};
use core::cell::RefCell;
use core::time::Duration;

use super::outgoing;
use super::waiting::{Awaited, Wait};
use crate::catalogue::{BuiltIn, KeyList, Merged, PublicList, built_in_models, merge};
use crate::config::Settings;
use crate::contract::{self, Discovery, ListOrigin, ModelList, ModelPoll, Pending};
use crate::errors::{Error, ErrorKind, from_body_error, invalid_request};
use crate::transport::{BufferedGet, Fetched, Instant, Transport};

/// How long the key's list may take, retries included, where nothing else would do.
const KEY_LIST_TIME: Duration = Duration::from_secs(15);

/// The same where there is something to fall back to: agents wait for it when they start.
const BEST_EFFORT_TIME: Duration = Duration::from_secs(5);

/// How long the public catalogue may take. It only adds facts, so nobody waits for it for longer.
const CATALOGUE_TIME: Duration = Duration::from_secs(5);

/// How long a list without the catalogue's facts is taken for young, however old a list the host would take:
/// the catalogue may be back in a moment, and until then the models have next to no limits and prices.
const FACTLESS_TIME: Duration = Duration::from_secs(60);

/// The models learnt last.
#[derive(Debug, Default)]
pub struct Memory {
    learnt: Option<Learnt>,
}

#[derive(Debug)]
struct Learnt {
    at: Instant,
    lists: Lists,
    warnings: Vec<String>,
}

/// The lists as they were told. The models are made of them anew whenever they are handed out: that takes no longer
/// than to copy them, and less memory.
#[derive(Debug)]
struct Lists {
    key_list: KeyList,
    catalogue: Option<PublicList>,
}

impl Lists {
    fn merged(&self) -> Merged {
        merge(Some(&self.key_list), self.catalogue.as_ref(), &BuiltIn::load())
    }
}

/// A question about models under way.
pub struct ModelQuery<T: Transport> {
    transport: Rc<T>,
    settings: Rc<Settings>,
    memory: Rc<RefCell<Memory>>,
    how: Discovery,
    state: State<T>,
}

enum State<T: Transport> {
    /// The answer is known without asking.
    Known(ModelList),
    Asking {
        key_list: Ask<T>,
        catalogue: Ask<T>,
    },
    Answered,
}

/// One of the lists.
enum Ask<T: Transport> {
    Open(Box<BufferedGet<T>>),
    Told(Result<Fetched, Error>),
}

impl<T: Transport> Ask<T> {
    /// Moves on without waiting; true once there is an answer.
    fn step(&mut self) -> bool {
        if let Self::Open(fetch) = self {
            let Some(told) = fetch.step() else { return false };
            *self = Self::Told(told);
        }
        true
    }
}

impl<T: Transport> ModelQuery<T> {
    /// Asks, or answers from memory where that is young enough.
    pub fn new(
        transport: Rc<T>,
        settings: Rc<Settings>,
        memory: Rc<RefCell<Memory>>,
        how: Discovery,
        max_age: Duration,
    ) -> Self {
        let key_list_time = match how {
            Discovery::BestEffort => BEST_EFFORT_TIME,
            _ => KEY_LIST_TIME,
        };
        let state = match how {
            Discovery::BuiltIn => State::Known(built_in(None)),
            _ => match memory.borrow().recall(transport.now(), Some(max_age)) {
                Some(list) => State::Known(list),
                None => {
                    let fetch =
                        |request, time| BufferedGet::new(transport.clone(), settings.clone(), request, time);
                    let key_list = fetch(outgoing::get(&settings, "/models"), key_list_time);
                    let catalogue = fetch(outgoing::get_catalogue(&settings), CATALOGUE_TIME);
                    State::Asking {
                        key_list: Ask::Open(Box::new(key_list)),
                        catalogue: Ask::Open(Box::new(catalogue)),
                    }
                }
            },
        };
        Self { transport, settings, memory, how, state }
    }

    /// The list, once it is there. Waits at most `wait_ms`.
    pub fn poll(&mut self, wait_ms: u32) -> Result<ModelPoll, Error> {
        let mut wait = Wait::new(&*self.transport, wait_ms);
        loop {
            match &mut self.state {
                State::Asking { key_list, catalogue } => {
                    let facts = catalogue.step();
                    // Without the key's list the catalogue is of no use.
                    let key = key_list.step();
                    let refused = matches!(key_list, Ask::Told(Err(_)));
                    if refused || (key && facts) {
                        return self.answer().map(ModelPoll::Ready);
                    }
                }
                State::Known(_) | State::Answered => return self.answer().map(ModelPoll::Ready),
            }
            let awaited = self.awaited();
            if !wait.wait(&*self.transport, &awaited.exchanges, awaited.until) {
                let wake_after_ms = Some(wait.now().wake_after_ms(awaited.until));
                return Ok(ModelPoll::Pending(Pending { wake_after_ms }));
            }
        }
    }

    fn awaited(&self) -> Awaited<'_, T> {
        let mut awaited = Awaited::new();
        if let State::Asking { key_list, catalogue } = &self.state {
            for ask in [key_list, catalogue] {
                if let Ask::Open(fetch) = ask {
                    awaited.add(fetch);
                }
            }
        }
        awaited
    }

    fn answer(&mut self) -> Result<ModelList, Error> {
        match core::mem::replace(&mut self.state, State::Answered) {
            State::Known(list) => Ok(list),
            State::Answered => Err(invalid_request("This question was answered already; ask a new one.")),
            State::Asking { key_list: Ask::Told(key_list), catalogue } => {
                match self.live(key_list, catalogue) {
                    Ok(list) => Ok(list),
                    Err(error) if self.how == Discovery::BestEffort => Ok(self.fall_back(*error)),
                    Err(error) => Err(error),
                }
            }
            State::Asking { .. } => Err(invalid_request("The question is not answered yet.")),
        }
    }

    fn live(&self, key_list: Result<Fetched, Error>, catalogue: Ask<T>) -> Result<ModelList, Error> {
        let key_list = key_list.map_err(no_list)?;
        let key_list = KeyList::parse(&key_list.body, &self.refused(&key_list))?;
        let catalogue = match catalogue {
            Ask::Told(Ok(told)) => PublicList::parse(&told.body, &self.refused(&told)),
            Ask::Told(Err(error)) => Err(error),
            Ask::Open(_) => Err(invalid_request("it was not waited for")),
        };
        let mut warnings = key_list.warnings.clone();
        let catalogue = match catalogue {
            Ok(list) => {
                warnings.extend(list.warnings.iter().cloned());
                Some(list)
            }
            Err(error) => {
                // The message for a status is about keys and models, and neither was part of this request.
                let why = match error.http_status {
                    Some(status) => format!("HTTP {status}"),
                    None => error.message,
                };
                warnings.push(format!("The public catalogue could not be had, so facts are missing: {why}"));
                None
            }
        };
        if key_list.models.is_empty() {
            warnings.push("The key may call no model at all: its list is empty.".into());
        }
        let lists = Lists { key_list, catalogue };
        let merged = lists.merged();
        // An empty list may be a hiccup of the service: it is handed on, and not remembered.
        if !lists.key_list.models.is_empty() {
            let learnt = Learnt { at: self.transport.now(), lists, warnings: warnings.clone() };
            self.memory.borrow_mut().learnt = Some(learnt);
        }
        Ok(list(merged, ListOrigin::Live, warnings))
    }

    fn fall_back(&self, error: contract::Error) -> ModelList {
        match self.memory.borrow().recall(self.transport.now(), None) {
            Some(mut list) => {
                list.degraded = Some(error);
                list
            }
            None => built_in(Some(error)),
        }
    }

    fn refused(&self, told: &Fetched) -> impl Fn(&str) -> Error {
        let (head, scrubber) = (told.head.clone(), self.settings.scrubber.clone());
        move |json| from_body_error(json, Some(&head), &scrubber)
    }
}

/// A list that is not there is no missing model: nobody asked for one.
pub(super) fn no_list(mut error: Error) -> Error {
    if error.kind == ErrorKind::ModelNotFound {
        error.kind = ErrorKind::Protocol;
        error.message =
            "This server has no list of models behind its base URL: check the base URL, it has to end \
                         in /v1 and to speak OpenAI's API."
                .into();
    }
    error
}

impl Memory {
    /// The list learnt last, if it is not older than this.
    fn recall(&self, now: Instant, max_age: Option<Duration>) -> Option<ModelList> {
        let learnt = self.learnt.as_ref()?;
        let age = learnt.at.until(now);
        if max_age.is_some_and(|max_age| age > max_age || max_age.is_zero()) {
            return None;
        }
        if max_age.is_some() && learnt.lists.catalogue.is_none() && age > FACTLESS_TIME {
            return None;
        }
        let mut list = list(learnt.lists.merged(), ListOrigin::Cached, learnt.warnings.clone());
        list.age_ms = Some(u64::try_from(age.as_millis()).unwrap_or(u64::MAX));
        Some(list)
    }
}

fn built_in(degraded: Option<contract::Error>) -> ModelList {
    let mut list = list(built_in_models(), ListOrigin::BuiltIn, Vec::new());
    list.degraded = degraded;
    list
}

fn list(merged: Merged, origin: ListOrigin, warnings: Vec<String>) -> ModelList {
    let Merged { models, source_sets } = merged;
    let source_sets = source_sets.into_contract();
    ModelList { models, source_sets, origin, age_ms: None, degraded: None, warnings }
}
