//! The targets for the component, beside its results. They are relative to other clients where possible, since absolute
//! times depend on the machine.

use meter::Report;
use serde::Serialize;

use crate::results::{
    ASYNC_OPENAI, EACH, FETCH, IN_NODE, NATIVE, OURS, Results, cpu_per_chunk, steady, wall_per_response,
};

/// One line of the table.
#[derive(Debug, Serialize)]
pub struct Row {
    /// The measured quantity.
    pub what: &'static str,
    /// The target, as text; empty for a figure without one.
    pub target: &'static str,
    /// The result of the component.
    pub ours: String,
    /// The results that it is compared with.
    pub others: String,
    /// Whether the target is met.
    pub verdict: Verdict,
}

/// What the figures say about a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Every part of it is met.
    Met,
    /// At least one part is missed.
    Missed,
    /// No part is missed, but not everything was measured.
    NotMeasured,
    /// There is no target.
    Reported,
}

impl Verdict {
    /// As a cell of the table.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Met => "met",
            Verdict::Missed => "missed",
            Verdict::NotMeasured => "not measured",
            Verdict::Reported => "–",
        }
    }

    /// Of the parts of a target; `None` is one that was not measured. A part that is missed decides, whatever is not
    /// known of the others.
    fn of(parts: &[Option<bool>]) -> Verdict {
        if parts.contains(&Some(false)) {
            Verdict::Missed
        } else if parts.contains(&None) {
            Verdict::NotMeasured
        } else {
            Verdict::Met
        }
    }
}

/// A figure in the reports of one workload.
#[derive(Clone, Copy)]
struct Check<'a> {
    results: &'a Results,
    /// The name of the workload.
    workload: &'static str,
    /// Computes the figure; `None` if the report has nothing to compute it from.
    figure: fn(&Report) -> Option<f64>,
}

impl Check<'_> {
    /// The median of the figure for one client.
    fn of(&self, client: &str) -> Option<f64> {
        self.results.median(self.workload, client, self.figure)
    }

    /// The figure of the component.
    fn ours(&self) -> Option<f64> {
        self.of(self.results.ours())
    }

    /// The figures of the two clients that targets compare with, formatted by `text`.
    fn others(&self, text: impl Fn(f64) -> String) -> String {
        let shown = [NATIVE, ASYNC_OPENAI].map(|name| Some(format!("{name} {}", text(self.of(name)?))));
        shown.into_iter().flatten().collect::<Vec<_>>().join("; ")
    }

    /// Whether the component is below async-openai, a library that a program in Rust would use without the plugin.
    fn is_below_async_openai(&self) -> Option<bool> {
        Some(self.ours()? < self.of(ASYNC_OPENAI)?)
    }
}

/// All lines of the table.
pub fn rows(results: &Results) -> Vec<Row> {
    let check = |workload, figure| Check { results, workload, figure };
    let p50 = check("latency", |report| steady(report).p50_us);
    let p99 = check("latency", |report| steady(report).p99_us);
    let first = check("first-token", |report| steady(report).ttft_us);
    let mut rows = vec![
        over(
            p50,
            "delivery of a chunk, p50",
            (25.0, "≤ 25 µs over native, below async-openai"),
            p50.is_below_async_openai(),
        ),
        over(
            p99,
            "delivery of a chunk, p99",
            (60.0, "≤ 60 µs over native, below async-openai"),
            p99.is_below_async_openai(),
        ),
        over(
            first,
            "first token, p50",
            (60.0, "≤ 60 µs over native, at most async-openai's"),
            first.ours().zip(first.of(ASYNC_OPENAI)).map(|(ours, theirs)| ours <= theirs),
        ),
        times(
            check("coalesced", wall_per_response),
            "20,000 chunks, 16 a write: time",
            1.4,
            "≤ 1.4 × native",
        ),
        below(check("coalesced", cpu_per_chunk), "the same: CPU a chunk", ("µs", 1.0)),
        below(check("latency", cpu_per_chunk), "chunks 2 ms apart: CPU a chunk", ("µs", 1.0)),
        at_once(check("at-once-200", cpu_per_chunk), "200 streams at once: CPU a chunk"),
        at_once(check("at-once-1000", cpu_per_chunk), "1,000 streams at once: CPU a chunk"),
        late(check("at-once-1000", |report| steady(report).p99_us)),
        memory(results, OURS, "memory a stream at 1,000, shared instance", (16.0, "≤ 16 KiB")),
        memory(results, EACH, "memory a stream at 1,000, instance each", (64.0, "≤ 64 KiB")),
        below(check("start", |report| report.start_us), "process start to first token", ("ms", 1000.0)),
        models(results),
    ];
    rows.extend(sandbox(results));
    rows.extend([in_node(results), size(results)]);
    rows
}

