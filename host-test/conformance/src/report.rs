//! Runs cases concurrently and reports their verdicts.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use serde_json::{Value, json};

use super::bench::Bench;
use super::case::{Case, Verdict};
use super::own_host::OwnHost;
use super::promise::Promise;
use super::tested_host::TestedHost;

/// Cases that run at the same time. Most of their time they wait for a server that is slow on purpose, so one after the
/// other they would take minutes. More would make the machine so busy that waits are late.
const AT_ONCE: usize = 32;

/// The verdict of one case.
pub struct Finding<H: TestedHost = OwnHost> {
    /// The case.
    pub case: Arc<Case<H>>,
    /// Its verdict.
    pub verdict: Verdict,
    /// How long it took.
    pub took: Duration,
}

/// The findings of all cases, in the order in which the cases were given. For people it is a table, for programs
/// [`Report::json`].
pub struct Report<H: TestedHost = OwnHost> {
    /// The plugin's id and version.
    pub plugin: (String, String),
    /// One for each case.
    pub findings: Vec<Finding<H>>,
    /// How long all of it took.
    pub took: Duration,
}

/// Runs cases, many at the same time. `done` is called after each.
pub async fn run<H: TestedHost>(
    bench: Arc<Bench<H>>,
    cases: Vec<Case<H>>,
    mut done: impl FnMut(&Finding<H>),
) -> Report<H> {
    let begun = Instant::now();
    let mut waiting: VecDeque<(usize, Arc<Case<H>>)> = cases.into_iter().map(Arc::new).enumerate().collect();
    let mut playing = FuturesUnordered::new();
    let mut findings = Vec::new();
    loop {
        while playing.len() < AT_ONCE
            && let Some((place, case)) = waiting.pop_front()
        {
            let (bench, played) = (bench.clone(), case.clone());
            let task = async move {
                let begun = Instant::now();
                (played.play(&bench).await, begun.elapsed())
            };
            // In a task of its own, so that a panic in a check fails the case and not the whole run.
            let task = tokio::spawn(task);
            playing.push(async move { (place, case, task.await) });
        }
        let Some((place, case, outcome)) = playing.next().await else { break };
        let (verdict, took) = outcome.unwrap_or_else(|error| {
            let reasons = vec![format!("the check itself broke down: {error}")];
            (Verdict::Failed { got: String::new(), reasons }, Duration::ZERO)
        });
        let finding = Finding { case, verdict, took };
        done(&finding);
        findings.push((place, finding));
    }
    // Two reports can only be compared line by line if their order does not depend on which case was faster.
    findings.sort_by_key(|(place, _)| *place);
    let manifest = bench.manifest();
    Report {
        plugin: (manifest.id.clone(), manifest.version.to_string()),
        findings: findings.into_iter().map(|(_, finding)| finding).collect(),
        took: begun.elapsed(),
    }
}

impl<H: TestedHost> Finding<H> {
    /// The result as a word: `pass`, `fail`, `skip` or `not-for-this-host`.
    #[must_use]
    pub fn result(&self) -> &'static str {
        match self.verdict {
            Verdict::Passed(_) => "pass",
            Verdict::Failed { .. } => "fail",
            Verdict::Skipped(_) => "skip",
            Verdict::NotForThisHost(_) => "not-for-this-host",
        }
    }

    /// The outcome, in a few words.
    #[must_use]
    pub fn got(&self) -> &str {
        match &self.verdict {
            Verdict::Passed(got) | Verdict::Failed { got, .. } => got,
            Verdict::Skipped(why) | Verdict::NotForThisHost(why) => why,
        }
    }

    /// What is wrong, each in one sentence.
    #[must_use]
    pub fn reasons(&self) -> &[String] {
        match &self.verdict {
            Verdict::Failed { reasons, .. } => reasons,
            _ => &[],
        }
    }
}

impl<H: TestedHost> Report<H> {
    /// How many have this [result](Finding::result).
    #[must_use]
    pub fn count(&self, word: &str) -> usize {
        self.findings.iter().filter(|finding| finding.result() == word).count()
    }

    /// Whether at least one case passed and none failed. A run in which all cases are skipped has checked nothing.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.count("pass") > 0 && self.count("fail") == 0
    }

    /// The report for programs:
    ///
    /// `{"plugin":{"id":…,"version":…},"contract":…,"promises":[{"number":1,"name":…},…],
    /// "cases":[{"case":…,"plays":…,"promises":[2,4],"expected":…,"got":…,"result":"pass","reasons":[],"ms":12},…],
    /// "totals":{"cases":…,"passed":…,"failed":…,"skipped":…,"not-for-this-host":…,"ms":…}}`
    #[must_use]
    pub fn json(&self) -> Value {
        let promises =
            Promise::ALL.map(|promise| json!({ "number": promise.number(), "name": promise.name() }));
        let cases: Vec<Value> = self.findings.iter().map(Finding::json).collect();
        json!({
            "plugin": { "id": self.plugin.0, "version": self.plugin.1 },
            "contract": provider_host::plugin::contract(),
            "promises": promises,
            "cases": cases,
            "totals": {
                "cases": self.findings.len(),
                "passed": self.count("pass"),
                "failed": self.count("fail"),
                "skipped": self.count("skip"),
                "not-for-this-host": self.count("not-for-this-host"),
                "ms": milliseconds(self.took),
            },
        })
    }
}

impl<H: TestedHost> Finding<H> {
    fn json(&self) -> Value {
        let promises: Vec<u8> = self.case.promises.iter().map(|promise| promise.number()).collect();
        json!({
            "case": self.case.name,
            "plays": self.case.plays,
            "promises": promises,
            "expected": self.case.expected,
            "got": self.got(),
            "result": self.result(),
            "reasons": self.reasons(),
            "ms": milliseconds(self.took),
        })
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
