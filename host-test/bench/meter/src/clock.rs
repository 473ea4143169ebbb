//! The clock that server and clients share.

use nix::time::{ClockId, clock_gettime};

/// Length of a stamp in bytes.
pub const STAMP: usize = 16;

/// Names the environment variable with the moment at which whoever runs a client started it.
const STARTED: &str = "METER_STARTED_NS";

/// The moment, in nanoseconds of the machine's monotonic clock.
pub fn now() -> u64 {
    // The clock is one that every Unix has; without it every figure would be 0, and that shows.
    let Ok(time) = clock_gettime(ClockId::CLOCK_MONOTONIC) else { return 0 };
    let seconds = u64::try_from(time.tv_sec()).unwrap_or(0);
    seconds * 1_000_000_000 + u64::try_from(time.tv_nsec()).unwrap_or(0)
}

/// The moment that a chunk's text begins with; `None` where it begins with none.
pub fn stamp(text: &str) -> Option<u64> {
    let digits = text.get(..STAMP).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u64::from_str_radix(digits, 16).ok()
}

/// The moment at which this process was started, if whoever started it told: `METER_STARTED_NS`.
pub fn started() -> Option<u64> {
    std::env::var(STARTED).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_sixteen_hexadecimal_digits_at_the_beginning() {
        let cases = [
            ("00000000000000ff and more", Some(255)),
            ("00000000000000FF", Some(255)),
            ("00000000000000f", None),
            (" 00000000000000ff", None),
            ("+0000000000000ff", None),
            ("0000000000000\u{e4}ff", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(stamp(text), expected, "{text:?}");
        }
    }

    #[test]
    fn time_goes_on() {
        let before = now();
        std::thread::sleep(std::time::Duration::from_millis(2));
        assert!((1_900_000..10_000_000_000).contains(&(now() - before)));
    }
}
