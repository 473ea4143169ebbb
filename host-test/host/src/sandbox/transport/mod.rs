//! Requests over the network: which addresses, which connection, and how long to wait for what.
//!
//! The way of a request is `resolve` → `connect` → `tls` → `connection` → `body`; `pool` keeps what can
//! be used again. Whether a request may leave is decided before; here that decision is a [`Reach`], and
//! only an address that it admits is ever connected to.

pub(super) mod address;
mod body;
mod connect;
mod connection;
mod error;
mod pool;
pub(super) mod resolve;
mod shares;
mod tls;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout_at};

use self::address::Reach;
use self::connection::Connection;
use self::pool::Pool;
use super::wasi::ErrorCode as Error;
use crate::plugin::Origin;

pub(super) use self::body::Body;
pub(super) use self::connect::Dialer;
pub(super) use self::shares::Transports;
pub(super) use self::tls::Tls;

/// How long a connection may take where the component says nothing: name, TCP and TLS together.
const CONNECT: Duration = Duration::from_secs(60);
/// How long the head of a response may take, and each silence in its body, where the component says
/// nothing. Models think for minutes before they say a word.
const ANSWER: Duration = Duration::from_secs(600);
/// No wait is longer, whatever the component says.
const LONGEST: Duration = Duration::from_secs(3600);

/// Sends the requests of one plugin under one grant, over connections that are used for nothing else. They
/// close with the last clone.
#[derive(Clone)]
pub(super) struct Transport {
    dialer: Arc<Dialer>,
    pool: Arc<Pool>,
}

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Destination {
    /// Its origin, as the policy read it.
    pub(super) origin: Origin,
    /// The places that the policy lets it lead to.
    pub(super) reach: Reach,
}

/// Why a request got no response.
#[derive(Debug)]
pub(super) enum Failure {
    /// Its name leads to these addresses, and to none that may be reached. Nothing was sent.
    Prohibited(Vec<IpAddr>),
    /// The network or the server failed.
    Http(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Http(error)
    }
}

/// The body of a request.
pub(super) type RequestBody = UnsyncBoxBody<Bytes, Error>;

/// The deadlines that a component requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Waits {
    pub(super) connect: Option<Duration>,
    pub(super) first_byte: Option<Duration>,
    pub(super) between_bytes: Option<Duration>,
}

/// The deadlines of one request.
struct Patience {
    connect: Duration,
    first_byte: Duration,
    between_bytes: Duration,
}

impl Patience {
    fn new(options: Waits) -> Patience {
        let wait = |asked: Option<Duration>, usual: Duration| asked.unwrap_or(usual).min(LONGEST);
        Patience {
            connect: wait(options.connect, CONNECT),
            first_byte: wait(options.first_byte, ANSWER),
            between_bytes: wait(options.between_bytes, ANSWER),
        }
    }
}

impl Transport {
    /// A transport without a connection yet, that shares none.
    #[cfg(test)]
    pub(super) fn new(dialer: Arc<Dialer>) -> Transport {
        Transport { dialer, pool: Arc::new(Pool::default()) }
    }

    /// Sends a request, and returns its response when the head has arrived. The permit is given back when the
    /// response is read or dropped. Dropping the future, or the body before its end, closes the connection.
    ///
    /// A request is written to one connection at most: a connection that turns out to be closed before
    /// it took the request is replaced, and any later failure is returned.
    pub(super) async fn send(
        &self,
        mut request: http::Request<RequestBody>,
        to: &Destination,
        options: Waits,
        permit: OwnedSemaphorePermit,
    ) -> Result<http::Response<Body>, Failure> {
        if request.method() == http::Method::CONNECT {
            // It would make a tunnel of the connection.
            return Err(Error::HttpRequestMethodInvalid.into());
        }
        let patience = Patience::new(options);
        let connected = Instant::now() + patience.connect;
        let target = connection::Target::of(&request);
        loop {
            let mut connection = self.connection(to, connected).await?;
            let deadline = Instant::now() + patience.first_byte;
            let response = timeout_at(deadline, connection.send(request, &target)).await;
            match response.map_err(|_| Error::HttpResponseTimeout)? {
                Ok(response) => {
                    let lease = connection.lease(&self.pool, to.clone());
                    let wrap = |incoming| Body::new(incoming, lease, patience.between_bytes, permit);
                    return Ok(response.map(wrap));
                }
                Err(mut refused) => match refused.take_message() {
                    Some(unsent) if connection.is_reused() => request = unsent,
                    _ => return Err(error::http(refused.error()).into()),
                },
            }
        }
    }

    /// Makes a connection, if none is kept, and keeps it for the first request.
    pub(super) async fn warm(&self, to: &Destination) -> Result<(), Failure> {
        let mut connection = self.connection(to, Instant::now() + CONNECT).await?;
        if !connection.ready().await {
            return Err(Error::ConnectionTerminated.into());
        }
        // As one that was used: should the server have closed it by then, another takes its place.
        self.pool.put(to, connection, &Handle::current());
        Ok(())
    }

    /// A connection from the pool, or a new one.
    async fn connection(&self, to: &Destination, until: Instant) -> Result<Connection, Failure> {
        if let Some(connection) = self.pool.take(to) {
            return Ok(connection);
        }
        // A server of HTTP/2 wants one connection for all requests. Whether it is one shows on the
        // first, so the others to the same destination wait a moment for that.
        let _turn = match self.pool.may_share(to) {
            true => self.pool.turn(to, until).await?,
            false => None,
        };
        if let Some(connection) = self.pool.take(to) {
            return Ok(connection);
        }
        // On the heap: with the room for a TLS handshake, the future of each request had 17 KB, and most requests need no
        // new connection.
        let connection = Box::pin(self.dialer.dial(to, until)).await?;
        self.pool.learn(to, &connection);
        Ok(connection)
    }
}

#[cfg(test)]
mod tests;
