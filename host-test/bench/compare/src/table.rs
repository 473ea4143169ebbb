//! The results as tables: for a terminal, and in Markdown between the two marks of docs/performance.md.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::IsTerminal as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use comfy_table::{ContentArrangement, Table, presets};
use meter::Report;

use crate::results::{Results, cpu_per_chunk, order, steady, wall_per_response};
use crate::targets::{Row, digits, memory_a_stream, rows};
use crate::workload::{Participants, WORKLOADS};

/// The width of a table in characters if the output is not a terminal.
const WIDTH: u16 = 160;

/// The marks between which a document's tables are replaced.
const BEGIN: &str = "<!-- figures: make bench writes them -->";
const END: &str = "<!-- end of figures -->";

/// A column in the tables of all clients, and its figure.
type Column = (&'static str, fn(&Report) -> Option<f64>);
const COLUMNS: [Column; 6] = [
    ("p50 µs", p50),
    ("p99 µs", p99),
    ("first µs", |report| steady(report).ttft_us),
    ("response ms", |report| Some(wall_per_response(report)? / 1000.0)),
    ("CPU µs a chunk", cpu_per_chunk),
    ("memory MiB", |report| Some(report.maxrss_kb as f64 / 1024.0)),
];

fn p50(report: &Report) -> Option<f64> {
    steady(report).p50_us
}

fn p99(report: &Report) -> Option<f64> {
    steady(report).p99_us
}

/// A table of the document: figures of several workloads for each client. The terminal has all figures of all workloads,
/// which are too many to read on a page.
struct Group {
    title: &'static str,
    columns: &'static [Cell],
}

/// A column of such a table: its head, and the figure of a client.
type Cell = (&'static str, fn(&Results, &str) -> Option<f64>);

const GROUPS: [Group; 3] = [
    Group {
        title: "One stream",
        columns: &[
            ("chunk p50 µs", |results, client| results.median("latency", client, p50)),
            ("p99 µs", |results, client| results.median("latency", client, p99)),
            ("CPU µs", |results, client| results.median("latency", client, cpu_per_chunk)),
            ("first token µs", |results, client| {
                results.median("first-token", client, |report| steady(report).ttft_us)
            }),
            ("20,000 chunks ms", |results, client| {
                Some(results.median("coalesced", client, wall_per_response)? / 1000.0)
            }),
            ("start ms", |results, client| {
                Some(results.median("start", client, |report| report.start_us)? / 1000.0)
            }),
        ],
    },
    Group {
        title: "Many streams",
        columns: &[
            ("200: CPU µs", |results, client| results.median("at-once-200", client, cpu_per_chunk)),
            ("p50 µs", |results, client| results.median("at-once-200", client, p50)),
            ("1,000: CPU µs", |results, client| results.median("at-once-1000", client, cpu_per_chunk)),
            ("p50 µs", |results, client| results.median("at-once-1000", client, p50)),
            ("p99 ms", |results, client| Some(results.median("at-once-1000", client, p99)? / 1000.0)),
            ("KiB a stream", memory_a_stream),
            ("all MiB", |results, client| {
                Some(results.median_at("at-once-1000", client, "/peak_kb/resident")? / 1024.0)
            }),
        ],
    },
    Group {
        title: "50 streams: clients in Node, and the component in Rust",
        columns: &[
            ("CPU µs", |results, client| results.median("node-50", client, cpu_per_chunk)),
            ("p50 µs", |results, client| results.median("node-50", client, p50)),
            ("p99 µs", |results, client| results.median("node-50", client, p99)),
        ],
    },
];

/// All tables, for a terminal: first the targets, then one table for each workload.
pub fn for_terminal(results: &Results) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    if !std::io::stdout().is_terminal() {
        table.set_width(WIDTH);
    }
    table.set_header(["what", "target", "measured", "verdict", "the others"]);
    for row in rows(results) {
        table.add_row([row.what, row.target, &row.ours, row.verdict.word(), &row.others]);
    }
    let mut text = format!("{}\n{table}\n", heading(results));
    // One table for each workload: a client takes part in some of them only.
    for (name, what, lines) in clients(results) {
        let mut table = Table::new();
        table.load_style(presets::UTF8_HORIZONTAL_ONLY);
        table.set_header(std::iter::once("client").chain(COLUMNS.map(|column| column.0)));
        lines.into_iter().for_each(|line| {
            table.add_row(line);
        });
        let _ = write!(text, "\n{name}: {what}\n{table}\n");
    }
    text
}

/// Replaces the tables between the marks of a document. A document without the marks is an error, because a place at
/// which the tables were missing would go unnoticed.
pub fn replace(results: &Results, file: &Path) -> Result<()> {
    let text = fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let no_marks = || format!("{} does not contain the marks {BEGIN} and {END}", file.display());
    let (before, rest) = text.split_once(BEGIN).with_context(no_marks)?;
    let (_, after) = rest.split_once(END).with_context(no_marks)?;
    fs::write(file, format!("{before}{BEGIN}\n\n{}\n{END}{after}", markdown(results)))?;
    Ok(())
}

fn heading(results: &Results) -> String {
    let rounds = if results.rounds == 1 {
        "one round".to_owned()
    } else {
        format!("medians of {} rounds", results.rounds)
    };
    format!("{}; {rounds}", results.machine)
}

/// The tables of the document.
fn markdown(results: &Results) -> String {
    let mut text = format!("{}.\n\n", heading(results));
    text.push_str("| what | target | measured | verdict | the others |\n|---|---|---|---|---|\n");
    for row in rows(results) {
        let Row { what, target, ours, others, verdict } = &row;
        let _ = writeln!(text, "| {what} | {target} | {ours} | {} | {others} |", verdict.word());
    }
    for Group { title, columns } in GROUPS {
        let lines = group(results, columns);
        if lines.is_empty() {
            continue;
        }
        let heads: Vec<&str> = columns.iter().map(|column| column.0).collect();
        let _ = writeln!(
            text,
            "\n**{title}**\n\n| client | {} |\n|---|{}",
            heads.join(" | "),
            "---:|".repeat(columns.len())
        );
        lines.iter().for_each(|line| {
            let _ = writeln!(text, "| {} |", line.join(" | "));
        });
    }
    let versions = results.versions.iter().filter(|(_, version)| !version.is_empty());
    let versions: Vec<String> = versions.map(|(name, version)| format!("{name}: {version}")).collect();
    if !versions.is_empty() {
        let _ = writeln!(text, "\nVersions: {}.", versions.join("; "));
    }
    text
}

/// The lines of one table: each client that has a figure in one of its columns.
fn group(results: &Results, columns: &[Cell]) -> Vec<Vec<String>> {
    let mut seen = BTreeSet::new();
    let names = WORKLOADS.iter().flat_map(|workload| results.clients(workload.name));
    let mut names: Vec<&str> = names.filter(|name| seen.insert(*name)).collect();
    names.sort_by_key(|name| order(name));
    let line = |client: &str| {
        let figures: Vec<Option<f64>> = columns.iter().map(|(_, figure)| figure(results, client)).collect();
        figures.iter().any(Option::is_some).then(|| {
            let cells = figures.into_iter().map(|figure| figure.map_or("–".to_owned(), digits));
            std::iter::once(client.to_owned()).chain(cells).collect()
        })
    };
    names.into_iter().filter_map(line).collect()
}

/// For each workload that reports chunks: its name, its description, and a line for each client.
fn clients(results: &Results) -> Vec<(&'static str, &'static str, Vec<Vec<String>>)> {
    let reported = WORKLOADS.iter().filter(|workload| workload.participants != Participants::HostOnly);
    let lines = |name: &str| -> Vec<Vec<String>> {
        let line = |client: &&str| {
            let figures = COLUMNS
                .map(|(_, figure)| results.median(name, client, figure).map_or("–".to_owned(), digits));
            std::iter::once((*client).to_owned()).chain(figures).collect()
        };
        results.clients(name).iter().map(line).collect()
    };
    reported
        .map(|workload| (workload.name, workload.description, lines(workload.name)))
        .filter(|(_, _, lines)| !lines.is_empty())
        .collect()
}
