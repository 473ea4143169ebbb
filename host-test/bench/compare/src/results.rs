//! What the rounds came to.

use std::collections::BTreeMap;

use meter::{Phase, Report};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The name of the harness among the clients.
pub const OURS: &str = "host-test";
/// The name of the floor.
pub const NATIVE: &str = "native";

/// Every run: workload → client → one JSON line for each round.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Results {
    /// What it ran on.
    pub machine: String,
    /// Rounds.
    pub rounds: usize,
    /// Client → version.
    pub versions: BTreeMap<String, String>,
    /// Bytes of the plugin's component.
    pub component_bytes: Option<u64>,
    /// The runs.
    pub runs: BTreeMap<String, BTreeMap<String, Vec<Value>>>,
}

impl Results {
    /// Keeps the line of a run.
    pub fn add(&mut self, workload: &str, client: &str, line: Value) {
        self.runs.entry(workload.into()).or_default().entry(client.into()).or_default().push(line);
    }

    /// The median over the rounds of a figure of a client's reports.
    pub fn median(
        &self,
        workload: &str,
        client: &str,
        figure: impl Fn(&Report) -> Option<f64>,
    ) -> Option<f64> {
        let lines = self.runs.get(workload)?.get(client)?;
        let reports = lines.iter().filter_map(|line| serde_json::from_value(line.clone()).ok());
        middle(reports.filter_map(|report| figure(&report)).collect())
    }

    /// The same of a number in a line of another shape.
    pub fn median_at(&self, workload: &str, client: &str, pointer: &str) -> Option<f64> {
        let lines = self.runs.get(workload)?.get(client)?;
        middle(lines.iter().filter_map(|line| line.pointer(pointer)?.as_f64()).collect())
    }

    /// The clients that have run a workload, ours and the floor first.
    pub fn clients(&self, workload: &str) -> Vec<&str> {
        let runs = self.runs.get(workload);
        let mut names: Vec<&str> =
            runs.into_iter().flat_map(|runs| runs.keys().map(String::as_str)).collect();
        names.sort_by_key(|name| (*name != OURS, *name != NATIVE));
        names
    }
}

/// The answers over kept connections, or where there were none the first ones.
pub fn steady(report: &Report) -> &Phase {
    report.warm.as_ref().unwrap_or(&report.cold)
}

/// Microseconds of processor time for each chunk.
pub fn cpu_per_chunk(report: &Report) -> Option<f64> {
    let phase = steady(report);
    (phase.chunks > 0).then(|| phase.cpu_s() * 1e6 / phase.chunks as f64)
}

/// Microseconds for each answer.
pub fn wall_per_answer(report: &Report) -> Option<f64> {
    let phase = steady(report);
    (phase.requests > 0).then(|| phase.wall_s * 1e6 / phase.requests as f64)
}

/// The median; of an even count the mean of both in the middle.
fn middle(mut figures: Vec<f64>) -> Option<f64> {
    figures.sort_by(f64::total_cmp);
    let half = figures.len() / 2;
    match figures.len() {
        0 => None,
        odd if odd % 2 == 1 => figures.get(half).copied(),
        _ => Some((figures.get(half - 1)? + figures.get(half)?) / 2.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_does_not_mind_outliers() {
        assert_eq!(middle(vec![5.0, 1.0, 900.0]), Some(5.0));
        assert_eq!(middle(vec![4.0, 2.0]), Some(3.0));
        assert_eq!(middle(Vec::new()), None);
    }
}
