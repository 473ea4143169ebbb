//! A completion as a stream of batches.

use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use futures_core::Stream;
use wasmtime::component::ResourceAny;

use super::slot::Lease;
use crate::contract::{Batch, Request};
use crate::sandbox::error::CallError;
use crate::sandbox::redact::Outgoing;
use crate::sandbox::waiter::Waiter;

/// Events of one batch, unless [`Completion::with_max_events`] says otherwise.
const MAX_EVENTS: u32 = 64;

/// A completion in progress: a stream of batches with at least one event each, the last of which is the finish. An error
/// ends it; events before it remain valid. Dropping it cancels the request and closes its connection.
///
/// The network moves on only while the stream is polled, so a caller that stops reading stops the server.
pub struct Completion {
    /// Released before the lease.
    resource: Option<ResourceAny>,
    lease: Lease,
    outgoing: Outgoing,
    waiter: Waiter,
    /// The task that is woken when the instance is lost. It is registered once, and not again for each chunk.
    watching: Waker,
    max_events: u32,
}

impl Completion {
    pub(super) fn start(lease: Lease, request: &Request) -> Result<Completion, CallError> {
        let mut waiter = Waiter::new();
        let (resource, outgoing) = lease.slot().with(|core, client| {
            let resource = core.complete(client, request);
            waiter.watch(core.started());
            (resource, Outgoing::new(core.redaction()))
        });
        let resource = Some(resource.map_err(|error| lease.explained(error))?);
        let watching = Waker::noop().clone();
        Ok(Completion { resource, lease, outgoing, waiter, watching, max_events: MAX_EVENTS })
    }

    /// Batches of at most this many events; 0 counts as 1.
    #[must_use]
    pub fn with_max_events(mut self, max_events: u32) -> Completion {
        self.max_events = max_events;
        self
    }

    /// The next batch that has events, or the end.
    fn poll_batch(&mut self, context: &mut Context<'_>) -> Poll<Result<Batch, CallError>> {
        if let Some(left) = self.outgoing.left(self.max_events) {
            return Poll::Ready(left.map_err(CallError::from));
        }
        let Completion { resource: Some(resource), lease, outgoing, waiter, watching, max_events } = self
        else {
            return Poll::Ready(Ok(over()));
        };
        let max_events = *max_events;
        loop {
            // In this order: an instance that is lost in between wakes the task.
            if !watching.will_wake(context.waker()) {
                lease.watch(context.waker());
                watching.clone_from(context.waker());
            }
            lease.check()?;
            ready!(waiter.poll(context, None));
            let batch = lease.slot().with(|core, _| {
                let batch = core.next(*resource, max_events);
                waiter.watch(core.started());
                batch
            });
            let batch = batch.map_err(|error| lease.explained(error))?;
            if let Ok(batch) = &batch {
                waiter.wake_after(batch.wake_after_ms, !batch.events.is_empty());
            }
            let batch = outgoing.pass(batch, max_events)?;
            if batch.done || !batch.events.is_empty() {
                return Poll::Ready(Ok(batch));
            }
        }
    }

    fn release(&mut self) {
        if let Some(resource) = self.resource.take() {
            self.lease.slot().release(resource);
        }
    }
}

/// After the last batch.
fn over() -> Batch {
    Batch { events: Vec::new(), done: true, wake_after_ms: None }
}

impl Stream for Completion {
    type Item = Result<Batch, CallError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if this.resource.is_none() {
            return Poll::Ready(None);
        }
        let batch = ready!(this.poll_batch(context));
        if !batch.as_ref().is_ok_and(|batch| !batch.done) {
            // The end. The component's memory of it is free before the caller drops the stream.
            this.release();
        }
        match batch {
            Ok(batch) if batch.events.is_empty() => Poll::Ready(None),
            item => Poll::Ready(Some(item)),
        }
    }
}

impl Drop for Completion {
    fn drop(&mut self) {
        self.release();
    }
}
