//! The stand-in as a process of its own: it remembers every request, and that is not the host's memory.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use procfs::process::Process;
use serde_json::Value;

/// A running stand-in. Dropped, it is killed.
pub struct Server {
    child: Child,
    pub base_url: String,
    pub key: String,
    /// Descriptors that it has open where nobody is connected.
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
        let said: Value = serde_json::from_str(&line).expect("JSON");
        let text = |name: &str| said[name].as_str().expect("a text").to_owned();
        let own_descriptors = descriptors(&child);
        Server { base_url: text("base-url"), key: text("key"), child, own_descriptors }
    }

    /// Connections that it has open now.
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
