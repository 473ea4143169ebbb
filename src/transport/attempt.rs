//! One exchange with the configured deadlines. They are kept here, whether or not the host keeps deadlines too.

use core::time::Duration;

use super::{Exchange, Instant, Now, Outgoing, Phase, Step, Transport};
use crate::config::{BaseUrl, Deadlines};
use crate::errors::{Error, timeout};

/// A request in progress, and the time that it may take.
pub struct Attempt<T: Transport> {
    exchange: T::Exchange,
    deadlines: Deadlines,
    /// A shorter idle deadline, while the response looks finished.
    idle_limit: Option<Duration>,
    /// When the whole call must be over, further attempts included.
    end: Instant,
    phase: Phase,
    /// When this phase began, or when the response made progress last.
    since: Instant,
    /// Whether `since` is only an upper bound: the progress was made during a wait, after which the clock was not
    /// read. The next reading corrects it.
    since_is_bound: bool,
}

/// The next deadline, and its name in the configuration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Until {
    /// When it passes.
    pub at: Instant,
    which: &'static str,
    limit: Duration,
}

impl<T: Transport> Attempt<T> {
    /// Starts the exchange. `end` is when the whole call must be over.
    pub fn start(
        transport: &T,
        request: &Outgoing,
        deadlines: &Deadlines,
        end: Instant,
    ) -> Result<Self, Error> {
        let exchange =
            transport.start(request, deadlines).map_err(|failure| failure.into_error(&request.base_url))?;
        let (phase, since) = (exchange.phase(), transport.now());
        Ok(Self {
            exchange,
            deadlines: *deadlines,
            idle_limit: None,
            end,
            phase,
            since,
            since_is_bound: false,
        })
    }

    /// Makes one step without waiting.
    ///
    /// A deadline is checked only where nothing has arrived, so that no received byte is lost to it, and only where
    /// the time is known.
    pub fn step(&mut self, transport: &T, now: Now, to: &BaseUrl) -> Result<Step, Error> {
        let step = self.exchange.step().map_err(|failure| failure.into_error(to))?;
        let phase = self.exchange.phase();
        // Each accepted part of an upload is progress: a large image over a slow line takes longer than any deadline.
        if phase != self.phase || matches!(step, Step::Sent) {
            self.phase = phase;
            self.since = transport.now();
            self.since_is_bound = false;
        }
        match (&step, now) {
            (Step::Pending, Now::Exact(now)) => self.check(now).map(|()| step),
            _ => Ok(step),
        }
    }

    /// The error of a deadline that has passed.
    ///
    /// [`step`](Self::step) calls this where nothing has arrived. A caller whose received bytes were no progress,
    /// such as keep-alive comments, calls it as well: otherwise a server could hold a stream open with them.
    pub fn check(&mut self, now: Instant) -> Result<(), Error> {
        if core::mem::take(&mut self.since_is_bound) {
            self.since = self.since.min(now);
        }
        let until = self.until();
        if now < until.at {
            return Ok(());
        }
        let limit = u64::try_from(until.limit.as_millis()).unwrap_or(u64::MAX);
        let request_sent = self.phase != Phase::Connecting;
        let mut error = timeout(until.which, limit);
        error.request_sent = request_sent;
        Err(error)
    }

    /// The response made progress: the idle deadline starts again.
    ///
    /// It starts when the bytes were read and not when the clock is read next. A host that sleeps until
    /// `wake-after-ms` reads it next when the deadline should pass, and would wait for twice as long.
    pub fn progressed(&mut self, now: Now) {
        self.since = now.latest();
        self.since_is_bound = now.exact().is_none();
    }

    /// Allows a silence of at most this long from now on; `None` allows the configured one again.
    pub fn limit_idle(&mut self, limit: Option<Duration>) {
        self.idle_limit = limit;
    }

    /// The next deadline.
    pub fn until(&self) -> Until {
        let Deadlines { connect, first_byte, idle, total } = self.deadlines;
        let idle = self.idle_limit.map_or(idle, |limit| idle.min(limit));
        // An upload that stalls is idle in the same sense as a response that does: nothing moves.
        let (which, limit) = match self.phase {
            Phase::Connecting => ("connect", connect),
            Phase::Sending | Phase::Receiving => ("idle", idle),
            Phase::Waiting => ("first-byte", first_byte),
        };
        let at = self.since.after(limit);
        match at <= self.end {
            true => Until { at, which, limit },
            false => Until { at: self.end, which: "total", limit: total },
        }
    }

    /// The exchange to wait for.
    pub fn exchange(&self) -> &T::Exchange {
        &self.exchange
    }
}
