//! When a connection is used again, and when not.

use super::server::{Server, read_head};
use super::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::sleep;

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// Responds to every request of a connection.
async fn patient() -> Server {
    Server::start(|mut stream, _| async move {
        while read_head(&mut stream).await {
            let _ = stream.write_all(OK).await;
        }
    })
    .await
}

#[tokio::test]
async fn what_was_read_to_its_end_leaves_a_connection_for_the_next() {
    let server = patient().await;
    let transport = transport();
    for _ in 0..10 {
        assert_eq!(get(&transport, &server.url()).await.unwrap().1, "ok");
    }
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn a_response_given_up_just_before_its_end_leaves_one_too() {
    let server = Server::start(|mut stream, _| async move {
        while read_head(&mut stream).await {
            let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n6\r\n[DONE]\r\n";
            let _ = stream.write_all(head).await;
            sleep(Duration::from_millis(2)).await;
            let _ = stream.write_all(b"0\r\n\r\n").await;
        }
    })
    .await;
    let transport = transport();
    for _ in 0..10 {
        let mut body = send(&transport, &server.url()).await.unwrap().into_body();
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "[DONE]");
        drop(body);
        sleep(Duration::from_millis(50)).await;
    }
    // On a busy machine a moment may be too long now and then.
    assert!(server.accepted() <= 5, "{} connections for 10 responses", server.accepted());
}

#[tokio::test]
async fn requests_at_the_same_time_have_a_connection_each_and_share_with_no_other_destination() {
    let (one, other) = (patient().await, patient().await);
    let transport = transport();
    let (one_url, other_url) = (one.url(), other.url());
    let (first, second) = tokio::join!(send(&transport, &one_url), send(&transport, &one_url));
    drop((first.unwrap().into_body().collect().await, second.unwrap().into_body().collect().await));
    assert_eq!(one.accepted(), 2);
    assert_eq!(get(&transport, &other_url).await.unwrap().0, 200);
    let by_name = format!("http://localhost:{}/", one.address.port());
    assert_eq!(get(&transport, &by_name).await.unwrap().0, 200);
    assert_eq!((one.accepted(), other.accepted()), (3, 1), "another host is another destination");
    let to = |reach| Destination { origin: one_url.trim_end_matches('/').parse().unwrap(), reach };
    assert!(transport.pool.take(&to(Reach::Public)).is_none(), "made under another reach");
    assert!(transport.pool.take(&to(Reach::Loopback)).is_some());
}

#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_is_replaced_and_nobody_notices() {
    let server = Server::start(|mut stream, _| async move {
        if read_head(&mut stream).await {
            let _ = stream.write_all(OK).await;
        }
    })
    .await;
    let transport = transport();
    for round in 1..=5 {
        let post = request(&server.url(), Some("once"));
        assert_eq!(send_with(&transport, post, None).await.unwrap().status(), 200);
        if round % 2 == 0 {
            sleep(Duration::from_millis(20)).await;
        }
    }
    assert_eq!(server.accepted(), 5);
}

#[tokio::test]
async fn a_request_that_may_have_arrived_is_not_sent_twice() {
    // The second request of a connection is read, and followed by silence and an end.
    let server = Server::start(|mut stream, _| async move {
        read_head(&mut stream).await;
        let _ = stream.write_all(OK).await;
        let mut buffer = [0; 1024];
        let _ = stream.read(&mut buffer).await;
    })
    .await;
    let transport = transport();
    assert_eq!(get(&transport, &server.url()).await.unwrap().0, 200);
    let error = failed(send_with(&transport, request(&server.url(), Some("once")), None).await);
    assert!(matches!(error, Error::ConnectionTerminated), "{error:?}");
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn what_is_kept_is_bounded_and_goes_with_its_owner() {
    let server = patient().await;
    let transport = transport();
    let url = server.url();
    let responses = futures_util::future::join_all((0..100).map(|_| send(&transport, &url))).await;
    for response in responses {
        response.unwrap().into_body().collect().await.unwrap();
    }
    assert_eq!(transport.pool.kept(), 64);
    let pool = Arc::downgrade(&transport.pool);
    drop(transport);
    assert!(pool.upgrade().is_none());
}

#[tokio::test]
async fn what_nobody_uses_is_closed_after_a_minute() {
    let server = patient().await;
    let transport = transport();
    assert_eq!(get(&transport, &server.url()).await.unwrap().0, 200);
    let after = |seconds| tokio::time::Instant::now() + Duration::from_secs(seconds);
    assert!(transport.pool.sweep(after(50)), "it is kept");
    assert!(!transport.pool.sweep(after(61)), "nothing is left");
    assert_eq!(transport.pool.kept(), 0);
    assert_eq!(get(&transport, &server.url()).await.unwrap().0, 200);
    assert_eq!((transport.pool.kept(), server.accepted()), (1, 2));
}
