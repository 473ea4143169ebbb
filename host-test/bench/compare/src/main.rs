//! Measures the plugin in its test host beside other clients, in one interleaved run: in each round every client runs
//! every workload once with the same server, and the result is the median of the rounds.
//!
//! The run is interleaved because a machine gets slower and faster within minutes: clients that are measured one after
//! the other would be measured on different machines.

mod clients;
mod lanes;
mod memory;
mod picture;
mod results;
mod table;
mod targets;
mod workload;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};

use clients::{Peer, Server};
use results::Results;
use workload::{WORKLOADS, Workload};

#[derive(Parser)]
#[command(after_help = "\
Examples:
  make bench                              everything, seven rounds
  make bench ROUNDS=1                     a quick look
  compare … --workload latency --client native
  compare … --saved results.json          the tables of an earlier run again")]
struct Cli {
    /// The test host.
    #[arg(long, value_name = "FILE", default_value = "host-test")]
    host_test: PathBuf,
    /// The script that installs the other clients and lists them: scripts/bench-peers.
    #[arg(long, value_name = "FILE")]
    peers: Option<PathBuf>,
    /// The number of rounds.
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Run only this workload; can be repeated.
    #[arg(long, value_name = "NAME")]
    workload: Vec<String>,
    /// Run only this client; can be repeated.
    #[arg(long, value_name = "NAME")]
    client: Vec<String>,
    /// The component, whose size is reported.
    #[arg(long, value_name = "FILE")]
    component: Option<PathBuf>,
    /// Print all results and verdicts as JSON and nothing else.
    #[arg(long)]
    json: bool,
    /// Write all results to this file, as JSON.
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Read the results of an earlier run from this file, and measure nothing.
    #[arg(long, value_name = "FILE")]
    saved: Option<PathBuf>,
    /// Write the picture to this file, as SVG.
    #[arg(long, value_name = "FILE")]
    picture: Option<PathBuf>,
    /// Replace the tables between the two marks in this file.
    #[arg(long, value_name = "FILE")]
    document: Option<PathBuf>,
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    let results = match &cli.saved {
        Some(file) => serde_json::from_str(&fs::read_to_string(file)?)
            .with_context(|| format!("{} is not a saved run", file.display()))?,
        None => measure(&cli)?,
    };
    if let Some(file) = &cli.save {
        fs::write(file, serde_json::to_string_pretty(&results)? + "\n")?;
    }
    if let Some(file) = &cli.picture {
        fs::write(file, picture::svg(&results))?;
    }
    if let Some(file) = &cli.document {
        table::replace(&results, file)?;
    }
    match cli.json {
        true => {
            let mut all = serde_json::to_value(&results)?;
            all["verdicts"] = serde_json::to_value(targets::rows(&results))?;
            println!("{all}");
        }
        false => println!("{}", table::for_terminal(&results)),
    }
    Ok(())
}

/// Runs all rounds.
fn measure(cli: &Cli) -> Result<Results> {
    let server = Server::latency_server(&cli.host_test)?;
    let mut peers = clients::all(&cli.host_test, cli.peers.as_deref(), &server.base_url)?;
    for name in &cli.client {
        ensure!(peers.contains_key(name), "no client is called {name:?}; there are {:?}", peers.keys());
    }
    peers.retain(|name, _| cli.client.is_empty() || cli.client.contains(name));
    for name in &cli.workload {
        ensure!(WORKLOADS.iter().any(|workload| workload.name == name), "no workload is called {name:?}");
    }
    let chosen: Vec<&Workload> = WORKLOADS
        .iter()
        .filter(|workload| cli.workload.is_empty() || cli.workload.iter().any(|name| name == workload.name))
        .collect();
    // Before the first round, so that the time in which gateways start does not disturb a measurement.
    let gateways = gateways(&mut peers);
    let mut results = Results {
        machine: machine(),
        rounds: cli.rounds as usize,
        versions: peers.iter().map(|(name, peer)| (name.clone(), peer.version.clone())).collect(),
        component_bytes: cli
            .component
            .as_ref()
            .and_then(|file| fs::metadata(file).ok())
            .map(|data| data.len()),
        ..Results::default()
    };
    let has_shared = peers.contains_key(results::OURS);
    let runs: Vec<(&Workload, &String, &Peer)> = chosen
        .iter()
        .flat_map(|workload| peers.iter().map(move |(name, peer)| (*workload, name, peer)))
        .filter(|(workload, name, peer)| peer.takes_part(name, workload, has_shared))
        .collect();
    let bar = ProgressBar::new(runs.len() as u64 * u64::from(cli.rounds));
    bar.set_style(ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed}, {eta} left  {wide_msg}")?);
    // Every client once, and then the next round: a disturbance of the machine then costs all clients a round, and not
    // one client all its rounds.
    for _ in 0..cli.rounds {
        for (workload, name, peer) in &runs {
            bar.set_message(format!("{} · {name}", workload.name));
            let base_url = gateways.get(*name).map_or(&server.base_url, |gateway| &gateway.base_url);
            match peer.run(name, workload, base_url) {
                Ok(line) => results.add(workload.name, name, line),
                // Another client may fail at a workload; the run continues and reports it. Without the test host or
                // the floor there is nothing to compare.
                Err(why) if !results::is_ours(name) && *name != results::NATIVE => {
                    bar.suspend(|| eprintln!("left out: {why:#}"));
                }
                Err(why) => return Err(why),
            }
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    Ok(results)
}

/// Starts the gateways. One that does not start is left out, with a message.
fn gateways(peers: &mut BTreeMap<String, Peer>) -> BTreeMap<String, Server> {
    let mut started = BTreeMap::new();
    peers.retain(|name, peer| {
        let Some(gateway) = &peer.gateway else { return true };
        match Server::gateway(name, peer, gateway) {
            Ok(server) => started.insert(name.clone(), server).is_none(),
            Err(why) => {
                eprintln!("left out: {why:#}");
                false
            }
        }
    });
    started
}

/// The processor, the number of its cores, and the system, which a reader needs to judge the figures.
fn machine() -> String {
    let read = |file: &str| fs::read_to_string(file).unwrap_or_default();
    let processors = read("/proc/cpuinfo");
    let named = processors.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let name = named.map_or("an unknown processor", |(_, name)| name.trim());
    let count = std::thread::available_parallelism().map_or(0, usize::from);
    let system = read("/proc/sys/kernel/osrelease");
    format!("{name}, {count} cores, Linux {}", system.trim())
}
