//! The programs that are measured, and the server that they are measured against.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;
use serde_json::Value;

use crate::results::OURS;
use crate::workload::{Who, Workload};

/// The key that everybody sends. It is long enough to be looked for in answers, as a real one is.
const KEY: &str = "sk-compare-0123456789abcdef0123456789abcdef";

/// How long a gateway may take until it answers.
const READY: Duration = Duration::from_secs(120);

/// A client, as `scripts/bench-peers` tells of it.
#[derive(Clone, Debug, Deserialize)]
pub struct Peer {
    /// Its command line, before the base URL.
    pub command: Vec<String>,
    /// Which version it is.
    #[serde(default)]
    pub version: String,
    /// The gateway that its requests go through, if it is one.
    pub gateway: Option<Gateway>,
}

/// A server between the client and the stamped server.
#[derive(Clone, Debug, Deserialize)]
pub struct Gateway {
    /// What starts it.
    pub start: Vec<String>,
    /// Its own base URL.
    pub base_url: String,
}

impl Peer {
    /// Whether it takes part in a workload.
    pub fn does(&self, name: &str, workload: &Workload) -> bool {
        let rust = ["native", "reqwest+eventsource-stream", "async-openai", "genai"].contains(&name);
        match workload.who {
            _ if name == OURS => true,
            Who::Everybody => true,
            Who::Rust => rust,
            Who::Listers => name == "native" || name == "async-openai",
            Who::Own => false,
        }
    }

    /// Runs it, and returns the line that it prints.
    pub fn run(&self, name: &str, workload: &Workload, base_url: &str) -> Result<Value> {
        let mut command = command(&self.command)?;
        if workload.who != Who::Own {
            command.args(["--base-url", base_url]);
        }
        // The floor and the peers have a flag of their own for lists.
        match (workload.who, name == OURS) {
            (Who::Listers, false) => command.args(["--models", "-m", "none", "-r", "20"]),
            _ => command.args(workload.arguments),
        };
        let output = command
            .env("METER_STARTED_NS", meter::now().to_string())
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("{name} does not start"))?;
        let line = String::from_utf8_lossy(&output.stdout);
        let said = || String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or_default().to_owned();
        ensure!(output.status.success(), "{name} failed at {}: {}", workload.name, said());
        let line: Value = serde_json::from_str(line.lines().last().unwrap_or_default())
            .with_context(|| format!("{name} printed no JSON at {}: {}", workload.name, said()))?;
        if workload.chunks > 0 {
            let (chunks, requests) = (&line["chunks"], line["requests"].as_u64().unwrap_or(0));
            let wanted = workload.chunks * requests;
            ensure!(
                chunks.as_u64() == Some(wanted),
                "{name} got {chunks} chunks of {wanted} at {}",
                workload.name
            );
        }
        Ok(line)
    }
}

/// A process that ends with this.
pub struct Server {
    process: Child,
    /// Where it answers.
    pub base_url: String,
}

impl Server {
    /// Starts the stamped server.
    pub fn stamped(host_test: &Path) -> Result<Server> {
        let mut process = Command::new(host_test)
            .args(["stand-in", "--stamped", "--json"])
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{} does not start", host_test.display()))?;
        let mut line = String::new();
        let stdout = process.stdout.take().context("the stamped server has no output")?;
        BufReader::new(stdout).read_line(&mut line)?;
        let told: Value = serde_json::from_str(&line).context("the stamped server told no address")?;
        let base_url = told["base-url"].as_str().context("the stamped server told no address")?.to_owned();
        Ok(Server { process, base_url })
    }

    /// Starts a gateway in front of the stamped server, and waits until it passes an answer on.
    pub fn gateway(name: &str, peer: &Peer, gateway: &Gateway) -> Result<Server> {
        let process = command(&gateway.start)?.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let server = Server { process, base_url: gateway.base_url.clone() };
        let begun = Instant::now();
        let probe = Workload {
            name: "probe",
            what: "",
            who: Who::Everybody,
            arguments: &["-m", "stamped-text-c1", "-r", "1"],
            chunks: 1,
        };
        loop {
            match peer.run(name, &probe, &server.base_url) {
                Ok(_) => return Ok(server),
                Err(why) if begun.elapsed() > READY => {
                    bail!("{name} is not ready after {READY:?}: {why:#}")
                }
                Err(_) => std::thread::sleep(Duration::from_millis(500)),
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It is gone either way.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// All clients: the harness, and those that a script installs and prints, with the gateways in front of a
/// server.
pub fn all(host_test: &Path, script: Option<&Path>, server: &str) -> Result<BTreeMap<String, Peer>> {
    let mut all: BTreeMap<String, Peer> = BTreeMap::new();
    if let Some(script) = script {
        let output = Command::new(script).args(["--gateways", server]).stderr(Stdio::inherit()).output()?;
        ensure!(output.status.success(), "{} failed; see above", script.display());
        all = serde_json::from_slice(&output.stdout)
            .with_context(|| format!("{} printed no list of clients", script.display()))?;
    }
    let command = vec![host_test.display().to_string(), "measure".to_owned()];
    all.insert(OURS.to_owned(), Peer { command, version: String::new(), gateway: None });
    Ok(all)
}

fn command(line: &[String]) -> Result<Command> {
    let (program, arguments) = line.split_first().context("a client without a command")?;
    let mut command = Command::new(program);
    command.args(arguments).env("COMETAPI_KEY", KEY);
    // The libraries would obey them, and loopback is no way for a proxy.
    for name in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env_remove(name);
    }
    Ok(command)
}
