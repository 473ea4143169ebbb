//! The body of a response, without keys.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use redaction::{Flow, Passed};

use super::clean_headers;

/// A body that is passed on without keys and with the same length: a content length that the server announced stays true.
/// Frames without a key, which is nearly all of them, are passed on as they are, not copied.
pub(in super::super) struct RedactedBody<B: Body<Data = Bytes>> {
    inner: B,
    flow: Flow,
    /// Bytes that the flow holds back. They count in the size hint, or a reader would stop before them.
    held: u64,
    /// Trailers or an error that arrived while bytes were held back; passed on after those bytes.
    following: Option<Result<Frame<Bytes>, B::Error>>,
    over: bool,
}

impl<B: Body<Data = Bytes>> RedactedBody<B> {
    pub(super) fn new(inner: B, flow: Flow) -> RedactedBody<B> {
        RedactedBody { inner, flow, held: 0, following: None, over: false }
    }
}

impl<B: Body<Data = Bytes, Error: Unpin> + Unpin> Body for RedactedBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.get_mut();
        if let Some(following) = this.following.take() {
            return Poll::Ready(Some(following));
        }
        while !this.over {
            let other = match ready!(Pin::new(&mut this.inner).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => {
                        let passed = this.pass(data);
                        if passed.is_empty() {
                            continue;
                        }
                        return Poll::Ready(Some(Ok(Frame::data(passed))));
                    }
                    Err(trailers) => Some(Ok(this.clean(trailers))),
                },
                Some(Err(error)) => Some(Err(error)),
                None => None,
            };
            this.over = !matches!(other, Some(Ok(_)));
            let Some(rest) = this.rest() else { return Poll::Ready(other) };
            this.following = other;
            return Poll::Ready(Some(Ok(Frame::data(rest))));
        }
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        self.held == 0 && self.following.is_none() && (self.over || self.inner.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        let inner = self.inner.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(inner.lower().saturating_add(self.held));
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper.saturating_add(self.held));
        }
        hint
    }
}

impl<B: Body<Data = Bytes>> RedactedBody<B> {
    fn pass(&mut self, data: Bytes) -> Bytes {
        let length = data.len() as u64 + self.held;
        let passed = match self.flow.push(&data) {
            Passed::First(length) => data.slice(..length),
            Passed::Rewritten(bytes) => bytes.into(),
        };
        self.held = length.saturating_sub(passed.len() as u64);
        passed
    }

    /// The bytes that were held back, now that something else follows; `None` if there are none.
    fn rest(&mut self) -> Option<Bytes> {
        self.held = 0;
        Some(self.flow.finish()).filter(|rest| !rest.is_empty()).map(Bytes::from)
    }

    fn clean(&self, mut trailers: Frame<Bytes>) -> Frame<Bytes> {
        if let Some(trailers) = trailers.trailers_mut() {
            clean_headers(self.flow.keys(), trailers);
        }
        trailers
    }
}
