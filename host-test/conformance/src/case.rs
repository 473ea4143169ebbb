//! A case and its verdict.

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
    /// The expected outcome, in a few words.
    pub expected: String,
    pub(super) check: Check,
}

pub(super) enum Check {
    Script(Box<Script>),
    Code(code::Run),
}

/// The verdict of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As expected; with the outcome in a few words.
    Passed(String),
    /// Not as expected.
    Failed {
        /// The outcome.
        got: String,
        /// What is wrong with that, each in one sentence.
        reasons: Vec<String>,
    },
    /// It does not apply to this provider, for this reason. Never used for what the contract requires of every
    /// provider: one that declares nothing would otherwise pass.
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
