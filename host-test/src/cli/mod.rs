//! The command line: what was asked for, who does it, and how it ended.

use std::process::ExitCode;

use clap::Parser as _;
use serde_json::json;

mod access;
mod account;
mod answer;
mod args;
mod chat;
mod commands;
mod conformance;
mod conversation;
mod cost;
mod failure;
mod inspect;
mod interrupts;
mod key;
mod measure;
mod models;
mod request;
mod session;
mod sign;
mod stand_in;
mod stream;
mod terminal;

use args::{Cli, Command};
use failure::Failure;
use interrupts::Interrupts;
use terminal::Screen;

/// Runs the program.
pub(crate) fn run() -> ExitCode {
    let screen = Screen::new();
    // Before anything else: what is wrong with an argument is told by repeating it.
    if let Err(failure) = key::refuse_in_arguments(std::env::args_os()) {
        return failure.exit(screen);
    }
    // On wrong usage clap prints why, and exits with 2; with --help it exits with 0.
    let cli = Cli::parse();
    let mut runtime = match cli.command {
        // One thread, so that what is measured is the work and not the way between threads.
        Command::Measure(_) => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    let ended = match runtime.enable_all().build() {
        Ok(runtime) => {
            let ended = runtime.block_on(dispatch(&cli, screen));
            // A connection that lingers must not hold up the end.
            runtime.shutdown_background();
            ended
        }
        Err(why) => Err(Failure::Host { cause: "host", message: format!("cannot start: {why}") }),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => end(&cli, failure, screen),
    }
}

async fn dispatch(cli: &Cli, screen: Screen) -> Result<(), Failure> {
    let common = &cli.common;
    let interrupts = Interrupts::listen();
    match &cli.command {
        Command::Models(args) => models::run(common, args, screen).await,
        Command::Chat(args) => chat::run(common, args, screen, &interrupts).await,
        Command::Account => account::run(common, screen).await,
        Command::Describe => inspect::describe(common, screen).await,
        Command::Inspect => inspect::inspect(common, screen),
        Command::StandIn(args) => stand_in::run(common, args, screen, &interrupts).await,
        Command::Measure(args) => measure::run(common, args, screen).await,
        Command::Conformance(args) => conformance::run(common, args, screen).await,
        Command::Pack(args) => inspect::pack(common, args, screen).await,
        Command::Keygen(args) => sign::keygen(common, args, screen),
        Command::Sign(args) => sign::sign(common, args, screen),
    }
}

/// Tells how it ended, and turns it into the exit code.
fn end(cli: &Cli, failure: Failure, screen: Screen) -> ExitCode {
    let streams = matches!(cli.command, Command::Chat(_));
    // A report that tells of failures has told; another object would spoil it.
    let reported = matches!(failure, Failure::Conformance { .. });
    match &failure {
        // A list whose reader has seen enough is a list that was read: `host-test models | head`.
        Failure::Closed if !streams => return ExitCode::SUCCESS,
        Failure::Closed => {}
        // A stream has told already, in its last line.
        failure if cli.common.json && !streams && !reported => {
            if let Some(error) = failure.json(false) {
                // Stdout is all there is to tell it on; if it cannot be written, stderr still tells.
                let _ = screen.print_json(&json!({ "error": error }));
            }
        }
        _ => {}
    }
    failure.exit(screen)
}
