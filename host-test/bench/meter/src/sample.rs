//! The measurements of one response, or of several together.

use crate::clock::{now, timestamp};

/// The measurements of the chunks of a response.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    /// Nanoseconds from the request to the first text.
    pub(crate) first: Vec<u64>,
    /// Nanoseconds from the server to here, one for each chunk with a timestamp.
    pub(crate) delays: Vec<u64>,
    /// Bytes of text.
    pub(crate) bytes: u64,
    begun: u64,
}

impl Sample {
    /// Starts the measurement, directly before the request is made.
    pub fn begin() -> Sample {
        Sample { begun: now(), ..Sample::default() }
    }

    /// Records a received text: of the response, of its reasoning, or of a tool call's arguments. Of a text without a
    /// timestamp only the bytes count.
    pub fn text(&mut self, text: &str) {
        // Many servers begin with an empty delta, which is not the first token.
        if text.is_empty() {
            return;
        }
        let now = now();
        self.bytes += text.len() as u64;
        if self.first.is_empty() {
            self.first.push(now.saturating_sub(self.begun));
        }
        if let Some(sent) = timestamp(text) {
            self.delays.push(now.saturating_sub(sent));
        }
    }

    pub(crate) fn add(&mut self, other: Sample) {
        self.first.extend(other.first);
        self.delays.extend(other.delays);
        self.bytes += other.bytes;
    }
}
