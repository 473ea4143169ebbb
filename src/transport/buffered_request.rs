//! A request whose response is read whole: a list, a balance, vectors.

use alloc::{format, rc::Rc, vec::Vec};
use core::time::Duration;

use super::{
    Attempt, ERROR_BODY_TIME, Instant, MAX_ERROR_BODY, Now, Outgoing, ResponseHead, Retries, Step, Transport,
};
use crate::config::Settings;
use crate::errors::{Error, ErrorKind, from_response, protocol};

/// How long the end of a body may take after its last bracket. Some servers neither send a length nor close the
/// connection, and the response has been paid for [20].
const END_TIME: Duration = Duration::from_secs(10);

/// The most reads of one step. Bytes can arrive as fast as they are read, and a body of 64 MiB would hold the host in
/// one call.
const MAX_READS: u32 = 64;

/// No limit but the deadlines.
const NEVER: Instant = Instant(u64::MAX);

/// The largest list, in bytes: ten times today's longest one. A server must not be able to fill the memory that the
/// host gives to the component.
const MAX_LIST: usize = 4 << 20;

/// What depends on the kind of the response. Functions, since the transport knows no JSON.
pub struct BodyRules {
    /// The largest body, in bytes.
    pub max: usize,
    /// The error for a larger body, and for one that does not fit into memory.
    pub too_large: fn() -> Error,
    /// Whether a body is complete although the connection did not end it correctly.
    pub is_whole: fn(&[u8]) -> bool,
    /// Whether the caller may send the request in another form after an error with this body. The body is then returned
    /// as it is, and no retry is made: the same request would fail in the same way.
    pub has_remedy: fn(&[u8]) -> bool,
}

/// Lists and balances. A GET costs nothing, so it is repeated where the body broke off.
pub static LIST: BodyRules = BodyRules {
    max: MAX_LIST,
    too_large: || protocol(format!("the response is larger than {} MiB; check the base URL", MAX_LIST >> 20)),
    is_whole: |_| false,
    has_remedy: |_| false,
};

/// A whole response: with a status of success, or with an error that [`BodyRules::has_remedy`] holds for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fetched {
    /// Status and headers.
    pub head: ResponseHead,
    /// The body.
    pub body: Vec<u8>,
}

/// A request in progress, with its retries.
pub struct BufferedRequest<T: Transport> {
    transport: Rc<T>,
    settings: Rc<Settings>,
    request: Outgoing,
    rules: &'static BodyRules,
    /// A limit for all attempts that cannot be configured, for the message where it passes.
    limit: Option<Duration>,
    /// When the time for all attempts is over.
    end: Instant,
    retries: Retries,
    /// An earlier attempt may have reached the provider.
    sent: bool,
    /// The last step ended at [`MAX_READS`], so that there may be bytes which no event of the network announces.
    unread: bool,
    state: State<T>,
}

enum State<T: Transport> {
    /// At the start, and after a back-off.
    Ready,
    /// Until the next attempt is due.
    BackOff(Instant),
    /// From the request to the end of the body. `until` is when the body is no longer waited for.
    Open { attempt: Attempt<T>, fetched: Fetched, until: Instant },
    /// The result was returned.
    Over,
}

impl<T: Transport> BufferedRequest<T> {
    /// Prepares a request that takes at most `limit`, retries included, or as long as the configuration allows. The
    /// first step sends it.
    pub fn new(
        transport: Rc<T>,
        settings: Rc<Settings>,
        request: Outgoing,
        rules: &'static BodyRules,
        limit: Option<Duration>,
    ) -> Self {
        // The time runs from here and not from the first step, because this is when the host begins to wait.
        let end = transport.now().after(limit.unwrap_or(settings.deadlines.total));
        let retries = Retries::new(settings.max_retries);
        let state = State::Ready;
        Self { transport, settings, request, rules, limit, end, retries, sent: false, unread: false, state }
    }

    /// Sends another request in the place of this one, whose result was returned. It has the time and the retries that
    /// are left.
    pub fn send_instead(&mut self, request: Outgoing) {
        // The provider has seen the first one, whatever becomes of the second.
        self.sent = true;
        self.request = request;
        self.state = State::Ready;
    }

