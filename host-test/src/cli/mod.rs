//! The command line: parses the arguments, runs the command, and turns its outcome into an exit code.

use std::process::ExitCode;

use clap::Parser as _;
use provider_host::sandbox::compile_worker;
use serde_json::json;

mod access;
mod account;
mod args;
mod caching;
mod chat;
mod commands;
mod conformance;
mod conversation;
mod cost;
mod embed;
mod environment;
mod failure;
mod fuel;
mod inspect;
mod interrupts;
mod key;
mod loading;
mod measure;
mod model;
mod model_args;
mod models;
mod request;
mod response_view;
mod session;
mod sign;
mod stand_in;
mod stream;
mod terminal;

use args::{Cli, Command};
use failure::Failure;
use interrupts::Interrupts;
use terminal::Screen;

/// Runs the program. No error leaves this function: each is printed for people, as JSON where that was requested, and
/// becomes an exit code.
pub(crate) fn run() -> ExitCode {
    let screen = Screen::new();
    // This check comes before clap: clap repeats a wrong argument in its message, so a key that was typed by
    // mistake would end up on a screen or in the log of a CI job.
    if let Err(failure) = key::refuse_in_arguments(std::env::args_os()) {
        return failure.exit(screen);
    }
    // On wrong usage clap prints why, and exits with 2; with --help it exits with 0.
    let cli = Cli::parse();
    let mut runtime = match cli.command {
        // One thread: a switch between threads costs microseconds, as much as what is measured here.
        Command::Measure(_) => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    let ended = match runtime.enable_all().build() {
        Ok(runtime) => {
            let ended = runtime.block_on(dispatch(&cli, screen));
            // Waiting for all tasks would let a server that keeps its connection open delay the exit.
            runtime.shutdown_background();
            ended
        }
        Err(why) => Err(Failure::Host {
            cause: "host",
            message: format!("the program cannot start: {why}; check the limits of this user ('ulimit -a')"),
        }),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => end(&cli, failure, screen),
    }
}

async fn dispatch(cli: &Cli, screen: Screen) -> Result<(), Failure> {
    let common = &cli.common;
    // Before any command runs: until then Ctrl-C ends the process without restoring the terminal.
    let interrupts = Interrupts::listen();
    match &cli.command {
        Command::Models(args) => models::run(common, args, screen).await,
        Command::Model(args) => model::run(common, args, screen).await,
        Command::Chat(args) => chat::run(common, args, screen, &interrupts).await,
        Command::Embed(args) => embed::run(common, args, screen).await,
        Command::Account => account::run(common, screen).await,
        Command::Describe => inspect::describe(common, screen).await,
        Command::Inspect => inspect::inspect(common, screen),
        Command::StandIn(args) => stand_in::run(common, args, screen, &interrupts).await,
        Command::Measure(args) => measure::run(common, args, screen).await,
        Command::Conformance(args) => conformance::run(common, args, screen).await,
        Command::Pack(args) => inspect::pack(common, args, screen).await,
        Command::Keygen(args) => sign::keygen(common, args, screen),
        Command::Sign(args) => sign::sign(common, args, screen),
        Command::CompileWorker { settings } => compile_worker(settings)
            .map_err(|why| Failure::Host { cause: "host", message: format!("cannot compile: {why}") }),
    }
}

/// Reports a failure, and turns it into the exit code.
fn end(cli: &Cli, failure: Failure, screen: Screen) -> ExitCode {
    let streams = matches!(cli.command, Command::Chat(_));
    // The report on stdout already contains the failures. A second JSON object would break a program that parses
    // stdout as one value.
    let reported = matches!(failure, Failure::Conformance { .. });
    match &failure {
        // `host-test models | head` closes stdout when it has enough lines. A list that is cut off on purpose is no
        // failure, and a shell with `pipefail` would stop the script.
        Failure::Closed if !streams => return ExitCode::SUCCESS,
        // A stream that is cut off is incomplete, so it ends with the code of SIGPIPE.
        Failure::Closed => {}
        // A stream has reported the error in its last line already.
        failure if cli.common.json && !streams && !reported => {
            if let Some(error) = failure.json(false) {
                // If stdout cannot be written, stderr still gets the error.
                let _ = screen.print_json(&json!({ "error": error }));
            }
        }
        _ => {}
    }
    failure.exit(screen)
}
