//! The wire routes: how a request is written and an answer read, one folder for each.

pub mod chat_completions;

use alloc::{string::String, vec::Vec};
use core::ops::Range;

/// A request as it goes on the wire.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Encoded {
    /// JSON that a strict reader takes.
    pub body: Vec<u8>,
    /// Where `stream_options` and one comma beside it stand in `body`: cut out, the rest is still JSON.
    pub stream_options: Option<Range<usize>>,
    /// What was repaired or could not be carried, for people.
    pub warnings: Vec<String>,
}
