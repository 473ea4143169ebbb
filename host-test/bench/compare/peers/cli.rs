//! The part that the programs of all clients have in common.

use std::process::ExitCode;

use meter::{Args, Client};

/// Runs one client for each of the concurrent requests, prints the report, and fails if a request failed. The report is
/// printed in any case, so that the caller sees how many requests failed.
pub async fn measure<C: Client>(
    name: &str,
    args: &Args,
    client: impl FnMut() -> C,
) -> anyhow::Result<ExitCode> {
    let lanes = args.concurrency.min(args.requests) as usize;
    let clients = std::iter::repeat_with(client).take(lanes).collect();
    let report = meter::run(name, args.requests, clients).await;
    println!("{}", serde_json::to_string(&report)?);
    Ok(report.error.map_or(ExitCode::SUCCESS, |why| {
        eprintln!("Error: {why}");
        ExitCode::FAILURE
    }))
}
