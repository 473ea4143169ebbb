//! The output of gungraun's runner: one JSON object in each line, for one benchmark.

use serde::Deserialize;

use crate::inputs::Input;
use crate::table::{Count, check};

/// The used fields of a summary. The runner adds others from version to version, which are ignored.
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

/// The new value. The runner also reports that of its previous run, which is not used.
#[derive(Deserialize)]
struct Values {
    new: u64,
}

impl Summary {
    /// The input's name, which consists of the names of the function and of the benchmark.
    fn name(&self) -> String {
        let id = self.id.as_deref().unwrap_or_default();
        format!("{}-{id}", self.function_name).replace('_', "-")
    }

    fn instructions(&self) -> Option<u64> {
        let profile = self.profiles.iter().find(|profile| profile.tool == "Callgrind")?;
        Some(profile.data.total.metrics.instructions.values.new)
    }
}

/// Reads the counts from the runner's output, in its order.
///
/// # Errors
/// A line is not a summary, an input does not exist, or nothing was counted.
pub fn counts(lines: &str) -> Result<Vec<Count>, String> {
    let lines = lines.lines().filter(|line| !line.trim().is_empty());
    let counts: Vec<Count> = lines.map(count).collect::<Result<_, _>>()?;
    if counts.is_empty() {
        let next_step = "run 'cargo bench' in host-test/bench/instructions to see its output";
        return Err(format!("the runner reported no benchmark; {next_step}"));
    }
    check(&counts).map_err(|flaw| format!("invalid counts: {flaw}"))?;
    Ok(counts)
}

/// The count in one line. The number of bytes comes from the input, so that a changed input is noticed.
fn count(line: &str) -> Result<Count, String> {
    let summary: Summary = serde_json::from_str(line)
        .map_err(|error| format!("this line is not the summary of a benchmark ({error}): {line}"))?;
    let name = summary.name();
    let instructions = summary.instructions().ok_or_else(|| format!("{name} was not run under callgrind"))?;
    let input = Input::named(&name).ok_or_else(|| {
        format!("there is no input {name}; add it to src/inputs or fix benches/hot_path.rs")
    })?;
    // The benchmark ignores errors, and an operation that fails at once would have a low count.
    input.run().map_err(|error| format!("{name} fails: {error}"))?;
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
    fn names_and_counts_are_parsed() {
        let lines = [line("sse", "one_byte_reads", "Callgrind", 7), line("encode", "short", "Callgrind", 8)];
        let counts = counts(&lines.join("\n")).expect("two summaries");
        let parsed: Vec<_> = counts.iter().map(|count| (&*count.name, count.instructions)).collect();
        assert_eq!(parsed, [("sse-one-byte-reads", 7), ("encode-short", 8)]);
        assert!(counts.iter().all(|count| count.bytes > 100), "{counts:?}");
    }

    #[test]
    fn output_without_valid_counts_is_an_error() {
        let twice = [line("encode", "short", "Callgrind", 7), line("encode", "short", "Callgrind", 7)];
        for (lines, flaw) in [
            (String::new(), "no benchmark"),
            ("\n \n".to_owned(), "no benchmark"),
            ("all is well".to_owned(), "not the summary"),
            (line("encode", "short", "Callgrind", 0), "no instructions"),
            (line("encode", "short", "DHAT", 7), "not run under callgrind"),
            (line("encode", "shorter", "Callgrind", 7), "no input encode-shorter"),
            (twice.join("\n"), "occurs twice"),
        ] {
            let error = counts(&lines).expect_err(&lines);
            assert!(error.contains(flaw), "{error}");
        }
    }
}
