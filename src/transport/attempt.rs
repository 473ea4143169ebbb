//! One exchange under the deadlines of the configuration, which are kept here whatever the host keeps.

use core::time::Duration;

use super::{Exchange, Instant, Outgoing, Phase, Step, Transport};
use crate::config::{BaseUrl, Deadlines};
use crate::errors::{Error, timeout};

/// A request under way, and the time that it may take.
pub struct Attempt<T: Transport> {
    exchange: T::Exchange,
    deadlines: Deadlines,
    /// When all must be over, further attempts included.
    end: Instant,
    phase: Phase,
    /// When this phase began, or when there was progress in it last.
    since: Instant,
    /// There was progress since the clock was looked at, which is done no more often than it has to be.
    progress: bool,
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
    /// Starts the exchange. `end` is when all must be over.
    pub fn start(
        transport: &T,
        request: &Outgoing,
        deadlines: &Deadlines,
        end: Instant,
    ) -> Result<Self, Error> {
        let exchange =
            transport.start(request, deadlines).map_err(|failure| failure.into_error(&request.base_url))?;
        let (phase, since) = (exchange.phase(), transport.now());
        Ok(Self { exchange, deadlines: *deadlines, end, phase, since, progress: false })
    }

    /// Moves on without waiting. Nothing that came is lost to a deadline: it is looked at only when
    /// nothing came, and when the time is known.
    pub fn step(&mut self, transport: &T, now: Option<Instant>, to: &BaseUrl) -> Result<Step, Error> {
        if let Some(now) = now {
            self.note(now);
        }
        let step = self.exchange.step().map_err(|failure| failure.into_error(to))?;
        let phase = self.exchange.phase();
        if phase != self.phase || matches!(step, Step::Sent) {
            self.phase = phase;
            self.since = transport.now();
        }
        match (&step, now) {
            (Step::Pending, Some(now)) => self.check(now).map(|()| step),
            _ => Ok(step),
        }
    }

    /// The error of a deadline that has passed. [`step`](Self::step) looks itself where nothing comes; who
    /// reads what is no progress has to look as well.
    pub fn check(&mut self, now: Instant) -> Result<(), Error> {
        self.note(now);
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

    /// The answer made progress: the idle deadline begins anew, when the clock is looked at next.
    pub fn progressed(&mut self) {
        self.progress = true;
    }

    fn note(&mut self, now: Instant) {
        if core::mem::take(&mut self.progress) {
            self.since = now;
        }
    }

    /// From here on the answer may be silent for this long only.
    pub fn shorten_idle(&mut self, idle: Duration) {
        self.deadlines.idle = self.deadlines.idle.min(idle);
    }

    /// The next deadline.
    pub fn until(&self) -> Until {
        let Deadlines { connect, first_byte, idle, total } = self.deadlines;
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

    /// What to wait on.
    pub fn exchange(&self) -> &T::Exchange {
        &self.exchange
    }
}
