//! Another origin: a listener that redirects of some scenarios point to. No client should contact it, because
//! a request that follows a redirect to another host can take the key with it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::socket;

/// Bytes of a request that are searched for the key: enough for any head, and a bound on memory.
const LOOKED_AT: usize = 64 * 1024;

/// Counts of what this origin received.
#[derive(Clone, Debug, Default)]
pub(super) struct Elsewhere(Arc<Seen>);

#[derive(Debug, Default)]
struct Seen {
    port: u16,
    key: &'static str,
    visits: AtomicU64,
    key_leaks: AtomicUsize,
}

impl Elsewhere {
    /// `http://127.0.0.1:PORT/v1`
    pub(super) fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.0.port)
    }

    /// Connections so far.
    pub(super) fn visits(&self) -> u64 {
        self.0.visits.load(Ordering::Acquire)
    }

    /// Connections on which the key was sent.
    pub(super) fn key_leaks(&self) -> usize {
        self.0.key_leaks.load(Ordering::Acquire)
    }
}

/// Binds a port. `key` must never be received here.
pub(super) fn bind(key: &'static str) -> io::Result<(std::net::TcpListener, Elsewhere)> {
    let (listener, address) = socket::bind(0)?;
    let seen = Seen { port: address.port(), key, ..Seen::default() };
    Ok((listener, Elsewhere(Arc::new(seen))))
}

/// Serves until the future is dropped.
pub(super) async fn serve(listener: std::net::TcpListener, elsewhere: Elsewhere) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            elsewhere.0.visits.fetch_add(1, Ordering::AcqRel);
            tokio::spawn(look(stream, elsewhere.clone()));
        }
    }
}

/// Searches the received bytes for the key, and responds with an empty 204. The bytes are not parsed: a key counts wherever
/// it is, in a header, in the path or in a body.
async fn look(mut stream: TcpStream, elsewhere: Elsewhere) {
    let mut received = Vec::new();
    let mut buffer = [0; 4096];
    // The response is sent first. A client that waits for it before it sends the rest of its request must not
    // hang here: the test would fail for the wrong reason.
    let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await;
    let key = elsewhere.0.key.as_bytes();
    while received.len() < LOOKED_AT {
        match stream.read(&mut buffer).await {
            Ok(length) if length > 0 => received.extend_from_slice(buffer.get(..length).unwrap_or_default()),
            _ => return,
        }
        // The whole buffer is searched again after each read, since the key may be split between two of them.
        if received.windows(key.len()).any(|window| window == key) {
            elsewhere.0.key_leaks.fetch_add(1, Ordering::AcqRel);
            return;
        }
    }
}
