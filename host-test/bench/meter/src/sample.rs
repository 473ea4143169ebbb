//! What one answer, or several together, came to.

use crate::clock::{now, stamp};

/// The chunks of one answer, as they come.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    /// Nanoseconds from the request to the first text.
    pub(crate) first: Vec<u64>,
    /// Nanoseconds from the sender to here, one for each stamped chunk.
    pub(crate) delays: Vec<u64>,
    /// Bytes of text.
    pub(crate) bytes: u64,
    begun: u64,
}

impl Sample {
    /// A request is about to be made.
    pub fn begin() -> Sample {
        Sample { begun: now(), ..Sample::default() }
    }

    /// Text has come: an answer's, its reasoning's, or a tool call's. What begins with no stamp counts as
    /// bytes only.
    pub fn text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        let now = now();
        self.bytes += text.len() as u64;
        if self.first.is_empty() {
            self.first.push(now.saturating_sub(self.begun));
        }
        if let Some(sent) = stamp(text) {
            self.delays.push(now.saturating_sub(sent));
        }
    }

    pub(crate) fn add(&mut self, other: Sample) {
        self.first.extend(other.first);
        self.delays.extend(other.delays);
        self.bytes += other.bytes;
    }
}
