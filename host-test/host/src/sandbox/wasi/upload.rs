//! The body of a request, on its way from the component to the connection.
//!
//! One piece is on the way at a time. The component may write the next one when the connection has taken the one before,
//! so a server that reads slowly slows the component down and fills nobody's memory.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::HeaderMap;
use hyper::body::{Body, Frame, SizeHint};

use super::error_code::ErrorCode;

/// The most bytes of one write.
pub(super) const PIECE: usize = 1 << 20;

/// The component's end of a body.
#[derive(Clone)]
pub(super) struct Upload(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    piece: Option<Bytes>,
    end: Option<End>,
    /// Nothing takes pieces any more: the exchange is over.
    is_closed: bool,
    /// The component found that it must not write.
    is_blocked: bool,
    /// The length that the headers announce.
    expected: Option<u64>,
    written: u64,
    /// Wakes the connection.
    reader: Option<Waker>,
    /// Wakes the host's wait for the component.
    writer: Option<Waker>,
}

enum End {
    Finished,
    Trailers(HeaderMap),
    Aborted,
}

/// Why a write fails.
pub(super) enum WriteError {
    Closed,
    /// More than the length that the headers announce.
    TooLong(u64),
    /// More than was permitted, which traps.
    NotPermitted,
}

impl Upload {
    pub(super) fn new(expected: Option<u64>) -> Upload {
        Upload(Arc::new(Mutex::new(State { expected, ..State::default() })))
    }

    /// The connection's end.
    pub(super) fn body(&self) -> UploadBody {
        UploadBody(self.clone())
    }

    /// How many bytes may be written now.
    pub(super) fn permitted(&self) -> Result<usize, WriteError> {
        let mut state = self.lock();
        if state.is_closed {
            return Err(WriteError::Closed);
        }
        state.is_blocked = state.piece.is_some();
        Ok(if state.is_blocked { 0 } else { PIECE })
    }

    pub(super) fn write(&self, bytes: Vec<u8>) -> Result<(), WriteError> {
        let mut state = self.lock();
        if state.is_closed {
            return Err(WriteError::Closed);
        }
        if state.piece.is_some() || bytes.len() > PIECE {
            return Err(WriteError::NotPermitted);
        }
        let total = state.written.saturating_add(bytes.len() as u64);
        if state.expected.is_some_and(|expected| total > expected) {
            return Err(WriteError::TooLong(total));
        }
        state.written = total;
        if !bytes.is_empty() {
            state.piece = Some(bytes.into());
        }
        wake(state.reader.take(), state);
        Ok(())
    }

    pub(super) fn is_closed(&self) -> bool {
        self.lock().is_closed
    }

    /// Whether a write would be permitted or would fail at once.
    pub(super) fn is_ready(&self) -> bool {
        let state = self.lock();
        state.is_closed || state.piece.is_none()
    }

    /// Ends the body.
    ///
    /// # Errors
    /// When its length is not the one that the headers announce. The request is then aborted, since the server would take
    /// the bytes after it for a part of it.
    pub(super) fn finish(&self, trailers: Option<HeaderMap>) -> Result<(), ErrorCode> {
        let mut state = self.lock();
        let written = state.written;
        let is_whole = state.expected.is_none_or(|expected| expected == written);
        state.end = Some(match trailers {
            _ if !is_whole => End::Aborted,
            Some(trailers) => End::Trailers(trailers),
            None => End::Finished,
        });
        wake(state.reader.take(), state);
        if is_whole { Ok(()) } else { Err(ErrorCode::HttpRequestBodySize(Some(written))) }
    }

    /// Gives the body up, unless it was finished.
    pub(super) fn abort(&self) {
        let mut state = self.lock();
        state.end.get_or_insert(End::Aborted);
        wake(state.reader.take(), state);
    }

