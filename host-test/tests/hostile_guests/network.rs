//! Guests that send without end.

use super::guest::Guest;
use super::*;
use std::net::TcpListener;
use tokio::io::AsyncReadExt;
use tokio::net::TcpSocket;

/// Makes a request to the server whose authority is at 9000, with its body at local `$request`.
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
async fn one_that_opens_requests_for_ever_gets_no_more_than_its_share_and_leaves_none_behind() {
    let house = House::new().await;
    // It accepts nobody, so that connections cost it nothing; the system makes them.
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
    let mut instance = house.instance(&guest, Some(&format!("http://{address}/v1"))).await;
    let error = house.beside(first_events(&mut instance)).await.unwrap_err();
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
        // What was sent before the end, and then the end.
        let mut sent = Vec::new();
        let _ = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut sent)).await.unwrap();
        made += 1;
    }
    println!("{made} connections");
    assert!(made <= 512, "{made} connections");
}

#[tokio::test]
async fn one_that_sends_a_body_for_ever_is_held_to_the_pace_of_its_server_and_stopped() {
    let house = House::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (data, request) = request_to(&address);
    // A POST whose body is whatever lies in the memory, as much as may be written at a time.
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
    let mut instance = house.instance(&guest, Some(&format!("http://{address}/v1"))).await;
    // The server reads for a while, and then no more.
    let server = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut buffer = vec![0; 65_536];
        let (mut read, begun) = (0, Instant::now());
        while begun.elapsed() < Duration::from_millis(300) {
            read += stream.read(&mut buffer).await.unwrap();
        }
        (stream, read)
    };
    let (outcome, (mut stream, read)) =
        house.beside(async { tokio::join!(first_events(&mut instance), server) }).await;
    let error = outcome.unwrap_err();
    assert!(error.to_string().contains("did not return from completion.next"), "{error}");
    assert!(read > 65_536, "{read} bytes came");
    drop(instance);
    let mut rest = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut rest)).await.unwrap();
    println!("{read} bytes were read, {} were on their way", rest.len());
    assert!(rest.len() < 32 << 20, "{} bytes were on their way", rest.len());
}
