//! The resources that this process uses: memory, descriptors, tasks and connections.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use procfs::process::Process;
use provider_host::sandbox::{Host, HostOptions};
use tokio::runtime::Handle;

use crate::server::Server;

/// The growth of the memory that passes, as a share of the memory after the first completions and in bytes. Allocators
/// keep freed memory in pages and arenas, so the figure is never exactly the same. A leak of 1 KiB for each of 10,000
/// completions is above both.
const GROWTH: f64 = 0.04;
const ROUNDING: u64 = 2 << 20;

/// The longest wait for connections and tasks to end. It only ends tests that would fail, so it suits a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The numbers of those resources that can leak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resources {
    /// Descriptors of this process.
    pub descriptors: usize,
    /// Tasks of the runtime.
    pub tasks: usize,
    /// Connections that the server has open.
    pub connections: usize,
}

/// A number of bytes, printed in MiB.
pub struct Mebibytes(pub u64);

impl fmt::Display for Mebibytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[allow(clippy::cast_precision_loss)]
        let size = self.0 as f64 / f64::from(1 << 20);
        write!(f, "{size:.1} MiB")
    }
}

/// Lets one test run at a time, because the figures are those of the whole process.
pub fn exclusive() -> MutexGuard<'static, ()> {
    static RUNNING: Mutex<()> = Mutex::new(());
    let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    // With its first pool of instances, the engine opens a descriptor that the process keeps: /proc/self/pagemap.
    drop(Host::without_cache(HostOptions::default()).expect("a host"));
    running
}

fn this_process() -> Process {
    Process::myself().expect("/proc, which Linux has")
}

/// Resident memory in bytes.
pub fn memory() -> u64 {
    this_process().statm().expect("/proc/self/statm").resident * procfs::page_size()
}

/// The current numbers. It has to be called in the runtime of the completions, whose tasks it counts.
pub fn in_use(server: &Server) -> Resources {
    Resources {
        // This includes the descriptor of the folder that is listed, in every count.
        descriptors: this_process().fd_count().expect("/proc/self/fd"),
        tasks: Handle::current().metrics().num_alive_tasks(),
        connections: server.connections(),
    }
}

/// Waits until at most this many connections are open. The server notices a close some time after it happened.
pub async fn wait_for_connections(most: usize, server: &Server) {
    let begun = Instant::now();
    while server.connections() > most {
        let open = server.connections();
        assert!(begun.elapsed() < PATIENCE, "{open} connections are still open instead of at most {most}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Waits until exactly as many resources are in use as before the host was created, and no connection at all.
pub async fn wait_until_nothing_is_left(server: &Server, before: Resources) {
    assert_eq!(before.connections, 0, "`before` has to be taken before anything connects");
    let begun = Instant::now();
    loop {
        let now = in_use(server);
        if now == before {
            return println!("  nothing is left after {:.1?}: {now:?}", begun.elapsed());
        }
        assert!(begun.elapsed() < PATIENCE, "in use {now:?}, and before {before:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Fails if the memory at the end exceeds the early figure by more than the tolerance.
pub fn check_memory_growth(early: u64, end: u64) {
    #[allow(clippy::cast_precision_loss)]
    let change = (end as f64 / early as f64 - 1.0) * 100.0;
    println!("  memory at first {}, at the end {} ({change:+.1} %)", Mebibytes(early), Mebibytes(end));
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let most = (early as f64 * (1.0 + GROWTH)) as u64 + ROUNDING;
    assert!(end <= most, "memory grew from {} to {}", Mebibytes(early), Mebibytes(end));
}

/// Prints a line after each tenth of the completions.
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
