//! The other origin, which counts the clients that follow a redirect and the keys that they send.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::client::chat;
use crate::StandIn;

#[tokio::test]
async fn a_redirect_to_another_origin_points_to_a_listener_that_counts_visits_and_leaks() {
    let server = StandIn::start(0).await.unwrap();
    let moved = chat(&server, "q23-redirect-to-another-host", json!({})).await;
    let location = moved.head.lines().find_map(|line| line.strip_prefix("location: ")).unwrap();
    let address = location.strip_prefix("http://").unwrap().split('/').next().unwrap();
    assert_ne!(address, server.address().to_string());
    assert_eq!((server.went_elsewhere(), server.key_leaks()), (0, 0));
    for (number, key, leaks) in [(1, "sk-other", 0), (2, server.key(), 1)] {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let request = format!("GET / HTTP/1.1\r\nhost: elsewhere\r\nauthorization: Bearer {key}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut response = String::new();
        tokio::time::timeout(Duration::from_secs(10), stream.read_to_string(&mut response))
            .await
            .unwrap()
            .unwrap();
        assert!(response.starts_with("HTTP/1.1 204"), "{response}");
        assert_eq!((server.went_elsewhere(), server.key_leaks()), (number, leaks));
    }
}
