//! The clients in Rust count chunks and bytes correctly, reuse connections, and report failures. A client that loses
//! chunks would look fast in the comparison.

mod server;

use std::process::{Command, Output};

use meter::{Report, TIMESTAMP_LEN};
use server::{REST, Server};

const NATIVE: &str = env!("CARGO_BIN_EXE_native");
const REQWEST: &str = env!("CARGO_BIN_EXE_reqwest_eventsource");
const ASYNC_OPENAI: &str = env!("CARGO_BIN_EXE_async_openai");
const GENAI: &str = env!("CARGO_BIN_EXE_genai");
const PEERS: [&str; 4] = [NATIVE, REQWEST, ASYNC_OPENAI, GENAI];

const KEY: &str = "sk-never-in-any-output";

/// Runs a client, and returns its output with the parsed report. No output may contain the key.
fn run(peer: &str, server: &Server, arguments: &[&str]) -> (Output, Report) {
    let output = Command::new(peer)
        .args(["--base-url", &server.base_url])
        .args(arguments)
        .env("COMETAPI_KEY", KEY)
        .env("METER_STARTED_NS", meter::now().to_string())
        .env("NO_PROXY", "127.0.0.1")
        .output()
        .unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(!stdout.contains(KEY) && !stderr.contains(KEY), "{peer} {arguments:?}: {stdout} {stderr}");
    assert_eq!(stdout.lines().count(), 1, "{peer} {arguments:?}: {stdout} {stderr}");
    let report = serde_json::from_str(&stdout).unwrap();
    (output, report)
}

#[test]
fn every_client_reports_the_chunks_and_bytes_that_the_server_sent() {
    // async-openai drops reasoning, which is half of the chunks of such a response.
    let reasoning = |peer| if peer == ASYNC_OPENAI { 20 } else { 40 };
    for peer in PEERS {
        for (model, per_response) in [("text-40", 40), ("tool-40", 40), ("reasoning-40", reasoning(peer))] {
            for (requests, lanes) in [(3, 1), (50, 20)] {
                let server = Server::start();
                let (requests_text, lanes_text) = (requests.to_string(), lanes.to_string());
                let arguments = ["-m", model, "--requests", &requests_text, "--concurrency", &lanes_text];
                let (output, report) = run(peer, &server, &arguments);
                assert!(output.status.success(), "{peer} {model} {requests}");
                let chunks = requests * per_response;
                let bytes = chunks * (TIMESTAMP_LEN + REST.len()) as u64;
                let counts = |phase: &meter::Phase| (phase.requests, phase.chunks);
                assert_eq!(counts(&report.all), (requests, chunks), "{peer} {model}");
                assert_eq!(report.all.bytes, bytes, "{peer} {model}");
                assert_eq!(counts(&report.cold), (lanes, lanes * per_response), "{peer} {model}");
                let later = requests - lanes;
                assert_eq!(counts(&report.warm.unwrap()), (later, later * per_response), "{peer} {model}");
                // A delay is shorter than the run that it is part of, on any machine.
                let wall_us = report.all.wall_s * 1e6;
                assert!(report.start_us.unwrap() > 0.0, "{peer} {model}");
                assert!(report.all.max_us.unwrap() <= wall_us, "{peer} {model}");
            }
        }
    }
}

#[test]
fn connections_are_reused() {
    for peer in PEERS {
        let server = Server::start();
        run(peer, &server, &["-m", "text-5", "--requests", "60", "--concurrency", "3"]);
        let connections = server.connections();
        if peer == NATIVE {
            assert_eq!(connections, 3);
        } else {
            // A pool gets a connection back some time after the end of the response. A request that comes earlier
            // opens another one, so the number depends on the machine.
            assert!((3..60).contains(&connections), "{peer}: {connections}");
        }
        println!("{connections} connections for 60 requests, 3 at the same time: {peer}");
    }
}

#[test]
fn a_rejected_request_and_a_cut_stream_are_failures_with_a_message() {
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
    // A bound socket that does not listen: connections are refused, and no other process can get the port.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    for peer in PEERS {
        let output = Command::new(peer)
            .args(["--base-url", &format!("http://{address}/v1"), "-m", "text-1"])
            .env("NO_PROXY", "127.0.0.1")
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{peer}");
        let report: Report = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((report.failed, report.all.chunks), (1, 0), "{peer}");
    }
}

#[test]
fn the_option_models_fetches_the_list_of_models() {
    let server = Server::start();
    let (output, report) = run(ASYNC_OPENAI, &server, &["-m", "text-1", "--models", "--requests", "3"]);
    assert!(output.status.success());
    assert_eq!((report.all.requests, report.all.chunks, report.failed), (3, 0, 0));
}
