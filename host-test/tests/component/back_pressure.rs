//! A host that is slow to ask slows the server down, and loses nothing by it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use conformance::Hosting;
use provider_host::contract::{Config, Event, Request, Timeouts};
use tokio::io::AsyncWriteExt;

use crate::bench::{PATIENCE, config, instance};
use crate::raw::{RawServer, STREAM_HEAD, chunk, read_request};

/// Deltas of the whole answer, each with its number; more than all buffers on the way can hold.
const DELTAS: usize = 24 * 1024;
/// Characters of each.
const SIZE: usize = 1024;

/// Bytes that may be on their way while nobody asks. Those in the system's buffers are nearly all of it.
const BOUND: u64 = 16 << 20;

fn delta(number: usize) -> String {
    format!("{number:08}{}", "x".repeat(SIZE - 8))
}

/// A server that writes as fast as it can, and counts what it wrote.
async fn fast(written: Arc<AtomicU64>) -> RawServer {
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

/// Waits until the server is stuck: what it wrote stays the same for a while.
async fn stuck(written: &AtomicU64) -> u64 {
    let mut before = 0;
    loop {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let now = written.load(Ordering::Acquire);
        if now == before && now > 0 {
            return now;
        }
        before = now;
    }
}

#[tokio::test]
async fn a_server_is_held_up_while_nobody_asks_and_nothing_is_lost_when_somebody_does() {
    for hosting in [Hosting::Waits, Hosting::Steps] {
        let written = Arc::new(AtomicU64::new(0));
        let server = fast(Arc::clone(&written)).await;
        let mut instance = instance(&server.base_url(), hosting, None).await;
        let long = Some(600_000);
        let timeouts = Timeouts { connect_ms: long, first_byte_ms: long, idle_ms: long, total_ms: long };
        let config = Config { timeouts, ..config(&server.base_url()) };
        let client = instance.open(&config).await.expect("a good configuration");
        let completion =
            instance.complete(&client, &Request::prompt("any", "hello")).await.expect("a request");
        let first = instance.next(&completion, 2, Duration::from_secs(10)).await.expect("a beginning");
        let held_up = tokio::time::timeout(PATIENCE, stuck(&written)).await.expect("the server is held up");
        tokio::time::sleep(Duration::from_millis(700)).await;
        assert_eq!(written.load(Ordering::Acquire), held_up, "the server writes on though nobody asks");
        println!("{hosting:?}: the server is held up after {held_up} bytes");
        assert!(held_up < BOUND, "{held_up} bytes wait somewhere");

        let mut next = 0;
        let mut batch = first;
        loop {
            for event in batch.events {
                if let Event::BlockDelta(delta) = event {
                    // The component may join or cut deltas; their text stays in order and whole.
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
        assert_eq!(next, DELTAS, "{hosting:?}");
    }
}
