//! The memory of a client at its peak, read from /proc by this process while the client runs.
//!
//! Read from outside, so that the clients in all languages are measured in the same way and none pays for it.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::{Value, json};

/// The time between two readings. All streams are open for seconds.
const INTERVAL: Duration = Duration::from_millis(25);

/// The memory of a process, in KiB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// All resident pages. A page that many instances share counts once for each.
    resident: u64,
    /// Resident pages that belong to no file: the heap, stacks, and the pages of instances that were written to. No
    /// other process or instance shares them.
    anonymous: u64,
}

impl Memory {
    /// Reads `/proc/PID/status`.
    fn parse(status: &str) -> Option<Memory> {
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim().strip_suffix(" kB")?.parse().ok()
        };
        Some(Memory { resident: field("VmRSS:")?, anonymous: field("RssAnon:")? })
    }

    fn at_most(self, other: Memory) -> Memory {
        Memory { resident: self.resident.max(other.resident), anonymous: self.anonymous.max(other.anonymous) }
    }

    /// For the client's line.
    pub fn json(self) -> Value {
        json!({ "resident": self.resident, "anonymous": self.anonymous })
    }
}

/// Reads the memory of a process until it is stopped.
pub struct Sampler {
    over: Arc<AtomicBool>,
    thread: JoinHandle<Option<Memory>>,
}

impl Sampler {
    /// Begins to read the memory of this process.
    pub fn start(process: u32) -> Sampler {
        let over = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&over);
        let thread = thread::spawn(move || {
            let file = format!("/proc/{process}/status");
            let mut peak: Option<Memory> = None;
            while !seen.load(Ordering::Relaxed) {
                let memory = fs::read_to_string(&file).ok().and_then(|status| Memory::parse(&status));
                peak = peak.into_iter().chain(memory).reduce(Memory::at_most);
                thread::sleep(INTERVAL);
            }
            peak
        });
        Sampler { over, thread }
    }

    /// The peak; `None` where the process could not be read, as on a system without /proc.
    pub fn stop(self) -> Option<Memory> {
        self.over.store(true, Ordering::Relaxed);
        self.thread.join().ok().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_of_proc_are_read() {
        let status = "Name:\tnative\nVmPeak:\t  9000 kB\nVmRSS:\t    4912 kB\nRssAnon:\t    1024 kB\nRssFile:\t 3888 kB\n";
        assert_eq!(Memory::parse(status), Some(Memory { resident: 4912, anonymous: 1024 }));
        assert_eq!(Memory::parse("Name:\tkthreadd\n"), None);
    }

    #[test]
    fn the_peak_of_a_process_is_seen() {
        if !std::path::Path::new("/proc/self/status").exists() {
            println!("skipped: this system has no /proc");
            return;
        }
        let own = std::process::id();
        let before = fs::read_to_string(format!("/proc/{own}/status")).unwrap();
        let before = Memory::parse(&before).unwrap();
        let sampler = Sampler::start(own);
        // Written, so that the pages are resident; and dropped before the end, so that only the peak shows it.
        let pages = vec![1_u8; 64 << 20];
        thread::sleep(INTERVAL * 8);
        drop(std::hint::black_box(pages));
        let peak = sampler.stop().unwrap();
        assert!(peak.anonymous >= before.anonymous + 60 * 1024, "{before:?} {peak:?}");
        assert!(peak.resident >= peak.anonymous, "{peak:?}");
    }
}
