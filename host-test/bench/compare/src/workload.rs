//! The workloads. Each has the same arguments for every client.

/// The clients that take part in a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Participants {
    /// All clients, including gateways.
    All,
    /// The clients in Rust, which are fast enough for so many chunks or streams.
    Rust,
    /// The clients that can list models.
    ModelListers,
    /// The clients in Node.
    Node,
    /// The test host alone.
    HostOnly,
}

/// A workload that each participant runs once in each round.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// The name on the command line and in results.
    pub name: &'static str,
    /// The description in the tables.
    pub description: &'static str,
    /// The clients that run it.
    pub participants: Participants,
    /// The arguments after the base URL.
    pub arguments: &'static [&'static str],
    /// The number of chunks that a client has to receive for each request; 0 if it is not checked, because libraries
    /// may drop reasoning or merge fragments of a call.
    pub chunks: u64,
    /// Whether the memory of the clients is read while they run.
    pub samples_memory: bool,
}

impl Workload {
    /// Whether it has several streams at once.
    pub fn is_concurrent(&self) -> bool {
        self.arguments.contains(&"-c")
    }
}

/// All workloads.
pub const WORKLOADS: &[Workload] = &[
    // The chunks are so far apart that none waits for another one: the delivery time of a chunk alone.
    Workload {
        name: "latency",
        description: "500 chunks, 2 ms apart",
        participants: Participants::All,
        arguments: &["-m", "stamped-text-c500-g2000", "-r", "2"],
        chunks: 500,
        samples_memory: false,
    },
    // The time that a user waits, over connections that exist.
    Workload {
        name: "first-token",
        description: "one chunk, requested again and again",
        participants: Participants::All,
        arguments: &["-m", "stamped-text-c1", "-r", "100"],
        chunks: 1,
        samples_memory: false,
    },
    // The time that a user of a command line waits. It includes loading the program and connecting.
    Workload {
        name: "start",
        description: "from the start of the process to the first token",
        participants: Participants::All,
        arguments: &["-m", "stamped-text-c1", "-r", "1"],
        chunks: 1,
        samples_memory: false,
    },
    // Without a pause, in a write for each event. The sender's system calls are the limit.
    Workload {
        name: "burst",
        description: "20,000 chunks, one event a write",
        participants: Participants::Rust,
        arguments: &["-m", "stamped-text-c20000", "-r", "2"],
        chunks: 20_000,
        samples_memory: false,
    },
    // The throughput: several events arrive in one read, so that a client can handle them together.
    Workload {
        name: "coalesced",
        description: "20,000 chunks, 16 events a write",
        participants: Participants::All,
        arguments: &["-m", "stamped-text-c20000-w16", "-r", "3"],
        chunks: 20_000,
        samples_memory: false,
    },
    // Reasoning has a field of its own, which the decoder must not read more slowly than text.
    Workload {
        name: "reasoning",
        description: "10,000 chunks of reasoning and 10,000 of text, 16 events a write",
        participants: Participants::Rust,
        arguments: &["-m", "stamped-reasoning-c20000-w16", "-r", "4"],
        chunks: 0,
        samples_memory: false,
    },
    // Joining fragments by copying the arguments for each of them would take quadratic time here.
    Workload {
        name: "tool-call",
        description: "a tool call of 1 MB, in 1,024 fragments",
        participants: Participants::Rust,
        arguments: &["-m", "stamped-tool-c1024-w16-l1024", "-r", "4"],
        chunks: 0,
        samples_memory: false,
    },
    // This and the next workload together show whether the time grows faster than the response.
    Workload {
        name: "one-megabyte",
        description: "a response of 1 MB, in chunks of 1 KB",
        participants: Participants::Rust,
        arguments: &["-m", "stamped-text-c1024-w16-l1024", "-r", "4"],
        chunks: 1024,
        samples_memory: false,
    },
    Workload {
        name: "ten-megabytes",
        description: "a response of 10 MB, in chunks of 1 KB",
        participants: Participants::Rust,
        arguments: &["-m", "stamped-text-c10240-w16-l1024", "-r", "4"],
        chunks: 10_240,
        samples_memory: false,
    },
    // The processor time of many streams, as in a program that runs many agents.
    Workload {
        name: "at-once-200",
        description: "200 streams at once, 200 chunks 5 ms apart",
        participants: Participants::Rust,
        arguments: &["-m", "stamped-text-c200-g5000", "-r", "400", "-c", "200"],
        chunks: 200,
        samples_memory: false,
    },
    // The memory that a client has with one stream, to be taken from that with 1,000.
    Workload {
        name: "one-stream",
        description: "one stream, 50 chunks a second",
        participants: Participants::Rust,
        arguments: &["-m", "stamped-text-c50-g20000", "-r", "1", "-c", "1"],
        chunks: 50,
        samples_memory: true,
    },
    // The memory of each stream, and how many streams one core can serve.
    Workload {
        name: "at-once-1000",
        description: "1,000 streams at once, 50 chunks a second each",
        participants: Participants::Rust,
        arguments: &["-m", "stamped-text-c100-g20000", "-r", "1000", "-c", "1000"],
        chunks: 100,
        samples_memory: true,
    },
    // What streams cost an event loop that they share with everything else.
    Workload {
        name: "node-50",
        description: "50 streams at once in Node, 200 chunks 5 ms apart",
        participants: Participants::Node,
        arguments: &["-m", "stamped-text-c200-g5000", "-r", "100", "-c", "50"],
        chunks: 200,
        samples_memory: false,
    },
    // The floor fetches the lists without parsing them, which is the time of the network alone.
    Workload {
        name: "models",
        description: "both lists of 600 models each",
        participants: Participants::ModelListers,
        arguments: &["--what", "models", "-r", "20"],
        chunks: 0,
        samples_memory: false,
    },
    // The costs that no other client has. Nothing is sent.
    Workload {
        name: "sandbox",
        description: "load a compiled plugin, make an instance, make its first call",
        participants: Participants::HostOnly,
        arguments: &["--what", "start", "-r", "20"],
        chunks: 0,
        samples_memory: false,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    // Results are stored by name, so two workloads with one name would be mixed.
    #[test]
    fn names_are_unique_and_every_workload_has_arguments() {
        for (position, workload) in WORKLOADS.iter().enumerate() {
            assert!(!workload.arguments.is_empty());
            assert!(WORKLOADS.iter().skip(position + 1).all(|other| other.name != workload.name));
        }
    }
}
