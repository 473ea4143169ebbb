//! Giving up an exchange closes its connection, and the server sees that.

use super::server::{Server, read_head};
use super::*;
use std::sync::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// A server that sends `response` and then reports how long the connection stays open.
async fn watching(response: &'static [u8]) -> (Server, oneshot::Receiver<Instant>) {
    let (closed, seen) = oneshot::channel();
    let closed = Arc::new(Mutex::new(Some(closed)));
    let server = Server::start(move |mut stream, _| {
        let closed = Arc::clone(&closed);
        async move {
            read_head(&mut stream).await;
            let _ = stream.write_all(response).await;
            wait_for_the_end(&mut stream).await;
            let _ = closed.lock().unwrap().take().unwrap().send(Instant::now());
        }
    })
    .await;
    (server, seen)
}

async fn wait_for_the_end(stream: &mut TcpStream) {
    let mut buffer = [0; 65_536];
    while let Ok(1..) = stream.read(&mut buffer).await {}
}

async fn seen_within(limit: u64, seen: oneshot::Receiver<Instant>, begun: Instant) {
    let at = tokio::time::timeout(PATIENCE, seen).await.expect("the server sees it").unwrap();
    println!("seen after {:?}", at - begun);
    assert!(at - begun < Duration::from_millis(limit), "{:?}", at - begun);
}

#[tokio::test]
async fn a_body_dropped_in_the_middle_closes() {
    let (server, seen) = watching(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf").await;
    let transport = transport();
    let mut body = send(&transport, &server.url()).await.unwrap().into_body();
    body.frame().await.unwrap().unwrap();
    let begun = Instant::now();
    drop(body);
    seen_within(1000, seen, begun).await;
    assert_eq!(transport.pool.kept(), 0);
}

#[tokio::test]
async fn a_request_that_is_dropped_before_its_response_closes_the_connection() {
    let (server, seen) = watching(b"").await;
    let transport = transport();
    let url = server.url();
    let response = tokio::time::timeout(Duration::from_millis(100), send(&transport, &url)).await;
    assert!(response.is_err());
    seen_within(1000, seen, Instant::now()).await;
}

#[tokio::test]
async fn a_request_whose_body_is_half_written_closes() {
    let (server, seen) = watching(b"").await;
    let transport = transport();
    let endless = futures_util::stream::unfold((), |()| async {
        tokio::time::sleep(Duration::from_millis(1)).await;
        Some((Ok::<_, Error>(hyper::body::Frame::data(Bytes::from_static(&[b'x'; 1024]))), ()))
    });
    let body = http_body_util::StreamBody::new(endless).boxed_unsync();
    let half = request(&server.url(), None).map(|_| body);
    let sending = send_with(&transport, half, None);
    assert!(tokio::time::timeout(Duration::from_millis(100), sending).await.is_err());
    seen_within(1000, seen, Instant::now()).await;
}

#[tokio::test]
async fn what_is_idle_closes_with_the_last_transport() {
    let (server, seen) = watching(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let transport = transport();
    assert_eq!(get(&transport, &server.url()).await.unwrap().0, 200);
    assert_eq!(transport.pool.kept(), 1);
    let begun = Instant::now();
    drop(transport);
    seen_within(1000, seen, begun).await;
}

/// A program without a runtime of its own starts one for each call, and drops a stream between two calls.
#[test]
fn a_body_whose_end_has_arrived_is_dropped_outside_of_its_runtime() {
    let runtime =
        || tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (servers, clients) = (runtime(), runtime());
    let server = servers.block_on(Server::start(|mut stream, _| async move {
        read_head(&mut stream).await;
        let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n";
        let _ = stream.write_all(head).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        let _ = stream.write_all(b"0\r\n\r\n").await;
        tokio::time::sleep(Duration::from_secs(5)).await;
    }));
    let transport = transport();
    let mut body = clients.block_on(send(&transport, &server.url())).unwrap().into_body();
    assert!(clients.block_on(body.frame()).is_some());
    std::thread::sleep(Duration::from_millis(300));
    drop(body);
    assert_eq!(transport.pool.kept(), 1);
    // What is kept is swept in the next runtime, too.
    drop(clients);
    let other = runtime();
    assert_eq!(other.block_on(get(&transport, &server.url())).map(|(status, _)| status).ok(), Some(200));
}

#[tokio::test]
async fn an_endless_body_that_nobody_reads_stops_its_sender() {
    let written = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&written);
    let server = Server::start(move |mut stream, _| {
        let count = Arc::clone(&count);
        async move {
            read_head(&mut stream).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            while let Ok(more) = stream.write(&[b'x'; 65_536]).await {
                count.fetch_add(more, Ordering::SeqCst);
            }
        }
    })
    .await;
    let body = send(&transport(), &server.url()).await.unwrap().into_body();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let first = written.load(Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(written.load(Ordering::SeqCst), first, "nothing more is taken");
    println!("{first} bytes are on their way");
    drop(body);
}
