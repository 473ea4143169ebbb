//! The results as tables: for a terminal, and in Markdown between the two marks of docs/performance.md.

use std::fmt::Write as _;
use std::fs;
use std::io::IsTerminal as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use comfy_table::{ContentArrangement, Table, presets};
use meter::Report;

use crate::results::{Results, cpu_per_chunk, steady, wall_per_response};
use crate::targets::{Row, rows};
use crate::workload::{Participants, WORKLOADS};

/// The width of a table in characters if the output is not a terminal.
const WIDTH: u16 = 160;

/// The marks between which a document's tables are replaced.
const BEGIN: &str = "<!-- figures: make bench writes them -->";
const END: &str = "<!-- end of figures -->";

/// A column in the tables of all clients, and its figure.
type Column = (&'static str, fn(&Report) -> Option<f64>);
const COLUMNS: [Column; 6] = [
    ("p50 µs", |report| steady(report).p50_us),
    ("p99 µs", |report| steady(report).p99_us),
    ("first µs", |report| steady(report).ttft_us),
    ("response ms", |report| Some(wall_per_response(report)? / 1000.0)),
    ("CPU µs a chunk", cpu_per_chunk),
    ("memory MiB", |report| Some(report.maxrss_kb as f64 / 1024.0)),
];

/// All tables, for a terminal: first the targets, then one table for each workload.
pub fn for_terminal(results: &Results) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    if !std::io::stdout().is_terminal() {
        table.set_width(WIDTH);
    }
    table.set_header(["what", "target", "measured", "met", "the others"]);
    for row in rows(results) {
        table.add_row([row.what, row.target, &row.ours, met(&row), &row.others]);
    }
    let mut text = format!("{}; medians of {} rounds\n{table}\n", results.machine, results.rounds);
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

/// The same tables in Markdown.
fn markdown(results: &Results) -> String {
    let mut text = format!("{}; medians of {} rounds.\n\n", results.machine, results.rounds);
    text.push_str("| what | target | measured | met | the others |\n|---|---|---|---|---|\n");
    for row in rows(results) {
        let Row { what, target, ours, others, .. } = &row;
        let _ = writeln!(text, "| {what} | {target} | {ours} | {} | {others} |", met(&row));
    }
    for (name, what, lines) in clients(results) {
        let _ = write!(text, "\n### {name}: {what}\n\n| client |");
        COLUMNS.iter().for_each(|column| {
            let _ = write!(text, " {} |", column.0);
        });
        let _ = writeln!(text, "\n|---{}|", "|---".repeat(COLUMNS.len()));
        for line in lines {
            let _ = writeln!(text, "| {} |", line.join(" | "));
        }
    }
    text
}

/// Whether a target is met, as a cell of the table.
fn met(row: &Row) -> &'static str {
    match row.met {
        Some(true) => "yes",
        Some(false) => "no",
        None => "–",
    }
}

/// For each workload that reports chunks: its name, its description, and a line for each client.
fn clients(results: &Results) -> Vec<(&'static str, &'static str, Vec<Vec<String>>)> {
    let reported = WORKLOADS.iter().filter(|workload| workload.participants != Participants::HostOnly);
    let lines = |name: &str| -> Vec<Vec<String>> {
        let line = |client: &&str| {
            let figures = COLUMNS.map(|(_, figure)| match results.median(name, client, figure) {
                Some(figure) if figure < 10.0 => format!("{figure:.2}"),
                Some(figure) => format!("{figure:.0}"),
                None => "–".to_owned(),
            });
            std::iter::once((*client).to_owned()).chain(figures).collect()
        };
        results.clients(name).iter().map(line).collect()
    };
    reported
        .map(|workload| (workload.name, workload.description, lines(workload.name)))
        .filter(|(_, _, lines)| !lines.is_empty())
        .collect()
}
