//! Back-pressure: while a host does not call `next`, the server's writes block, and later no byte is missing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use provider_host::contract::{Config, Event, Request};
use tokio::io::AsyncWriteExt;

use crate::bench::{PATIENCE, config, instance, unreachable_timeouts};
use crate::raw::{RawServer, STREAM_HEAD, chunk, read_request};

/// The number of deltas in the response, each with its number: 24 MiB, which is more than [`BOUND`], so that a host
/// without back-pressure fails the test.
const DELTAS: usize = 24 * 1024;
/// The length of each delta in characters.
const SIZE: usize = 1024;

/// The most bytes in transit while nothing is read. Nearly all of them are in the system's socket buffers, whose size
/// the system adapts.
const BOUND: u64 = 16 << 20;

/// The server counts as blocked if it writes nothing for this long. A pause of the machine that is as long only makes
/// the test less strict.
const QUIET: Duration = Duration::from_secs(1);

fn delta(number: usize) -> String {
    format!("{number:08}{}", "x".repeat(SIZE - 8))
}

/// A server that writes as fast as it can, and counts the bytes.
async fn fast_server(written: Arc<AtomicU64>) -> RawServer {
    RawServer::start(move |mut stream| {
        let written = Arc::clone(&written);
        async move {
            if read_request(&mut stream).await.is_none() {
                return;
            }
            let _ = stream.write_all(STREAM_HEAD.as_bytes()).await;
            let end = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"
                .to_owned();
            let deltas = (0..DELTAS).map(|number| {
                format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{}\"}}}}]}}\n\n", delta(number))
            });
            let events: Vec<String> = deltas.chain([end]).collect();
            for some in events.chunks(64) {
                let bytes = chunk(some.concat().as_bytes());
                if stream.write_all(&bytes).await.is_err() {
                    return;
                }
                written.fetch_add(bytes.len() as u64, Ordering::AcqRel);
            }
            let _ = stream.write_all(b"0\r\n\r\n").await;
        }
    })
    .await
}

/// Waits until the server's writes are blocked, and returns how many bytes it wrote.
async fn blocked(written: &AtomicU64) -> u64 {
    let mut before = 0;
    loop {
        tokio::time::sleep(QUIET).await;
        let now = written.load(Ordering::Acquire);
        if now == before && now > 0 {
            return now;
        }
        before = now;
    }
}

#[tokio::test]
async fn a_server_is_blocked_while_the_host_does_not_read_and_no_delta_is_lost() {
    let written = Arc::new(AtomicU64::new(0));
    let server = fast_server(Arc::clone(&written)).await;
    let mut instance = instance(&server.base_url(), None).await;
    let config = Config { timeouts: unreachable_timeouts(), ..config(&server.base_url()) };
    let client = instance.open(&config).await.expect("a good configuration");
    let completion = instance.complete(&client, &Request::prompt("any", "hello")).await.expect("a request");
    let first = instance.next(&completion, 2, Duration::from_secs(10)).await.expect("a beginning");
    let bytes = tokio::time::timeout(PATIENCE, blocked(&written)).await.expect("the server blocks");
    println!("the server is blocked after {bytes} bytes");
    assert!(bytes < BOUND, "{bytes} bytes are buffered on the way");

    let mut next = 0;
    let mut batch = first;
    loop {
        for event in batch.events {
            if let Event::BlockDelta(delta) = event {
                // The component may merge deltas, but their text stays in order and complete.
                assert!(delta.text.len().is_multiple_of(SIZE), "{}", delta.text.len());
                for piece in delta.text.as_bytes().chunks(SIZE) {
                    assert_eq!(std::str::from_utf8(piece), Ok(self::delta(next).as_str()));
                    next += 1;
                }
            }
        }
        if batch.done {
            break;
        }
        batch = instance.next(&completion, 64, Duration::from_secs(10)).await.expect("no error");
    }
    assert_eq!(next, DELTAS);
}
