//! Tells when something has come for a component, so that the host can wait for it in its place.
//!
//! A component that waits by itself asks the host for a timer and for a sign of the body, waits on both, and
//! gives them back: for each chunk of an answer. The host knows of a chunk without all that. So while the
//! bodies of an instance are empty the host waits, and calls the component when there is something to read.

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
pub(super) struct Arrivals(Arc<Shared>);

#[derive(Default)]
struct Shared {
    open: AtomicUsize,
    /// Open bodies that had nothing when they were looked at last, and have not moved since.
    empty: AtomicUsize,
    waiting: AtomicWaker,
}

impl Arrivals {
    /// Whether bodies are open, and a component that reads would find nothing in any of them.
    pub(super) fn is_quiet(&self) -> bool {
        let open = self.0.open.load(SeqCst);
        open > 0 && self.0.empty.load(SeqCst) == open
    }

    /// How many bodies are open.
    pub(super) fn open(&self) -> usize {
        self.0.open.load(SeqCst)
    }

    /// Waits until it is not quiet.
    pub(super) async fn wait(&self) {
        poll_fn(|context| {
            self.0.waiting.register(context.waker());
            if self.is_quiet() { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
    }

    /// A body that tells here when it has something.
    pub(super) fn watch<B: Body<Data = Bytes> + Unpin>(&self, inner: B) -> Watched<B> {
        self.0.open.fetch_add(1, SeqCst);
        let bell = Arc::new(Bell {
            all: Arc::clone(&self.0),
            empty: AtomicBool::new(false),
            reader: AtomicWaker::new(),
        });
        Watched { inner, ahead: None, waker: Waker::from(Arc::clone(&bell)), bell }
    }
}

/// Rings when a body that was empty has something.
struct Bell {
    all: Arc<Shared>,
    empty: AtomicBool,
    /// Whoever reads the body, where that is somebody who waits.
    reader: AtomicWaker,
}

impl Bell {
    /// Before the body is looked at: what comes from here on takes it back.
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

impl Wake for Bell {
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

/// A body that looks one frame ahead, and so knows whether it is empty without being asked.
pub(super) struct Watched<B: Body<Data = Bytes>> {
    inner: B,
    ahead: Option<Item<B>>,
    bell: Arc<Bell>,
    /// The bell's.
    waker: Waker,
}

impl<B: Body<Data = Bytes> + Unpin> Watched<B> {
    /// The next of the inner body; the bell rings where there is none yet.
    fn look(&mut self) -> Poll<Item<B>> {
        self.bell.mark_empty();
        let item = Pin::new(&mut self.inner).poll_frame(&mut Context::from_waker(&self.waker));
        if item.is_ready() {
            self.bell.mark_full();
        }
        item
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Watched<B>
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
                this.bell.reader.register(context.waker());
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

impl<B: Body<Data = Bytes>> Drop for Watched<B> {
    fn drop(&mut self) {
        self.bell.mark_full();
        self.bell.all.open.fetch_sub(1, SeqCst);
        self.bell.all.waiting.wake();
    }
}

#[cfg(test)]
#[path = "arrivals_tests.rs"]
mod tests;
