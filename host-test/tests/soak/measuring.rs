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

/// What a process has of what can leak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    pub descriptors: usize,
    pub tasks: usize,
    pub connections_at_the_server: usize,
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
        connections_at_the_server: server.descriptors(),
    }
}

/// Waits until no more is held than before.
pub async fn nothing_is_left(server: &Server, before: Held) {
    let begun = Instant::now();
    loop {
        let now = held(server);
        let gone = now.descriptors <= before.descriptors
            && now.tasks <= before.tasks
            && now.connections_at_the_server <= before.connections_at_the_server;
        if gone {
            return println!("  nothing is left after {:?}: {now:?}", begun.elapsed());
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
