//! The body of a response: with a limit on its silences, and with the connection that it comes on.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body as _, Frame, Incoming, SizeHint};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Sleep, sleep, timeout};

use super::connection::Lease;
use super::error;
use crate::sandbox::wasi::ErrorCode as Error;

/// How long the end of a response may come after its last data when nobody reads on. A component stops at the
/// data that ends a stream of events; the end of the body is a few bytes more, mostly there already, and
/// worth waiting for: without it the connection cannot be used again.
const LAST_BYTES: Duration = Duration::from_millis(20);

/// The body of a response. Dropped before its end, it takes the connection with it.
pub(in crate::sandbox) struct Body {
    /// `None` from the end on, or from the failure.
    open: Option<Open>,
    between_bytes: Duration,
    /// When the last bytes came, and a timer that is due no later than `between_bytes` after that: moving
    /// the timer for each frame would cost more than the frame.
    last: Instant,
    timer: Pin<Box<Sleep>>,
}

struct Open {
    incoming: Incoming,
    lease: Lease,
    _permit: OwnedSemaphorePermit,
}

type Item = Option<Result<Frame<Bytes>, hyper::Error>>;

impl Open {
    /// The next frame. The reader of the body also moves its connection on, so no task stands between the socket and
    /// the reader, and a reader that stops reading stops the server.
    fn poll_frame(&mut self, context: &mut Context<'_>) -> Poll<Item> {
        match Pin::new(&mut self.incoming).poll_frame(context) {
            Poll::Pending if self.lease.is_exclusive() => {
                self.lease.drive(context);
                Pin::new(&mut self.incoming).poll_frame(context)
            }
            polled => polled,
        }
    }
}

impl Body {
    pub(super) fn new(
        incoming: Incoming,
        lease: Lease,
        between_bytes: Duration,
        permit: OwnedSemaphorePermit,
    ) -> Body {
        let open = Open { incoming, lease, _permit: permit };
        let (last, timer) = (Instant::now(), Box::pin(sleep(between_bytes)));
        let mut body = Body { open: Some(open), between_bytes, last, timer };
        body.release_at_end();
        body
    }

    /// Gives the connection back once nothing more can come.
    fn release_at_end(&mut self) {
        if let Some(open) = self.open.take_if(|open| open.incoming.is_end_stream()) {
            open.lease.release();
        }
    }

    /// Whether the silence has lasted for too long.
    fn poll_late(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while self.timer.as_mut().poll(context).is_ready() {
            let due = self.last + self.between_bytes;
            if Instant::now() >= due {
                return Poll::Ready(());
            }
            self.timer.as_mut().reset(due);
        }
        Poll::Pending
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let Some(open) = &mut self.open else { return Poll::Ready(None) };
        match open.poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                self.last = Instant::now();
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => {
                self.open = None;
                Poll::Ready(Some(Err(error::http(&error))))
            }
            Poll::Ready(None) => {
                if let Some(open) = self.open.take() {
                    open.lease.release();
                }
                Poll::Ready(None)
            }
            Poll::Pending => self.poll_late(context).map(|()| {
                self.open = None;
                Some(Err(Error::ConnectionReadTimeout))
            }),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.open.as_ref().is_none_or(|open| open.incoming.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.open.as_ref().map_or(SizeHint::with_exact(0), |open| open.incoming.size_hint())
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        // Of HTTP/2 only the stream is given up, by dropping it.
        let Some(mut open) = self.open.take().filter(|open| open.lease.is_exclusive()) else { return };
        let mut context = Context::from_waker(Waker::noop());
        match open.poll_frame(&mut context) {
            Poll::Ready(None) => open.lease.release(),
            Poll::Ready(Some(_)) => {}
            Poll::Pending => {
                let runtime = open.lease.runtime();
                runtime.spawn(async move {
                    if let Ok(None) = timeout(LAST_BYTES, poll_fn(|context| open.poll_frame(context))).await {
                        open.lease.release();
                    }
                });
            }
        }
    }
}
