//! Dropping is cancelling: in each state the server sees the connection close.
//!
//! How long that takes is printed. What is asserted is an order, for a machine under load is slow in
//! everything: the close comes before the server itself gives up.

use std::time::{Duration, Instant};

use conformance::{Hosting, Provider};
use provider_host::contract::{
    Config, Discovery, Media, MediaSource, Message, Part, Request, Role, Timeouts,
};
use provider_host::sandbox::KeyMode;
use stand_in::{Outcome, StandIn};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::mpsc;

use crate::bench::{PATIENCE, config, open, open_with, provider};
use crate::raw::{RawServer, STREAM_HEAD, chunk, read_request};

/// How long a server keeps a connection on which nothing happens.
const SERVERS_PATIENCE: Duration = Duration::from_secs(20);

/// Bytes of a request that is cancelled half-way: more than all buffers on the way can hold.
const UPLOAD: usize = 20_000_000;

/// Where a request is when it is cancelled.
#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Handshake,
    Sending,
    BeforeTheStatus,
    BeforeTheFirstByte,
    Reading,
    Done,
}

/// What a server tells of one connection.
enum Seen {
    /// The request is in the state that was asked for.
    Reached,
    /// The client closed the connection, so many bytes later; `None`: it did not, and the server gave up.
    Closed(Option<usize>),
}

/// A server that brings a request into a state and then waits for the connection to close.
async fn watching(state: State) -> (RawServer, mpsc::UnboundedReceiver<Seen>) {
    let (tell, told) = mpsc::unbounded_channel();
    let server = RawServer::start(move |mut stream| {
        let tell = tell.clone();
        async move {
            if bring(&mut stream, state).await.is_none() {
                return;
            }
            let _ = tell.send(Seen::Reached);
            if state == State::Sending {
                // Not to be drained before it is cancelled.
                tokio::time::sleep(Duration::from_millis(400)).await;
            }
            let _ = tell.send(Seen::Closed(closed(&mut stream, SERVERS_PATIENCE).await));
        }
    })
    .await;
    (server, told)
}

