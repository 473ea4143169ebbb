//! Queries of a component, from their start to their result, on an instance that is owned or shared.

use std::future::poll_fn;
use std::task::{Context, Poll};

use wasmtime::component::ResourceAny;

use super::calls::{Core, Polled};
use super::error::CallError;
use super::waiter::Waiter;

/// The way to an instance, for one call at a time.
pub(super) trait Access {
    /// Calls the component, with the client of the way.
    fn with<T>(&mut self, act: impl FnOnce(&mut Core, ResourceAny) -> T) -> T;

    /// Releases a resource.
    fn release(&mut self, resource: ResourceAny) -> Result<(), CallError> {
        self.with(|core, _| core.release(resource))
    }

    /// Fails when the instance was lost, and wakes the context's task when it is.
    fn check(&mut self, _: &Context<'_>) -> Result<(), CallError> {
        Ok(())
    }

    /// The error of a call, for the user of this way.
    fn explained(&self, error: CallError) -> CallError {
        error
    }
}

/// The way of an owner, with its client.
impl Access for (&mut Core, ResourceAny) {
    fn with<T>(&mut self, act: impl FnOnce(&mut Core, ResourceAny) -> T) -> T {
        act(self.0, self.1)
    }
}

/// A resource that is released also where the future that uses it is dropped.
struct Held<A: Access> {
    access: A,
    resource: Option<ResourceAny>,
}

impl<A: Access> Held<A> {
    fn release(&mut self) -> Result<(), CallError> {
        match self.resource.take() {
            Some(resource) => self.access.release(resource),
            None => Ok(()),
        }
    }
}

impl<A: Access> Drop for Held<A> {
    fn drop(&mut self) {
        // Where the component breaks down over it, the next call reports that.
        let _ = self.release();
    }
}

/// Starts a query and polls it until it has its result. The component's own deadlines bound the time.
pub(super) async fn query<A: Access, T>(
    mut access: A,
    start: impl FnOnce(&mut Core, ResourceAny) -> Result<ResourceAny, CallError>,
    poll: impl Fn(&mut Core, ResourceAny) -> Result<Polled<T>, CallError>,
) -> Result<T, CallError> {
    let resource = access.with(start).map_err(|error| access.explained(error))?;
    let mut held = Held { access, resource: Some(resource) };
    let mut waiter = Waiter::new();
    loop {
        poll_fn(|context| match held.access.check(context) {
            Ok(()) => waiter.poll(context, None).map(|_| Ok(())),
            Err(lost) => Poll::Ready(Err(lost)),
        })
        .await?;
        let polled = held.access.with(|core, _| {
            let polled = poll(core, resource);
            waiter.watch(core.started());
            polled
        });
        match polled {
            Ok(Ok(value)) => return held.release().map(|()| value),
            Ok(Err(pending)) => waiter.wake_after(pending.wake_after_ms, false),
            // If releasing it fails too, the first error is returned.
            Err(error) => return Err(held.access.explained(error)),
        }
    }
}
