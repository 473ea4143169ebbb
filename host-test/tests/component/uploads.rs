//! Large requests are sent piece by piece: a call of `next` returns although the server does not read the request. A
//! component that waits for the server would block every other stream of an event-loop host.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use provider_host::contract::{Config, Media, MediaSource, Message, Part, Request, Role};
use provider_host::sandbox::KeyMode;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::Notify;

use crate::bench::{PATIENCE, config, open_with, unreachable_timeouts};
use crate::raw::{RawServer, STREAM_HEAD, chunk, read_request};

/// The size of the picture in bytes. All buffers on the way together hold less.
const PICTURE: usize = 20_000_000;

/// How many calls are made while the server does not read: enough to fill all buffers.
const CALLS: usize = 20;

/// A server that reads nothing until it is notified. Then it reads the request, records the length of its body, and
/// responds.
async fn pausing_server(resume: Arc<Notify>, received: Arc<AtomicUsize>) -> RawServer {
    RawServer::start(move |mut stream| {
        let (resume, received) = (Arc::clone(&resume), Arc::clone(&received));
        async move {
            resume.notified().await;
            let Some(request) = read_request(&mut stream).await else { return };
            received.store(request.body.len(), Ordering::Release);
            let event = |data: &str| chunk(format!("data: {data}\n\n").as_bytes());
            let events = [
                event(r#"{"choices":[{"delta":{"content":"a picture"},"finish_reason":"stop"}]}"#),
                event("[DONE]"),
                b"0\r\n\r\n".to_vec(),
            ];
            let _ = stream.write_all(&[STREAM_HEAD.as_bytes(), &events.concat()].concat()).await;
        }
    })
    .await
}

#[tokio::test]
async fn a_call_returns_while_the_server_does_not_read_a_request_of_20_megabytes() {
    let (resume, received) = (Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
    let server = pausing_server(Arc::clone(&resume), Arc::clone(&received)).await;
    let config = Config { timeouts: unreachable_timeouts(), ..config(&server.base_url()) };
    let mut provider = open_with(KeyMode::Injected, "sk-upload-0123456789", config).await;
    let source = MediaSource::Inline(vec![0xA5; PICTURE]);
    let picture = Part::Image(Media { source, media_type: "image/png".to_owned(), name: None });
    let mut request = Request::prompt("any", "what is this?");
    request.messages.push(Message { role: Role::User, content: vec![picture], cache_here: false });
    let completion = provider.instance.complete(&provider.client, &request).await.expect("a request");
    let mut longest = Duration::ZERO;
    for call in 0.. {
        if call == CALLS {
            resume.notify_one();
        }
        let begun = Instant::now();
        let next = provider.instance.next(&completion, 64, Duration::from_millis(20));
        // The server resumes only after these calls, so one that waits for it would never return.
        let batch = tokio::time::timeout(PATIENCE, next).await.expect("the call returns").expect("no error");
        longest = longest.max(begun.elapsed());
        assert!(
            call >= CALLS || !batch.done,
            "the completion ended although the server has not read the request"
        );
        if batch.done {
            break;
        }
    }
    println!("the longest call with a wait of 20 ms took {longest:?}");
    let length = received.load(Ordering::Acquire);
    assert!(length > PICTURE / 3 * 4, "the server received {length} bytes");
}
