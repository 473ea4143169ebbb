//! The TCP side: a listener that numbers its connections, and a socket that can end badly on purpose.
//!
//! hyper ends every connection in good order. A client has to survive resets, broken chunks and silence
//! as well, so the handler of a request can set the [`Ending`] of the connection it came on.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// How a connection ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Ending {
    /// In good order: what was written arrives, then the end.
    #[default]
    Orderly,
    /// With a TCP reset.
    Reset,
    /// At once and in silence: not even a status line is written.
    Mute,
    /// With these bytes, written behind hyper's back, and then the end.
    LastWords(Vec<u8>),
}

/// Who sent a request: the connection's number, counted from 1, and the handle on its ending.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Number of the connection, in the order of their arrival.
    pub id: u64,
    ending: Arc<Mutex<Ending>>,
}

impl Peer {
    /// Decides how the connection ends, once hyper lets go of it.
    pub fn end_with(&self, ending: Ending) {
        *self.ending.lock().unwrap_or_else(PoisonError::into_inner) = ending;
    }

    fn ending(&self) -> Ending {
        self.ending.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Connected<IncomingStream<'_, Door>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        stream.remote_addr().clone()
    }
}

/// Connections so far and now.
#[derive(Debug, Default)]
pub struct Traffic {
    accepted: AtomicU64,
    closed: AtomicU64,
}

impl Traffic {
    /// Connections accepted since the start.
    pub fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::Acquire)
    }

    /// Connections that are open now.
    pub fn open(&self) -> u64 {
        self.accepted().saturating_sub(self.closed.load(Ordering::Acquire))
    }
}

/// The listener, on loopback only.
pub struct Door {
    listener: TcpListener,
    traffic: Arc<Traffic>,
}

impl Door {
    /// Takes over a bound, non-blocking listener. Must be called inside the runtime that is to serve it.
    pub fn new(listener: std::net::TcpListener, traffic: Arc<Traffic>) -> io::Result<Door> {
        Ok(Door { listener: TcpListener::from_std(listener)?, traffic })
    }

    async fn next_stream(&self) -> TcpStream {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => return stream,
                // A connection that died in the queue, or no file handles left: both pass.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    }
}

impl Listener for Door {
    type Io = Socket;
    type Addr = Peer;

    async fn accept(&mut self) -> (Socket, Peer) {
        let stream = self.next_stream().await;
        // Each chunk should arrive when it is written; where the option fails, it arrives a little later.
        let _ = stream.set_nodelay(true);
        let id = self.traffic.accepted.fetch_add(1, Ordering::AcqRel) + 1;
        let peer = Peer { id, ending: Arc::default() };
        (Socket { stream, peer: peer.clone(), traffic: self.traffic.clone() }, peer)
    }

    fn local_addr(&self) -> io::Result<Peer> {
        // Asked for by nobody: the address is known before the door opens.
        Ok(Peer { id: 0, ending: Arc::default() })
    }
}

/// One accepted connection.
pub struct Socket {
    stream: TcpStream,
    peer: Peer,
    traffic: Arc<Traffic>,
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.peer.ending() == Ending::Mute {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Ending::LastWords(words) = self.peer.ending() {
            if words.is_empty() {
                break;
            }
            let written = ready!(Pin::new(&mut self.stream).poll_write(context, &words))?;
            self.peer.end_with(Ending::LastWords(words.get(written..).unwrap_or_default().to_vec()));
        }
        match self.peer.ending() {
            // A reset is what the drop does; an orderly end before it would spoil it.
            Ending::Reset => Poll::Ready(Ok(())),
            _ => Pin::new(&mut self.stream).poll_shutdown(context),
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        match self.peer.ending() {
            Ending::Reset => drop(self.stream.set_zero_linger()),
            // hyper drops a connection whose body failed without a shutdown.
            Ending::LastWords(words) => drop(self.stream.try_write(&words)),
            Ending::Orderly | Ending::Mute => {}
        }
        self.traffic.closed.fetch_add(1, Ordering::AcqRel);
    }
}

/// Binds a listener on 127.0.0.1; port 0 takes any free one. Returns it with the address that it got.
pub fn bind(port: u16) -> io::Result<(std::net::TcpListener, SocketAddr)> {
    let listener = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, port))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}
