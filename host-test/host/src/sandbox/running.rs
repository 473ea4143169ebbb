//! One store and its calls: each has a deadline, and none follows a broken one.

use std::time::{Duration, Instant};

use wasmtime::{Store, UpdateDeadline};

use super::error::{CallError, Overdue, reason};
use super::limits;
use super::wasi::State;

/// A store, and whether it can still be used.
pub(super) struct Running {
    pub(super) store: Store<State>,
    /// How long a call may take.
    limit: Duration,
    /// Why no call is possible any more.
    broken: Option<String>,
}

impl Running {
    pub(super) fn new(mut store: Store<State>, limit: Duration) -> Running {
        store.limiter(|state| &mut state.limits);
        limits::limit(&mut store);
        // It is counted where the engine counts it, and never runs out: time is what bounds a call.
        let _ = store.set_fuel(u64::MAX);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|context| {
            if Instant::now() > context.data().deadline {
                return Err(Overdue.into());
            }
            Ok(UpdateDeadline::Continue(1))
        });
        Running { store, limit, broken: None }
    }

    /// Allows the next call, or the start, its time.
    pub(super) fn set_deadline(&mut self) {
        let now = Instant::now();
        self.store.data_mut().deadline = now.checked_add(self.limit).unwrap_or(now);
    }

    /// Calls a function of the component.
    pub(super) fn call<T>(
        &mut self,
        name: &'static str,
        function: impl FnOnce(&mut Store<State>) -> wasmtime::Result<T>,
    ) -> Result<T, CallError> {
        if let Some(cause) = &self.broken {
            return Err(CallError::Poisoned(cause.clone()));
        }
        self.set_deadline();
        let error = match function(&mut self.store) {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        if error.is::<Overdue>() {
            self.broken = Some(format!("{name} did not return in time"));
            return Err(CallError::Deadline { call: name, limit: self.limit });
        }
        let reason = reason(&error);
        self.broken = Some(format!("{name} broke down ({reason})"));
        Err(CallError::Trapped(format!("{name}: {reason}")))
    }

    /// Why no call is possible any more.
    pub(super) fn broken(&self) -> Option<&str> {
        self.broken.as_deref()
    }
}
