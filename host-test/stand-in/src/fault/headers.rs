//! Faults that a client requests with headers: Envoy's, and ours in the same style.

use std::num::NonZeroU64;
use std::str::FromStr;

use http::HeaderMap;

use super::{Abort, Break, Faults, RateLimit};

/// The help text of the headers.
pub const HELP: &str = "\
Faults on any request, by Envoy's headers:
  x-envoy-fault-delay-request: MS         wait before the status
  x-envoy-fault-abort-request: STATUS     this status instead of the response
  x-envoy-fault-throughput-response: KIB  KiB per second
  each with …-percentage: N               on N of every 100 requests, evenly spread
and by our own, for faults that Envoy does not have:
  x-fault-delay-first-byte: MS            wait between the head and the body
  x-fault-delay-chunk: MS                 wait after each piece of the body
  x-fault-write-bytes: N                  N bytes per write, also of the head
  x-fault-abort-connection: HOW           break the connection before the body:
      before-status, reset-before-status, in-status-line, in-headers,
      endless-headers, slow-headers, not-http; or in it: reset, close,
      half-close, short-body, bad-chunk-size, stall, endless-body
  x-fault-abort-connection-percentage: N  on N of every 100 requests
  x-fault-abort-after-bytes: N            break after N bytes of the body";

const DELAY: &str = "x-envoy-fault-delay-request";
const ABORT: &str = "x-envoy-fault-abort-request";
const THROUGHPUT: &str = "x-envoy-fault-throughput-response";
const FIRST_BYTE: &str = "x-fault-delay-first-byte";
const CHUNK: &str = "x-fault-delay-chunk";
const WRITE: &str = "x-fault-write-bytes";
const CONNECTION: &str = "x-fault-abort-connection";
const AFTER: &str = "x-fault-abort-after-bytes";

/// Reads the faults of the request with this number, counted from 1.
///
/// # Errors
/// When a header cannot be parsed. Ignoring it would make a test pass although its fault never happened.
pub fn read(headers: &HeaderMap, request: u64) -> Result<Faults, String> {
    let requested = FaultHeaders { headers, request };
    requested.know_all()?;
    let mut faults = Faults::default();
    faults.delay.fixed_delay_ms = requested.number(DELAY, "milliseconds")?.unwrap_or(0);
    faults.delay.first_byte_ms = requested.number(FIRST_BYTE, "milliseconds")?.unwrap_or(0);
    faults.delay.chunk_ms = requested.number(CHUNK, "milliseconds")?.unwrap_or(0);
    let limit = requested.number(THROUGHPUT, "KiB per second, more than 0")?;
    faults.response_rate_limit = limit.map(|limit_kbps: NonZeroU64| RateLimit { limit_kbps });
    faults.write_bytes = requested.number(WRITE, "bytes per write, more than 0")?;
    faults.abort_after_bytes = requested.number(AFTER, "bytes of the body")?;
    faults.abort = requested.connection()?.map(Abort::Connection);
    if let Some(status) = requested.number::<u16>(ABORT, "a status")? {
        if !(200..600).contains(&status) {
            return Err(format!("{ABORT}: {status} is not a status from 200 to 599"));
        }
        faults.abort = Some(Abort::HttpStatus(status));
    }
    Ok(faults)
}

struct FaultHeaders<'a> {
    headers: &'a HeaderMap,
    request: u64,
}

