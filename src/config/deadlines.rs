//! The deadlines of a request.
//!
//! The component keeps them itself. Hosts differ in which of them they support, and an error of the host would not say
//! which setting to change.

use alloc::{format, string::String};
use core::time::Duration;

use crate::contract::Timeouts;

/// The deadlines of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// Until the connection accepts the first part of the request.
    pub connect: Duration,
    /// From the end of the request to the status of the response.
    pub first_byte: Duration,
    /// Between two signs of progress. A keep-alive comment is not progress [26].
    pub idle: Duration,
    /// For the whole call, retries and back-offs included.
    pub total: Duration,
}

impl Default for Deadlines {
    /// 15 s to connect, 5 min for the first byte and between two signs of progress, since a model may reason
    /// that long in silence, and one hour in all.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(15),
            first_byte: Duration::from_secs(300),
            idle: Duration::from_secs(300),
            total: Duration::from_secs(3600),
        }
    }
}

impl Deadlines {
    /// The given deadlines, and the defaults for the others.
    ///
    /// # Errors
    /// A message for people where one is 0.
    pub fn check(given: &Timeouts) -> Result<Self, String> {
        let default = Self::default();
        Ok(Self {
            connect: deadline("connect-ms", given.connect_ms, default.connect)?,
            first_byte: deadline("first-byte-ms", given.first_byte_ms, default.first_byte)?,
            idle: deadline("idle-ms", given.idle_ms, default.idle)?,
            total: deadline("total-ms", given.total_ms, default.total)?,
        })
    }
}

fn deadline(name: &str, given: Option<u32>, default: Duration) -> Result<Duration, String> {
    match given {
        None => Ok(default),
        // Some hosts write 0 for "no limit". Taken literally, every request would fail at once.
        Some(0) => Err(format!("timeouts.{name} is 0; give milliseconds, or none for the default")),
        Some(ms) => Ok(Duration::from_millis(u64::from(ms))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Timeouts = Timeouts { connect_ms: None, first_byte_ms: None, idle_ms: None, total_ms: None };

    #[test]
    fn what_is_not_given_takes_its_default() {
        let deadlines = Deadlines::check(&Timeouts { idle_ms: Some(1), ..NONE }).unwrap();
        assert_eq!(deadlines, Deadlines { idle: Duration::from_millis(1), ..Deadlines::default() });
        assert_eq!(deadlines.connect.as_secs(), 15);
        assert_eq!(deadlines.first_byte.as_secs(), 300);
        assert_eq!(deadlines.total.as_secs(), 3600);
    }

    #[test]
    fn zero_is_refused_by_name() {
        let cases = [
            (Timeouts { connect_ms: Some(0), ..NONE }, "connect-ms"),
            (Timeouts { first_byte_ms: Some(0), ..NONE }, "first-byte-ms"),
            (Timeouts { idle_ms: Some(0), ..NONE }, "idle-ms"),
            (Timeouts { total_ms: Some(0), ..NONE }, "total-ms"),
        ];
        for (timeouts, name) in cases {
            assert!(Deadlines::check(&timeouts).unwrap_err().contains(name));
        }
    }
}
