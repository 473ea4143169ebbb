//! A case and its verdict.

use super::bench::Bench;
use super::code;
use super::data::{self, Script};
use super::needs::Need;
use super::own_host::OwnHost;
use super::promise::Promise;
use super::tested_host::{TestedHost, TestedInstance as _};

/// One thing that a provider has to do right.
pub struct Case<H: TestedHost = OwnHost> {
    /// Unique.
    pub name: String,
    /// What happens in it, in one sentence.
    pub plays: String,
    /// The promises that it checks, in their order.
    pub promises: Vec<Promise>,
    /// The expected outcome, in a few words.
    pub expected: String,
    /// What it needs of a host beyond the contract.
    pub needs: Option<Need>,
    pub(super) check: Check<H>,
}

pub(super) enum Check<H: TestedHost> {
    Script(Box<Script>),
    Code(code::Run<H>),
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
    /// It checks what this host does not have and the contract does not require, for this reason.
    NotForThisHost(String),
}

impl Verdict {
    /// Passed, where there is nothing wrong.
    pub(super) fn of(got: String, reasons: Vec<String>) -> Verdict {
        if reasons.is_empty() { Verdict::Passed(got) } else { Verdict::Failed { got, reasons } }
    }
}

impl<H: TestedHost> Case<H> {
    pub(super) async fn play(&self, bench: &Bench<H>) -> Verdict {
        if let Some(need) = self.needs.filter(|need| !H::Instance::HAS.contains(need)) {
            return Verdict::NotForThisHost(need.reason().to_owned());
        }
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
pub fn cases<H: TestedHost>() -> Vec<Case<H>> {
    code::cases().chain(data::cases()).collect()
}
