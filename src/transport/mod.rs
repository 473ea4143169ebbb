//! What carries a request out and its answer in: bytes and times, no JSON.
//!
//! [`Transport`] and [`Exchange`] are all that the rest knows of the network. In the component they are
//! `wasi:http`; tests script them. An [`Attempt`] is one exchange with its deadlines, a [`Fetch`] a whole
//! small answer.

mod attempt;
mod back_off;
mod failure;
mod fetch;
#[cfg(test)]
pub(crate) mod scripted;
#[cfg(target_family = "wasm")]
pub mod wasi_http;

use alloc::{rc::Rc, string::String, vec::Vec};
use core::time::Duration;

pub use attempt::{Attempt, Until};
pub use back_off::Retries;
pub use failure::{Cause, Failure};
pub use fetch::{Fetch, Fetched};

use crate::config::{BaseUrl, Deadlines};
use crate::http_head::ResponseHead;

/// A moment on a clock that only goes forward; its zero means nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub u64);

impl Moment {
    /// This long after; the end of time where that would be beyond it.
    pub fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)))
    }

    /// How long until a later moment; nothing for an earlier one.
    pub fn until(self, later: Self) -> Duration {
        Duration::from_nanos(later.0.saturating_sub(self.0))
    }
}

/// A request, ready to be sent, as often as it takes.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Scheme and authority are taken from here.
    pub base_url: BaseUrl,
    /// Path and query.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// With a body the method is POST, without one it is GET.
    pub body: Option<Rc<Vec<u8>>>,
}

/// Sends requests, and knows the time.
pub trait Transport {
    /// A request under way. Dropping it closes the connection.
    type Exchange: Exchange;

    /// The time.
    fn now(&self) -> Moment;

    /// Starts a request; never waits. The deadlines are a hint to the host, which may keep them as well.
    fn start(&self, request: &Outgoing, deadlines: &Deadlines) -> Result<Self::Exchange, Failure>;

    /// Waits until one of the exchanges may have moved on, or until then at most; it is now `now`, which is
    /// before. The only function that waits, and never called where nothing may be waited for.
    fn wait(&self, exchanges: &[&Self::Exchange], now: Moment, until: Moment);
}

/// One request and its answer.
pub trait Exchange {
    /// Moves on as far as it goes without waiting.
    fn step(&mut self) -> Result<Step, Failure>;

    /// How far it has come.
    fn phase(&self) -> Phase;
}

/// What a step brought.
#[derive(Debug, PartialEq)]
pub enum Step {
    /// Nothing: something has to happen first.
    Pending,
    /// The connection took some of the request.
    Sent,
    /// Status and headers have come.
    Head(ResponseHead),
    /// Bytes of the body; never none.
    Bytes(Vec<u8>),
    /// The body has ended as it should.
    End,
}

/// How far an exchange has come, for the deadline that applies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Phase {
    /// No part of the request was taken yet.
    Connecting,
    /// Some was, and not all.
    Sending,
    /// All was taken; there is no answer yet. A request without a body is here from its start.
    Waiting,
    /// The head of the answer has come.
    Receiving,
}
