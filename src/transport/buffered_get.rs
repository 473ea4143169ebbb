//! A GET whose response is read whole: a list, a balance.

use alloc::{format, rc::Rc, vec::Vec};
use core::time::Duration;

use super::{Attempt, Instant, MAX_ERROR_BODY, Now, Outgoing, ResponseHead, Retries, Step, Transport};
use crate::config::Settings;
use crate::errors::{Error, ErrorKind, from_response, protocol};

/// The largest response, in bytes: ten times today's longest list. A server must not be able to fill the memory
/// that the host gives to the component.
pub const MAX_BODY: usize = 4 << 20;

/// A whole response with a status of success.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fetched {
    /// Status and headers.
    pub head: ResponseHead,
    /// The body.
    pub body: Vec<u8>,
}

/// A GET in progress, with its retries.
pub struct BufferedGet<T: Transport> {
    transport: Rc<T>,
    settings: Rc<Settings>,
    request: Outgoing,
    /// The time for all attempts, for the message where it passes.
    total: Duration,
    /// When that time is over.
    end: Instant,
    retries: Retries,
    state: State<T>,
}

enum State<T: Transport> {
    /// At the start, and after a back-off.
    Ready,
    /// Until the next attempt is due.
    BackOff(Instant),
    /// From the request to the end of the body.
    Open(Attempt<T>, Fetched),
    /// The result was returned.
    Over,
}

impl<T: Transport> BufferedGet<T> {
    /// Prepares a GET that takes at most `total`, retries included. The first step sends it.
    pub fn new(transport: Rc<T>, settings: Rc<Settings>, request: Outgoing, total: Duration) -> Self {
        // The time runs from here and not from the first step, because this is when the host begins to wait.
        let end = transport.now().after(total);
        let retries = Retries::new(settings.max_retries);
        Self { transport, settings, request, total, end, retries, state: State::Ready }
    }

    /// Makes all steps that are possible without waiting. The result is returned once.
    pub fn step(&mut self) -> Option<Result<Fetched, Error>> {
        loop {
            match &mut self.state {
                State::Over => return None,
                State::BackOff(until) if self.transport.now() < *until => return None,
                State::BackOff(_) => self.state = State::Ready,
                State::Ready => {
                    match Attempt::start(&*self.transport, &self.request, &self.settings.deadlines, self.end)
                    {
                        Ok(attempt) => self.state = State::Open(attempt, Fetched::default()),
                        Err(error) => return self.failed(error),
                    }
                }
                State::Open(attempt, fetched) => {
                    // Lists have few reads, so the clock is read for each of them. Only streams avoid that.
                    let now = Now::Exact(self.transport.now());
                    match attempt.step(&self.transport, now, &self.request.base_url) {
                        Ok(Step::Pending) => return None,
                        Ok(Step::Sent) => {}
                        Ok(Step::Head(head)) => fetched.head = head,
                        Ok(Step::Bytes(bytes)) => {
                            attempt.progressed(now);
                            fetched.body.extend_from_slice(&bytes);
                            if enough(fetched) {
                                return self.ended();
                            }
                            // A body that trickles in for ever makes progress in each step and is never pending.
                            if let Err(error) = attempt.check(self.transport.now()) {
                                return self.failed(error);
                            }
                        }
                        Ok(Step::End) => return self.ended(),
                        // The status and the received body say more than the end of the connection does.
                        // Status 0 means that there is no head yet.
                        Err(_) if !fetched.head.is_success() && fetched.head.status != 0 => {
                            return self.ended();
                        }
                        Err(error) => return self.failed(error),
                    }
                }
            }
        }
    }

    /// The exchange to wait for, and the deadline or the end of the back-off.
    pub fn waits_for(&self) -> (Option<&T::Exchange>, Instant) {
        match &self.state {
            State::Open(attempt, _) => (Some(attempt.exchange()), attempt.until().at),
            State::BackOff(until) => (None, *until),
            State::Ready | State::Over => (None, self.end),
        }
    }

    /// The body is complete, or there is enough of it.
    fn ended(&mut self) -> Option<Result<Fetched, Error>> {
        let State::Open(_, fetched) = core::mem::replace(&mut self.state, State::Over) else { return None };
        if !fetched.head.is_success() {
            let error = from_response(&fetched.head, &fetched.body, &self.settings.scrubber);
            return self.failed(error);
        }
        if fetched.body.len() > MAX_BODY {
            return self.failed(protocol(format!(
                "the response is larger than {} MiB; check the base URL",
                MAX_BODY >> 20
            )));
        }
        Some(Ok(fetched))
    }

    /// Enters the back-off of a retry if one is allowed, or else returns the error.
    fn failed(&mut self, mut error: Error) -> Option<Result<Fetched, Error>> {
        // This limit cannot be configured, so the message must not name a setting.
        if error.kind == ErrorKind::Timeout && self.transport.now() >= self.end {
            error.message =
                format!("there was no whole response within {} s; try again", self.total.as_secs());
        }
        match self.retries.next(&error, self.transport.now(), self.end) {
            Some(until) => {
                self.state = State::BackOff(until);
                None
            }
            None => {
                self.state = State::Over;
                Some(Err(error))
            }
        }
    }
}

/// Whether no more of the body has to be read. The excess byte shows that it is too large.
fn enough(fetched: &Fetched) -> bool {
    fetched.body.len() > if fetched.head.is_success() { MAX_BODY } else { MAX_ERROR_BODY }
}
