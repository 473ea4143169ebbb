//! `host-test conformance`: checks that a plugin keeps the contract.
//!
//! It is a command and no test of this repository alone, so that the author of another provider can run the same cases
//! against a component in any language.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use comfy_table::{ContentArrangement, Table, presets};
use conformance::{Bench, Case, Finding, Promise, Report, cases, run as play};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use provider_host::sandbox::Preparation;
use serde_json::{Value, json};

use super::args::Common;
use super::failure::Failure;
use super::loading;
use super::terminal::{Screen, Style, line};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  host-test conformance                         check the plugin of this tree
  host-test conformance --plugin DIR --json     check any provider that exports the contract
  host-test conformance --list                  list the cases and the promises that each checks
  host-test conformance --case tls-expired --case drop-in-a-back-off

The server is part of this command; nothing leaves this machine. Exit codes: 0 no case failed, 1 a case failed,
2 wrong usage. A case is reported as skipped if the provider does not have the capability that it needs.")]
pub(crate) struct ConformanceArgs {
    /// Run only this case; can be repeated.
    #[arg(long, value_name = "NAME", num_args = 1..)]
    pub(crate) case: Vec<String>,
    /// List the cases instead of running them.
    #[arg(long)]
    pub(crate) list: bool,
}

/// The width of a table that is not printed on a terminal. Without a limit, the descriptions would make one line of
/// several hundred characters.
const WIDTH: u16 = 150;

/// Runs the cases and prints the results. A failed case is a failure of the command, so that a CI job needs no parser.
pub(crate) async fn run(common: &Common, args: &ConformanceArgs, screen: Screen) -> Result<(), Failure> {
    // Ignoring them would look as if the cases had been played against that server, with faults that it cannot produce.
    if common.base_url.is_some() || common.key_file.is_some() {
        let message = "conformance uses its own server and keys; remove --base-url and --key-file";
        return Err(Failure::usage(message));
    }
    let chosen = choose(cases(), &args.case)?;
    // Before the plugin is loaded: the list needs none.
    if args.list {
        return list(common, &chosen, screen);
    }
    let plugin = loading::load(common)?;
    let mut spinner = None;
    let mut progress = |preparation: Preparation| match preparation {
        Preparation::Compiling => spinner = Some(screen.spinner(loading::compiling())),
        Preparation::FromCache | Preparation::NotKept(_) => {}
    };
    let bench = Bench::new(&plugin, &loading::host, &mut progress).await;
    drop(spinner);
    let bench = bench.map_err(|why| Failure::Host { cause: "host", message: format!("{why:#}") })?;
    let bar = bar(screen, chosen.len());
    let report = play(Arc::new(bench), chosen, |finding| {
        bar.set_message(finding.case.name.clone());
        bar.inc(1);
    })
    .await;
    bar.finish_and_clear();
    match common.json {
        true => screen.print_json(&report.json())?,
        false => print(&report, screen)?,
    }
    match report.passed() {
        true => Ok(()),
        false => Err(Failure::Conformance { failed: report.count("fail"), of: report.findings.len() }),
    }
}

/// The cases with these names, in the order of all cases; all cases if no name is given. An unknown name is an error:
/// a misspelt name in a CI job would otherwise run nothing and pass.
fn choose(cases: Vec<Case>, names: &[String]) -> Result<Vec<Case>, Failure> {
    let unknown = names.iter().find(|name| !cases.iter().any(|case| case.name == **name));
    if let Some(unknown) = unknown {
        let names = || cases.iter().map(|case| case.name.as_str());
        // A part of a name finds the whole ones, and a name with an addition, as from a newer version, the known part.
        let mut near: Vec<_> = names().filter(|name| name.contains(unknown.as_str())).take(5).collect();
        if near.is_empty() {
            near = names().filter(|name| unknown.contains(name)).collect();
        }
        let near =
            if near.is_empty() { String::new() } else { format!("; similar names: {}", near.join(", ")) };
        return Err(Failure::usage(format!(
            "there is no case {unknown:?}{near}; 'host-test conformance --list' lists all cases"
        )));
    }
    let chosen = |case: &Case| names.is_empty() || names.contains(&case.name);
    Ok(cases.into_iter().filter(chosen).collect())
}

