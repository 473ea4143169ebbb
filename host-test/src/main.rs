//! `host-test`: runs a model-provider plugin in its sandbox, for people and for programs.

mod cli;

fn main() -> std::process::ExitCode {
    cli::run()
}
