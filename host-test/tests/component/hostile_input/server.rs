//! A server that sends prepared bytes in prepared pieces. HTTP libraries refuse to send most of these responses.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// How a response marks the end of its body.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Framing {
    /// `Content-Length`.
    Length,
    /// Each piece is a chunk, and so arrives in its own read.
    Chunked,
    /// The connection closes.
    Close,
}

/// A body and the way in which it is sent.
#[derive(Clone, Debug)]
pub struct Served {
    framing: Framing,
    pieces: Vec<Vec<u8>>,
    kept_open: bool,
}

impl Served {
    /// A body of these pieces; empty ones are left out.
    pub fn new<'a>(framing: Framing, pieces: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let pieces = pieces.into_iter().filter(|piece| !piece.is_empty()).map(<[u8]>::to_vec).collect();
        Served { framing, pieces, kept_open: false }
    }

    /// Keeps the connection open after the response.
    pub fn kept_open(self) -> Self {
        Served { kept_open: true, ..self }
    }

    /// The bytes of status line, headers and body, one entry for each write.
    fn writes(&self) -> Vec<Vec<u8>> {
        let length: usize = self.pieces.iter().map(Vec::len).sum();
        let framing = match self.framing {
            Framing::Length => format!("content-length: {length}\r\n"),
            Framing::Chunked => "transfer-encoding: chunked\r\n".to_owned(),
            Framing::Close => String::new(),
        };
        let connection = if self.kept_open { "" } else { "connection: close\r\n" };
        let mut writes = vec![format!("HTTP/1.1 200 OK\r\n{framing}{connection}\r\n").into_bytes()];
        for piece in &self.pieces {
            writes.push(match self.framing {
                Framing::Chunked => [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat(),
                _ => piece.clone(),
            });
        }
        if self.framing == Framing::Chunked {
            writes.push(b"0\r\n\r\n".to_vec());
        }
        writes
    }
}

/// Cuts a body into reads of these sizes, over and over.
pub fn in_reads<'b>(body: &'b [u8], sizes: &[usize]) -> Vec<&'b [u8]> {
    let (mut reads, mut left) = (Vec::new(), body);
    for size in sizes.iter().cycle() {
        if left.is_empty() {
            break;
        }
        let (read, rest) = left.split_at((*size).min(left.len()));
        reads.push(read);
        left = rest;
    }
    if sizes.is_empty() { vec![body] } else { reads }
}

type Bodies = Arc<Mutex<HashMap<String, Served>>>;

/// A server on loopback.
pub struct Server {
    base_url: String,
    bodies: Bodies,
}

impl Server {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base_url = format!("http://{}/v1", listener.local_addr().expect("an address"));
        let bodies = Bodies::default();
        let shared = bodies.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve_connection(stream, shared.clone()));
            }
        });
        Server { base_url, bodies }
    }

    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Sets the response to all later requests for this path.
    pub fn serve(&self, path: &str, served: Served) {
        self.bodies.lock().expect("no panic while it is held").insert(path.to_owned(), served);
    }
}

/// Responds to the requests of a connection. A client may close it in the middle of a response, so a failed write ends
/// the task without a panic.
async fn serve_connection(mut stream: TcpStream, bodies: Bodies) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    loop {
        let path = request(&mut stream).await?;
        let served = bodies.lock().expect("no panic while it is held").get(&path).cloned();
        let Some(served) = served else {
            let not_found = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            return stream.write_all(not_found).await.ok();
        };
        for write in served.writes() {
            stream.write_all(&write).await.ok()?;
        }
        if !served.kept_open {
            return stream.shutdown().await.ok();
        }
        if served.framing == Framing::Close {
            // Closing would end the body, so the server waits until the client closes.
            while stream.read(&mut [0; 512]).await.ok()? > 0 {}
            return Some(());
        }
    }
}

/// Reads a request to its end, and returns its path.
async fn request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        if let Some(head) = bytes.windows(4).position(|end| end == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
            let length = text.lines().find_map(|line| line.strip_prefix("content-length:"));
            let length: usize = length.map_or(Some(0), |length| length.trim().parse().ok())?;
            if bytes.len() >= head + 4 + length {
                return Some(text.split(' ').nth(1)?.to_owned());
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}