async fn bring(stream: &mut TcpStream, state: State) -> Option<()> {
    if matches!(state, State::Handshake | State::Sending) {
        // The client's hello, or the first bytes of its request.
        let mut some = [0; 128];
        return stream.read_exact(&mut some).await.ok().map(drop);
    }
    read_request(stream).await?;
    let event = |text: &str| chunk(format!("data: {text}\n\n").as_bytes());
    let delta = event(r#"{"choices":[{"delta":{"content":"hi"}}]}"#);
    let end = event(r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#);
    let answer: Vec<&[u8]> = match state {
        State::BeforeTheFirstByte => vec![STREAM_HEAD.as_bytes()],
        State::Reading => vec![STREAM_HEAD.as_bytes(), &delta],
        State::Done => vec![STREAM_HEAD.as_bytes(), &delta, &end, b"0\r\n\r\n"],
        _ => Vec::new(),
    };
    stream.write_all(&answer.concat()).await.ok()
}

/// Reads on until the other end closes the connection, and says how many bytes came before that. `None`
/// where it does not within `limit`.
async fn closed(stream: &mut TcpStream, limit: Duration) -> Option<usize> {
    let mut buffer = vec![0; 64 * 1024];
    let drain = async {
        let mut count = 0;
        // A reset is an end too.
        while let Ok(read @ 1..) = stream.read(&mut buffer).await {
            count += read;
        }
        count
    };
    tokio::time::timeout(limit, drain).await.ok()
}

fn base_url(server: &RawServer, state: State) -> String {
    let scheme = if state == State::Handshake { "https" } else { "http" };
    format!("{scheme}://{}/v1", server.address)
}

/// A client whose own deadlines are longer than any server's patience.
async fn patient(base_url: &str, hosting: Hosting) -> Provider {
    let long = Some(120_000);
    let timeouts = Timeouts { connect_ms: long, first_byte_ms: long, idle_ms: long, total_ms: long };
    let config = Config { timeouts, max_retries: Some(0), ..config(base_url) };
    open_with(hosting, KeyMode::Injected, "sk-cancelled-0123456789", config).await
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

/// The next thing that the server tells.
async fn told(server: &mut mpsc::UnboundedReceiver<Seen>) -> Seen {
    tokio::time::timeout(PATIENCE, server.recv()).await.expect("in time").expect("a connection")
}

fn print(what: &str, begun: Instant) {
    println!("{what}: the server sees the close after {:?}", begun.elapsed());
}

#[tokio::test]
async fn a_completion_that_is_dropped_closes_its_connection_in_each_state() {
    use State::{BeforeTheFirstByte, BeforeTheStatus, Done, Handshake, Reading, Sending};
    for state in [Handshake, Sending, BeforeTheStatus, BeforeTheFirstByte, Reading, Done] {
        for hosting in [Hosting::Waits, Hosting::Steps] {
            let (server, mut seen) = watching(state).await;
            let mut provider = patient(&base_url(&server, state), hosting).await;
            let completion =
                provider.instance.complete(&provider.client, &request(state)).await.expect("a request");
            let begun = Instant::now();
            let mut done = false;
            while seen.is_empty() || (state == Done && !done) {
                assert!(begun.elapsed() < PATIENCE, "{state:?} is never reached");
                let next = provider.instance.next(&completion, 64, Duration::from_millis(10)).await;
                done |= next.expect("no error").done;
            }
            assert!(matches!(told(&mut seen).await, Seen::Reached));
            let begun = Instant::now();
            provider.instance.cancel(completion).await.expect("a completion can be dropped");
            if state == Done {
                // Its connection may serve the next request, as long as there is who could make one.
                drop(provider);
            }
            let Seen::Closed(Some(bytes)) = told(&mut seen).await else {
                panic!("{state:?}, {hosting:?}: the server gave up before it saw a close")
            };
            if state == Sending {
                println!("{state:?}, {hosting:?}: {bytes} of {UPLOAD} bytes were on their way");
                assert!(bytes < UPLOAD, "the request came whole");
            } else {
                print(&format!("{state:?}, {hosting:?}"), begun);
            }
        }
    }
}

#[tokio::test]
async fn a_question_that_is_dropped_with_its_instance_closes_its_connections() {
    for account in [false, true] {
        for hosting in [Hosting::Waits, Hosting::Steps] {
            for state in [State::Handshake, State::BeforeTheStatus, State::BeforeTheFirstByte] {
                let what = format!("{} {state:?}, {hosting:?}", if account { "account" } else { "models" });
                let (server, mut seen) = watching(state).await;
                let mut provider = patient(&base_url(&server, state), hosting).await;
                let Provider { instance, client, .. } = &mut provider;
                let asking = async {
                    match account {
                        true => instance.account(client).await.map(drop),
                        false => instance.models(client, Discovery::Live, Duration::ZERO).await.map(drop),
                    }
                };
                tokio::select! {
                    answer = asking => panic!("{what}: {answer:?}"),
                    first = told(&mut seen) => assert!(matches!(first, Seen::Reached), "{what}"),
                }
                let begun = Instant::now();
                drop(provider);
                // Of two questions under way, the other may have come as far too.
                let end = loop {
                    match told(&mut seen).await {
                        Seen::Reached => {}
                        Seen::Closed(end) => break end,
                    }
                };
                assert!(end.is_some(), "{what}: the server gave up before it saw a close");
                print(&what, begun);
            }
        }
    }
}

/// A server whose queue of connections is full: connecting to it takes for ever.
#[tokio::test]
async fn a_completion_that_is_dropped_while_it_connects_sends_nothing_when_the_server_comes_to_it() {
    for hosting in [Hosting::Waits, Hosting::Steps] {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
        let listener = socket.listen(1).expect("a listener");
        let address = listener.local_addr().expect("an address");
        let mut before = Vec::new();
        while let Ok(stream) =
            tokio::time::timeout(Duration::from_millis(200), TcpStream::connect(address)).await
        {
            before.push(stream.expect("a connection in the queue"));
        }
        let mut provider = patient(&format!("http://{address}/v1"), hosting).await;
        let completion = provider
            .instance
            .complete(&provider.client, &Request::prompt("any", "hello"))
            .await
            .expect("a request");
        let batch = provider.instance.next(&completion, 64, Duration::from_millis(200)).await;
        assert!(batch.expect("it is connecting").events.is_empty());
        provider.instance.cancel(completion).await.expect("a completion can be dropped");
        // Now the server takes whatever waits, and for a while whatever comes.
        let count = before.len();
        drop(before);
        let mut taken = 0;
        while let Ok(next) = tokio::time::timeout(Duration::from_millis(1500), listener.accept()).await {
            let (mut stream, _) = next.expect("a connection");
            taken += 1;
            assert_eq!(
                closed(&mut stream, SERVERS_PATIENCE).await,
                Some(0),
                "a request was sent all the same"
            );
        }
        println!("{hosting:?}: {count} connections waited before it, {taken} were taken");
        assert!(taken >= count);
    }
}

/// The same from the stand-in's side, which is how the other tests see it.
#[tokio::test]
async fn the_server_sees_a_cancelled_completion_go() {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    let mut provider = provider(&stand_in, Hosting::Waits).await;
    let request = Request::prompt("q25-never-ends", "hello");
    let completion = provider.instance.complete(&provider.client, &request).await.expect("a request");
    while stand_in.requests().is_empty() {
        provider.instance.next(&completion, 64, Duration::from_millis(20)).await.expect("no error");
    }
    provider.instance.cancel(completion).await.expect("a completion can be dropped");
    let outcome = tokio::time::timeout(PATIENCE, stand_in.ended(0)).await.expect("the server sees it");
    assert_eq!(outcome, Outcome::Aborted);
}

#[tokio::test]
async fn a_completion_dropped_before_its_first_step_sends_nothing() {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    let mut provider = provider(&stand_in, Hosting::Waits).await;
    let completion = provider
        .instance
        .complete(&provider.client, &Request::prompt("gpt-5.4-mini", "hello"))
        .await
        .expect("a request");
    provider.instance.cancel(completion).await.expect("a completion can be dropped");
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(stand_in.requests().is_empty());
}

#[tokio::test]
async fn a_completion_dropped_in_a_back_off_tries_no_more() {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    let mut config = config(&stand_in.base_url());
    config.timeouts.total_ms = Some(120_000);
    let mut provider = open(&stand_in, Hosting::Waits, KeyMode::Injected, config).await;
    let request = Request::prompt("q25-asks-to-wait-a-minute", "hello");
    let completion = provider.instance.complete(&provider.client, &request).await.expect("a request");
    let batch = provider
        .instance
        .next(&completion, 64, Duration::from_millis(200))
        .await
        .expect("a back-off is no error");
    assert!(batch.events.is_empty());
    assert_eq!(
        (stand_in.requests().len(), stand_in.connections_accepted()),
        (1, 1),
        "a back-off holds no connection but the one that it had, which is idle"
    );
    provider.instance.cancel(completion).await.expect("a completion can be dropped");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(stand_in.requests().len(), 1);
}
