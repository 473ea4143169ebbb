//! What this process uses.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use procfs::process::Process;
use tokio::runtime::Handle;

use crate::serving::Server;

/// Memory may end so much above where it was after the first completions: a few percent, and what an
/// allocator rounds up to.
const GROWTH: f64 = 0.04;
const ROUNDING: u64 = 2 << 20;

/// How long connections and tasks may take to be gone.
const PATIENCE: Duration = Duration::from_secs(10);

/// What there is of what can leak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Descriptors of this process.
    pub descriptors: usize,
    /// Tasks of the runtime.
    pub tasks: usize,
    /// Connections, as the server sees them.
    pub connections: usize,
}

/// A number of bytes, for people.
pub struct Mebibytes(pub u64);

impl fmt::Display for Mebibytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[allow(clippy::cast_precision_loss)]
        let size = self.0 as f64 / f64::from(1 << 20);
        write!(f, "{size:.1} MiB")
    }
}

/// One test at a time: its figures are the process's.
pub fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn this_process() -> Process {
    Process::myself().expect("/proc, which Linux has")
}

/// Resident memory in bytes.
pub fn memory() -> u64 {
    this_process().statm().expect("/proc/self/statm").resident * procfs::page_size()
}

/// What is held now. To be called within the runtime that runs the completions.
pub fn held(server: &Server) -> Held {
    Held {
        // One of them is the folder that is being listed.
        descriptors: this_process().fd_count().expect("/proc/self/fd"),
        tasks: Handle::current().metrics().num_alive_tasks(),
        connections: server.connections(),
    }
}

/// Waits until no more connections are open than these: the server may see a close a moment later.
pub async fn connections_come_down_to(most: usize, server: &Server) {
    let begun = Instant::now();
    while server.connections() > most {
        let open = server.connections();
        assert!(begun.elapsed() < PATIENCE, "{open} connections are still open, and not at most {most}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Waits until exactly as much is held as before there was a host, and no connection at all.
pub async fn nothing_is_left(server: &Server, before: Held) {
    assert_eq!(before.connections, 0, "to be asked before anything connects");
    let begun = Instant::now();
    loop {
        let now = held(server);
        if now == before {
            return println!("  nothing is left after {:.1?}: {now:?}", begun.elapsed());
        }
        assert!(begun.elapsed() < PATIENCE, "still there: {now:?}, and before {before:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Holds memory at the end against memory early on.
pub fn memory_is_flat(early: u64, end: u64) {
    #[allow(clippy::cast_precision_loss)]
    let change = (end as f64 / early as f64 - 1.0) * 100.0;
    println!("  memory early on {}, at the end {} ({change:+.1} %)", Mebibytes(early), Mebibytes(end));
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let most = (early as f64 * (1.0 + GROWTH)) as u64 + ROUNDING;
    assert!(end <= most, "memory grew from {} to {}", Mebibytes(early), Mebibytes(end));
}

/// A line each tenth of the way.
pub struct Progress {
    what: String,
    total: usize,
    begun: Instant,
}

impl Progress {
    pub fn new(what: &str, total: usize) -> Progress {
        println!("{what}: {total} completions");
        Progress { what: what.to_owned(), total, begun: Instant::now() }
    }

    pub fn reached(&self, done: usize) {
        let tenth = (self.total / 10).max(1);
        if done > 0 && done.is_multiple_of(tenth) {
            let percent = done * 100 / self.total;
            println!("  {percent:3} %  {:.1?}  {}", self.begun.elapsed(), Mebibytes(memory()));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        let each = self.begun.elapsed() / u32::try_from(self.total.max(1)).unwrap_or(1);
        println!("  {}: {:.1?}, {each:.1?} for each", self.what, self.begun.elapsed());
    }
}
