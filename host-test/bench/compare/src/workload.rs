//! What is measured: one row is one workload, the same for every client.

/// Which clients take part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// All of them, gateways too.
    Everybody,
    /// Those that can do so much at once, or for so long: the ones in Rust.
    Rust,
    /// Those that can list models.
    Listers,
    /// The harness alone.
    Own,
}

/// One thing that all clients do.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// Its name, on the command line and in results.
    pub name: &'static str,
    /// What happens, for people.
    pub what: &'static str,
    /// Who does it.
    pub who: Who,
    /// The arguments after the base URL.
    pub arguments: &'static [&'static str],
    /// What an answer has to come to, in chunks, of each request; 0 where chunks are not counted.
    pub chunks: u64,
}

/// All of them.
pub const WORKLOADS: &[Workload] = &[
    Workload {
        name: "latency",
        what: "500 chunks, 2 ms apart",
        who: Who::Everybody,
        arguments: &["-m", "stamped-text-c500-g2000", "-r", "2"],
        chunks: 500,
    },
    Workload {
        name: "first-token",
        what: "one chunk, asked for again and again",
        who: Who::Everybody,
        arguments: &["-m", "stamped-text-c1", "-r", "100"],
        chunks: 1,
    },
    Workload {
        name: "start",
        what: "from the start of the process to the first token",
        who: Who::Everybody,
        arguments: &["-m", "stamped-text-c1", "-r", "1"],
        chunks: 1,
    },
    Workload {
        name: "burst",
        what: "20,000 chunks, one event a write",
        who: Who::Rust,
        arguments: &["-m", "stamped-text-c20000", "-r", "2"],
        chunks: 20_000,
    },
    Workload {
        name: "coalesced",
        what: "20,000 chunks, 16 events a write",
        who: Who::Everybody,
        arguments: &["-m", "stamped-text-c20000-w16", "-r", "3"],
        chunks: 20_000,
    },
    Workload {
        name: "reasoning",
        what: "10,000 chunks of reasoning and 10,000 of text, 16 events a write",
        who: Who::Rust,
        arguments: &["-m", "stamped-reasoning-c20000-w16", "-r", "4"],
        chunks: 0,
    },
    Workload {
        name: "tool-call",
        what: "a tool call of 1 MB, in 1,024 fragments",
        who: Who::Rust,
        arguments: &["-m", "stamped-tool-c1024-w16-l1024", "-r", "4"],
        chunks: 0,
    },
    Workload {
        name: "one-megabyte",
        what: "a response of 1 MB, in chunks of 1 KB",
        who: Who::Rust,
        arguments: &["-m", "stamped-text-c1024-w16-l1024", "-r", "4"],
        chunks: 1024,
    },
    Workload {
        name: "ten-megabytes",
        what: "a response of 10 MB, in chunks of 1 KB",
        who: Who::Rust,
        arguments: &["-m", "stamped-text-c10240-w16-l1024", "-r", "4"],
        chunks: 10_240,
    },
    Workload {
        name: "at-once-200",
        what: "200 streams at once, 200 chunks 5 ms apart",
        who: Who::Rust,
        arguments: &["-m", "stamped-text-c200-g5000", "-r", "400", "-c", "200"],
        chunks: 200,
    },
    Workload {
        name: "at-once-1000",
        what: "1,000 streams at once, 50 chunks a second each",
        who: Who::Rust,
        arguments: &["-m", "stamped-text-c100-g20000", "-r", "1000", "-c", "1000"],
        chunks: 100,
    },
    Workload {
        name: "models",
        what: "both lists of 600 models each",
        who: Who::Listers,
        arguments: &["--what", "models", "-r", "20"],
        chunks: 0,
    },
    Workload {
        name: "sandbox",
        what: "load a compiled plugin, make an instance, make its first call",
        who: Who::Own,
        arguments: &["--what", "start", "-r", "20"],
        chunks: 0,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_no_workload_is_without_arguments() {
        for (place, workload) in WORKLOADS.iter().enumerate() {
            assert!(!workload.arguments.is_empty());
            assert!(WORKLOADS.iter().skip(place + 1).all(|other| other.name != workload.name));
        }
    }
}
