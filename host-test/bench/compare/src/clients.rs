//! The client programs, the gateways, and the latency server that all of them use.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;
use serde_json::Value;

use crate::lanes;
use crate::memory::{Memory, Sampler};
use crate::results::{EACH, is_ours};
use crate::workload::{Participants, Workload};

/// The key that all clients send. It is as long as a real one, because the host searches responses for it, which takes
/// time.
const KEY: &str = "sk-compare-0123456789abcdef0123456789abcdef";

/// The longest time that a gateway may take to start. Gateways in Python and Node load their libraries first.
const READY: Duration = Duration::from_secs(120);

/// A client in the list that `scripts/bench-peers` prints.
#[derive(Clone, Debug, Deserialize)]
pub struct Peer {
    /// The command line without the base URL.
    pub command: Vec<String>,
    /// The version of the library.
    #[serde(default)]
    pub version: String,
    /// The gateway through which its requests go, if the peer is a gateway.
    pub gateway: Option<Gateway>,
}

/// A server between a client and the latency server.
#[derive(Clone, Debug, Deserialize)]
pub struct Gateway {
    /// The command line that starts it.
    pub start: Vec<String>,
    /// Its base URL.
    pub base_url: String,
}

impl Peer {
    /// Whether it takes part in a workload. `has_shared`: one of the clients is the component with a shared instance.
    pub fn takes_part(&self, name: &str, workload: &Workload, has_shared: bool) -> bool {
        // By name, because the list of clients does not contain their language.
        let rust = ["native", "reqwest+eventsource", "async-openai", "genai"].contains(&name);
        match workload.participants {
            // With one stream at a time there is one instance in both lanes, so one of them runs.
            _ if name == EACH && has_shared => workload.is_concurrent(),
            Participants::Node => name.ends_with("(Node)"),
            _ if is_ours(name) => true,
            Participants::All => true,
            Participants::Rust => rust,
            Participants::ModelListers => name == "native" || name == "async-openai",
            Participants::HostOnly => false,
        }
    }

    /// Runs a workload, and returns the line of JSON that the client prints. A client that receives other than the
    /// expected number of chunks is an error, because losing chunks would make it look fast.
    pub fn run(&self, name: &str, workload: &Workload, base_url: &str) -> Result<Value> {
        let mut command = command(&self.command)?;
        if workload.participants != Participants::HostOnly {
            command.args(["--base-url", base_url]);
        }
        // The option for lists differs between the host and the other clients.
        match (workload.participants, is_ours(name)) {
            (Participants::ModelListers, false) => command.args(["--models", "-m", "none", "-r", "20"]),
            _ => command.args(workload.arguments),
        };
        let process = command
            .env("METER_STARTED_NS", meter::now().to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("{name} does not start"))?;
        let sampler = workload.samples_memory.then(|| Sampler::start(process.id()));
        let output = process.wait_with_output().with_context(|| format!("{name} does not end"))?;
        let peak = sampler.and_then(Sampler::stop);
        let line = String::from_utf8_lossy(&output.stdout);
        let last_message =
            || String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or_default().to_owned();
        ensure!(output.status.success(), "{name} failed at {}: {}", workload.name, last_message());
        let mut line: Value = serde_json::from_str(line.lines().last().unwrap_or_default())
            .with_context(|| format!("{name} printed no JSON at {}: {}", workload.name, last_message()))?;
        if workload.chunks > 0 {
            let (chunks, requests) = (&line["chunks"], line["requests"].as_u64().unwrap_or(0));
            let wanted = workload.chunks * requests;
            ensure!(
                chunks.as_u64() == Some(wanted),
                "{name} received {chunks} chunks of {wanted} at {}",
                workload.name
            );
        }
        if let (Value::Object(fields), Some(peak)) = (&mut line, peak) {
            fields.insert("peak_kb".to_owned(), Memory::json(peak));
        }
        Ok(line)
    }
}

/// A server process, which is killed on drop.
pub struct Server {
    process: Child,
    /// The base URL for clients.
    pub base_url: String,
}

impl Server {
    /// Starts the latency server. It is a separate process, so that its processor time does not count as the client's.
    pub fn latency_server(host_test: &Path) -> Result<Server> {
        let mut process = Command::new(host_test)
            .args(["stand-in", "--stamped", "--json"])
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{} does not start", host_test.display()))?;
        let mut line = String::new();
        let stdout = process.stdout.take().context("the latency server has no output")?;
        BufReader::new(stdout).read_line(&mut line)?;
        let no_address = || format!("the latency server printed no address, but: {line}");
        let address: Value = serde_json::from_str(&line).with_context(no_address)?;
        let base_url = address["base-url"].as_str().with_context(no_address)?.to_owned();
        Ok(Server { process, base_url })
    }

    /// Starts a gateway in front of the latency server, and waits until it forwards a response. A connection alone
    /// would only show that it listens.
    pub fn gateway(name: &str, peer: &Peer, gateway: &Gateway) -> Result<Server> {
        let process = command(&gateway.start)?.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let server = Server { process, base_url: gateway.base_url.clone() };
        let begun = Instant::now();
        let probe = Workload {
            name: "probe",
            description: "",
            participants: Participants::All,
            arguments: &["-m", "stamped-text-c1", "-r", "1"],
            chunks: 1,
            samples_memory: false,
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
        // An error means that the process has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// All clients: the lanes of the test host, and those that the script installs and lists. The gateways forward to `server`.
pub fn all(host_test: &Path, script: Option<&Path>, server: &str) -> Result<BTreeMap<String, Peer>> {
    let mut all: BTreeMap<String, Peer> = BTreeMap::new();
    if let Some(script) = script {
        let output = Command::new(script).args(["--gateways", server]).stderr(Stdio::inherit()).output()?;
        ensure!(output.status.success(), "{} failed; see above", script.display());
        all = serde_json::from_slice(&output.stdout)
            .with_context(|| format!("{} printed no list of clients", script.display()))?;
    }
    all.extend(lanes::of(host_test)?.into_iter().map(|(name, lane)| (name.to_owned(), lane)));
    Ok(all)
}

/// The command of a client, with the key in its environment. In the arguments other users of the machine could see it.
fn command(line: &[String]) -> Result<Command> {
    let (program, arguments) = line.split_first().context("a client without a command")?;
    let mut command = Command::new(program);
    command.args(arguments).env("COMETAPI_KEY", KEY);
    // The libraries use these variables, and a proxy cannot reach the loopback address of this machine.
    for name in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env_remove(name);
    }
    Ok(command)
}
