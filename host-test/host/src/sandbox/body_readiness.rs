//! Reports whether response bodies have data, so that the host can wait for it in a component's place.
//!
//! A component that waits itself requests a timer and a readiness handle of the body from the host, waits on both, and
//! releases them, for each chunk of a response. The host knows of a chunk without these calls. So while all bodies of
//! an instance are empty the host waits, and it calls the component when there is something to read.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use hyper::body::{Body, Frame, SizeHint};

/// The open bodies of one instance.
#[derive(Clone, Default)]
pub(super) struct BodyReadiness(Arc<Shared>);

#[derive(Default)]
struct Shared {
    open: AtomicUsize,
    /// Open bodies that had nothing when they were looked at last, and have not moved since.
    empty: AtomicUsize,
    waiting: AtomicWaker,
}

impl BodyReadiness {
    /// Whether bodies are open, and a component that reads would find nothing in any of them.
    pub(super) fn is_quiet(&self) -> bool {
        let open = self.0.open.load(SeqCst);
        open > 0 && self.0.empty.load(SeqCst) == open
    }

    /// How many bodies are open.
    pub(super) fn open(&self) -> usize {
        self.0.open.load(SeqCst)
    }

    /// Waits until a body has data, or none is open.
    pub(super) async fn wait(&self) {
        poll_fn(|context| {
            self.0.waiting.register(context.waker());
            if self.is_quiet() { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
    }

    /// Wraps a body, which then reports here whether it has data.
    pub(super) fn watch<B: Body<Data = Bytes> + Unpin>(&self, inner: B) -> ReadyBody<B> {
        self.0.open.fetch_add(1, SeqCst);
        let ready_waker = Arc::new(ReadyWaker {
            all: Arc::clone(&self.0),
            empty: AtomicBool::new(false),
            reader: AtomicWaker::new(),
        });
        ReadyBody { inner, ahead: None, waker: Waker::from(Arc::clone(&ready_waker)), ready_waker }
    }
}

/// The waker of one body. It runs when a body that was empty has data.
struct ReadyWaker {
    all: Arc<Shared>,
    empty: AtomicBool,
    /// The task that reads the body, if it is waiting for data.
    reader: AtomicWaker,
}

impl ReadyWaker {
    /// Called before the body is polled, so that data which arrives during the poll marks it as full again.
    fn mark_empty(&self) {
        if !self.empty.swap(true, SeqCst) {
            self.all.empty.fetch_add(1, SeqCst);
        }
    }

    fn mark_full(&self) {
        if self.empty.swap(false, SeqCst) {
            self.all.empty.fetch_sub(1, SeqCst);
        }
    }
}

impl Wake for ReadyWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.mark_full();
        self.all.waiting.wake();
        self.reader.wake();
    }
}

type Item<B> = Option<Result<Frame<Bytes>, <B as Body>::Error>>;

/// A body that reads one frame ahead, and so knows whether it is empty without being polled.
pub(super) struct ReadyBody<B: Body<Data = Bytes>> {
    inner: B,
    ahead: Option<Item<B>>,
    ready_waker: Arc<ReadyWaker>,
    /// `ready_waker` as the type that bodies are polled with, made once.
    waker: Waker,
}

impl<B: Body<Data = Bytes> + Unpin> ReadyBody<B> {
    /// Polls the inner body. If it has nothing yet, `ready_waker` is woken when it does.
    fn look(&mut self) -> Poll<Item<B>> {
        self.ready_waker.mark_empty();
        let item = Pin::new(&mut self.inner).poll_frame(&mut Context::from_waker(&self.waker));
        if item.is_ready() {
            self.ready_waker.mark_full();
        }
        item
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for ReadyBody<B>
where
    B::Error: Unpin,
{
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Item<B>> {
        let this = self.get_mut();
        let item = match this.ahead.take() {
            Some(item) => item,
            None => {
                this.ready_waker.reader.register(context.waker());
                match this.look() {
                    Poll::Ready(item) => item,
                    Poll::Pending => return Poll::Pending,
                }
            }
        };
        if let Some(Ok(_)) = &item {
            this.ahead = match this.look() {
                Poll::Ready(next) => Some(next),
                Poll::Pending => None,
            };
        }
        Poll::Ready(item)
    }

    fn is_end_stream(&self) -> bool {
        match &self.ahead {
            Some(item) => item.is_none(),
            None => self.inner.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        let inner = self.inner.size_hint();
        let ahead = match &self.ahead {
            Some(Some(Ok(frame))) => frame.data_ref().map_or(0, |data| data.len() as u64),
            _ => 0,
        };
        let mut hint = SizeHint::new();
        hint.set_lower(inner.lower().saturating_add(ahead));
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper.saturating_add(ahead));
        }
        hint
    }
}

impl<B: Body<Data = Bytes>> Drop for ReadyBody<B> {
    fn drop(&mut self) {
        self.ready_waker.mark_full();
        self.ready_waker.all.open.fetch_sub(1, SeqCst);
        self.ready_waker.all.waiting.wake();
    }
}

#[cfg(test)]
#[path = "body_readiness_tests.rs"]
mod tests;
