//! Sends requests and receives responses: bytes and times, no JSON.
//!
//! [`Transport`] and [`Exchange`] are all that the rest of the crate knows of the network. The component implements
//! them over `wasi:http`; tests script them, with a clock of their own. An [`Attempt`] is one exchange with its
//! deadlines, and a [`BufferedRequest`] is a response that is read whole.

mod attempt;
mod back_off;
mod buffered_request;
mod clock;
mod failure;
#[cfg(test)]
pub(crate) mod scripted;
#[cfg(target_family = "wasm")]
mod wasi_error_codes;
#[cfg(target_family = "wasm")]
pub mod wasi_http;

use alloc::{rc::Rc, string::String, vec::Vec};
use core::time::Duration;

pub use attempt::{Attempt, Until};
pub use back_off::Retries;
pub use buffered_request::{BodyRules, BufferedRequest, Fetched, LIST};
pub use clock::{Instant, Now};
pub use failure::{Cause, Failure};

use crate::config::{BaseUrl, Deadlines};
use crate::http_head::ResponseHead;

/// The most that is read of an error's body, in bytes [22].
///
/// Servers send errors of any length, some of them without end. What identifies an error stands near its start, and the
/// rest would only fill the memory.
pub const MAX_ERROR_BODY: usize = 64 << 10;

/// How long the rest of an error's body may take. A server that keeps it open must not delay the error [22].
pub const ERROR_BODY_TIME: Duration = Duration::from_secs(5);

/// A request that can be sent any number of times.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The scheme and the authority. The path of the URL is part of `path` already.
    pub base_url: BaseUrl,
    /// Path and query.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// With a body the method is POST, without one it is GET. Shared, so that a retry copies nothing.
    pub body: Option<Rc<Vec<u8>>>,
}

/// The network and the clock.
pub trait Transport {
    /// A request in progress. Dropping it closes the connection.
    type Exchange: Exchange;

    /// Reads the clock. In the component this is a call of the host.
    fn now(&self) -> Instant;

    /// Starts a request without waiting. The deadlines are a hint to the host, which may keep them as well.
    fn start(&self, request: &Outgoing, deadlines: &Deadlines) -> Result<Self::Exchange, Failure>;

    /// Waits until one of the exchanges may have progressed, and until `until` at most. `now` is the present time and
    /// is earlier than `until`. This is the only function that waits. It is never called with `wait-ms` 0.
    fn wait(&self, exchanges: &[&Self::Exchange], now: Instant, until: Instant);
}

/// One request and its response.
pub trait Exchange {
    /// Makes one step without waiting.
    fn step(&mut self) -> Result<Step, Failure>;

    /// How far it has come.
    fn phase(&self) -> Phase;

    /// Whether the last step took all bytes that had arrived, so that another one would find nothing.
    fn is_drained(&self) -> bool;
}

/// The result of a step.
#[derive(Debug, PartialEq)]
pub enum Step {
    /// Nothing happened: the exchange waits for the network.
    Pending,
    /// The connection accepted a part of the request.
    Sent,
    /// The status and the headers arrived.
    Head(ResponseHead),
    /// Bytes of the body, at least one.
    Bytes(Vec<u8>),
    /// The body ended correctly.
    End,
}

/// The phase of an exchange, which selects the deadline that applies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Phase {
    /// The connection has accepted no part of the request yet.
    Connecting,
    /// The connection has accepted a part of the request.
    Sending,
    /// The whole request is accepted, and there is no response yet. A request without a body starts here.
    Waiting,
    /// The head of the response has arrived.
    Receiving,
}
