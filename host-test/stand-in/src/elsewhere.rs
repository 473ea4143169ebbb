//! Another origin: a listener that a redirect may lead to, and that nobody should be led to.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::socket;

/// Bytes of a request that are looked at.
const LOOKED_AT: usize = 64 * 1024;

/// What was seen there.
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

    /// Connections that brought the key.
    pub(super) fn key_leaks(&self) -> usize {
        self.0.key_leaks.load(Ordering::Acquire)
    }
}

/// Takes a port; `key` is what must never come here.
pub(super) fn bind(key: &'static str) -> io::Result<(std::net::TcpListener, Elsewhere)> {
    let (listener, address) = socket::bind(0)?;
    let seen = Seen { port: address.port(), key, ..Seen::default() };
    Ok((listener, Elsewhere(Arc::new(seen))))
}

/// Serves until it is dropped.
pub(super) async fn serve(listener: std::net::TcpListener, elsewhere: Elsewhere) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            elsewhere.0.visits.fetch_add(1, Ordering::AcqRel);
            tokio::spawn(look(stream, elsewhere.clone()));
        }
    }
}

/// Looks for the key in all that comes, and answers with nothing.
async fn look(mut stream: TcpStream, elsewhere: Elsewhere) {
    let mut came = Vec::new();
    let mut buffer = [0; 4096];
    let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await;
    let key = elsewhere.0.key.as_bytes();
    while came.len() < LOOKED_AT {
        match stream.read(&mut buffer).await {
            Ok(length) if length > 0 => came.extend_from_slice(buffer.get(..length).unwrap_or_default()),
            _ => return,
        }
        if came.windows(key.len()).any(|window| window == key) {
            elsewhere.0.key_leaks.fetch_add(1, Ordering::AcqRel);
            return;
        }
    }
}
