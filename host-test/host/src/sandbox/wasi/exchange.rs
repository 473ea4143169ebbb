//! One request and its response, moved on by the host while it waits, and looked at by the component when it is called.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::HeaderMap;
use http::response::Parts;
use hyper::body::Body as _;

use super::error_code::ErrorCode;
use super::upload::Upload;
use crate::sandbox::redact::RedactedBody;
use crate::sandbox::transport::Body;

/// The most bytes that are gathered for one read. More stay with the connection, which stops the server.
const GATHERED: usize = 64 * 1024;

/// The response to a request that was sent.
pub(in crate::sandbox) type Sending =
    Pin<Box<dyn Future<Output = Result<http::Response<RedactedBody<Body>>, ErrorCode>> + Send>>;

/// A shared exchange. The component's resources own it, so that it ends with the last of them.
pub(in crate::sandbox) type SharedExchange = Arc<Mutex<Exchange>>;

/// Locks an exchange.
pub(in crate::sandbox) fn lock(exchange: &Mutex<Exchange>) -> MutexGuard<'_, Exchange> {
    exchange.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(in crate::sandbox) struct Exchange {
    /// Until the head of the response has arrived.
    sending: Option<Sending>,
    head: Option<Result<Parts, ErrorCode>>,
    /// Until the end of the body. It holds the connection.
    body: Option<RedactedBody<Body>>,
    /// Bytes of the body that the component has not read, without keys.
    ready: Bytes,
    end: Option<Result<(), ErrorCode>>,
    /// The component has seen the end.
    is_end_read: bool,
    /// What follows in the body is of no interest, except its trailers.
    is_discarded: bool,
    trailers: Option<HeaderMap>,
    /// Until the connection wants no more of it.
    upload: Option<Upload>,
    /// The component can write again.
    is_writable: bool,
    /// Counts what changed, so that the host does not wake a component twice for what it ignored.
    changes: u64,
    /// The task that waited last. A step within a call uses it, or the wait would miss what happens next.
    waker: Waker,
    /// Nothing can move on before that task is woken.
    is_settled: bool,
}

impl Exchange {
    pub(super) fn new(sending: Sending, upload: Option<Upload>) -> Exchange {
        Exchange {
            sending: Some(sending),
            head: None,
            body: None,
            ready: Bytes::new(),
            end: None,
            is_end_read: false,
            is_discarded: false,
            trailers: None,
            upload,
            is_writable: false,
            changes: 0,
            waker: Waker::noop().clone(),
            is_settled: false,
        }
    }

    /// Moves on as far as possible. If there is something for the component, returns the count of changes; otherwise the
    /// context's task is woken when there may be.
    pub(in crate::sandbox) fn poll(&mut self, context: &mut Context<'_>) -> Option<u64> {
        self.waker.clone_from(context.waker());
        self.advance(context);
        self.news()
    }

    /// The same for a task that has called the component since. Where the task will be woken for all that can happen, it
    /// does not move on: that would run through the connection once more for each chunk, and find nothing.
    pub(in crate::sandbox) fn poll_after_call(&mut self, context: &mut Context<'_>) -> Option<u64> {
        let is_settled = self.is_settled
            && self.ready.is_empty()
            && self.upload.is_none()
            && self.waker.will_wake(context.waker());
        if is_settled { self.news() } else { self.poll(context) }
    }

    fn news(&self) -> Option<u64> {
        self.has_news().then_some(self.changes)
    }

    /// Moves on within a call of the component, so that a request over a connection that is there leaves at once.
    pub(super) fn step(&mut self) {
        let waker = self.waker.clone();
        self.advance(&mut Context::from_waker(&waker));
    }

    /// Whether there is something for the component.
    pub(super) fn has_news(&self) -> bool {
        let has_unread = !self.ready.is_empty() || (self.end.is_some() && !self.is_end_read);
        self.head.is_some() || has_unread || self.is_writable
    }

    /// The head of the response, once. `None`: it has not arrived.
    pub(super) fn take_head(&mut self) -> Option<Result<Parts, ErrorCode>> {
        let head = self.head.take()?;
        self.changes += 1;
        Some(head)
    }

    /// At most this many bytes of the body; none if there are none now.
    ///
    /// # Errors
    /// `Ok` at the end, and the failure that ended it.
    pub(super) fn read(&mut self, most: usize) -> Result<Bytes, Result<(), ErrorCode>> {
        if !self.ready.is_empty() {
            self.changes += 1;
            let count = most.min(self.ready.len());
            return Ok(self.ready.split_to(count));
        }
        match &self.end {
            Some(end) => {
                self.is_end_read = true;
                Err(end.clone())
            }
            None => Ok(Bytes::new()),
        }
    }

    /// The rest of the body is skipped up to its trailers.
    pub(super) fn discard(&mut self) {
        self.is_discarded = true;
        self.ready.clear();
    }

    /// The trailers, once the body has ended.
    pub(super) fn trailers(&mut self) -> Option<Result<Option<HeaderMap>, ErrorCode>> {
        let end = self.end.clone()?;
        self.is_end_read = true;
        Some(end.map(|()| self.trailers.take()))
    }

    /// The component looks whether it may write.
    pub(super) fn note_write(&mut self) {
        self.is_writable = false;
        self.changes += 1;
    }

    fn advance(&mut self, context: &mut Context<'_>) {
        self.is_settled = false;
        if let Some(sending) = &mut self.sending
            && let Poll::Ready(outcome) = sending.as_mut().poll(context)
        {
            self.sending = None;
            self.changes += 1;
            self.head = Some(outcome.map(|response| {
                let (parts, body) = response.into_parts();
                self.body = Some(body);
                parts
            }));
        }
        if self.ready.is_empty() {
            self.gather(context);
        }
        if let Some(upload) = &self.upload {
            if upload.poll_unblocked(context) {
                self.is_writable = true;
                self.changes += 1;
            }
            // Nothing more happens to it.
            self.upload.take_if(|upload| upload.is_closed());
        }
    }

    /// Takes what has arrived of the body. One frame, as of most chunks, is passed on without a copy.
    fn gather(&mut self, context: &mut Context<'_>) {
        let Some(body) = &mut self.body else { return };
        let mut joined = Vec::new();
        loop {
            match Pin::new(&mut *body).poll_frame(context) {
                Poll::Pending => {
                    self.is_settled = true;
                    break;
                }
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(_) if self.is_discarded => {}
                    Ok(data) if self.ready.is_empty() && joined.is_empty() => self.ready = data,
                    Ok(data) => {
                        if joined.is_empty() {
                            joined.reserve(GATHERED.min(8 * (self.ready.len() + data.len())));
                            joined.extend_from_slice(&self.ready);
                        }
                        joined.extend_from_slice(&data);
                    }
                    Err(frame) => self.trailers = frame.into_trailers().ok(),
                },
                Poll::Ready(ended) => {
                    self.end = Some(match ended {
                        Some(Err(error)) => Err(error),
                        _ => Ok(()),
                    });
                    // The connection goes back to the pool, or closes.
                    self.body = None;
                    self.changes += 1;
                    break;
                }
            }
            if joined.len().max(self.ready.len()) >= GATHERED {
                break;
            }
        }
        if !joined.is_empty() {
            self.ready = joined.into();
        }
        if !self.ready.is_empty() {
            self.changes += 1;
        }
    }
}
