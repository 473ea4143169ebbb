//! Guests that send without end: requests or a body.

use super::guest::{Guest, RESULT, SCRATCH, batch};
use super::*;
use std::net::TcpListener;
use std::pin::pin;
use tokio::io::AsyncReadExt;
use tokio::net::TcpSocket;

/// The data with the server's authority, at address 9000, and the code that stores a new request in local `$request`.
fn request_to(authority: &str) -> (String, String) {
    let data = format!("(data (i32.const 9000) \"{authority}/\")");
    let length = authority.len();
    let path = 9000 + length;
    let body = format!(
        "(local.set $request (call $outgoing-request (call $no-fields)))
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

/// The address of `wake-after-ms` in a batch at [`RESULT`]: whether there is one. Zero in the memory after it is "at once".
const WAKE_AFTER: u32 = RESULT + 20;

#[tokio::test]
async fn an_endless_body_is_limited_by_the_pace_of_the_server_and_closes_with_its_instance() {
    let bench = Bench::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (data, request) = request_to(&address);
    // A POST that sends its memory as the body, over and over, whenever the stream accepts bytes. Each call writes once
    // and wants to be called again at once, since the host moves the connection on between calls only.
    let body = format!(
        "(local $request i32) (local $body i32)
         (if (i32.eqz (global.get $stream)) (then
             {request}
             (drop (call $outgoing-request.set-method
                 (local.get $request) (i32.const 2) (i32.const 0) (i32.const 0)))
             (call $outgoing-request.body (local.get $request) (i32.const 9104))
             (local.set $body (i32.load (i32.const 9108)))
             (call $outgoing-body.write (local.get $body) (i32.const 9104))
             (global.set $stream (i32.load (i32.const 9108)))
             (call $handle (local.get $request) (i32.const 0) (i32.const 0) (i32.const 9104))))
         (call $output-stream.check-write (global.get $stream) (i32.const 9200))
         (if (i64.ne (i64.load (i32.const 9208)) (i64.const 0)) (then
             (call $output-stream.write (global.get $stream) (i32.const 0) (i32.const 65536) (i32.const 9300))))
         (i32.store8 (i32.const {WAKE_AFTER}) (i32.const 1))
         {}",
        batch(SCRATCH, 0, 0)
    );
    let data = data + "(global $stream (mut i32) (i32.const 0))";
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
    let sending = async {
        let completion = started(&mut instance).await.unwrap();
        let mut server = pin!(server);
        let received = loop {
            tokio::select! {
                received = &mut server => break received,
                batch = instance.next(&completion, 64, Duration::from_millis(20)) => drop(batch.unwrap()),
            }
        };
        // From now on nobody reads.
        for _ in 0..20 {
            instance.next(&completion, 64, Duration::from_millis(20)).await.unwrap();
        }
        (completion, received)
    };
    let (completion, (mut stream, read)) = bench.with_good_plugin(sending).await;
    // The guest keeps its handles when the completion is dropped, so only the end of the instance closes the connection.
    instance.cancel(completion).await.unwrap();
    drop(instance);
    let mut rest = Vec::new();
    let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest)).await.unwrap();
    println!("{read} bytes were read, {} were in transit", rest.len());
    assert!(rest.len() < 32 << 20, "{} bytes were in transit", rest.len());
}
