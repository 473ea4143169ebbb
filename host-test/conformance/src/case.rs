//! A case, and how it came out.

use super::bench::Bench;
use super::code;
use super::data::{self, Script};
use super::promise::Promise;

/// One thing that a provider has to do right.
pub struct Case {
    /// Unique.
    pub name: String,
    /// What happens in it, in one sentence.
    pub plays: String,
    /// The promises that it checks, in their order.
    pub promises: Vec<Promise>,
    /// What it should come to, in a few words.
    pub expected: String,
    pub(super) check: Check,
}

pub(super) enum Check {
    Script(Box<Script>),
    Code(code::Run),
}

/// How a case came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it should; and what it came to, in a few words.
    Passed(String),
    /// Otherwise.
    Failed {
        /// What it came to.
        got: String,
        /// What is wrong with that, each in one sentence.
        reasons: Vec<String>,
    },
    /// It could not be played, and this is why. Never for a thing that the contract asks of every provider.
    Skipped(String),
}

impl Verdict {
    /// Passed, where there is nothing wrong.
    pub(super) fn of(got: String, reasons: Vec<String>) -> Verdict {
        if reasons.is_empty() { Verdict::Passed(got) } else { Verdict::Failed { got, reasons } }
    }
}

impl Case {
    pub(super) async fn play(&self, bench: &Bench) -> Verdict {
        match &self.check {
            Check::Script(script) => script.play(bench).await,
            Check::Code(run) => match run(bench).await {
                Ok(got) => Verdict::Passed(got),
                Err(verdict) => *verdict,
            },
        }
    }
}

/// Every case: those that are code, those of `cases.json`, and those of the stand-in's scenarios.
#[must_use]
pub fn cases() -> Vec<Case> {
    code::cases().chain(data::cases()).collect()
}
