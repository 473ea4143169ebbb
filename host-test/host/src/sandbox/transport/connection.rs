//! One connection, of HTTP/1.1 or HTTP/2, with what drives it.
//!
//! A connection of HTTP/1.1 has one user at a time, who drives it while it waits. One of HTTP/2 has many, none of whom
//! may stop the others, so a task drives it.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use http::header::HOST;
use http::uri::PathAndQuery;
use http::{HeaderValue, Request, Response, Uri, Version};
use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use tokio::time::timeout;

use super::pool::Pool;
use super::{Destination, RequestBody, error};
use crate::sandbox::wasi::ErrorCode as Error;

/// The longest head of a response, in bytes, and the most headers in it. CometAPI's have some thirty, and
/// hyper's own limit of a hundred is near to what some gateways send.
const HEAD_BYTES: usize = 256 * 1024;
const HEADERS: usize = 512;
/// What a server of HTTP/2 may send ahead of the reader, in bytes: for a stream, and for all together. The
/// second is large enough that some streams that nobody reads do not stop the others.
const STREAM_WINDOW: u32 = 256 * 1024;
const CONNECTION_WINDOW: u32 = 16 * 1024 * 1024;
/// How often a server of HTTP/2 is asked whether it is there, while it has a stream, and how long it may
/// take to say so.
const PING: Duration = Duration::from_secs(20);
const PONG: Duration = Duration::from_secs(10);
/// How long a server may take to take the rest of a request after the end of its response.
const SETTLE: Duration = Duration::from_secs(1);

/// A connection that can take a request.
pub(super) struct Connection {
    sender: Sender,
    driver: Driver,
    reused: bool,
}

#[derive(Debug)]
enum Sender {
    Http1(http1::SendRequest<RequestBody>),
    Http2(http2::SendRequest<RequestBody>),
}

/// What reads and writes. Dropping it drops the socket.
enum Driver {
    /// Driven by the user of the connection. `None` when the connection is closed.
    Own(Option<Pin<Box<dyn Future<Output = ()> + Send>>>),
    Task(Arc<Task>),
}

/// The task of a connection.
struct Task(AbortHandle);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// How a request names what it asks for, in either version.
pub(super) struct Target {
    whole: Uri,
    path: Uri,
    host: Option<HeaderValue>,
}

/// A connection while its response is read.
pub(super) struct Lease {
    connection: Connection,
    to: Destination,
    pool: Weak<Pool>,
    runtime: Handle,
}

