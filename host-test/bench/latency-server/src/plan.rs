//! What to send, read from the name of a model.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use meter::STAMP;

/// How a plan is written, for people.
pub const HELP: &str = "\
The model's name says what to send: stamped-KIND, and then in any order
  cN   so many chunks [500]             gN   microseconds between two writes [0]
  wN   so many chunks in a write [1]    lN   bytes of text in a chunk, 16 of them the stamp [32]
KIND is text, reasoning (the first half of the chunks is reasoning) or tool (one call, in fragments).
Such as stamped-text-c500-g2000, stamped-text-c20000-w16, stamped-tool-c1000-l1024.";

/// Most chunks in one answer: at most some gigabytes.
const MOST_CHUNKS: u64 = 10_000_000;

/// Fewest and most bytes of text in one chunk.
const SHORTEST: u64 = STAMP as u64;
const LONGEST: u64 = 512 * 1024;

/// What the chunks hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The answer's text.
    Text,
    /// Reasoning, and then as much text.
    Reasoning,
    /// The arguments of one tool call.
    Tool,
}

/// The chunks of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What they hold.
    pub kind: Kind,
    /// How many there are.
    pub chunks: u64,
    /// The time between two writes.
    pub gap: Duration,
    /// Chunks in one write.
    pub per_write: u64,
    /// Bytes of text in each, of which the first 16 are the stamp.
    pub length: usize,
}

/// Why a model's name is no plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoPlan(String);

impl fmt::Display for NoPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Plan {
    type Err = NoPlan;

    fn from_str(name: &str) -> Result<Plan, NoPlan> {
        let mut words = name.split('-');
        let wrong = |word: &str| NoPlan(format!("the model {name:?} is no plan at {word:?}. {HELP}"));
        if words.next() != Some("stamped") {
            return Err(wrong(name));
        }
        let kind = match words.next() {
            Some("text") => Kind::Text,
            Some("reasoning") => Kind::Reasoning,
            Some("tool") => Kind::Tool,
            other => return Err(wrong(other.unwrap_or_default())),
        };
        let mut plan = Plan { kind, chunks: 500, gap: Duration::ZERO, per_write: 1, length: 32 };
        for word in words {
            let mut letters = word.chars();
            let (letter, number) = (letters.next(), letters.as_str().parse().map_err(|_| wrong(word))?);
            match (letter, number) {
                (Some('c'), 1..=MOST_CHUNKS) => plan.chunks = number,
                (Some('g'), 0..=60_000_000) => plan.gap = Duration::from_micros(number),
                (Some('w'), 1..=1000) => plan.per_write = number,
                (Some('l'), SHORTEST..=LONGEST) => {
                    plan.length = usize::try_from(number).map_err(|_| wrong(word))?
                }
                _ => return Err(wrong(word)),
            }
        }
        Ok(plan)
    }
}
