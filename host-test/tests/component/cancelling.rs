//! Dropping a completion or an instance cancels it: in each state the server sees the connection close. A user who
//! presses Ctrl-C must not pay for the rest of a response.
//!
//! The tests print how long that takes and do not assert it, because a busy machine is slow in everything. They assert
//! an order: the connection closes before the server itself gives up.

use std::sync::Arc;
use std::time::{Duration, Instant};

use conformance::Provider;
use provider_host::contract::{Config, Discovery, Media, MediaSource, Message, Part, Request, Role};
use provider_host::sandbox::KeyMode;
use stand_in::{Outcome, StandIn};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::{Notify, mpsc};

use crate::bench::{
    CheckedCompletion as _, PATIENCE, config, open, open_with, provider, unreachable_timeouts,
};
use crate::raw::{RawServer, STREAM_HEAD, chunk, read_request};

/// How long a server keeps a connection on which nothing happens.
const SERVER_PATIENCE: Duration = Duration::from_secs(20);

/// The size of a request that is cancelled half-way, in bytes. All buffers on the way together hold less.
const UPLOAD: usize = 20_000_000;

/// The state in which a request is cancelled.
#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Handshake,
    Sending,
    BeforeTheStatus,
    BeforeTheFirstByte,
    Reading,
    Done,
}

/// An event at the server, for one connection.
enum ServerEvent {
    /// The request is in the wanted state.
    Reached,
    /// The client closed the connection, after this many further bytes. `None` if it did not and the server gave up.
    Closed(Option<usize>),
}

/// A server that brings each request into one state, and then waits until its connection closes.
struct WatchingServer {
    raw: RawServer,
    events: mpsc::UnboundedReceiver<ServerEvent>,
    /// Notified when the request has been cancelled.
    cancelled: Arc<Notify>,
}

impl WatchingServer {
    async fn start(state: State) -> WatchingServer {
        let (sender, events) = mpsc::unbounded_channel();
        let cancelled = Arc::new(Notify::new());
        let waiting = Arc::clone(&cancelled);
        let raw = RawServer::start(move |mut stream| {
            let (sender, cancelled) = (sender.clone(), Arc::clone(&waiting));
            async move {
                if bring_to(state, &mut stream).await.is_none() {
                    return;
                }
                let _ = sender.send(ServerEvent::Reached);
                if state == State::Sending {
                    // Reading earlier could drain the whole request before it is cancelled.
                    cancelled.notified().await;
                }
                let _ = sender.send(ServerEvent::Closed(closed(&mut stream, SERVER_PATIENCE).await));
            }
        })
        .await;
        WatchingServer { raw, events, cancelled }
    }

    /// Waits for the next event.
    async fn next(&mut self) -> ServerEvent {
        tokio::time::timeout(PATIENCE, self.events.recv()).await.expect("in time").expect("a connection")
    }

    fn base_url(&self, state: State) -> String {
        let scheme = if state == State::Handshake { "https" } else { "http" };
        format!("{scheme}://{}/v1", self.raw.address)
    }
}

