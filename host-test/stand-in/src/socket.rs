//! The TCP side: a listener that numbers its connections, and a socket that can end in a faulty way on
//! purpose.
//!
//! hyper ends every connection correctly. Clients also have to survive resets, invalid chunk sizes and
//! silence, so the handler of a request can take its connection over: hyper then drops it, and [`Raw`] writes
//! the rest.

use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::fault::Raw;
use super::tls::TlsSetup;
use super::wire::Wire;

/// How a connection is going to end. Shared between the handler of a request, which decides it, and the socket, which
/// hyper owns: hyper gives a handler no access to its socket.
#[derive(Debug, Default)]
struct Plan {
    /// Maximum bytes of one write.
    write_bytes: Option<NonZeroUsize>,
    /// Whether writes of hyper are discarded.
    muted: bool,
    /// What is written after hyper has dropped the connection.
    raw: Option<Raw>,
}

/// The sender of a request: the connection's number, counted from 1, and the handle that controls its end.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Number of the connection, in the order in which they were accepted.
    pub id: u64,
    plan: Arc<Mutex<Plan>>,
}

impl Peer {
    fn new(id: u64) -> Peer {
        Peer { id, plan: Arc::default() }
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Limits each write to the connection, until another request on it sets another limit. With one byte a write, a client
    /// receives every possible cut of a chunk or a character.
    pub fn write_at_most(&self, bytes: Option<NonZeroUsize>) {
        self.plan().write_bytes = bytes;
    }

    /// Takes the connection from hyper now, so that nothing of its response is written.
    pub fn take_over(&self, raw: Raw) {
        let mut plan = self.plan();
        (plan.muted, plan.raw) = (true, Some(raw));
    }

    /// Sets what is written after hyper has dropped the connection, that is after the bytes that hyper has
    /// written.
    pub fn break_off(&self, raw: Raw) {
        self.plan().raw = Some(raw);
    }
}

impl Connected<IncomingStream<'_, FaultListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, FaultListener>) -> Self {
        stream.remote_addr().clone()
    }
}

/// Counts of connections and writes.
#[derive(Debug, Default)]
pub struct Traffic {
    accepted: AtomicU64,
    closed: AtomicU64,
    writes: AtomicU64,
}

impl Traffic {
    /// Connections accepted since the start.
    pub fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::Acquire)
    }

    /// Number of hyper's writes to any connection. A reader cannot count them: one read can return the bytes
    /// of several.
    #[cfg(test)]
    pub(super) fn writes(&self) -> u64 {
        self.writes.load(Ordering::Acquire)
    }

    /// Connections that are open now.
    pub fn open(&self) -> u64 {
        self.accepted().saturating_sub(self.closed.load(Ordering::Acquire))
    }
}

/// A connection counts as open until this is dropped.
#[derive(Debug)]
pub struct Open(Arc<Traffic>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.closed.fetch_add(1, Ordering::AcqRel);
    }
}

/// A listener on loopback that passes the [`Peer`] of each connection to its requests, so that a fault can
/// break the connection.
pub struct FaultListener {
    listener: TcpListener,
    traffic: Arc<Traffic>,
    /// How the TLS handshake goes; `None` is plain HTTP.
    tls_setup: Option<TlsSetup>,
    handshakes: JoinSet<Option<Socket>>,
}

impl FaultListener {
    /// Takes over a bound, non-blocking listener. Must be called inside the runtime that is to serve it.
    pub(super) fn new(
        listener: std::net::TcpListener,
        traffic: Arc<Traffic>,
        tls_setup: Option<TlsSetup>,
    ) -> io::Result<FaultListener> {
        let listener = TcpListener::from_std(listener)?;
        Ok(FaultListener { listener, traffic, tls_setup, handshakes: JoinSet::new() })
    }

    /// The next connection that is ready for HTTP. Handshakes run as tasks: one that stalls on purpose must
    /// not keep other clients from connecting.
    async fn next_socket(&mut self) -> Socket {
        loop {
            let (stream, open, peer) = tokio::select! {
                stream = next_stream(&self.listener) => {
                    let id = self.traffic.accepted.fetch_add(1, Ordering::AcqRel) + 1;
                    (stream, Open(self.traffic.clone()), Peer::new(id))
                }
                Some(finished) = self.handshakes.join_next() => match finished {
                    Ok(Some(socket)) => return socket,
                    _ => continue,
                },
            };
            // Without Nagle's algorithm each chunk arrives when it is written. If the option fails, it
            // arrives a little later.
            let _ = stream.set_nodelay(true);
            let Some(tls_setup) = self.tls_setup.clone() else {
                return Socket::new(Wire::Plain(stream), peer, open);
            };
            self.handshakes.spawn(async move {
                let wire = tls_setup.handshake(stream).await?;
                Some(Socket::new(wire, peer, open))
            });
        }
    }
}

async fn next_stream(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            // A connection that was closed in the queue, or no file handles left: both are temporary.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

impl Listener for FaultListener {
    type Io = Socket;
    type Addr = Peer;

    async fn accept(&mut self) -> (Socket, Peer) {
        let socket = self.next_socket().await;
        let peer = socket.peer.clone();
        (socket, peer)
    }

    fn local_addr(&self) -> io::Result<Peer> {
        // The trait requires it, and nothing calls it: the address is known before the listener is made.
        Ok(Peer::new(0))
    }
}

/// One accepted connection.
pub struct Socket {
    /// `None` after it has been dropped.
    open: Option<(Wire, Open)>,
    peer: Peer,
    /// Whether the last write was cut short. The next one then waits for one turn of the runtime, so that
    /// each piece is sent on its own.
    paused: bool,
}

impl Socket {
    fn new(wire: Wire, peer: Peer, open: Open) -> Socket {
        Socket { open: Some((wire, open)), peer, paused: false }
    }

    fn wire(&mut self) -> io::Result<Pin<&mut Wire>> {
        let (wire, _) = self.open.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        Ok(Pin::new(wire))
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.wire()?.poll_read(context, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let (muted, most) = {
            let plan = self.peer.plan();
            (plan.muted, plan.write_bytes)
        };
        // An error makes hyper drop the connection at once, and its `Drop` writes the rest.
        if muted {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        let mut piece = bytes;
        if let Some(most) = most {
            self.paused = !self.paused;
            if self.paused {
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            // hyper calls again with the rest, as after any short write.
            piece = bytes.get(..most.get()).unwrap_or(bytes);
        }
        let written = self.wire()?.poll_write(context, piece);
        if let (Poll::Ready(Ok(_)), Some((_, open))) = (&written, &self.open) {
            open.0.writes.fetch_add(1, Ordering::AcqRel);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.wire()?.poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let taken_over = self.peer.plan().raw.is_some();
        // A regular shutdown would send the end of the stream before the faulty bytes.
        if taken_over { Poll::Ready(Ok(())) } else { self.wire()?.poll_shutdown(context) }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let (raw, open) = (self.peer.plan().raw.take(), self.open.take());
        let (Some(raw), Some((wire, open))) = (raw, open) else { return };
        // Outside a runtime the server is stopping, and every connection closes with it.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(raw.play(wire, open));
        }
    }
}

/// Binds a listener on 127.0.0.1; port 0 takes any free one. Returns it with its address. It never binds
/// another interface: the key is public, and the server is for this machine only.
pub fn bind(port: u16) -> io::Result<(std::net::TcpListener, SocketAddr)> {
    let listener = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, port))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}
