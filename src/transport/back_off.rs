//! Whether to send a request again, and how long to wait before.

use core::time::Duration;

use super::Instant;
use crate::errors::{Error, RetryAfter};

/// The first back-off. Each further one is twice as long.
const FIRST_MS: u64 = 500;

/// The longest back-off where the server asks for none.
const LONGEST_MS: u64 = 8_000;

/// The retries that are left.
#[derive(Clone, Debug)]
pub struct Retries {
    left: u32,
    made: u32,
}

impl Retries {
    /// This many attempts after the first.
    pub fn new(max: u32) -> Self {
        Self { left: max, made: 0 }
    }

    /// When to send the request again after this error. `None` where no retry is left, where it cannot help, or
    /// where it would be later than `end`.
    pub fn next(&mut self, error: &Error, now: Instant, end: Instant) -> Option<Instant> {
        if !error.retryable || self.left == 0 {
            return None;
        }
        let wait = match RetryAfter::from_error(error) {
            RetryAfter::Wait(ms) => ms,
            RetryAfter::TooLong(_) => return None,
            RetryAfter::None => jittered(own_choice(self.made), now),
        };
        let at = now.after(Duration::from_millis(wait));
        if at >= end {
            return None;
        }
        self.left = self.left.saturating_sub(1);
        self.made = self.made.saturating_add(1);
        Some(at)
    }
}

/// In milliseconds.
fn own_choice(made: u32) -> u64 {
    FIRST_MS.checked_shl(made).unwrap_or(LONGEST_MS).min(LONGEST_MS)
}

/// Shortens a back-off by up to a quarter, so that clients that failed together do not come back together.
///
/// The nanoseconds of the clock are random enough for that. The component has no other source of randomness, since
/// importing one would make it unusable in hosts that do not have it.
fn jittered(wait_ms: u64, now: Instant) -> u64 {
    // Spreads neighbouring instants: the multiplier of Knuth's linear generator.
    let spread = now.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    // The highest 8 bits, of 2^10: just below a quarter at most. A back-off is far too short to overflow.
    wait_ms.saturating_sub(wait_ms.wrapping_mul(spread >> 56) >> 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::errors::{invalid_request, network};

    const FAR: Instant = Instant(u64::MAX);

    fn waits(max: u32, error: &Error, now: u64) -> std::vec::Vec<f64> {
        let mut retries = Retries::new(max);
        let now = Instant(now);
        std::iter::from_fn(|| Some(now.until(retries.next(error, now, FAR)?).as_secs_f64())).collect()
    }

    #[test]
    fn waits_double_to_eight_seconds_less_up_to_a_quarter() {
        let lost = network("https://h", "reset", true);
        let mut fractions = std::vec::Vec::new();
        for now in 0..1000 {
            let waits = waits(7, &lost, now * 1_000_003);
            assert_eq!(waits.len(), 7);
            for (wait, whole) in waits.iter().zip([0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]) {
                assert!((whole * 0.75..=whole).contains(wait), "{wait} of {whole}");
            }
            fractions.push(waits[0]);
        }
        fractions.sort_by(f64::total_cmp);
        assert!(fractions[0] < 0.39 && fractions[999] > 0.49, "the waits are spread");
    }

    #[test]
    fn the_back_off_that_the_server_asks_for_comes_first() {
        let asked = |ms| {
            let mut error = network("https://h", "busy", true);
            error.retry_after_ms = Some(ms);
            error
        };
        assert_eq!(waits(2, &asked(3_000), 7), [3.0, 3.0]);
        assert!(waits(2, &asked(120_001), 7).is_empty());
    }

    #[test]
    fn a_request_that_cannot_succeed_is_not_sent_again() {
        assert!(waits(2, &invalid_request("no"), 7).is_empty());
        assert!(waits(0, &network("https://h", "reset", true), 7).is_empty());
        let mut retries = Retries::new(2);
        assert_eq!(
            retries.next(&network("https://h", "reset", true), Instant(0), Instant(1_000)),
            None,
            "too late for it"
        );
    }
}
