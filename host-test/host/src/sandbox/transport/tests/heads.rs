//! Responses that are long, late or broken.

use super::server::{Server, read_head};
use super::*;
use tokio::io::AsyncWriteExt;

#[tokio::test]
async fn a_broken_network_and_a_broken_server_are_different_errors() {
    use Error::{ConnectionTerminated, HttpProtocolError};
    let cases: [(&[u8], Error); 5] = [
        (b"", ConnectionTerminated),
        (b"HTTP/1.1 200 OK\r\ncontent-len", ConnectionTerminated),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf", ConnectionTerminated),
        (b"SSH-2.0-OpenSSH\r\n\r\n", HttpProtocolError),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", HttpProtocolError),
    ];
    for (response, code) in cases {
        let server = Server::once(response).await;
        let error = failed(get(&transport(), &server.url()).await);
        assert!(same(&error, &code), "{}: {error:?}", String::from_utf8_lossy(response));
    }
}

/// A server that writes `before`, then `line` for ever or `times` times, then `after`.
async fn repeating(
    before: &'static str,
    line: &'static str,
    times: Option<usize>,
    after: &'static str,
) -> Server {
    Server::start(move |mut stream, _| async move {
        read_head(&mut stream).await;
        let _ = stream.write_all(before.as_bytes()).await;
        let mut left = times.unwrap_or(usize::MAX);
        while left > 0 && stream.write_all(line.as_bytes()).await.is_ok() {
            left -= 1;
        }
        let _ = stream.write_all(after.as_bytes()).await;
    })
    .await
}

#[tokio::test]
async fn a_head_has_room_for_hundreds_of_headers_and_an_end() {
    let empty = "content-length: 0\r\n\r\n";
    let many = repeating("HTTP/1.1 200 OK\r\n", "x-header: value\r\n", Some(400), empty).await;
    assert_eq!(get(&transport(), &many.url()).await.unwrap().0, 200);
    for (line, times) in
        [("x: y\r\n", Some(600)), ("x-long: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", None), ("x", None)]
    {
        let server = repeating("HTTP/1.1 200 OK\r\n", line, times, empty).await;
        let error = failed(get(&transport(), &server.url()).await);
        assert!(matches!(error, Error::HttpResponseHeaderSectionSize(None)), "{line}: {error:?}");
    }
}

#[tokio::test]
async fn a_late_head_and_a_silent_body_end_in_a_timeout() {
    let silent = Server::start(|mut stream, number| async move {
        read_head(&mut stream).await;
        if number > 1 {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf").await;
        }
        tokio::time::sleep(PATIENCE).await;
    })
    .await;
    let transport = transport();
    let late = send_with(&transport, request(&silent.url(), None), Some(options(100))).await;
    assert!(matches!(failed(late), Error::HttpResponseTimeout));
    let half = send_with(&transport, request(&silent.url(), None), Some(options(100))).await.unwrap();
    let error = half.into_body().collect().await.err().unwrap();
    assert!(matches!(error, Error::ConnectionReadTimeout), "{error:?}");
}

#[tokio::test]
async fn a_body_that_goes_on_is_not_late_however_long_it_takes() {
    let slow = Server::start(|mut stream, _| async move {
        read_head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n").await.unwrap();
        for _ in 0..8 {
            tokio::time::sleep(Duration::from_millis(60)).await;
            stream.write_all(b".").await.unwrap();
        }
    })
    .await;
    let response = send_with(&transport(), request(&slow.url(), None), Some(options(300))).await.unwrap();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, "........", "in all longer than the limit on one silence");
}

#[tokio::test]
async fn a_tunnel_is_not_a_request() {
    let server = Server::once(b"HTTP/1.1 200 OK\r\n\r\n").await;
    let mut tunnel = request(&server.url(), None);
    *tunnel.method_mut() = http::Method::CONNECT;
    let error = failed(send_with(&transport(), tunnel, None).await);
    assert!(matches!(error, Error::HttpRequestMethodInvalid), "{error:?}");
    assert_eq!(server.accepted(), 0);
}