    /// Makes steps as long as they are possible without waiting, and not too many. The result is returned once.
    ///
    /// Every step depends on the time, which is read once for all of them: they do not wait.
    pub fn step(&mut self, now: &mut Now) -> Option<Result<Fetched, Error>> {
        let at = now.read(&*self.transport);
        self.unread = false;
        let mut reads = 0_u32;
        loop {
            match &mut self.state {
                State::Over => return None,
                State::BackOff(until) if at < *until => return None,
                State::BackOff(_) => self.state = State::Ready,
                State::Ready => {
                    let Settings { deadlines, .. } = &*self.settings;
                    match Attempt::start(&*self.transport, &self.request, deadlines, self.end, at) {
                        Ok(attempt) => {
                            self.state = State::Open { attempt, fetched: Fetched::default(), until: NEVER }
                        }
                        Err(error) => return self.fail(error),
                    }
                }
                State::Open { attempt, fetched, until } => {
                    match attempt.step(&self.transport, now, false, &self.request.base_url) {
                        Ok(Step::Pending) if at < *until => return None,
                        Ok(Step::Pending) => {
                            // A body that is not whole may go on, however long it paused after a bracket.
                            *until = NEVER;
                            if !fetched.head.is_success() || (self.rules.is_whole)(&fetched.body) {
                                return self.ended();
                            }
                            return None;
                        }
                        Ok(Step::Sent) => {}
                        Ok(Step::Head(head)) => {
                            if !head.is_success() {
                                *until = at.after(ERROR_BODY_TIME);
                            }
                            fetched.head = head;
                        }
                        Ok(Step::Bytes(bytes)) => {
                            let is_error = !fetched.head.is_success();
                            // Blank lines keep a connection open while the model works, and are no progress [26].
                            if let Some(last) = bytes.trim_ascii_end().last() {
                                attempt.progressed(&*self.transport, now);
                                if !is_error {
                                    *until =
                                        if matches!(last, b'}' | b']') { at.after(END_TIME) } else { NEVER };
                                }
                            }
                            let max = if is_error { MAX_ERROR_BODY } else { self.rules.max };
                            if !fetched.add(&bytes, max) {
                                let error = (self.rules.too_large)();
                                return self.fail(error);
                            }
                            // The excess byte shows that the body is too large. An error body is cut there.
                            if fetched.body.len() > max || (is_error && at >= *until) {
                                return self.ended();
                            }
                            // A body that trickles in for ever makes progress in each step and is never pending.
                            if let Err(error) = attempt.check(at, false) {
                                return self.fail(error);
                            }
                            reads = reads.saturating_add(1);
                            if reads == MAX_READS {
                                self.unread = true;
                                return None;
                            }
                        }
                        Ok(Step::End) => return self.ended(),
                        // The status and the received body say more than the end of the connection does, and a body
                        // that is whole is valid whatever ended the connection. Status 0 means that there is no head yet.
                        Err(error) => {
                            let has_error = !fetched.head.is_success() && fetched.head.status != 0;
                            if has_error || (self.rules.is_whole)(&fetched.body) {
                                return self.ended();
                            }
                            return self.fail(error);
                        }
                    }
                }
            }
        }
    }

    /// The exchange to wait for, and the deadline or the end of the back-off.
    pub fn waits_for(&self) -> (Option<&T::Exchange>, Instant) {
        match &self.state {
            State::Open { attempt, .. } if self.unread => (Some(attempt.exchange()), Instant::default()),
            State::Open { attempt, until, .. } => (Some(attempt.exchange()), attempt.until().at.min(*until)),
            State::BackOff(until) => (None, *until),
            State::Ready | State::Over => (None, self.end),
        }
    }

    /// The body is complete, or there is enough of it.
    fn ended(&mut self) -> Option<Result<Fetched, Error>> {
        let State::Open { fetched, .. } = core::mem::replace(&mut self.state, State::Over) else {
            return None;
        };
        if !fetched.head.is_success() && !(self.rules.has_remedy)(&fetched.body) {
            let error = from_response(&fetched.head, &fetched.body, &self.settings.scrubber);
            return self.fail(error);
        }
        if fetched.body.len() > self.rules.max {
            return self.fail((self.rules.too_large)());
        }
        Some(Ok(fetched))
    }

    /// Enters the back-off of a retry if one is allowed, or else returns the error. Also for an error that the caller
    /// found in a response.
    pub fn fail(&mut self, mut error: Error) -> Option<Result<Fetched, Error>> {
        // This limit cannot be configured, so the message must not name a setting.
        if let Some(limit) = self.limit
            && error.kind == ErrorKind::Timeout
            && self.transport.now() >= self.end
        {
            error.message = format!("there was no whole response within {} s; try again", limit.as_secs());
        }
        // The provider's support finds a response that broke off by these two.
        if let State::Open { fetched: Fetched { head, .. }, .. } = &self.state
            && head.status != 0
        {
            error.http_status = error.http_status.or(Some(head.status));
            let request_id = head.request_id().map(|id| self.settings.scrubber.scrub(id).into_owned());
            error.request_id = error.request_id.or(request_id);
        }
        error.request_sent |= self.sent;
        self.sent = error.request_sent;
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

impl Fetched {
    /// Adds the bytes of one read; false where there is no memory for them. The buffer grows as a `Vec` does, but not
    /// far beyond the largest body: for 64 MiB, doubling would take as much again.
    fn add(&mut self, bytes: &[u8], max: usize) -> bool {
        let length = self.body.len().saturating_add(bytes.len());
        if length > self.body.capacity() {
            let room = length.max(length.saturating_mul(2).min(max));
            if self.body.try_reserve_exact(room.saturating_sub(self.body.len())).is_err() {
                return false;
            }
        }
        self.body.extend_from_slice(bytes);
        true
    }
}
