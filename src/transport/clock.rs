//! Instants of the host's clock, and what a call knows of the present without reading that clock again.

use core::time::Duration;

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
}

impl Now {
    /// The present time, if it is known.
    pub fn exact(self) -> Option<Instant> {
        match self {
            Self::Exact(now) => Some(now),
            Self::AtMost(_) => None,
        }
    }

    /// The latest that it can be.
    pub fn latest(self) -> Instant {
        match self {
            Self::Exact(at) | Self::AtMost(at) => at,
        }
    }

    /// The milliseconds until `due`, as `wake-after-ms` reports them.
    ///
    /// They are rounded up: a host whose timer fires a fraction of a millisecond before the deadline would call in
    /// vain, and sleep once more for the rest. Where the time is not exact the latest possible one
    /// is taken, so that the host comes too early once instead of too late.
    pub fn wake_after_ms(self, due: Instant) -> u32 {
        let nanoseconds = due.0.saturating_sub(self.latest().0);
        u32::try_from(nanoseconds.div_ceil(MILLISECOND)).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wake_up_is_rounded_up_to_whole_milliseconds() {
        let now = Now::Exact(Instant(5_000_000));
        for (due, ms) in [(0, 0), (5_000_000, 0), (5_000_001, 1), (6_000_000, 1), (6_000_001, 2)] {
            assert_eq!(now.wake_after_ms(Instant(due)), ms, "{due}");
        }
        assert_eq!(now.wake_after_ms(Instant(u64::MAX)), u32::MAX);
    }

    #[test]
    fn after_a_wait_the_latest_possible_time_counts() {
        let now = Now::AtMost(Instant(5_000_000));
        assert_eq!((now.exact(), now.wake_after_ms(Instant(7_000_000))), (None, 2));
    }
}
