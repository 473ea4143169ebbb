//! What every client's program does apart from its library.

use std::process::ExitCode;

use meter::{Args, Client};

/// Makes the requests with one client for each that runs at once, prints the report, and fails where an
/// answer did.
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
