//! Whether the clients that others are measured against count right.

mod stamped;

use std::process::{Command, Output};

use meter::{Report, STAMP};
use stamped::{REST, Server};

const NATIVE: &str = env!("CARGO_BIN_EXE_native");
const REQWEST: &str = env!("CARGO_BIN_EXE_reqwest_eventsource");
const ASYNC_OPENAI: &str = env!("CARGO_BIN_EXE_async_openai");
const GENAI: &str = env!("CARGO_BIN_EXE_genai");
const PEERS: [&str; 4] = [NATIVE, REQWEST, ASYNC_OPENAI, GENAI];

const KEY: &str = "sk-never-in-any-output";

/// Runs a client, and reads what it reports.
fn run(peer: &str, server: &Server, arguments: &[&str]) -> (Output, Report) {
    let output = Command::new(peer)
        .args(["--base-url", &server.base_url])
        .args(arguments)
        .env("COMETAPI_KEY", KEY)
        .env("METER_STARTED_NS", meter::now().to_string())
        .env("NO_PROXY", "127.0.0.1")
        .output()
        .unwrap();
    let (printed, told) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(!printed.contains(KEY) && !told.contains(KEY), "{peer} {arguments:?}: {printed} {told}");
    assert_eq!(printed.lines().count(), 1, "{peer} {arguments:?}: {printed} {told}");
    let report = serde_json::from_str(&printed).unwrap();
    (output, report)
}

#[test]
fn every_client_reports_the_chunks_and_bytes_that_were_sent() {
    // The peer, the kind of answer, and how many of 40 chunks its library hands over.
    let half = |peer| if peer == ASYNC_OPENAI { 20 } else { 40 };
    for peer in PEERS {
        for (model, per_answer) in [("text-40", 40), ("tool-40", 40), ("reasoning-40", half(peer))] {
            for (requests, lanes) in [(3, 1), (50, 20)] {
                let server = Server::start();
                let (requests_text, lanes_text) = (requests.to_string(), lanes.to_string());
                let arguments = ["-m", model, "--requests", &requests_text, "--concurrency", &lanes_text];
                let (output, report) = run(peer, &server, &arguments);
                assert!(output.status.success(), "{peer} {model} {requests}");
                let chunks = requests * per_answer;
                let bytes = chunks * (STAMP + REST.len()) as u64;
                let of = |phase: &meter::Phase| (phase.requests, phase.chunks);
                assert_eq!(of(&report.all), (requests, chunks), "{peer} {model}");
                assert_eq!(report.all.bytes, bytes, "{peer} {model}");
                assert_eq!(of(&report.cold), (lanes, lanes * per_answer), "{peer} {model}");
                let later = requests - lanes;
                assert_eq!(of(&report.warm.unwrap()), (later, later * per_answer), "{peer} {model}");
                assert!(report.start_us.unwrap() > 0.0 && report.all.max_us.unwrap() < 6e7, "{peer} {model}");
            }
        }
    }
}

#[test]
fn connections_are_kept() {
    for peer in PEERS {
        let server = Server::start();
        run(peer, &server, &["-m", "text-5", "--requests", "60", "--concurrency", "3"]);
        let connections = server.connections();
        if peer == NATIVE {
            assert_eq!(connections, 3);
        } else {
            // A pool gets a connection back a moment after the answer's end, and dials where it is asked before.
            assert!((3..60).contains(&connections), "{peer}: {connections}");
        }
        println!("{connections} connections for 60 answers, 3 at once: {peer}");
    }
}

#[test]
fn what_is_refused_or_cut_off_is_a_failure_and_told() {
    let server = Server::start();
    for peer in PEERS {
        for (model, chunks) in [("nothing", 0), ("cut-4", 8)] {
            let (output, report) = run(peer, &server, &["-m", model, "--requests", "2"]);
            assert_eq!(output.status.code(), Some(1), "{peer} {model}");
            assert_eq!((report.failed, report.all.chunks), (2, chunks), "{peer} {model}");
            let why = report.error.unwrap();
            assert!(model != "nothing" || why.contains("404"), "{peer}: {why}");
            assert!(String::from_utf8_lossy(&output.stderr).contains(&why), "{peer} {model}");
        }
    }
}

#[test]
fn a_client_that_cannot_connect_fails() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for peer in PEERS {
        let output = Command::new(peer)
            .args(["--base-url", &format!("http://{nobody}/v1"), "-m", "text-1"])
            .env("NO_PROXY", "127.0.0.1")
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{peer}");
        let report: Report = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((report.failed, report.all.chunks), (1, 0), "{peer}");
    }
}

#[test]
fn lists_of_models_are_fetched_where_asked_for() {
    let server = Server::start();
    let (output, report) = run(ASYNC_OPENAI, &server, &["-m", "text-1", "--models", "--requests", "3"]);
    assert!(output.status.success());
    assert_eq!((report.all.requests, report.all.chunks, report.failed), (3, 0, 0));
}
