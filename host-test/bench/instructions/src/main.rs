//! Reads the runner's summaries from standard input, and compares them with the table of counts.
//!
//! ```text
//! judge check|update TABLE <SUMMARIES
//! ```

use std::io::Read as _;
use std::process::{Command, ExitCode};

use instructions::judgement::Judgement;
use instructions::table::{Table, Toolchain};
use instructions::{report, summaries};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["check", table] => check(table),
        ["update", table] => update(table),
        _ => Err("usage: judge check|update TABLE <SUMMARIES".to_owned()),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("judge: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Prints the comparison with the table, and returns whether it passes.
fn check(path: &str) -> Result<bool, String> {
    let table = std::fs::read_to_string(path).map_err(|error| {
        format!("cannot read {path}: {error}; run 'make instructions UPDATE=1' to write it")
    })?;
    let judgement = Judgement::new(&counted()?, &toolchain()?, &Table::parse(&table)?);
    println!("{}\n{}", report::rows(&judgement), report::conclusion(&judgement).trim_end());
    Ok(judgement.passes())
}

/// Writes the counts as the new table, and prints their comparison with the old one.
fn update(path: &str) -> Result<bool, String> {
    let (inputs, toolchain) = (counted()?, toolchain()?);
    let table = Table {
        compiler: toolchain.compiler.clone(),
        target: toolchain.target.clone(),
        inputs: inputs.clone(),
    };
    let before = std::fs::read_to_string(path).ok().and_then(|json| Table::parse(&json).ok());
    let judgement = Judgement::new(&inputs, &toolchain, before.as_ref().unwrap_or(&table));
    std::fs::write(path, table.to_json()).map_err(|error| format!("cannot write {path}: {error}"))?;
    println!("{}\n{path} now contains these counts.", report::rows(&judgement));
    Ok(true)
}

/// The counts in the runner's summaries.
fn counted() -> Result<Vec<instructions::table::Count>, String> {
    let mut lines = String::new();
    std::io::stdin()
        .read_to_string(&mut lines)
        .map_err(|error| format!("cannot read standard input: {error}"))?;
    summaries::counts(&lines)
}

/// The compiler that cargo uses in this folder, which a toolchain file or `RUSTC` selects.
fn toolchain() -> Result<Toolchain, String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output =
        Command::new(rustc).arg("-vV").output().map_err(|error| format!("cannot run rustc: {error}"))?;
    Toolchain::parse(&String::from_utf8_lossy(&output.stdout))
}
