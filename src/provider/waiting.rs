//! Waiting as the contract has it: at most as long as told, and with nothing to wait with at 0.

use alloc::vec::Vec;
use core::time::Duration;

use crate::transport::{Fetch, Moment, Transport};

/// Most steps of a call that has its event already, or is past its time: bytes may come faster than they are
/// read, and need not make events.
const STEPS_BEYOND: u32 = 32;

/// What several questions wait for.
pub(super) struct Awaited<'f, T: Transport> {
    /// Any of these.
    pub exchanges: Vec<&'f T::Exchange>,
    /// Or this, the first of their own times.
    pub until: Moment,
}

impl<'f, T: Transport> Awaited<'f, T> {
    /// Nothing so far.
    pub fn new() -> Self {
        Self { exchanges: Vec::new(), until: Moment(u64::MAX) }
    }

    /// This one as well.
    pub fn add(&mut self, fetch: &'f Fetch<T>) {
        let (exchange, until) = fetch.waits_for();
        self.exchanges.extend(exchange);
        self.until = self.until.min(until);
    }
}

/// The time of one call. The clock is the host's, and looked at no more often than it has to be.
pub(super) struct Wait {
    until: Moment,
    may_wait: bool,
    steps_beyond: u32,
    /// The time, where nothing was waited for since it was looked at.
    now: Option<Moment>,
}

impl Wait {
    /// A call that may take this many milliseconds.
    pub fn new<T: Transport>(transport: &T, wait_ms: u32) -> Self {
        let now = transport.now();
        let until = now.after(Duration::from_millis(u64::from(wait_ms)));
        Self { until, may_wait: wait_ms > 0, steps_beyond: 0, now: Some(now) }
    }

    /// The time, where it is known.
    pub fn now(&self) -> Option<Moment> {
        self.now
    }

    /// Whether the call may take along more of what has arrived. `satisfied`: it has what it waited for.
    pub fn may_read_on<T: Transport>(&mut self, transport: &T, satisfied: bool) -> bool {
        if !satisfied {
            self.now = Some(transport.now());
        }
        if satisfied || self.now >= Some(self.until) {
            self.steps_beyond = self.steps_beyond.saturating_add(1);
        }
        self.steps_beyond <= STEPS_BEYOND
    }

    /// Waits for one of the exchanges, until `next` at most; false when the call's time is up.
    pub fn wait<T: Transport>(&mut self, transport: &T, exchanges: &[&T::Exchange], next: Moment) -> bool {
        if !self.may_wait {
            return false;
        }
        let now = *self.now.get_or_insert_with(|| transport.now());
        if now >= self.until {
            return false;
        }
        if now < next {
            transport.wait(exchanges, now, self.until.min(next));
            self.now = None;
        }
        true
    }
}
