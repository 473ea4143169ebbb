//! The clock that server and clients share, and the timestamps in the chunks.

use nix::time::{ClockId, clock_gettime};

/// The length of a timestamp in bytes.
pub const TIMESTAMP_LEN: usize = 16;

/// The environment variable in which the parent process passes the time at which it started the client. Only the parent
/// knows it: a program's own first instruction runs after the loader and the language's runtime.
const STARTED: &str = "METER_STARTED_NS";

/// The time of the machine's monotonic clock, in nanoseconds.
pub fn now() -> u64 {
    // Every Unix has this clock. If it failed, every figure would be 0, which nobody would take for a result.
    let Ok(time) = clock_gettime(ClockId::CLOCK_MONOTONIC) else { return 0 };
    let seconds = u64::try_from(time.tv_sec()).unwrap_or(0);
    seconds * 1_000_000_000 + u64::try_from(time.tv_nsec()).unwrap_or(0)
}

/// The timestamp at the start of a chunk's text; `None` if there is none.
pub fn timestamp(text: &str) -> Option<u64> {
    // `from_str_radix` accepts a sign, so the digits are checked first.
    let digits =
        text.get(..TIMESTAMP_LEN).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u64::from_str_radix(digits, 16).ok()
}

/// The time at which this process was started, from `METER_STARTED_NS`; `None` if the variable is not set.
pub fn started() -> Option<u64> {
    std::env::var(STARTED).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_is_sixteen_hexadecimal_digits_at_the_start() {
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
            assert_eq!(timestamp(text), expected, "{text:?}");
        }
    }

    #[test]
    fn the_clock_counts_nanoseconds() {
        let outer = std::time::Instant::now();
        let before = now();
        let inner = std::time::Instant::now();
        std::thread::sleep(std::time::Duration::from_millis(2));
        // Measured by a second clock and not compared with the 2 ms, so that a slow machine passes.
        let least = inner.elapsed().as_nanos();
        let measured = u128::from(now() - before);
        assert!(
            (least..=outer.elapsed().as_nanos()).contains(&measured),
            "{measured} ns, at least {least} ns"
        );
    }
}
