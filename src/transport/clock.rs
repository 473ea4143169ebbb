//! Instants of the host's clock, and what a call knows of the present without reading that clock again.

use core::time::Duration;

use super::Transport;

/// An instant of the host's monotonic clock, in nanoseconds from an origin that has no meaning.
///
/// A type of its own, since `std::time::Instant` does not exist in the component, and since tests need to make
/// instants from numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(pub u64);

impl Instant {
    /// The instant `duration` after this one. It saturates at the last one that can be represented.
    pub fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)))
    }

    /// The instant `duration` before this one, or the first one.
    pub fn before(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)))
    }

    /// The whole milliseconds until a later instant, rounded up.
    pub fn milliseconds_until(self, later: Self) -> u32 {
        let nanoseconds = later.0.saturating_sub(self.0);
        u32::try_from(nanoseconds.div_ceil(MILLISECOND)).unwrap_or(u32::MAX)
    }

    /// The time from this instant until a later one; zero for an earlier one.
    pub fn until(self, later: Self) -> Duration {
        Duration::from_nanos(later.0.saturating_sub(self.0))
    }
}

/// Nanoseconds of a millisecond.
const MILLISECOND: u64 = 1_000_000;

/// What a call knows of the present time.
///
/// Each reading of the clock is a call of the host, which costs more than the decoding of a short chunk. After a
/// wait the time is therefore not read unless a decision depends on it: the bounds of the wait are enough.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Now {
    /// The clock was read in this call, and the call has not waited since.
    Exact(Instant),
    /// The call has waited, until this instant at the latest.
    AtMost(Instant),
    /// The call does not wait, and nothing in it has depended on the time so far.
    Unread,
}

impl Now {
    /// The present time, if it is known.
    pub fn exact(self) -> Option<Instant> {
        match self {
            Self::Exact(now) => Some(now),
            Self::AtMost(_) | Self::Unread => None,
        }
    }

    /// Reads the clock, unless this call has read it and has not waited since. Within a call that does not wait, the
    /// time counts as constant.
    pub fn read<T: Transport>(&mut self, transport: &T) -> Instant {
        let now = self.exact().unwrap_or_else(|| transport.now());
        *self = Self::Exact(now);
        now
    }

    /// The milliseconds until `due`, as `wake-after-ms` reports them. Reads the clock where this call has not.
    ///
    /// They are rounded up: a host whose timer fires a fraction of a millisecond before the deadline would call in
    /// vain, and sleep once more for the rest. Where the time is not exact the latest possible one
    /// is taken, so that the host comes too early once instead of too late.
    pub fn wake_after_ms<T: Transport>(&mut self, transport: &T, due: Instant) -> u32 {
        let now = match *self {
            Self::AtMost(latest) => latest,
            _ => self.read(transport),
        };
        now.milliseconds_until(due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::scripted::Scripted;

    #[test]
    fn a_wake_up_is_rounded_up_to_whole_milliseconds() {
        let now = Instant(5_000_000);
        for (due, ms) in [(0, 0), (5_000_000, 0), (5_000_001, 1), (6_000_000, 1), (6_000_001, 2)] {
            assert_eq!(now.milliseconds_until(Instant(due)), ms, "{due}");
        }
        assert_eq!(now.milliseconds_until(Instant(u64::MAX)), u32::MAX);
    }

    #[test]
    fn after_a_wait_the_latest_possible_time_counts() {
        let network = Scripted::default();
        let mut now = Now::AtMost(Instant(5_000_000));
        assert_eq!((now.exact(), now.wake_after_ms(&network, Instant(7_000_000))), (None, 2));
        assert_eq!(network.clock_readings(), 0);
    }

    #[test]
    fn a_call_reads_the_clock_at_most_once() {
        let network = Scripted::default();
        let mut now = Now::Unread;
        assert_eq!(now.wake_after_ms(&network, Instant(7_000_000)), 7);
        assert_eq!((now.read(&network), network.clock_readings()), (Instant(0), 1));
    }
}