    /// Whether the component can go on since it was blocked. Otherwise the context's task is woken when it can.
    pub(super) fn poll_unblocked(&self, context: &mut Context<'_>) -> bool {
        let mut state = self.lock();
        if !state.is_blocked {
            return false;
        }
        let is_free = state.is_closed || state.piece.is_none();
        if is_free {
            state.is_blocked = false;
        } else {
            state.writer = Some(context.waker().clone());
        }
        is_free
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes after the lock is released.
fn wake(waker: Option<Waker>, state: MutexGuard<'_, State>) {
    drop(state);
    waker.into_iter().for_each(Waker::wake);
}

/// The connection's end of a body.
pub(super) struct UploadBody(Upload);

impl Body for UploadBody {
    type Data = Bytes;
    type Error = ErrorCode;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ErrorCode>>> {
        let mut state = self.0.lock();
        if let Some(piece) = state.piece.take() {
            wake(state.writer.take(), state);
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        match state.end.take() {
            Some(End::Finished) => {
                state.end = Some(End::Finished);
                Poll::Ready(None)
            }
            Some(End::Trailers(trailers)) => {
                state.end = Some(End::Finished);
                Poll::Ready(Some(Ok(Frame::trailers(trailers))))
            }
            Some(End::Aborted) => {
                state.end = Some(End::Finished);
                Poll::Ready(Some(Err(ErrorCode::HttpProtocolError)))
            }
            None => {
                state.reader = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        let state = self.0.lock();
        state.piece.is_none() && matches!(state.end, Some(End::Finished))
    }

    fn size_hint(&self) -> SizeHint {
        let state = self.0.lock();
        let waiting = state.piece.as_ref().map_or(0, |piece| piece.len() as u64);
        match (state.expected, &state.end) {
            (Some(expected), _) => {
                SizeHint::with_exact(expected.saturating_sub(state.written.saturating_sub(waiting)))
            }
            (None, Some(End::Finished)) => SizeHint::with_exact(waiting),
            _ => SizeHint::default(),
        }
    }
}

impl Drop for UploadBody {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.is_closed = true;
        wake(state.writer.take(), state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn poll(body: &mut UploadBody) -> Poll<Option<Result<Frame<Bytes>, ErrorCode>>> {
        Pin::new(body).poll_frame(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn one_piece_is_on_the_way_at_a_time() {
        let upload = Upload::new(None);
        let mut body = upload.body();
        assert!(poll(&mut body).is_pending());
        assert!(upload.permitted().is_ok_and(|count| count == PIECE));
        assert!(upload.write(b"one".to_vec()).is_ok());
        assert!(upload.permitted().is_ok_and(|count| count == 0));
        assert!(matches!(upload.write(b"two".to_vec()), Err(WriteError::NotPermitted)));
        let context = &mut Context::from_waker(Waker::noop());
        assert!(!upload.poll_unblocked(context));
        let Poll::Ready(Some(Ok(frame))) = poll(&mut body) else { panic!("a piece") };
        assert_eq!(frame.into_data().unwrap(), "one");
        assert!(upload.poll_unblocked(context) && !upload.poll_unblocked(context), "reported once");
        assert!(matches!(upload.write(vec![0; PIECE + 1]), Err(WriteError::NotPermitted)));
        upload.finish(None).unwrap();
        assert!(matches!(poll(&mut body), Poll::Ready(None)) && body.is_end_stream());
        drop(body);
        assert!(matches!(upload.permitted(), Err(WriteError::Closed)));
    }

    #[test]
    fn a_body_has_the_length_that_its_headers_announce_or_is_aborted() {
        let upload = Upload::new(Some(4));
        let mut body = upload.body();
        assert_eq!(body.size_hint().exact(), Some(4));
        assert!(upload.write(b"ab".to_vec()).is_ok());
        assert_eq!(body.size_hint().exact(), Some(4));
        assert!(poll(&mut body).is_ready());
        assert_eq!(body.size_hint().exact(), Some(2));
        assert!(matches!(upload.write(b"cde".to_vec()), Err(WriteError::TooLong(5))));
        assert_eq!(upload.finish(None), Err(ErrorCode::HttpRequestBodySize(Some(2))));
        assert!(matches!(poll(&mut body), Poll::Ready(Some(Err(ErrorCode::HttpProtocolError)))));
    }

    #[test]
    fn a_body_that_is_given_up_fails_and_one_that_was_finished_does_not() {
        let upload = Upload::new(None);
        upload.abort();
        assert!(matches!(poll(&mut upload.body()), Poll::Ready(Some(Err(_)))));
        let upload = Upload::new(None);
        upload.finish(None).unwrap();
        upload.abort();
        assert!(upload.body().is_end_stream());
    }
}
