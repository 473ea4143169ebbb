//! The stand-in as a separate process: it records every request, and its memory must not count as the host's.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use procfs::process::Process;
use serde_json::Value;

/// A running stand-in, which is killed on drop.
pub struct Server {
    child: Child,
    pub base_url: String,
    pub key: String,
    /// The number of descriptors that it has open without any connection.
    own_descriptors: usize,
}

impl Server {
    pub fn start() -> Server {
        let mut command = Command::new(env!("CARGO_BIN_EXE_host-test"));
        command.args(["stand-in", "--json", "--port", "0"]).env_clear();
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("a stand-in");
        let mut line = String::new();
        let output = child.stdout.take().expect("its output");
        BufReader::new(output).read_line(&mut line).expect("its address");
        let address: Value = serde_json::from_str(&line).expect("JSON");
        let text = |name: &str| address[name].as_str().expect("a text").to_owned();
        let own_descriptors = descriptors(&child);
        Server { base_url: text("base-url"), key: text("key"), child, own_descriptors }
    }

    /// The number of connections that it has open now. Each is one descriptor.
    pub fn connections(&self) -> usize {
        let all = descriptors(&self.child);
        all.checked_sub(self.own_descriptors).expect("it keeps its own descriptors")
    }
}

fn descriptors(child: &Child) -> usize {
    let process = i32::try_from(child.id()).ok().and_then(|id| Process::new(id).ok());
    process.and_then(|process| process.fd_count().ok()).expect("the server's descriptors")
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