impl Connection {
    /// Speaks HTTP/1.1 over a stream.
    pub(super) async fn http1<S>(stream: S) -> Result<Connection, Error>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let mut builder = http1::Builder::new();
        builder.max_headers(HEADERS).max_header_size(HEAD_BYTES);
        let (sender, driver) =
            builder.handshake(TokioIo::new(stream)).await.map_err(|error| error::http(&error))?;
        // How it ends is reported to the request that is on it.
        let driver = Box::pin(async move { drop(driver.await) });
        Ok(Connection { sender: Sender::Http1(sender), driver: Driver::Own(Some(driver)), reused: false })
    }

    /// Speaks HTTP/2 over a stream.
    pub(super) async fn http2<S>(stream: S) -> Result<Connection, Error>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_header_list_size(u32::try_from(HEAD_BYTES).unwrap_or(u32::MAX))
            .keep_alive_interval(PING)
            .keep_alive_timeout(PONG);
        let (sender, driver) =
            builder.handshake(TokioIo::new(stream)).await.map_err(|error| error::http(&error))?;
        let task = tokio::spawn(async move { drop(driver.await) });
        let task = Arc::new(Task(task.abort_handle()));
        Ok(Connection { sender: Sender::Http2(sender), driver: Driver::Task(task), reused: false })
    }

    /// Reads and writes what it can, where the caller has to do that.
    fn drive(&mut self, context: &mut Context<'_>) {
        if let Driver::Own(driver) = &mut self.driver {
            driver.take_if(|driver| driver.as_mut().poll(context).is_ready());
        }
    }

    /// Sends a request, and returns the response when its head has arrived. A request that comes back with the error was
    /// not written.
    pub(super) async fn send(
        &mut self,
        mut request: Request<RequestBody>,
        target: &Target,
    ) -> Result<Response<Incoming>, TrySendError<Request<RequestBody>>> {
        match &mut self.sender {
            Sender::Http1(sender) => {
                *request.uri_mut() = target.path.clone();
                *request.version_mut() = Version::HTTP_11;
                request.headers_mut().extend(target.host.clone().map(|host| (HOST, host)));
                let mut response = pin!(sender.try_send_request(request));
                poll_fn(|context| {
                    // First the socket: the response is there only after that.
                    if let Driver::Own(driver) = &mut self.driver {
                        driver.take_if(|driver| driver.as_mut().poll(context).is_ready());
                    }
                    response.as_mut().poll(context)
                })
                .await
            }
            Sender::Http2(sender) => {
                *request.uri_mut() = target.whole.clone();
                *request.version_mut() = Version::HTTP_2;
                // It has `:authority` in its place.
                request.headers_mut().remove(HOST);
                sender.try_send_request(request).await
            }
        }
    }

    /// Whether it has carried a request before.
    pub(super) fn is_reused(&self) -> bool {
        self.reused
    }

    /// The same connection, after it has carried a request.
    pub(super) fn used(self) -> Connection {
        Connection { reused: true, ..self }
    }

    /// Whether many requests at once may be sent over it.
    pub(super) fn is_shared(&self) -> bool {
        matches!(self.sender, Sender::Http2(_))
    }

    /// The same connection for another request at the same time, where it carries many.
    pub(super) fn shared(&self) -> Option<Connection> {
        match (&self.sender, &self.driver) {
            (Sender::Http2(sender), Driver::Task(task)) => Some(Connection {
                sender: Sender::Http2(sender.clone()),
                driver: Driver::Task(Arc::clone(task)),
                reused: true,
            }),
            _ => None,
        }
    }

    /// Whether it takes a request now. Nobody reads from an idle connection of HTTP/1.1, so this is also where it shows
    /// that the server has closed it.
    pub(super) fn is_ready(&mut self) -> bool {
        self.drive(&mut Context::from_waker(Waker::noop()));
        match &self.sender {
            Sender::Http1(sender) => sender.is_ready(),
            Sender::Http2(sender) => sender.is_ready(),
        }
    }

    /// Whether somebody besides the caller holds it.
    pub(super) fn is_in_use(&self) -> bool {
        match &self.driver {
            Driver::Own(_) => false,
            Driver::Task(task) => Arc::strong_count(task) > 1,
        }
    }

    /// Keeps it for a response that is to be read.
    pub(super) fn lease(self, pool: &Arc<Pool>, to: Destination) -> Lease {
        Lease { connection: self, to, pool: Arc::downgrade(pool), runtime: Handle::current() }
    }

    /// Waits until it takes a request: a new one does once it was driven. Whether it does so at all.
    pub(super) async fn ready(&mut self) -> bool {
        poll_fn(|context| {
            self.drive(context);
            let ready = match &mut self.sender {
                Sender::Http1(sender) => sender.poll_ready(context),
                Sender::Http2(sender) => sender.poll_ready(context),
            };
            match ready {
                Poll::Ready(ready) => Poll::Ready(ready.is_ok()),
                Poll::Pending => Poll::Pending,
            }
        })
        .await
    }
}

impl Target {
    /// What a request asks for.
    pub(super) fn of(request: &Request<RequestBody>) -> Target {
        let whole = request.uri().clone();
        let path = match whole.path_and_query() {
            Some(path) if path.as_str().starts_with('/') => path.clone(),
            // A query alone stands below the root.
            Some(query) => {
                PathAndQuery::try_from(format!("/{query}")).unwrap_or_else(|_| PathAndQuery::from_static("/"))
            }
            None => PathAndQuery::from_static("/"),
        };
        Target { whole, path: Uri::from(path), host: request.headers().get(HOST).cloned() }
    }
}

impl Lease {
    /// Gives the connection back after the end of a response.
    pub(super) fn release(self) {
        let Lease { mut connection, to, pool, runtime } = self;
        if connection.is_ready() {
            if let Some(pool) = pool.upgrade() {
                pool.put(&to, connection, &runtime);
            }
            return;
        }
        // The rest of the request is still on its way.
        runtime.clone().spawn(async move {
            if let Ok(true) = timeout(SETTLE, connection.ready()).await
                && let Some(pool) = pool.upgrade()
            {
                pool.put(&to, connection, &runtime);
            }
        });
    }

    /// Reads and writes what the connection can, for its one user.
    pub(super) fn drive(&mut self, context: &mut Context<'_>) {
        self.connection.drive(context);
    }

    /// Whether giving up a response costs the whole connection.
    pub(super) fn is_exclusive(&self) -> bool {
        !self.connection.is_shared()
    }

    /// The runtime that the connection lives in.
    pub(super) fn runtime(&self) -> Handle {
        self.runtime.clone()
    }
}