/// Whether a figure is within its limit; `None` if it was not measured.
fn within(figure: Option<f64>, most: f64) -> Option<bool> {
    Some(figure? <= most)
}

/// The figure as text. A missing one is reported as such, because an empty cell would look like a mistake of the table.
fn show(value: Option<f64>, text: impl Fn(f64) -> String) -> String {
    value.map_or_else(|| "not measured".to_owned(), text)
}

/// At most this many microseconds more than the floor, and another condition. A difference and not a factor, because the
/// sandbox adds a constant to each chunk, however long the network takes.
fn over(
    check: Check<'_>,
    what: &'static str,
    (most, target): (f64, &'static str),
    other: Option<bool>,
) -> Row {
    let more = check.ours().zip(check.of(NATIVE)).map(|(ours, floor)| ours - floor);
    let ours = show(check.ours(), |ours| match more {
        Some(more) => format!("{ours:.0} µs ({more:+.0} µs)"),
        None => format!("{ours:.0} µs"),
    });
    let verdict = Verdict::of(&[within(more, most), other]);
    Row { what, target, ours, others: check.others(|figure| format!("{figure:.0} µs")), verdict }
}

/// How many times as much as the floor.
fn factor(check: Check<'_>) -> Option<f64> {
    let floor = check.of(NATIVE).filter(|floor| *floor > 0.0)?;
    Some(check.ours()? / floor)
}

/// At most this many times the floor, for work that grows with the number of chunks.
fn times(check: Check<'_>, what: &'static str, most: f64, target: &'static str) -> Row {
    let ms = |figure: f64| format!("{:.1} ms", figure / 1000.0);
    let factor = factor(check);
    let ours = show(check.ours().zip(factor).map(|(ours, _)| ours), |ours| {
        format!("{} ({:.2} ×)", ms(ours), factor.unwrap_or_default())
    });
    Row { what, target, ours, others: check.others(ms), verdict: Verdict::of(&[within(factor, most)]) }
}

/// Less than async-openai.
fn below(check: Check<'_>, what: &'static str, (unit, divisor): (&str, f64)) -> Row {
    let text = |figure: f64| format!("{} {unit}", digits(figure / divisor));
    Row {
        what,
        target: "below async-openai",
        ours: show(check.ours(), text),
        others: check.others(text),
        verdict: Verdict::of(&[check.is_below_async_openai()]),
    }
}

/// The processor time of many streams.
fn at_once(check: Check<'_>, what: &'static str) -> Row {
    let text = |figure: f64| format!("{figure:.1} µs");
    let factor = factor(check);
    let ours = show(check.ours().zip(factor).map(|(ours, _)| ours), |ours| {
        format!("{} ({:.2} ×)", text(ours), factor.unwrap_or_default())
    });
    Row {
        what,
        target: "≤ 1.3 × native, below async-openai",
        ours,
        others: check.others(text),
        verdict: Verdict::of(&[within(factor, 1.3), check.is_below_async_openai()]),
    }
}

/// The delivery of the slowest chunk of a hundred with many streams.
fn late(check: Check<'_>) -> Row {
    let text = |figure: f64| format!("{} ms", digits(figure / 1000.0));
    Row {
        what: "the same: delivery p99",
        target: "≤ 10 ms",
        ours: show(check.ours(), text),
        others: check.others(text),
        verdict: Verdict::of(&[within(check.ours(), 10_000.0)]),
    }
}

/// The memory for each stream: that of a process with 1,000 streams minus that of a process with one. The difference
/// leaves out the engine and the compiled component, which exist once.
pub fn memory_a_stream(results: &Results, client: &str) -> Option<f64> {
    let anonymous = |workload| results.median_at(workload, client, "/peak_kb/anonymous");
    let streams = results.median_at("at-once-1000", client, "/requests")?;
    (streams > 1.0).then_some((anonymous("at-once-1000")? - anonymous("one-stream")?) / (streams - 1.0))
}

fn memory(results: &Results, lane: &str, what: &'static str, (most, target): (f64, &'static str)) -> Row {
    let text = |figure: f64| format!("{figure:.0} KiB");
    let ours = memory_a_stream(results, lane);
    let others = [NATIVE, ASYNC_OPENAI]
        .map(|name| Some(format!("{name} {}", text(memory_a_stream(results, name)?))))
        .into_iter()
        .flatten();
    let others = others.collect::<Vec<_>>().join("; ");
    Row { what, target, ours: show(ours, text), others, verdict: Verdict::of(&[within(ours, most)]) }
}

