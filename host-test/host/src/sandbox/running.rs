//! One store and its calls: each has a deadline, and none follows a broken one.

use std::time::{Duration, Instant};

use tokio::time::error::Elapsed;
use wasmtime::{Store, UpdateDeadline};

use super::error::{CallError, Overdue, reason};
use super::limits;
use super::linker::State;

/// A store, and whether it can still be used.
pub(super) struct Running {
    pub(super) store: Store<State>,
    /// How long a call may take in addition to the wait that was passed to it.
    slack: Duration,
    health: Health,
}

/// Between two calls a store is `Well`. A call that never came back, because its future was dropped,
/// leaves it `Busy`; the component cannot be entered again then, and says nothing about why.
enum Health {
    Well,
    Busy(&'static str),
    Broken(String),
}

/// A call under way.
pub(super) struct Call {
    name: &'static str,
    /// How long the call may take.
    pub(super) limit: Duration,
}

impl Running {
    pub(super) fn new(mut store: Store<State>, slack: Duration) -> Running {
        store.limiter(|state| &mut state.limits);
        limits::limit(&mut store);
        // It is counted where the engine counts it, and never runs out: time is what bounds a call.
        let _ = store.set_fuel(u64::MAX);
        // One tick at a time: a component that computes for long yields to the other tasks of this
        // thread, and is stopped when its time is over.
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|context| {
            if Instant::now() > context.data().deadline {
                return Err(Overdue.into());
            }
            Ok(UpdateDeadline::Yield(1))
        });
        Running { store, slack, health: Health::Well }
    }

    /// Begins a call to which a wait of at most `wait` is passed.
    pub(super) fn begin(&mut self, name: &'static str, wait: Duration) -> Result<Call, CallError> {
        match &self.health {
            Health::Well => {}
            Health::Busy(call) => return Err(CallError::Poisoned(format!("a call of {call} was abandoned"))),
            Health::Broken(cause) => return Err(CallError::Poisoned(cause.clone())),
        }
        self.health = Health::Busy(name);
        let limit = wait.saturating_add(self.slack);
        let now = Instant::now();
        self.store.data_mut().deadline = now.checked_add(limit).unwrap_or(now);
        Ok(Call { name, limit })
    }

    /// Ends a call, whichever way it went.
    pub(super) fn end<T>(
        &mut self,
        call: &Call,
        outcome: Result<wasmtime::Result<T>, Elapsed>,
    ) -> Result<T, CallError> {
        let error = match outcome {
            Ok(Ok(value)) => {
                self.health = Health::Well;
                return Ok(value);
            }
            Ok(Err(error)) if !error.is::<Overdue>() => {
                let reason = reason(&error);
                self.health = Health::Broken(format!("{} broke down ({reason})", call.name));
                CallError::Trapped(format!("{}: {reason}", call.name))
            }
            Ok(Err(_)) | Err(_) => {
                self.health = Health::Broken(format!("{} did not return in time", call.name));
                CallError::Deadline { call: call.name, limit: call.limit }
            }
        };
        Err(error)
    }
}
