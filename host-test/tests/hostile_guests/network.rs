//! Guests that send without end: requests or a body.

use super::guest::Guest;
use super::*;
use std::net::TcpListener;
use tokio::io::AsyncReadExt;
use tokio::net::TcpSocket;

/// The data with the server's authority, at address 9000, and the code that stores a new request in local `$request`.
fn request_to(authority: &str) -> (String, String) {
    let data = format!("(data (i32.const 9000) \"{authority}/\")");
    let length = authority.len();
    let path = 9000 + length;
    let body = format!(
        "(local.set $request (call $outgoing-request (call $fields)))
         (drop (call $outgoing-request.set-scheme
             (local.get $request) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0)))
         (drop (call $outgoing-request.set-authority
             (local.get $request) (i32.const 1) (i32.const 9000) (i32.const {length})))
         (drop (call $outgoing-request.set-path-with-query
             (local.get $request) (i32.const 1) (i32.const {path}) (i32.const 1)))"
    );
    (data, body)
}

#[tokio::test]
async fn the_number_of_open_requests_is_limited_and_all_of_them_close_with_the_instance() {
    let bench = Bench::new().await;
    // The system completes connections that the server has not accepted, so no task has to serve them.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1024).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (data, request) = request_to(&address);
    let body = format!(
        "(local $request i32)
         (loop
             {request}
             (call $handle (local.get $request) (i32.const 0) (i32.const 0) (i32.const 9104))
             br 0)
         unreachable"
    );
    let guest = Guest::new().on("completion.next", body).with(&data);
    let mut instance = bench.instance(&guest, Some(&format!("http://{address}/v1"))).await;
    let error = bench.with_good_plugin(first_events(&mut instance)).await.unwrap_err();
    println!("{error}");
    let denial = instance.denials().pop().unwrap().to_string();
    assert_eq!(
        denial,
        format!("http://{address} would be request 513 at once; no more than 512 are let out")
    );
    drop(instance);
    let mut made = 0;
    while let Ok(Ok((mut stream, _))) =
        tokio::time::timeout(Duration::from_millis(500), listener.accept()).await
    {
        // The connection was closed, so reading reaches its end.
        let mut sent = Vec::new();
        let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut sent)).await.unwrap();
        made += 1;
    }
    println!("{made} connections");
    assert!(made <= 512, "{made} connections");
}

#[tokio::test]
async fn an_endless_body_is_limited_by_the_pace_of_the_server_and_stopped() {
    let bench = Bench::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (data, request) = request_to(&address);
    // A POST that sends its memory as the body, over and over, whenever the stream accepts bytes.
    let body = format!(
        "(local $request i32) (local $body i32) (local $stream i32)
         {request}
         (drop (call $outgoing-request.set-method
             (local.get $request) (i32.const 2) (i32.const 0) (i32.const 0)))
         (call $outgoing-request.body (local.get $request) (i32.const 9104))
         (local.set $body (i32.load (i32.const 9108)))
         (call $outgoing-body.write (local.get $body) (i32.const 9104))
         (local.set $stream (i32.load (i32.const 9108)))
         (call $handle (local.get $request) (i32.const 0) (i32.const 0) (i32.const 9104))
         (loop
             (call $output-stream.check-write (local.get $stream) (i32.const 9200))
             (br_if 0 (i64.eqz (i64.load (i32.const 9208))))
             (call $output-stream.write
                 (local.get $stream) (i32.const 0) (i32.const 65536) (i32.const 9300))
             br 0)
         unreachable"
    );
    let guest = Guest::new().on("completion.next", body).with(&data);
    let mut instance = bench.instance(&guest, Some(&format!("http://{address}/v1"))).await;
    // The server reads more than one write of the guest, and then stops.
    let server = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut buffer = vec![0; 65_536];
        let mut read = 0;
        while read <= 65_536 {
            let count = stream.read(&mut buffer).await.unwrap();
            assert!(count > 0, "the body ended after {read} bytes");
            read += count;
        }
        (stream, read)
    };
    let both = async { tokio::join!(first_events(&mut instance), server) };
    let (outcome, (mut stream, read)) = bench.with_good_plugin(both).await;
    let error = outcome.unwrap_err();
    assert!(error.to_string().contains("did not return from completion.next"), "{error}");
    drop(instance);
    let mut rest = Vec::new();
    let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest)).await.unwrap();
    println!("{read} bytes were read, {} were in transit", rest.len());
    assert!(rest.len() < 32 << 20, "{} bytes were in transit", rest.len());
}