/// The time of a query for models, minus the time that the bytes of both lists take, which the floor measures: it reads
/// them and parses nothing.
fn models(results: &Results) -> Row {
    let check = Check { results, workload: "models", figure: wall_per_response };
    let beyond = check.ours().zip(check.of(NATIVE)).map(|(ours, network)| (ours - network) / 1000.0);
    Row {
        what: "both lists of 600 models, beyond the network",
        target: "≤ 5 ms; better: 2 ms",
        ours: show(beyond, |beyond| format!("{beyond:.2} ms")),
        others: check.others(|figure| format!("{:.2} ms in all", figure / 1000.0)),
        verdict: Verdict::of(&[within(beyond, 5.0)]),
    }
}

/// The costs that only a sandbox has.
fn sandbox(results: &Results) -> [Row; 2] {
    let parts = [("make an instance", "/instantiate_us/p50"), ("its first call", "/first_call_us/p50")];
    parts.map(|(what, pointer)| {
        let ours = results.median_at("sandbox", results.ours(), pointer);
        Row {
            what,
            target: "≤ 50 µs",
            ours: show(ours, |ours| format!("{ours:.0} µs")),
            others: String::new(),
            verdict: Verdict::of(&[within(ours, 50.0)]),
        }
    })
}

/// The processor time in Node, whose event loop the streams share with everything else.
fn in_node(results: &Results) -> Row {
    let check = Check { results, workload: "node-50", figure: cpu_per_chunk };
    let (ours, floor) = (check.of(IN_NODE), check.of(FETCH));
    let factor = ours.zip(floor).map(|(ours, floor)| ours / floor);
    Row {
        what: "Node, 50 streams 5 ms apart: CPU a chunk",
        target: "≤ 1.2 × fetch",
        ours: show(ours.zip(factor).map(|(ours, _)| ours), |ours| {
            format!("{ours:.0} µs ({:.2} ×)", factor.unwrap_or_default())
        }),
        others: floor.map(|floor| format!("fetch {floor:.0} µs")).unwrap_or_default(),
        verdict: Verdict::of(&[within(factor, 1.2)]),
    }
}

/// The size of the component, and the fuel for each chunk. Fuel counts WebAssembly instructions, so unlike a time it
/// does not depend on the machine.
fn size(results: &Results) -> Row {
    let bytes = results.component_bytes.map(|bytes| bytes as f64);
    let fuel = results.median_at("sandbox", results.ours(), "/fuel_per_chunk");
    let bytes = show(bytes, |bytes| format!("{:.1} KB", bytes / 1000.0));
    Row {
        what: "component; fuel a chunk",
        target: "",
        ours: format!("{bytes}; {}", show(fuel, |fuel| format!("{fuel:.0}"))),
        others: String::new(),
        verdict: Verdict::Reported,
    }
}

/// A figure with decimal places only where they matter.
pub fn digits(figure: f64) -> String {
    match figure {
        small if small < 10.0 => format!("{small:.2}"),
        middle if middle < 100.0 => format!("{middle:.1}"),
        large => format!("{large:.0}"),
    }
}

#[cfg(test)]
mod tests;
