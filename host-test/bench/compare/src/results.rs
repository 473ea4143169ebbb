//! The results of all rounds.

use std::collections::BTreeMap;

use meter::{Phase, Report};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The component in the test host, with one instance for all streams.
pub const OURS: &str = "component";
/// The component in the test host, with an instance for each stream.
pub const EACH: &str = "component, instance each";
/// The name of the floor: the client that does only what is strictly necessary.
pub const NATIVE: &str = "native";
/// The library that a program in Rust would use without the plugin.
pub const ASYNC_OPENAI: &str = "async-openai";
/// The component in Node.
pub const IN_NODE: &str = "component (Node)";
/// The floor in Node: `fetch`, and nothing that is not strictly necessary.
pub const FETCH: &str = "fetch (Node)";

/// Whether this client is the component in the test host.
pub fn is_ours(client: &str) -> bool {
    client == OURS || client == EACH
}

/// All runs. The clients' lines are kept as they are, so that a later version can compute other figures from a saved
/// run.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Results {
    /// The machine.
    pub machine: String,
    /// The number of rounds.
    pub rounds: usize,
    /// Client → version.
    pub versions: BTreeMap<String, String>,
    /// The size of the plugin's component in bytes.
    pub component_bytes: Option<u64>,
    /// Workload → client → one line of JSON for each round.
    pub runs: BTreeMap<String, BTreeMap<String, Vec<Value>>>,
}

impl Results {
    /// Adds the line of a run.
    pub fn add(&mut self, workload: &str, client: &str, line: Value) {
        self.runs.entry(workload.into()).or_default().entry(client.into()).or_default().push(line);
    }

    /// The median of a figure over the rounds. A median, because one round in which the machine was busy would change a
    /// mean.
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

    /// The median of a number at a JSON pointer, for lines that are not a [`Report`].
    pub fn median_at(&self, workload: &str, client: &str, pointer: &str) -> Option<f64> {
        let lines = self.runs.get(workload)?.get(client)?;
        middle(lines.iter().filter_map(|line| line.pointer(pointer)?.as_f64()).collect())
    }

    /// The clients that ran a workload, with the test host and the floor first.
    pub fn clients(&self, workload: &str) -> Vec<&str> {
        let runs = self.runs.get(workload);
        let mut names: Vec<&str> =
            runs.into_iter().flat_map(|runs| runs.keys().map(String::as_str)).collect();
        names.sort_by_key(|name| order(name));
        names
    }

    /// The component as a reader would use it: with a shared instance, or with one for each stream where the host has
    /// nothing else.
    pub fn ours(&self) -> &'static str {
        let has_shared = self.runs.values().any(|runs| runs.contains_key(OURS));
        if has_shared { OURS } else { EACH }
    }
}

/// The order of clients in tables: the component first, then the floors.
pub fn order(client: &str) -> usize {
    let first = [OURS, EACH, IN_NODE, NATIVE, FETCH];
    first.iter().position(|name| *name == client).unwrap_or(first.len())
}

/// The responses over reused connections, or the first ones if there are no others.
pub fn steady(report: &Report) -> &Phase {
    report.warm.as_ref().unwrap_or(&report.cold)
}

/// Processor time for each chunk, in microseconds.
pub fn cpu_per_chunk(report: &Report) -> Option<f64> {
    let phase = steady(report);
    (phase.chunks > 0).then(|| phase.cpu_s() * 1e6 / phase.chunks as f64)
}

/// Time for each response, in microseconds.
pub fn wall_per_response(report: &Report) -> Option<f64> {
    let phase = steady(report);
    (phase.requests > 0).then(|| phase.wall_s * 1e6 / phase.requests as f64)
}

/// The median; for an even count the mean of the two middle figures.
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
    fn an_outlier_does_not_change_the_median() {
        assert_eq!(middle(vec![5.0, 1.0, 900.0]), Some(5.0));
        assert_eq!(middle(vec![4.0, 2.0]), Some(3.0));
        assert_eq!(middle(Vec::new()), None);
    }
}
