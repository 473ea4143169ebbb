//! What came in, and how each request ended: the evidence that tests look at.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use http::{HeaderMap, Method};
use tokio::sync::watch;

/// Bytes of a request's body that are kept. Longer ones are answered like any other, and cut here.
pub const KEPT_BODY: usize = 1024 * 1024;

/// How a request ended, seen from the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The answer is on its way, or has not begun.
    Pending,
    /// The answer was handed out up to its scripted end, be that end a good one or not.
    Finished,
    /// The client closed the connection before that.
    Aborted,
}

/// One request as it arrived.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// When it had come, whole.
    pub at: Instant,
    /// The method.
    pub method: Method,
    /// Path and query.
    pub path: String,
    /// All headers, the credential included.
    pub headers: HeaderMap,
    /// The first [`KEPT_BODY`] bytes of the body.
    pub body: Bytes,
    /// Length of the whole body in bytes.
    pub body_length: usize,
    /// Number of the connection that it came on, counted from 1: equal numbers mean a reused connection.
    pub connection: u64,
    /// Name of the scenario that answered, where one did.
    pub scenario: Option<&'static str>,
    /// How it ended.
    pub outcome: Outcome,
}

impl Recorded {
    /// A header's value as text; `None` where it is missing or no text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as JSON; `None` where it is none.
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// The list of requests, shared by the server and those who watch it.
#[derive(Clone, Debug)]
pub struct Log {
    entries: Arc<Mutex<Vec<Recorded>>>,
    changes: watch::Sender<()>,
}

impl Default for Log {
    fn default() -> Self {
        Log { entries: Arc::default(), changes: watch::Sender::new(()) }
    }
}

impl Log {
    fn entries(&self) -> MutexGuard<'_, Vec<Recorded>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a request; the ticket reports its end.
    pub fn add(&self, request: Recorded) -> Ticket {
        let mut entries = self.entries();
        entries.push(request);
        let index = entries.len() - 1;
        drop(entries);
        self.changes.send_replace(());
        Ticket { log: self.clone(), index, settled: false }
    }

    /// A copy of everything so far.
    pub fn snapshot(&self) -> Vec<Recorded> {
        self.entries().clone()
    }

    /// Waits until `look` finds what it looks for. Never ends where that never comes: set a deadline around it.
    pub async fn wait_for<T>(&self, mut look: impl FnMut(&[Recorded]) -> Option<T>) -> T {
        let mut changes = self.changes.subscribe();
        loop {
            if let Some(found) = look(&self.entries()) {
                return found;
            }
            // Cannot fail: `self` holds the sender.
            let _ = changes.changed().await;
        }
    }

    fn change(&self, index: usize, change: impl FnOnce(&mut Recorded)) {
        if let Some(entry) = self.entries().get_mut(index) {
            change(entry);
        }
        self.changes.send_replace(());
    }
}

/// One request under way. Dropped before [`Ticket::finish`], it was aborted by the client: hyper drops the
/// handler, or the body, of a request whose connection is gone.
#[derive(Debug)]
pub struct Ticket {
    log: Log,
    index: usize,
    settled: bool,
}

impl Ticket {
    /// Notes which scenario answers.
    pub fn played_by(&self, scenario: &'static str) {
        self.log.change(self.index, |entry| entry.scenario = Some(scenario));
    }

    /// Notes that the answer came to its scripted end.
    pub fn finish(&mut self) {
        self.settle(Outcome::Finished);
    }

    fn settle(&mut self, outcome: Outcome) {
        if !self.settled {
            self.settled = true;
            self.log.change(self.index, |entry| entry.outcome = outcome);
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.settle(Outcome::Aborted);
    }
}
