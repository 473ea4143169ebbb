//! The targets for the test host, beside its results. They are relative to other clients where possible, since absolute
//! times depend on the machine.

use meter::Report;

use crate::results::{NATIVE, OURS, Results, cpu_per_chunk, steady, wall_per_response};

/// One line of the table.
pub struct Row {
    /// The measured quantity.
    pub what: &'static str,
    /// The target, as text.
    pub target: &'static str,
    /// The result of the test host.
    pub ours: String,
    /// The results of the other clients, for comparison.
    pub others: String,
    /// Whether the target is met; `None` if the quantity was not measured.
    pub met: Option<bool>,
}

/// A figure in the reports of one workload.
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

    /// The figures of the other clients, formatted by `show`.
    fn others(&self, show: impl Fn(f64) -> String) -> String {
        let clients = self.results.clients(self.workload).into_iter().filter(|name| *name != OURS);
        let shown: Vec<String> =
            clients.filter_map(|name| Some(format!("{name} {}", show(self.of(name)?)))).collect();
        shown.join("; ")
    }
}

/// All lines of the table.
pub fn rows(results: &Results) -> Vec<Row> {
    let check = |workload, figure| Check { results, workload, figure };
    let mut rows = vec![
        over(
            check("latency", |report| steady(report).p50_us),
            "delivery time per chunk, p50",
            (10.0, "at most 10 µs over native"),
        ),
        over(
            check("latency", |report| steady(report).p99_us),
            "delivery time per chunk, p99",
            (50.0, "at most 50 µs over native"),
        ),
        over(
            check("first-token", |report| steady(report).ttft_us),
            "time to first token, p50",
            (100.0, "at most 100 µs over native"),
        ),
        times(
            check("coalesced", wall_per_response),
            "20,000 chunks, 16 events a write: time",
            (2.0, "at most 2 × native"),
        ),
        below(check("coalesced", cpu_per_chunk), "the same: CPU per chunk", "µs", 1.0),
        times(
            check("at-once-200", |report| Some(steady(report).cpu_s())),
            "200 streams at once: CPU",
            (1.3, "at most 1.3 × native"),
        ),
        below(check("start", |report| report.start_us), "process start to first token", "ms", 1000.0),
        models(results),
        ten_times(results),
    ];
    rows.extend(sandbox(results));
    rows.extend([memory(results), streams_a_core(results), size(results)]);
    rows
}

/// Whether a figure is within its limit; `None` if one of them was not measured.
fn verdict(ours: Option<f64>, most: Option<f64>) -> Option<bool> {
    Some(ours? <= most?)
}

/// The figure as text. A missing one is reported as such, because an empty cell would look like a mistake of the table.
fn show(value: Option<f64>, text: impl Fn(f64) -> String) -> String {
    value.map_or_else(|| "not measured".to_owned(), text)
}

