//! What to send, parsed from the name of a model. Every client lets its user choose the model, so no client needs
//! changes for a new plan.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use meter::TIMESTAMP_LEN;

/// The syntax of a plan, as the command line prints it.
pub const HELP: &str = "\
The name of the model determines what is sent: stamped-KIND, followed in any order by
  cN   number of chunks [500]           gN   microseconds between two writes [0]
  wN   chunks in one write [1]          lN   bytes of text in a chunk, including 16 for the send time [32]
KIND is text, reasoning (the first half of the chunks is reasoning) or tool (one call, in fragments).
Examples: stamped-text-c500-g2000, stamped-text-c20000-w16, stamped-tool-c1000-l1024.";

/// The most chunks in one response, which limits it to some gigabytes.
const MOST_CHUNKS: u64 = 10_000_000;

/// The fewest and the most bytes of text in one chunk. The longest is below the megabyte that the plugin accepts in one
/// line of a stream.
const SHORTEST: u64 = TIMESTAMP_LEN as u64;
const LONGEST: u64 = 512 * 1024;

/// The content of the chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text of the response.
    Text,
    /// Reasoning in the first half of the chunks, and text in the second.
    Reasoning,
    /// The arguments of one tool call.
    Tool,
}

/// The chunks of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Their content.
    pub kind: Kind,
    /// Their number.
    pub chunks: u64,
    /// The time between two writes.
    pub gap: Duration,
    /// The chunks in one write. A fast server sends several at once.
    pub per_write: u64,
    /// Bytes of text in each chunk, of which the first 16 are the send time.
    pub length: usize,
}

/// A model's name that is not a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidPlan(String);

impl fmt::Display for InvalidPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Plan {
    type Err = InvalidPlan;

    fn from_str(name: &str) -> Result<Plan, InvalidPlan> {
        let mut parts = name.split('-');
        let invalid =
            |part: &str| InvalidPlan(format!("the model {name:?} is not a plan because of {part:?}. {HELP}"));
        if parts.next() != Some("stamped") {
            return Err(invalid(name));
        }
        let kind = match parts.next() {
            Some("text") => Kind::Text,
            Some("reasoning") => Kind::Reasoning,
            Some("tool") => Kind::Tool,
            other => return Err(invalid(other.unwrap_or_default())),
        };
        let mut plan = Plan { kind, chunks: 500, gap: Duration::ZERO, per_write: 1, length: 32 };
        for part in parts {
            let mut letters = part.chars();
            let (letter, number) = (letters.next(), letters.as_str().parse().map_err(|_| invalid(part))?);
            match (letter, number) {
                (Some('c'), 1..=MOST_CHUNKS) => plan.chunks = number,
                (Some('g'), 0..=60_000_000) => plan.gap = Duration::from_micros(number),
                (Some('w'), 1..=1000) => plan.per_write = number,
                (Some('l'), SHORTEST..=LONGEST) => {
                    plan.length = usize::try_from(number).map_err(|_| invalid(part))?
                }
                _ => return Err(invalid(part)),
            }
        }
        Ok(plan)
    }
}
