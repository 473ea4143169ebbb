//! Who waits for whose handshake.

use super::server::{Identity, Server, secure, stalling, text};
use super::*;
use crate::sandbox::transport::pool::TURN;
use tokio::task::JoinHandle;
use tokio::time::Instant;

const SECOND: [&[u8]; 1] = [b"h2"];

/// Begins a request, and returns when the server holds its connection without a word.
async fn stuck(transport: &Transport, server: &Server) -> JoinHandle<()> {
    let (transport, url) = (transport.clone(), format!("https://{}/", server.address));
    let request = tokio::spawn(async move {
        let outcome = send(&transport, &url).await.map(|response| response.status());
        panic!("it is stuck as long as the test runs: {outcome:?}");
    });
    let accepted = async {
        while server.accepted() == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(PATIENCE, accepted).await.expect("a connection");
    request
}

#[tokio::test]
async fn a_handshake_that_stalls_holds_up_the_next_request_for_a_moment_only() {
    let identity = Identity::new(&["127.0.0.1"], |_| ());
    let server = stalling(1, &identity, &SECOND, |_| async { text("ok") }).await;
    let transport = trusting(identity.certificate.clone());
    let first = stuck(&transport, &server).await;
    let url = format!("https://{}/", server.address);
    let begun = Instant::now();
    assert_eq!(get(&transport, &url).await.unwrap().0, 200);
    assert!(begun.elapsed() >= TURN, "it waited for the first one: {:?}", begun.elapsed());
    // What the second one brought is there for all others, while the first one is still stuck.
    for _ in 0..3 {
        assert_eq!(get(&transport, &url).await.unwrap().0, 200);
    }
    assert_eq!(server.accepted(), 2);
    assert!(!first.is_finished());
    first.abort();
}

#[tokio::test]
async fn a_handshake_that_stalls_does_not_hold_up_another_origin() {
    let identity = Identity::new(&["127.0.0.1"], |_| ());
    let silent = stalling(1, &identity, &SECOND, |_| async { text("never") }).await;
    let other = secure(&identity, &SECOND, |_| async { text("ok") }).await;
    let transport = trusting(identity.certificate.clone());
    let first = stuck(&transport, &silent).await;
    let begun = Instant::now();
    assert_eq!(get(&transport, &format!("https://{}/", other.address)).await.unwrap().0, 200);
    assert!(begun.elapsed() < TURN, "it waited: {:?}", begun.elapsed());
    assert!(!first.is_finished());
    first.abort();
}

#[tokio::test]
async fn a_deadline_that_comes_before_the_turn_is_kept_and_nothing_is_dialled() {
    let identity = Identity::new(&["127.0.0.1"], |_| ());
    let server = stalling(1, &identity, &SECOND, |_| async { text("never") }).await;
    let transport = trusting(identity.certificate.clone());
    let first = stuck(&transport, &server).await;
    let url = format!("https://{}/", server.address);
    let late = send_with(&transport, request(&url, None), Some(options(50))).await;
    assert!(matches!(failed(late), Error::ConnectionTimeout));
    assert_eq!(server.accepted(), 1);
    assert!(!first.is_finished());
    first.abort();
}
