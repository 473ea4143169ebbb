//! `host-test conformance`: checks that a plugin keeps the contract.
//!
//! It is a command and no test of this repository alone, so that the author of another provider can run the same cases
//! against a component in any language.

use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use comfy_table::{ContentArrangement, Table, presets};
use conformance::{Bench, Case, Finding, OwnHost, Promise, Report, TestedHost, cases, run as play};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use provider_host::plugin::Plugin;
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
  host-test conformance --host stock            run them in a plain wasmtime host, in which the component waits

The server is part of this command; nothing leaves this machine. Exit codes: 0 no case failed, 1 a case failed,
2 wrong usage. A case is reported as skipped if the provider does not have the capability that it needs, and as not
for this host if it checks what the contract does not require of a host.")]
pub(crate) struct ConformanceArgs {
    /// Run only this case; can be repeated.
    #[arg(long, value_name = "NAME", num_args = 1..)]
    pub(crate) case: Vec<String>,
    /// List the cases instead of running them.
    #[arg(long)]
    pub(crate) list: bool,
    /// The host that the cases run in.
    #[arg(long, value_enum, value_name = "HOST", default_value_t)]
    pub(crate) host: TestedHostKind,
}

/// The hosts of `--host`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum TestedHostKind {
    /// The sandbox of this repository.
    #[default]
    Sandbox,
    /// A plain asynchronous host of wasmtime's crates: the component waits in its calls (wait-ms above 0).
    Stock,
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
    let chosen = choose(cases::<OwnHost>(), &args.case)?;
    // Before the plugin is loaded: the list needs none.
    if args.list {
        return list(common, &chosen, screen);
    }
    let plugin = loading::load(common)?;
    match args.host {
        TestedHostKind::Sandbox => {
            let mut spinner = None;
            let mut progress = |preparation: Preparation| match preparation {
                Preparation::Compiling => spinner = Some(screen.spinner(loading::compiling())),
                Preparation::FromCache | Preparation::NotKept(_) => {}
            };
            let bench = Bench::new(&plugin, &loading::host, &mut progress).await;
            drop(spinner);
            report(common, bench.map_err(unusable)?, chosen, screen).await
        }
        TestedHostKind::Stock => in_stock_host(common, args, &plugin, screen).await,
    }
}

#[cfg(feature = "stock-host")]
async fn in_stock_host(
    common: &Common,
    args: &ConformanceArgs,
    plugin: &Plugin,
    screen: Screen,
) -> Result<(), Failure> {
    let chosen = choose(cases(), &args.case)?;
    let spinner = screen.spinner("compiling the plugin for the stock host");
    let host = tokio::task::block_in_place(|| stock_host::StockHost::new(plugin)).map_err(unusable)?;
    drop(spinner);
    let bench = Bench::in_host(host, plugin).await.map_err(unusable)?;
    report(common, bench, chosen, screen).await
}

#[cfg(not(feature = "stock-host"))]
async fn in_stock_host(_: &Common, _: &ConformanceArgs, _: &Plugin, _: Screen) -> Result<(), Failure> {
    Err(Failure::usage(
        "this host-test was built without the stock host; build it with the feature stock-host",
    ))
}

fn unusable(why: impl std::fmt::Display) -> Failure {
    Failure::Host { cause: "host", message: format!("{why:#}") }
}

/// Runs the cases and prints the report.
async fn report<H: TestedHost>(
    common: &Common,
    bench: Bench<H>,
    chosen: Vec<Case<H>>,
    screen: Screen,
) -> Result<(), Failure> {
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
fn choose<H: TestedHost>(cases: Vec<Case<H>>, names: &[String]) -> Result<Vec<Case<H>>, Failure> {
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
    let chosen = |case: &Case<H>| names.is_empty() || names.contains(&case.name);
    Ok(cases.into_iter().filter(chosen).collect())
}

fn list(common: &Common, cases: &[Case], screen: Screen) -> Result<(), Failure> {
    if common.json {
        let cases: Vec<Value> = cases.iter().map(listed).collect();
        return screen.print_json(&json!({ "cases": cases }));
    }
    let mut table = table(screen, &["case", "promises", "needs", "what happens"]);
    for case in cases {
        table.add_row([case.name.clone(), numbers(case), need(case), line(&case.plays).into_owned()]);
    }
    screen.print(&format!("{table}\n{}", legend()))
}

fn listed(case: &Case) -> Value {
    let promises: Vec<u8> = case.promises.iter().map(|promise| promise.number()).collect();
    json!({
        "case": case.name, "plays": case.plays, "promises": promises, "expected": case.expected,
        "needs": case.needs.map(|need| need.name()),
    })
}

/// What a case needs of a host beyond the contract.
fn need(case: &Case) -> String {
    case.needs.map_or("", |need| need.name()).to_owned()
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
fn print<H: TestedHost>(report: &Report<H>, screen: Screen) -> Result<(), Failure> {
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
fn failed<H: TestedHost>(finding: &Finding<H>, screen: Screen) -> String {
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
fn totals<H: TestedHost>(report: &Report<H>, screen: Screen) -> String {
    let (passed, failed, skipped) = (report.count("pass"), report.count("fail"), report.count("skip"));
    let (id, version) = &report.plugin;
    let other_host = match report.count("not-for-this-host") {
        0 => String::new(),
        count => format!(", {count} not for this host"),
    };
    let text = format!(
        "{id} {version}: {}, {passed} passed, {failed} failed, {skipped} skipped{other_host}, in {:.1} s",
        counted(report.findings.len()),
        report.took.as_secs_f64()
    );
    let style = if report.passed() { Style::Bold } else { Style::Red };
    format!("\n{}\n", screen.styled(style, &text))
}

fn numbers<H: TestedHost>(case: &Case<H>) -> String {
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
        assert_eq!(choose(cases::<OwnHost>(), &[]).unwrap().len(), cases::<OwnHost>().len());
        let two = choose(cases::<OwnHost>(), &names(&["tls", "imports"])).unwrap();
        assert_eq!(two.iter().map(|case| case.name.as_str()).collect::<Vec<_>>(), ["imports", "tls"]);
        let error = choose(cases::<OwnHost>(), &names(&["tls", "retry-after"])).err().unwrap();
        let Failure::Usage(message) = &error else { panic!("{error:?}") };
        assert!(message.contains("\"retry-after\"") && message.contains("q22-retry-after-date"), "{message}");
        assert_eq!(error.code(), 2);
    }
}
