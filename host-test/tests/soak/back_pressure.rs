//! A host that stops calling `next`: the rest of the response waits at the server, and not in this process.

use std::time::Duration;

use provider_host::contract::Request;
use tokio::io::AsyncWriteExt;

use crate::completions::{open, prepared};
use crate::raw::{RawServer, STREAM_HEAD, chunk, read_request};
use crate::resources::{Mebibytes, exclusive, memory};

/// The growth of the memory that passes while nothing is read. The system's buffers do not count as memory of the
/// process, and the buffers of the HTTP library and of the component are a fraction of this.
const MOST: u64 = 8 << 20;

/// A server whose response never ends and is sent as fast as the client reads.
async fn endless_server() -> RawServer {
    RawServer::start(|mut stream| async move {
        let Some(request) = read_request(&mut stream).await else { return };
        assert_eq!(request.path(), "/v1/chat/completions");
        if stream.write_all(STREAM_HEAD.as_bytes()).await.is_err() {
            return;
        }
        let line = "data: {\"choices\":[{\"delta\":{\"content\":\"on and on \"}}]}\n\n";
        let piece = chunk(line.repeat(64 * 1024 / line.len()).as_bytes());
        while stream.write_all(&piece).await.is_ok() {}
    })
    .await
}

/// Starts completions, reads one batch of each, and measures the memory while nothing is read for `pause`.
async fn measure_pause(pause: Duration, completions: usize) {
    let server = endless_server().await;
    let base_url = server.base_url();
    let prepared = prepared();
    let mut open_ones = Vec::new();
    for _ in 0..completions {
        let (mut instance, client) = open(&prepared, &base_url, "sk-soak-0123456789").await;
        let completion =
            instance.complete(&client, &Request::prompt("any", "hello")).await.expect("a request");
        let batch = instance.next(&completion, 1, Duration::from_secs(10)).await.expect("a beginning");
        assert!(!batch.done);
        open_ones.push((instance, client, completion));
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let early = memory();
    let mut most = early;
    let until = tokio::time::Instant::now() + pause;
    while tokio::time::Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(50)).await;
        most = most.max(memory());
    }
    println!(
        "{completions} endless responses, nothing read for {pause:?}: memory {} at first, {} at most",
        Mebibytes(early),
        Mebibytes(most)
    );
    assert!(most <= early + MOST, "the host buffers what nobody reads");
    for (instance, _, completion) in &mut open_ones {
        let batch = instance.next(completion, 64, Duration::from_secs(10)).await.expect("it goes on");
        assert!(!batch.events.is_empty() && !batch.done);
    }
    drop(open_ones);
}

fn run(pause: Duration, completions: usize) {
    let _exclusive = exclusive();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(measure_pause(pause, completions));
}

#[test]
fn memory_stays_flat_while_nothing_is_read() {
    run(Duration::from_secs(2), 8);
}

#[test]
#[ignore = "long: make soak"]
fn memory_stays_flat_while_nothing_is_read_for_a_minute() {
    run(Duration::from_secs(60), 50);
}
