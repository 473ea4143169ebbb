//! Waiting by the contract's rules: at most `wait-ms`, and with `wait-ms` 0 no call of an import that could wait.

use alloc::vec::Vec;
use core::time::Duration;

use crate::transport::{BufferedRequest, Instant, Now, Transport};

/// The most steps of a call after it has its first event or its time is over.
///
/// Bytes can arrive faster than they are read, and need not make events. Without this limit a server that floods
/// the connection with comments would hold the host in one call.
const STEPS_BEYOND: u32 = 32;

/// What several requests wait for.
pub(super) struct Awaited<'f, T: Transport> {
    /// Any of these exchanges,
    pub exchanges: Vec<&'f T::Exchange>,
    /// or the earliest of the requests' deadlines and back-off ends.
    pub until: Instant,
}

impl<'f, T: Transport> Awaited<'f, T> {
    /// No request yet.
    pub fn new() -> Self {
        // Every request that is added brings a deadline, so the last instant never remains.
        Self { exchanges: Vec::new(), until: Instant(u64::MAX) }
    }

    /// Adds a request.
    pub fn add(&mut self, request: &'f BufferedRequest<T>) {
        let (exchange, until) = request.waits_for();
        self.exchanges.extend(exchange);
        self.until = self.until.min(until);
    }
}

/// The time of one call. Reading the clock is a call of the host, so it is read only where a decision depends on it.
pub(super) struct Wait {
    until: Instant,
    /// `wait-ms` is not 0.
    may_wait: bool,
    /// Steps made after the call had an event or its time was over; see [`STEPS_BEYOND`].
    steps_beyond: u32,
}

impl Wait {
    /// A call that may wait for this many milliseconds, and what is known of the time at its beginning.
    pub fn new<T: Transport>(transport: &T, wait_ms: u32) -> (Self, Now) {
        let mut now = Now::Unread;
        // The end of a call that does not wait is its beginning, so the clock need not be read for it.
        let until = match wait_ms {
            0 => Instant::default(),
            _ => now.read(transport).after(Duration::from_millis(u64::from(wait_ms))),
        };
        (Self { until, may_wait: wait_ms > 0, steps_beyond: 0 }, now)
    }

    /// Whether the call may wait.
    pub fn may_wait(&self) -> bool {
        self.may_wait
    }

    /// Whether the call may read more of what has already arrived. `satisfied`: it has an event to return.
    pub fn may_read_on<T: Transport>(&mut self, transport: &T, now: &mut Now, satisfied: bool) -> bool {
        let is_over = satisfied || !self.may_wait || {
            *now = Now::Exact(transport.now());
            now.exact() >= Some(self.until)
        };
        if is_over {
            self.steps_beyond = self.steps_beyond.saturating_add(1);
        }
        self.steps_beyond <= STEPS_BEYOND
    }

    /// Waits for one of the exchanges, until `next` at most. False if the call may not wait any longer.
    pub fn wait<T: Transport>(
        &self,
        transport: &T,
        now: &mut Now,
        exchanges: &[&T::Exchange],
        next: Instant,
    ) -> bool {
        // Hosts with an event loop pass 0. A blocked call would stop everything else that they do, so even a wait
        // that would end at once is not begun.
        if !self.may_wait {
            return false;
        }
        let at = now.read(transport);
        if at >= self.until {
            return false;
        }
        // A deadline that has passed is handled by the next step. There is nothing to wait for.
        if at < next {
            let until = self.until.min(next);
            transport.wait(exchanges, at, until);
            *now = Now::AtMost(until);
        }
        true
    }
}
