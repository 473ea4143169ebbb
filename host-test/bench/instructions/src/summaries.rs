//! What gungraun's runner says of a run: one JSON object a line for each benchmark.

use serde::Deserialize;

use crate::inputs::Input;
use crate::table::{Count, check};

/// Only what is used: the rest is the runner's own business.
#[derive(Deserialize)]
struct Summary {
    function_name: String,
    id: Option<String>,
    profiles: Vec<Profile>,
}

#[derive(Deserialize)]
struct Profile {
    tool: String,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    total: Total,
}

#[derive(Deserialize)]
struct Total {
    metrics: Metrics,
}

#[derive(Deserialize)]
struct Metrics {
    /// Callgrind's name for an instruction read.
    #[serde(rename = "Ir")]
    instructions: Metric,
}

#[derive(Deserialize)]
struct Metric {
    values: Values,
}

/// What the run before had is beside it, and no matter.
#[derive(Deserialize)]
struct Values {
    new: u64,
}

impl Summary {
    /// The input's name is that of the function and the id of the benchmark.
    fn name(&self) -> String {
        let id = self.id.as_deref().unwrap_or_default();
        format!("{}-{id}", self.function_name).replace('_', "-")
    }

    fn instructions(&self) -> Option<u64> {
        let profile = self.profiles.iter().find(|profile| profile.tool == "Callgrind")?;
        Some(profile.data.total.metrics.instructions.values.new)
    }
}

/// The counts in what the runner printed, in its order.
///
/// # Errors
/// A line is no summary, or tells of no input that there is; or nothing was counted.
pub fn counts(lines: &str) -> Result<Vec<Count>, String> {
    let lines = lines.lines().filter(|line| !line.trim().is_empty());
    let counts: Vec<Count> = lines.map(count).collect::<Result<_, _>>()?;
    if counts.is_empty() {
        return Err("the runner told of no benchmark; 'make instructions' shows what it said".to_owned());
    }
    check(&counts).map_err(|flaw| format!("the counts cannot be right: {flaw}"))?;
    Ok(counts)
}

fn count(line: &str) -> Result<Count, String> {
    let summary: Summary = serde_json::from_str(line)
        .map_err(|error| format!("this is no summary of a benchmark ({error}): {line}"))?;
    let name = summary.name();
    let instructions = summary.instructions().ok_or_else(|| format!("{name} was not run under callgrind"))?;
    let input = Input::named(&name).ok_or_else(|| {
        format!("there is no input {name}; add it to src/inputs or fix benches/hot_path.rs")
    })?;
    // The benchmark cannot tell that the job failed, which would be cheap.
    input.run().map_err(|error| format!("{name} cannot be done: {error}"))?;
    let bytes = input.bytes().map_err(|error| format!("{name}: {error}"))? as u64;
    Ok(Count { name, bytes, instructions })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(function: &str, id: &str, tool: &str, instructions: u64) -> String {
        format!(
            r#"{{"function_name":"{function}","id":"{id}","version":"7","profiles":[{{"tool":"{tool}","data":{{"parts":[],"total":{{"metrics":{{"Ir":{{"values":{{"new":{instructions},"old":9}}}}}},"regressions":[]}}}}}}]}}"#
        )
    }

    #[test]
    fn names_and_counts_are_read() {
        let lines = [line("sse", "one_byte_reads", "Callgrind", 7), line("encode", "short", "Callgrind", 8)];
        let counts = counts(&lines.join("\n")).expect("two summaries");
        let told: Vec<_> = counts.iter().map(|count| (&*count.name, count.instructions)).collect();
        assert_eq!(told, [("sse-one-byte-reads", 7), ("encode-short", 8)]);
        assert!(counts.iter().all(|count| count.bytes > 100), "{counts:?}");
    }

    #[test]
    fn what_counted_nothing_or_something_else_is_refused() {
        let twice = [line("encode", "short", "Callgrind", 7), line("encode", "short", "Callgrind", 7)];
        for (lines, flaw) in [
            (String::new(), "no benchmark"),
            ("\n \n".to_owned(), "no benchmark"),
            ("all is well".to_owned(), "no summary"),
            (line("encode", "short", "Callgrind", 0), "no instructions"),
            (line("encode", "short", "DHAT", 7), "not run under callgrind"),
            (line("encode", "shorter", "Callgrind", 7), "no input encode-shorter"),
            (twice.join("\n"), "comes twice"),
        ] {
            let told = counts(&lines).expect_err(&lines);
            assert!(told.contains(flaw), "{told}");
        }
    }
}
