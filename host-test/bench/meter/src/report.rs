//! The result of a run, as one line of JSON. The clients in Python and Node print the same fields.

use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use serde::{Deserialize, Serialize};

use crate::sample::Sample;

/// A run: the figures of all responses, of the first ones over new connections, and of the later ones. The first ones
/// include connecting and cold caches, which would hide the cost of a response in a median of all.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// The client's name.
    pub client: String,
    /// All responses.
    #[serde(flatten)]
    pub all: Phase,
    /// Microseconds from the start of the process to the first text, if the start time is known.
    pub start_us: Option<f64>,
    /// The first response over each connection.
    pub cold: Phase,
    /// The responses over reused connections; `None` if there was none.
    pub warm: Option<Phase>,
    /// The largest resident memory of the process, in KiB.
    pub maxrss_kb: u64,
    /// The number of requests that failed.
    pub failed: u64,
    /// The error of the first failure.
    pub error: Option<String>,
}

/// The figures of several responses. Times in microseconds are `None` if there was nothing to measure.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Phase {
    /// The number of requests.
    pub requests: u64,
    /// The number of chunks with a timestamp.
    pub chunks: u64,
    /// Bytes of text.
    pub bytes: u64,
    /// Seconds from the first request to the end of the last response.
    pub wall_s: f64,
    /// Time from the request to the first text: the median of the responses.
    pub ttft_us: Option<f64>,
    /// Delivery time of a chunk, from the server to the program: the median.
    pub p50_us: Option<f64>,
    /// Delivery time: 90 of 100 chunks are faster.
    pub p90_us: Option<f64>,
    /// Delivery time: 99 of 100 chunks are faster.
    pub p99_us: Option<f64>,
    /// Delivery time of the slowest chunk.
    pub max_us: Option<f64>,
    /// Seconds of processor time that the process used in its own code.
    pub cpu_user_s: f64,
    /// Seconds of processor time that the system used for the process.
    pub cpu_sys_s: f64,
}

/// The distribution of durations, in microseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// The first one, which often runs with cold caches.
    pub first: Option<f64>,
    /// The shortest.
    pub min: Option<f64>,
    /// The median.
    pub p50: Option<f64>,
    /// The longest.
    pub max: Option<f64>,
}

impl Spread {
    /// The distribution of these durations.
    pub fn of(durations: &[Duration]) -> Spread {
        let mut sorted: Vec<u64> =
            durations.iter().map(|time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)).collect();
        let first = sorted.first().map(|nanoseconds| *nanoseconds as f64 / 1000.0);
        sorted.sort_unstable();
        Spread {
            first,
            min: percentile(&sorted, 0),
            p50: percentile(&sorted, 50),
            max: percentile(&sorted, 100),
        }
    }
}

/// The processor time of this process so far, in seconds: in its own code and in the system.
pub(crate) fn cpu() -> (f64, f64) {
    let seconds = |time: TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    getrusage(UsageWho::RUSAGE_SELF)
        .map(|usage| (seconds(usage.user_time()), seconds(usage.system_time())))
        .unwrap_or_default()
}

/// The largest resident memory of this process so far, in KiB.
pub(crate) fn max_rss() -> u64 {
    getrusage(UsageWho::RUSAGE_SELF).ok().and_then(|usage| u64::try_from(usage.max_rss()).ok()).unwrap_or(0)
}

impl Phase {
    /// Computes the figures from the sample of `requests` responses, the time and the processor time.
    pub(crate) fn of(sample: &Sample, requests: u64, wall_s: f64, cpu: (f64, f64)) -> Phase {
        let mut delays = sample.delays.clone();
        let mut first = sample.first.clone();
        delays.sort_unstable();
        first.sort_unstable();
        Phase {
            requests,
            chunks: delays.len() as u64,
            bytes: sample.bytes,
            wall_s,
            ttft_us: percentile(&first, 50),
            p50_us: percentile(&delays, 50),
            p90_us: percentile(&delays, 90),
            p99_us: percentile(&delays, 99),
            max_us: percentile(&delays, 100),
            cpu_user_s: cpu.0,
            cpu_sys_s: cpu.1,
        }
    }

    /// The whole processor time, in seconds.
    pub fn cpu_s(&self) -> f64 {
        self.cpu_user_s + self.cpu_sys_s
    }
}

/// The percentile of sorted nanoseconds, in microseconds. By the nearest rank, so that the result is always one of the
/// values, and Python and Node compute the same.
fn percentile(sorted: &[u64], percent: usize) -> Option<f64> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).map(|nanoseconds| *nanoseconds as f64 / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_the_nearest_rank() {
        let hundred: Vec<u64> = (1..=100).map(|n| n * 1000).collect();
        let cases = [(50, 50.0), (90, 90.0), (99, 99.0), (100, 100.0)];
        for (percent, expected) in cases {
            assert_eq!(percentile(&hundred, percent), Some(expected));
        }
        assert_eq!(percentile(&[7000], 50), Some(7.0));
        assert_eq!(percentile(&[1000, 2000, 3000], 50), Some(2.0));
        assert_eq!(percentile(&[], 50), None);
    }
}