impl FaultHeaders<'_> {
    /// Refuses headers that look like faults and are none.
    fn know_all(&self) -> Result<(), String> {
        let known = [DELAY, ABORT, THROUGHPUT, FIRST_BYTE, CHUNK, WRITE, CONNECTION, AFTER];
        let unknown = self.headers.keys().map(http::HeaderName::as_str).find(|name| {
            // Unknown fault headers are refused as well: a typo would otherwise switch the fault off.
            let control = name.starts_with("x-envoy-fault-") || name.starts_with("x-fault-");
            control && !known.contains(&name.strip_suffix("-percentage").unwrap_or(name))
        });
        match unknown {
            None => Ok(()),
            Some(name) => {
                Err(format!("{name}: there is no such fault; 'host-test stand-in --help' lists them"))
            }
        }
    }

    /// The header's text, if this request is among those that the percentage selects.
    fn text(&self, name: &str) -> Result<Option<&str>, String> {
        let Some(value) = self.headers.get(name) else { return Ok(None) };
        let text = value.to_str().map_err(|_| format!("{name}: the value is not text"))?.trim();
        let Some(percentage) = self.headers.get(format!("{name}-percentage")) else { return Ok(Some(text)) };
        let percentage = percentage.to_str().ok().and_then(|text| text.trim().parse::<u64>().ok());
        let percentage = percentage
            .filter(|percentage| *percentage <= 100)
            .ok_or_else(|| format!("{name}-percentage: not a number from 0 to 100"))?;
        // Spread evenly and not at random as in Envoy, so that a test sees the same requests fail each time.
        let sum = |request: u64| request * percentage / 100;
        Ok((sum(self.request) > sum(self.request.saturating_sub(1))).then_some(text))
    }

    fn number<T: FromStr>(&self, name: &str, unit: &str) -> Result<Option<T>, String> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| format!("{name}: {text:?} is not a number ({unit})"))
    }

    fn connection(&self) -> Result<Option<Break>, String> {
        let Some(text) = self.text(CONNECTION)? else { return Ok(None) };
        let found = Break::ALL.iter().find(|(word, _)| *word == text);
        found.map(|(_, how)| Some(*how)).ok_or_else(|| {
            let words: Vec<_> = Break::ALL.iter().map(|(word, _)| *word).collect();
            format!("{CONNECTION}: {text:?} is not one of {}", words.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Delay;
    use super::*;

    fn faults(lines: &[(&str, &str)], request: u64) -> Result<Faults, String> {
        let line = |(name, value): &(&str, &str)| (name.parse().unwrap(), value.parse().unwrap());
        read(&lines.iter().map(line).collect::<HeaderMap>(), request)
    }

    #[test]
    fn headers_of_envoy_and_of_the_stand_in_are_read() {
        let delay = |fixed_delay_ms, first_byte_ms, chunk_ms| Faults {
            delay: Delay { fixed_delay_ms, first_byte_ms, chunk_ms },
            ..Faults::default()
        };
        let abort = |abort| Faults { abort: Some(abort), ..Faults::default() };
        let cases = [
            ("accept", "text/plain", Faults::default()),
            (DELAY, "250", delay(250, 0, 0)),
            (FIRST_BYTE, "40", delay(0, 40, 0)),
            (CHUNK, "5", delay(0, 0, 5)),
            (ABORT, "503", abort(Abort::HttpStatus(503))),
            (CONNECTION, "half-close", abort(Abort::Connection(Break::HalfClose))),
            (AFTER, "10", Faults { abort_after_bytes: Some(10), ..Faults::default() }),
            (WRITE, "1", Faults { write_bytes: "1".parse().ok(), ..Faults::default() }),
            (
                THROUGHPUT,
                "8",
                Faults {
                    response_rate_limit: "8".parse().ok().map(|limit_kbps| RateLimit { limit_kbps }),
                    ..Faults::default()
                },
            ),
        ];
        for (name, value, expected) in cases {
            assert_eq!(faults(&[(name, value)], 1), Ok(expected), "{name}: {value}");
        }
    }

    #[test]
    fn a_fault_that_cannot_be_applied_is_refused_with_the_name_of_its_header() {
        for (name, value) in [
            (DELAY, "soon"),
            (ABORT, "199"),
            (ABORT, "600"),
            (THROUGHPUT, "0"),
            (WRITE, "0"),
            (CONNECTION, "explode"),
            ("x-envoy-fault-delay-request-percentage-of", "1"),
            ("x-fault-chunk", "1"),
        ] {
            let message = faults(&[(name, value)], 1).unwrap_err();
            assert!(message.starts_with(name), "{message}");
        }
        assert!(faults(&[(ABORT, "503"), (&format!("{ABORT}-percentage"), "101")], 1).is_err());
    }

    #[test]
    fn a_percentage_is_exact_over_a_hundred_requests() {
        for percentage in [0, 1, 33, 50, 99, 100] {
            let value = percentage.to_string();
            let played = (1..=100)
                .filter(|request| {
                    let lines = [(ABORT, "503"), ("x-envoy-fault-abort-request-percentage", value.as_str())];
                    faults(&lines, *request).unwrap().abort.is_some()
                })
                .count();
            assert_eq!(played, percentage);
        }
    }

    #[test]
    fn the_help_lists_every_header_and_every_way_to_break() {
        for word in Break::ALL
            .iter()
            .map(|(word, _)| *word)
            .chain([DELAY, ABORT, THROUGHPUT, FIRST_BYTE, CHUNK, WRITE, CONNECTION, AFTER])
        {
            assert!(HELP.contains(word), "{word}");
        }
        let read = |word: &str| serde_json::from_value::<Break>(word.into()).ok();
        assert!(Break::ALL.iter().all(|(word, how)| read(word) == Some(*how)), "JSON has the same words");
    }
}