fn list(common: &Common, cases: &[Case], screen: Screen) -> Result<(), Failure> {
    if common.json {
        let cases: Vec<Value> = cases.iter().map(listed).collect();
        return screen.print_json(&json!({ "cases": cases }));
    }
    let mut table = table(screen, &["case", "promises", "what happens"]);
    for case in cases {
        table.add_row([case.name.clone(), numbers(case), line(&case.plays).into_owned()]);
    }
    screen.print(&format!("{table}\n{}", legend()))
}

fn listed(case: &Case) -> Value {
    let promises: Vec<u8> = case.promises.iter().map(|promise| promise.number()).collect();
    json!({ "case": case.name, "plays": case.plays, "promises": promises, "expected": case.expected })
}

/// A progress bar on stderr, if stderr is a terminal. A log would get a line for each of hundreds of cases.
fn bar(screen: Screen, count: usize) -> ProgressBar {
    if !screen.err_terminal {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(count as u64), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed} {wide_msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// A table without a frame: its lines stay usable for grep.
fn table(screen: Screen, titles: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    if !screen.out_terminal {
        table.set_width(WIDTH);
    }
    table.set_header(titles);
    table
}

/// The table first, then each failure with its reasons, then the totals: a terminal shows the end of a long output.
fn print(report: &Report, screen: Screen) -> Result<(), Failure> {
    let mut table = table(screen, &["case", "promises", "expected", "got", "result"]);
    for finding in &report.findings {
        table.add_row([
            finding.case.name.clone(),
            numbers(&finding.case),
            line(&finding.case.expected).into_owned(),
            line(finding.got()).into_owned(),
            finding.result().to_owned(),
        ]);
    }
    screen.print(&format!("{table}\n\n{}", legend()))?;
    for finding in report.findings.iter().filter(|finding| finding.result() == "fail") {
        screen.print(&failed(finding, screen))?;
    }
    screen.print(&totals(report, screen))
}

/// The reasons quote what a plugin returned, so they are escaped. The rest is text of the cases.
fn failed(finding: &Finding, screen: Screen) -> String {
    let mut text = format!("\n{}  {}\n", screen.styled(Style::Red, &finding.case.name), finding.case.plays);
    for reason in finding.reasons() {
        text += &format!("  {}\n", line(reason));
    }
    text
}

fn counted(cases: usize) -> String {
    if cases == 1 { "1 case".to_owned() } else { format!("{cases} cases") }
}

/// The last line. It names the plugin's version, since reports are compared over time.
fn totals(report: &Report, screen: Screen) -> String {
    let (passed, failed, skipped) = (report.count("pass"), report.count("fail"), report.count("skip"));
    let (id, version) = &report.plugin;
    let text = format!(
        "{id} {version}: {}, {passed} passed, {failed} failed, {skipped} skipped, in {:.1} s",
        counted(report.findings.len()),
        report.took.as_secs_f64()
    );
    let style = if report.passed() { Style::Bold } else { Style::Red };
    format!("\n{}\n", screen.styled(style, &text))
}

fn numbers(case: &Case) -> String {
    let numbers: Vec<String> = case.promises.iter().map(|promise| promise.number().to_string()).collect();
    numbers.join(" ")
}

/// The promises by their numbers of the tables, in one line. Names in every row would leave no room for the outcomes.
fn legend() -> String {
    let promises = Promise::ALL.map(|promise| promise.to_string());
    format!("promises: {}\n", promises.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_are_chosen_by_name_and_an_unknown_name_is_wrong_usage() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(choose(cases(), &[]).unwrap().len(), cases().len());
        let two = choose(cases(), &names(&["tls", "imports"])).unwrap();
        assert_eq!(two.iter().map(|case| case.name.as_str()).collect::<Vec<_>>(), ["imports", "tls"]);
        let error = choose(cases(), &names(&["tls", "retry-after"])).err().unwrap();
        let Failure::Usage(message) = &error else { panic!("{error:?}") };
        assert!(message.contains("\"retry-after\"") && message.contains("q22-retry-after-date"), "{message}");
        assert_eq!(error.code(), 2);
    }
}
