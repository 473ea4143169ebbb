//! What carries a request out and its answer in: bytes and times, no JSON.
//!
//! [`Transport`] and [`Exchange`] are all that the rest knows of the network. In the component they are
//! `wasi:http`; tests script them. An [`Attempt`] is one exchange with its deadlines, a [`BufferedGet`] a whole
//! small answer.

mod attempt;
mod back_off;
mod buffered_get;
mod clock;
mod failure;
mod head;
#[cfg(test)]
pub(crate) mod scripted;
#[cfg(target_family = "wasm")]
pub mod wasi_http;

use alloc::{rc::Rc, string::String, vec::Vec};

pub use attempt::{Attempt, Until};
pub use back_off::Retries;
pub use buffered_get::{BufferedGet, Fetched};
pub use clock::{Instant, Now};
pub use failure::{Cause, Failure};
pub use head::{ResponseHead, usable_id};

use crate::config::{BaseUrl, Deadlines};

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
    fn now(&self) -> Instant;

    /// Starts a request; never waits. The deadlines are a hint to the host, which may keep them as well.
    fn start(&self, request: &Outgoing, deadlines: &Deadlines) -> Result<Self::Exchange, Failure>;

    /// Waits until one of the exchanges may have moved on, or until then at most; it is now `now`, which is
    /// before. The only function that waits, and never called where nothing may be waited for.
    fn wait(&self, exchanges: &[&Self::Exchange], now: Instant, until: Instant);
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