/// A target of at most this many microseconds more than the floor. A difference and not a factor, because the sandbox
/// adds a constant to each chunk, however long the network takes.
fn over(check: Check<'_>, what: &'static str, (most, target): (f64, &'static str)) -> Row {
    let (ours, floor) = (check.of(OURS), check.of(NATIVE));
    let more = ours.zip(floor).map(|(ours, floor)| ours - floor);
    Row {
        what,
        target,
        ours: show(ours.zip(more).map(|(ours, _)| ours), |ours| {
            format!("{ours:.0} µs ({:+.0} µs)", more.unwrap_or_default())
        }),
        others: check.others(|figure| format!("{figure:.0} µs")),
        met: verdict(more, Some(most)),
    }
}

/// A target of at most this many times the floor, for work that grows with the number of chunks.
fn times(check: Check<'_>, what: &'static str, (most, target): (f64, &'static str)) -> Row {
    let floor = check.of(NATIVE);
    let factor = |figure: f64| figure / floor.unwrap_or(f64::NAN);
    let ours = check.of(OURS).map(factor).filter(|factor| factor.is_finite());
    Row {
        what,
        target,
        ours: show(ours, |ours| format!("{ours:.2} ×")),
        others: check.others(|figure| format!("{:.2} ×", factor(figure))),
        met: verdict(ours, Some(most)),
    }
}

/// A target of less than async-openai, a library that a program in Rust would use without the plugin.
fn below(check: Check<'_>, what: &'static str, unit: &str, divisor: f64) -> Row {
    let text = |figure: f64| format!("{:.2} {unit}", figure / divisor);
    let ours = check.of(OURS);
    Row {
        what,
        target: "less than async-openai's",
        ours: show(ours, text),
        others: check.others(text),
        met: verdict(ours, check.of("async-openai")),
    }
}

/// The time of a query for models, minus the time that the bytes of both lists take, which the floor measures: it reads
/// them and parses nothing.
fn models(results: &Results) -> Row {
    let check = Check { results, workload: "models", figure: wall_per_response };
    let beyond = check.of(OURS).zip(check.of(NATIVE)).map(|(ours, network)| (ours - network) / 1000.0);
    Row {
        what: "list of 600 models, both lists, beyond the network",
        target: "at most 5 ms",
        ours: show(beyond, |beyond| format!("{beyond:.2} ms")),
        others: check.others(|figure| format!("{:.2} ms in all", figure / 1000.0)),
        met: verdict(beyond, Some(5.0)),
    }
}

/// Ten times the bytes take ten times as long, so that no work grows faster than the response.
fn ten_times(results: &Results) -> Row {
    let wall = |workload, client| results.median(workload, client, wall_per_response);
    let factor =
        |client| wall("ten-megabytes", client).zip(wall("one-megabyte", client)).map(|(ten, one)| ten / one);
    let ours = factor(OURS);
    Row {
        what: "a stream of 10 MB against one of 1 MB: time",
        target: "10 × ± 10 %",
        ours: show(ours, |ours| format!("{ours:.1} ×")),
        others: show(factor(NATIVE), |native| format!("native {native:.1} ×")),
        met: ours.map(|ours| (9.0..=11.0).contains(&ours)),
    }
}

/// The costs that only a sandbox has, once for each process or instance.
fn sandbox(results: &Results) -> Vec<Row> {
    let parts = [
        ("load a compiled plugin from the cache", "at most 5 ms", "/load_us/p50", 5000.0),
        ("make an instance", "at most 50 µs", "/instantiate_us/p50", 50.0),
        ("its first call", "at most 50 µs", "/first_call_us/p50", 50.0),
    ];
    let row = |(what, target, pointer, most): (&'static str, &'static str, &str, f64)| {
        let ours = results.median_at("sandbox", OURS, pointer);
        Row {
            what,
            target,
            ours: show(ours, |ours| format!("{ours:.0} µs")),
            others: String::new(),
            met: verdict(ours, Some(most)),
        }
    };
    parts.map(row).into()
}

/// The memory for each stream: that of a process with 1,000 streams minus that of a process with one. The difference
/// leaves out the engine and the compiled component, which exist once.
fn memory(results: &Results) -> Row {
    let resident =
        |workload, client| results.median(workload, client, |report| Some(report.maxrss_kb as f64));
    let each = |client| {
        let (many, one) = (resident("at-once-1000", client)?, resident("start", client)?);
        Some((many - one) / 1000.0)
    };
    let ours = each(OURS);
    Row {
        what: "memory per open stream, at 1,000 open streams",
        target: "at most 128 KiB",
        ours: show(ours, |ours| format!("{ours:.0} KiB")),
        others: show(each(NATIVE), |native| format!("native {native:.0} KiB")),
        met: verdict(ours, Some(128.0)),
    }
}

/// The number of streams that would use up one core, computed from the processor time of 1,000.
fn streams_a_core(results: &Results) -> Row {
    let figure = |report: &Report| {
        let phase = steady(report);
        (phase.cpu_s() > 0.0).then(|| phase.requests as f64 * phase.wall_s / phase.cpu_s())
    };
    let check = Check { results, workload: "at-once-1000", figure };
    let ours = check.of(OURS);
    Row {
        what: "streams on one core at 50 chunks a second each, by the CPU of 1,000",
        target: "2,000",
        ours: show(ours, |ours| format!("{ours:.0}")),
        others: check.others(|figure| format!("{figure:.0}")),
        met: ours.map(|ours| ours >= 2000.0),
    }
}

/// The size of the component, and the fuel for each chunk. Fuel counts WebAssembly instructions, so unlike a time it
/// does not depend on the machine.
fn size(results: &Results) -> Row {
    let bytes = results.component_bytes.map(|bytes| bytes as f64);
    let fuel = results.median_at("sandbox", OURS, "/fuel_per_chunk");
    Row {
        what: "component; fuel per chunk",
        target: "at most 200 KB; reported",
        ours: format!(
            "{}; {}",
            show(bytes, |bytes| format!("{:.1} KB", bytes / 1000.0)),
            show(fuel, |fuel| format!("{fuel:.0}"))
        ),
        others: String::new(),
        met: verdict(bytes, Some(200_000.0)),
    }
}
