//! The received requests, and how each of them ended. Tests see from it retries, cancelled requests and
//! leaked keys.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use http::{HeaderMap, Method};
use tokio::sync::watch;

/// Bytes of a request's body that are kept. A longer body is handled like any other and cut here, since
/// uploads of 20 MB would add up over a run with hundreds of requests.
pub const KEPT_BODY: usize = 1024 * 1024;

/// How a request ended, seen from the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The response has not started, or is being sent.
    Pending,
    /// The response was sent to its scripted end, even if that end is a broken connection.
    Finished,
    /// The client closed the connection before that.
    Aborted,
}

/// One request as the server received it.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// When it had been received completely.
    pub at: Instant,
    /// The method.
    pub method: Method,
    /// Path and query.
    pub path: String,
    /// All headers, including the credential.
    pub headers: HeaderMap,
    /// The first [`KEPT_BODY`] bytes of the body.
    pub body: Bytes,
    /// Length of the whole body in bytes.
    pub body_length: usize,
    /// Number of the connection, counted from 1. Equal numbers mean that the client reused a connection.
    pub connection: u64,
    /// Name of the scenario that was played, if one was.
    pub scenario: Option<&'static str>,
    /// How it ended.
    pub outcome: Outcome,
}

impl Recorded {
    /// A header's value as text; `None` if it is missing or not text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as JSON; `None` if it is not JSON, or was cut.
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// The list of requests, shared by the server and the tests.
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

    /// Adds a request. The ticket records how it ends.
    pub fn add(&self, request: Recorded) -> Ticket {
        let mut entries = self.entries();
        entries.push(request);
        let index = entries.len() - 1;
        drop(entries);
        self.changes.send_replace(());
        Ticket { log: self.clone(), index, ended: false }
    }

    /// A copy of all entries so far.
    pub fn snapshot(&self) -> Vec<Recorded> {
        self.entries().clone()
    }

    /// Waits until `look` returns a value. It waits without end if that never happens: set a deadline around
    /// it.
    pub async fn wait_for<T>(&self, mut look: impl FnMut(&[Recorded]) -> Option<T>) -> T {
        // Subscribe before looking: a change between the two would be missed otherwise, and the test would
        // hang.
        let mut changes = self.changes.subscribe();
        loop {
            if let Some(found) = look(&self.entries()) {
                return found;
            }
            // This cannot fail, because `self` holds the sender.
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

/// One request in progress. If it is dropped before [`Ticket::finish`], the client aborted it: hyper drops
/// the handler or the body of a request whose connection is gone. No other event reports that.
#[derive(Debug)]
pub struct Ticket {
    log: Log,
    index: usize,
    ended: bool,
}

impl Ticket {
    /// Records which scenario is played.
    pub fn played_by(&self, scenario: &'static str) {
        self.log.change(self.index, |entry| entry.scenario = Some(scenario));
    }

    /// Records that the response was sent to its scripted end.
    pub fn finish(&mut self) {
        self.end(Outcome::Finished);
    }

    fn end(&mut self, outcome: Outcome) {
        if !self.ended {
            self.ended = true;
            self.log.change(self.index, |entry| entry.outcome = outcome);
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.end(Outcome::Aborted);
    }
}
