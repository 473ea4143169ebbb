//! One instance with the streams that share it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, TryLockError};
use std::task::{Context, Waker};

use futures_util::task::AtomicWaker;
use wasmtime::component::ResourceAny;

use super::Shared;
use crate::contract::Config;
use crate::sandbox::calls::Core;
use crate::sandbox::error::CallError;
use crate::sandbox::grant::Grant;
use crate::sandbox::host::Prepared;
use crate::sandbox::query::Access;

/// An instance. It is locked for one call at a time and never while somebody waits.
pub(super) struct Slot {
    inner: Mutex<Inner>,
    streams: AtomicUsize,
    /// Resources whose owners were dropped. The holder of the lock, or the next one, releases them.
    orphans: Mutex<Vec<ResourceAny>>,
    /// Why the instance cannot be used any more.
    lost: OnceLock<String>,
    /// The streams that wait, to be woken when the instance is lost.
    waiting: Mutex<Vec<Arc<AtomicWaker>>>,
}

struct Inner {
    core: Core,
    client: ResourceAny,
}

impl Slot {
    pub(super) fn start(prepared: &Prepared, grant: &Grant, config: &Config) -> Result<Slot, CallError> {
        let mut core = Core::start(prepared, grant)?;
        let client = core.open(config)?;
        Ok(Slot {
            inner: Mutex::new(Inner { core, client }),
            streams: AtomicUsize::new(0),
            orphans: Mutex::default(),
            lost: OnceLock::new(),
            waiting: Mutex::default(),
        })
    }

    /// How many streams and queries use the instance.
    pub(super) fn streams(&self) -> usize {
        self.streams.load(Ordering::SeqCst)
    }

    /// Why the instance cannot be used any more.
    pub(super) fn lost(&self) -> Option<&str> {
        self.lost.get().map(String::as_str)
    }

    /// Calls the component.
    pub(super) fn with<T>(&self, act: impl FnOnce(&mut Core, ResourceAny) -> T) -> T {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let Inner { core, client } = &mut *inner;
        let value = act(core, *client);
        self.check(core);
        drop(inner);
        // An owner that found the lock taken left its resource to the one who had it.
        self.release_orphans();
        value
    }

    /// Releases a resource: now, or after the call that is running.
    pub(super) fn release(&self, resource: ResourceAny) {
        self.orphans.lock().unwrap_or_else(PoisonError::into_inner).push(resource);
        self.release_orphans();
    }

    fn release_orphans(&self) {
        loop {
            if self.orphans.lock().unwrap_or_else(PoisonError::into_inner).is_empty() {
                return;
            }
            let mut inner = match self.inner.try_lock() {
                Ok(inner) => inner,
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                // Its holder looks here when it is done.
                Err(TryLockError::WouldBlock) => return,
            };
            let orphans = std::mem::take(&mut *self.orphans.lock().unwrap_or_else(PoisonError::into_inner));
            for orphan in orphans {
                // If the component breaks down over it, `check` notes that.
                let _ = inner.core.release(orphan);
            }
            self.check(&inner.core);
        }
    }

    /// Wakes all streams when the component has broken down.
    fn check(&self, core: &Core) {
        if let Some(cause) = core.broken()
            && self.lost.set(cause.to_owned()).is_ok()
        {
            let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
            waiting.iter().for_each(|waker| waker.wake());
        }
    }
}

/// A place on an instance, for one stream or query.
pub(super) struct Lease {
    slot: Arc<Slot>,
    shared: Arc<Shared>,
    /// Wakes the user when the instance is lost.
    waker: Arc<AtomicWaker>,
}

impl Lease {
    pub(super) fn new(slot: Arc<Slot>, shared: Arc<Shared>) -> Lease {
        slot.streams.fetch_add(1, Ordering::SeqCst);
        let waker = Arc::new(AtomicWaker::new());
        slot.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&waker));
        Lease { slot, shared, waker }
    }

    pub(super) fn slot(&self) -> &Slot {
        &self.slot
    }

    /// Wakes this task when the instance is lost, in the place of another one.
    pub(super) fn watch(&self, waker: &Waker) {
        self.waker.register(waker);
    }

    /// Fails when the instance was lost.
    pub(super) fn check(&self) -> Result<(), CallError> {
        match self.slot.lost() {
            Some(cause) => Err(CallError::InstanceLost(cause.to_owned())),
            None => Ok(()),
        }
    }

    /// The error of a call on an instance that another call broke.
    pub(super) fn explained(&self, error: CallError) -> CallError {
        match error {
            CallError::Poisoned(cause) => CallError::InstanceLost(cause),
            error => error,
        }
    }
}

impl Access for &Lease {
    fn with<T>(&mut self, act: impl FnOnce(&mut Core, ResourceAny) -> T) -> T {
        self.slot.with(act)
    }

    fn release(&mut self, resource: ResourceAny) -> Result<(), CallError> {
        self.slot.release(resource);
        Ok(())
    }

    fn check(&mut self, context: &Context<'_>) -> Result<(), CallError> {
        self.watch(context.waker());
        Lease::check(self)
    }

    fn explained(&self, error: CallError) -> CallError {
        Lease::explained(self, error)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut waiting = self.slot.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|waker| !Arc::ptr_eq(waker, &self.waker));
        drop(waiting);
        if self.slot.streams.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.shared.trim();
        }
    }
}
