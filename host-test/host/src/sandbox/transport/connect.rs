//! From an origin to a connection: name, TCP and TLS within one deadline.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, sleep, timeout_at};

use super::connection::Connection;
use super::resolve::{self, Nowhere, Resolve};
use super::tls::Tls;
use super::{Destination, Failure, error};
use crate::plugin::Scheme;
use crate::sandbox::wasi::ErrorCode as Error;

/// How long an address has before the next one is tried beside it (RFC 8305, 8).
const HEAD_START: Duration = Duration::from_millis(250);

/// Makes connections: a host has one.
pub(in crate::sandbox) struct Dialer {
    resolver: Arc<dyn Resolve>,
    tls: Tls,
}

impl Dialer {
    /// Dials what this resolver finds.
    pub(in crate::sandbox) fn new(resolver: Arc<dyn Resolve>, tls: Tls) -> Dialer {
        Dialer { resolver, tls }
    }

    /// Dials with the system's resolver and the public roots.
    #[cfg(test)]
    pub(in crate::sandbox) fn for_tests() -> Dialer {
        Dialer::new(Arc::new(resolve::System), Tls::new(Vec::new()).unwrap())
    }

    /// A new connection to one of the addresses that the destination's reach admits.
    pub(super) async fn dial(&self, to: &Destination, until: Instant) -> Result<Connection, Failure> {
        let found = resolve::addresses(&*self.resolver, &to.origin, to.reach);
        let addresses = within(until, Error::DnsTimeout, found).await?.map_err(|nowhere| match nowhere {
            Nowhere::Prohibited(addresses) => Failure::Prohibited(addresses),
            Nowhere::Failed(error) => error::lookup(&error).into(),
            Nowhere::Unknown => Error::dns().into(),
        })?;
        let stream = within(until, Error::ConnectionTimeout, connect(addresses)).await?;
        let stream = stream.map_err(|error| error::connect(&error))?;
        let rest = async {
            match to.origin.scheme() {
                Scheme::Http => Connection::http1(stream).await,
                Scheme::Https => {
                    let stream = self.tls.handshake(&to.origin, stream).await?;
                    match stream.get_ref().1.alpn_protocol() {
                        Some(b"h2") => Connection::http2(stream).await,
                        _ => Connection::http1(stream).await,
                    }
                }
            }
        };
        Ok(within(until, Error::ConnectionTimeout, rest).await??)
    }
}

async fn within<T>(until: Instant, late: Error, what: impl Future<Output = T>) -> Result<T, Error> {
    timeout_at(until, what).await.map_err(|_| late)
}

/// The first of the addresses that responds. One after the other is begun, each when the one before has
/// failed or had its head start; if all fail, the last failure is returned.
async fn connect(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let mut failure = io::Error::from(io::ErrorKind::AddrNotAvailable);
    let mut under_way = FuturesUnordered::new();
    let mut waiting = addresses.into_iter();
    under_way.extend(waiting.next().map(attempt));
    while !under_way.is_empty() {
        let outcome = tokio::select! {
            outcome = under_way.next() => outcome,
            () = sleep(HEAD_START), if waiting.len() > 0 => None,
        };
        match outcome {
            Some(Ok(stream)) => return Ok(stream),
            Some(Err(error)) => failure = error,
            None => {}
        }
        under_way.extend(waiting.next().map(attempt));
    }
    Err(failure)
}

async fn attempt(address: SocketAddr) -> io::Result<TcpStream> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // Where an option cannot be set, the connection is a little slower, or dies a little later.
    let _ = socket.set_nodelay(true);
    let _ = socket.set_keepalive(true);
    socket.connect(address).await
}
