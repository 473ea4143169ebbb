//! One exchange with the configured deadlines. They are kept here, whether or not the host keeps deadlines too.

use core::time::Duration;

use super::{Exchange, Instant, Now, Outgoing, Phase, Step, Transport};
use crate::config::{BaseUrl, Deadlines};
use crate::errors::{Error, timeout};

/// How many chunks of a stream may pass between two readings of the clock.
const MOST_UNTIMED: u64 = 31;

/// The longest that these chunks may take, judged by those before them, and the longest silence after one of them. A
/// slower stream can afford to read the clock for each chunk.
const UNTIMED_TIME: Duration = Duration::from_secs(1);

/// A host's timer may fire so much too early. A call that comes before its time restarts the idle deadline.
const EARLY: Duration = Duration::from_millis(1);

/// A request in progress, and the time that it may take.
///
/// # Chunks whose time is not read
///
/// Reading the clock is a call of the host, and costs as much as decoding a short chunk. In a call that does not wait,
/// the chunks of a fast stream are therefore read without it. The batch then reports a short silence as `wake-after-ms`,
/// a second at most. If the next call comes after that time and finds nothing, the host slept for it, so that the time
/// of the chunk is known: the deadline counts from there. A host that calls without a reason can make it early by no
/// more than this silence; a call before its time shows such a host, and each further chunk of its response is timed.
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
    accuracy: Accuracy,
    /// The last reading of the clock.
    read_at: Instant,
    /// How many chunks may pass before the next one.
    untimed: u64,
    /// Whether the host calls only where data has arrived or where it is due, as far as is known.
    is_punctual: bool,
}