/// Reads and writes until the request is in this state. `None` if the connection closes before.
async fn bring_to(state: State, stream: &mut TcpStream) -> Option<()> {
    if matches!(state, State::Handshake | State::Sending) {
        // The client's hello, or the first bytes of its request.
        let mut first_bytes = [0; 128];
        return stream.read_exact(&mut first_bytes).await.ok().map(drop);
    }
    read_request(stream).await?;
    let event = |text: &str| chunk(format!("data: {text}\n\n").as_bytes());
    let delta = event(r#"{"choices":[{"delta":{"content":"hi"}}]}"#);
    let end = event(r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#);
    let response: Vec<&[u8]> = match state {
        State::BeforeTheFirstByte => vec![STREAM_HEAD.as_bytes()],
        State::Reading => vec![STREAM_HEAD.as_bytes(), &delta],
        State::Done => vec![STREAM_HEAD.as_bytes(), &delta, &end, b"0\r\n\r\n"],
        _ => Vec::new(),
    };
    stream.write_all(&response.concat()).await.ok()
}

/// Reads until the other end closes the connection, and returns how many bytes arrived before. `None` if it does not
/// close within `limit`.
async fn closed(stream: &mut TcpStream, limit: Duration) -> Option<usize> {
    let mut buffer = vec![0; 64 * 1024];
    let drain = async {
        let mut count = 0;
        // A reset closes the connection as well.
        while let Ok(read @ 1..) = stream.read(&mut buffer).await {
            count += read;
        }
        count
    };
    tokio::time::timeout(limit, drain).await.ok()
}

/// A client whose deadlines are longer than the server's patience, so that no deadline closes a connection.
async fn patient_client(base_url: &str) -> Provider {
    let config = Config { timeouts: unreachable_timeouts(), max_retries: Some(0), ..config(base_url) };
    open_with(KeyMode::Injected, "sk-cancelled-0123456789", config).await
}

fn request(state: State) -> Request {
    let mut request = Request::prompt("any", "hello");
    if state == State::Sending {
        let source = MediaSource::Inline(vec![0xA5; UPLOAD]);
        let picture = Part::Image(Media { source, media_type: "image/png".to_owned(), name: None });
        request.messages.push(Message { role: Role::User, content: vec![picture], cache_here: false });
    }
    request
}

fn print_time(what: &str, begun: Instant) {
    println!("{what}: the server sees the close after {:?}", begun.elapsed());
}

#[tokio::test]
async fn dropping_a_completion_closes_its_connection_in_each_state() {
    use State::{BeforeTheFirstByte, BeforeTheStatus, Done, Handshake, Reading, Sending};
    for state in [Handshake, Sending, BeforeTheStatus, BeforeTheFirstByte, Reading, Done] {
        let mut server = WatchingServer::start(state).await;
        let mut provider = patient_client(&server.base_url(state)).await;
        let completion =
            provider.instance.complete(&provider.client, &request(state)).await.expect("a request");
        let begun = Instant::now();
        let mut done = false;
        while server.events.is_empty() || (state == Done && !done) {
            assert!(begun.elapsed() < PATIENCE, "{state:?} is never reached");
            let next = provider.instance.next(&completion, 64, Duration::from_millis(10)).await;
            done |= next.expect("no error").done;
        }
        assert!(matches!(server.next().await, ServerEvent::Reached));
        let begun = Instant::now();
        provider.instance.cancel(completion).await.expect("a completion can be dropped");
        server.cancelled.notify_one();
        if state == Done {
            // The connection of a complete response is kept for the next request until the instance is dropped.
            drop(provider);
        }
        let ServerEvent::Closed(Some(bytes)) = server.next().await else {
            panic!("{state:?}: the server gave up before the connection closed")
        };
        if state == Sending {
            println!("{state:?}: {bytes} of {UPLOAD} bytes were in transit");
            assert!(bytes < UPLOAD, "the whole request arrived although it was cancelled");
        } else {
            print_time(&format!("{state:?}"), begun);
        }
    }
}

#[tokio::test]
async fn dropping_an_instance_during_a_query_closes_its_connections() {
    for account in [false, true] {
        for state in [State::Handshake, State::BeforeTheStatus, State::BeforeTheFirstByte] {
            let what = format!("{} {state:?}", if account { "account" } else { "models" });
            let mut server = WatchingServer::start(state).await;
            let mut provider = patient_client(&server.base_url(state)).await;
            let Provider { instance, client, .. } = &mut provider;
            let query = async {
                match account {
                    true => instance.account(client).await.map(drop),
                    false => instance.models(client, Discovery::Live, Duration::ZERO).await.map(drop),
                }
            };
            tokio::select! {
                result = query => panic!("{what}: {result:?}"),
                first = server.next() => assert!(matches!(first, ServerEvent::Reached), "{what}"),
            }
            let begun = Instant::now();
            drop(provider);
            // A query for models makes two requests, and both may have reached the state.
            let end = loop {
                match server.next().await {
                    ServerEvent::Reached => {}
                    ServerEvent::Closed(end) => break end,
                }
            };
            assert!(end.is_some(), "{what}: the server gave up before the connection closed");
            print_time(&what, begun);
        }
    }
}

/// The server's queue of connections is full, so that connecting never succeeds.
#[tokio::test]
async fn a_completion_dropped_while_connecting_sends_nothing_when_the_server_accepts() {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
    let listener = socket.listen(1).expect("a listener");
    let address = listener.local_addr().expect("an address");
    let mut before = Vec::new();
    while let Ok(stream) = tokio::time::timeout(Duration::from_millis(200), TcpStream::connect(address)).await
    {
        before.push(stream.expect("a connection in the queue"));
    }
    let mut provider = patient_client(&format!("http://{address}/v1")).await;
    let completion = provider
        .instance
        .complete(&provider.client, &Request::prompt("any", "hello"))
        .await
        .expect("a request");
    let batch = provider.instance.next(&completion, 64, Duration::from_millis(200)).await;
    assert!(batch.expect("it is connecting").events.is_empty());
    provider.instance.cancel(completion).await.expect("a completion can be dropped");
    // The server accepts the queue, and later connections for longer than the system takes to repeat a connection
    // request, which is a second.
    let count = before.len();
    drop(before);
    let mut accepted = 0;
    while let Ok(next) = tokio::time::timeout(Duration::from_millis(1500), listener.accept()).await {
        let (mut stream, _) = next.expect("a connection");
        accepted += 1;
        assert_eq!(closed(&mut stream, SERVER_PATIENCE).await, Some(0), "a cancelled request was sent");
    }
    println!("{count} connections were queued before it, {accepted} were accepted");
    assert!(accepted >= count);
}

/// Checks that the stand-in reports the close, since other tests rely on its report.
#[tokio::test]
async fn the_stand_in_reports_a_cancelled_completion_as_aborted() {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    let mut provider = provider(&stand_in).await;
    let request = Request::prompt("q25-never-ends", "hello");
    let completion = provider.instance.complete(&provider.client, &request).await.expect("a request");
    while stand_in.requests().is_empty() {
        provider.instance.next(&completion, 64, Duration::from_millis(20)).await.expect("no error");
    }
    provider.instance.cancel(completion).await.expect("a completion can be dropped");
    let outcome = tokio::time::timeout(PATIENCE, stand_in.ended(0)).await.expect("the connection closes");
    assert_eq!(outcome, Outcome::Aborted);
}

#[tokio::test]
async fn a_completion_dropped_before_its_first_step_sends_nothing() {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    let mut provider = provider(&stand_in).await;
    let completion = provider
        .instance
        .complete(&provider.client, &Request::prompt("gpt-5.4-mini", "hello"))
        .await
        .expect("a request");
    provider.instance.cancel(completion).await.expect("a completion can be dropped");
    // A second completion makes the component run, so that a request of the first one would be sent by now.
    provider.complete_checked(&Request::prompt("gpt-5.4-mini", "the second")).await;
    assert_eq!(stand_in.requests().len(), 1);
}

#[tokio::test]
async fn a_completion_dropped_during_a_back_off_does_not_retry() {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    let mut config = config(&stand_in.base_url());
    config.timeouts.total_ms = Some(120_000);
    let mut provider = open(&stand_in, KeyMode::Injected, config).await;
    let request = Request::prompt("q25-asks-to-wait-a-minute", "hello");
    let completion = provider.instance.complete(&provider.client, &request).await.expect("a request");
    while stand_in.requests().is_empty() {
        provider.instance.next(&completion, 64, Duration::from_millis(20)).await.expect("no error");
    }
    // The response is complete, and the next call reads it and starts the back-off.
    tokio::time::timeout(PATIENCE, stand_in.ended(0)).await.expect("the response ends");
    let batch = provider.instance.next(&completion, 64, Duration::from_millis(200)).await;
    assert!(batch.expect("a back-off is no error").events.is_empty());
    assert_eq!(
        (stand_in.requests().len(), stand_in.connections_accepted()),
        (1, 1),
        "a back-off opens no further connection"
    );
    provider.instance.cancel(completion).await.expect("a completion can be dropped");
    // A second completion makes the component run, so that a retry that the drop triggers would be sent by now.
    provider.complete_checked(&Request::prompt("gpt-5.4-mini", "the second")).await;
    assert_eq!(stand_in.requests().len(), 2);
}