/// What is known of the time of the last progress.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Accuracy {
    /// The time is known.
    Exact,
    /// Not later: the progress was made during a wait, after which the clock was not read.
    AtMost,
    /// Not earlier: the progress was made in a call that did not read the clock.
    AtLeast,
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
        now: Instant,
    ) -> Result<Self, Error> {
        let exchange =
            transport.start(request, deadlines).map_err(|failure| failure.into_error(&request.base_url))?;
        Ok(Self {
            phase: exchange.phase(),
            exchange,
            deadlines: *deadlines,
            idle_limit: None,
            end,
            since: now,
            accuracy: Accuracy::Exact,
            read_at: now,
            untimed: 0,
            is_punctual: true,
        })
    }

    /// Makes one step without waiting.
    ///
    /// A deadline is checked here only where nothing has arrived, so that no received byte is lost to it, and only where
    /// the time is known. `slept`: see [`check`](Self::check).
    pub fn step(&mut self, transport: &T, now: &mut Now, slept: bool, to: &BaseUrl) -> Result<Step, Error> {
        let step = self.exchange.step().map_err(|failure| failure.into_error(to))?;
        let phase = self.exchange.phase();
        // Each accepted part of an upload is progress: a large image over a slow line takes longer than any deadline.
        if phase != self.phase || matches!(step, Step::Sent) {
            self.phase = phase;
            self.since = now.read(transport);
            self.accuracy = Accuracy::Exact;
            self.read_at = self.since;
        }
        match (&step, now.exact()) {
            (Step::Pending, Some(now)) => self.check(now, slept).map(|()| step),
            _ => Ok(step),
        }
    }

    /// The error of a deadline that has passed.
    ///
    /// [`step`](Self::step) calls this where nothing has arrived and the time is known. A caller whose received bytes
    /// were no progress, such as keep-alive comments, calls it as well: otherwise a server could hold a stream open with
    /// them. `slept`: the host had nothing else to call for than a deadline.
    pub fn check(&mut self, now: Instant, slept: bool) -> Result<(), Error> {
        let due = if self.is_timed() { self.until().at } else { self.since.after(self.silence()) };
        // Before the response, a connection and an upload are reasons to call as well.
        if slept && now < due && self.phase == Phase::Receiving {
            self.is_punctual = false;
        }
        // The stream is no longer fast.
        self.untimed = 0;
        match self.accuracy {
            Accuracy::Exact => {}
            Accuracy::AtMost => self.since = self.since.min(now),
            Accuracy::AtLeast => {
                // The progress was at some time since the last reading. The host slept since then, or it called for
                // another reason: then the latest time is taken, so that the deadline does not pass too early.
                let slept =
                    if slept && now >= due { self.silence().saturating_add(EARLY) } else { Duration::ZERO };
                self.since = self.since.max(now.before(slept));
            }
        }
        self.accuracy = Accuracy::Exact;
        self.read_at = now;
        self.in_time(now)
    }

    /// The error of the next deadline if it has passed.
    ///
    /// After progress only the total deadline can have passed. A response that always has more to read is never silent,
    /// so [`step`](Self::step) would not check it.
    pub fn in_time(&self, now: Instant) -> Result<(), Error> {
        let until = self.until();
        if now < until.at {
            return Ok(());
        }
        let limit = u64::try_from(until.limit.as_millis()).unwrap_or(u64::MAX);
        let mut error = timeout(until.which, limit);
        error.request_sent = self.phase != Phase::Connecting;
        Err(error)
    }

    /// The response made progress: the idle deadline starts again.
    ///
    /// It starts when the bytes were read and not when the clock is read next. A host that sleeps until
    /// `wake-after-ms` reads it next when the deadline should pass, and would wait for twice as long.
    pub fn progressed(&mut self, transport: &T, now: &mut Now) {
        match *now {
            Now::AtMost(latest) => {
                self.since = latest;
                self.accuracy = Accuracy::AtMost;
            }
            Now::Unread if self.untimed > 0 => {
                self.untimed = self.untimed.saturating_sub(1);
                self.since = self.read_at;
                self.accuracy = Accuracy::AtLeast;
            }
            _ => self.progressed_at(now.read(transport)),
        }
    }

    fn progressed_at(&mut self, now: Instant) {
        if now > self.read_at {
            self.untimed = self.untimed_after(now);
        }
        self.since = now;
        self.accuracy = Accuracy::Exact;
        self.read_at = now;
    }

    /// How many of the next chunks need not be timed, if the chunks since the last reading are like them.
    fn untimed_after(&self, now: Instant) -> u64 {
        let took = self.read_at.until(now);
        if !self.is_punctual || took > self.silence() {
            return 0;
        }
        // The clock is read after a silence, so this many chunks end before the total deadline.
        let silence = u64::try_from(self.silence().as_nanos()).unwrap_or(u64::MAX);
        let silences = now.until(self.end).as_nanos().checked_div(silence.into()).unwrap_or_default();
        u64::try_from(silences).unwrap_or(u64::MAX).saturating_sub(1).min(MOST_UNTIMED)
    }

    /// The silence after an untimed chunk, after which the host calls and the clock is read.
    fn silence(&self) -> Duration {
        let idle = self.idle_limit.map_or(self.deadlines.idle, |limit| self.deadlines.idle.min(limit));
        UNTIMED_TIME.min(idle.checked_div(8).unwrap_or_default())
    }

    /// Whether the time of the last progress is known, and the next chunk will be timed.
    fn is_timed(&self) -> bool {
        self.untimed == 0 && self.accuracy != Accuracy::AtLeast
    }

    /// The most that `wake-after-ms` may be after a chunk: a host counts it from the call that returned the chunk.
    pub fn longest_sleep_ms(&self) -> u32 {
        if self.is_timed() {
            return u32::MAX;
        }
        Instant::default().milliseconds_until(Instant::default().after(self.silence().saturating_add(EARLY)))
    }

    /// Allows a silence of at most this long from now on; `None` allows the configured one again.
    pub fn limit_idle(&mut self, limit: Option<Duration>) {
        if self.idle_limit != limit {
            self.idle_limit = limit;
            // The chunks since the last reading may have taken longer than the new limit.
            self.untimed = 0;
        }
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

    /// Whether the last step took all bytes that had arrived.
    pub fn is_drained(&self) -> bool {
        self.exchange.is_drained()
    }

    /// The exchange to wait for.
    pub fn exchange(&self) -> &T::Exchange {
        &self.exchange
    }
}
