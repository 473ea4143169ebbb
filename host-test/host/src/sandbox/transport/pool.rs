//! Connections that can be used again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::OwnedMutexGuard;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, timeout_at};

use super::Destination;
use super::connection::Connection;
use crate::plugin::Scheme;
use crate::sandbox::wasi::ErrorCode as Error;

/// How long a connection is kept that nobody uses. Servers close after 5 s to some minutes, which is seen
/// at once.
const IDLE: Duration = Duration::from_secs(60);
/// How often it is looked whether one was kept for long enough.
const ROUND: Duration = Duration::from_secs(10);
/// Most connections that are kept; of more, the oldest ones go.
const KEPT: usize = 64;
/// How long a new connection waits for the one that is being made to the same destination. A handshake
/// takes some round trips; a server that takes longer must not hold up the requests after the first.
pub(super) const TURN: Duration = Duration::from_secs(1);

/// The connections of one plugin under one grant.
#[derive(Default)]
pub(super) struct Pool {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    kept: Vec<Kept>,
    /// Destinations that have responded with HTTP/1.1 over TLS. They are few: the policy allows few.
    unshared: Vec<Destination>,
    /// The turns that somebody has or waits for, and others that are over.
    turns: Vec<(Destination, Weak<tokio::sync::Mutex<()>>)>,
    /// Runs while something is kept.
    sweeper: Option<AbortHandle>,
}

/// A connection of HTTP/1.1 that is idle, or one of HTTP/2 that may carry streams meanwhile.
struct Kept {
    to: Destination,
    connection: Connection,
    since: Instant,
}

impl Pool {
    /// A connection to this very destination: the same scheme, host and port, made under the same reach.
    /// The one used last is the likeliest to be alive.
    pub(super) fn take(&self, to: &Destination) -> Option<Connection> {
        let mut state = self.lock();
        while let Some(at) = state.kept.iter().rposition(|kept| kept.to == *to) {
            let kept = state.kept.get_mut(at)?;
            if !kept.connection.is_ready() {
                state.kept.remove(at);
                continue;
            }
            kept.since = Instant::now();
            return match kept.connection.shared() {
                Some(connection) => Some(connection),
                None => Some(state.kept.remove(at).connection),
            };
        }
        None
    }

    /// Keeps a connection that has done its work and can do more.
    pub(super) fn put(self: &Arc<Self>, to: &Destination, connection: Connection, runtime: &Handle) {
        // One of HTTP/2 has been kept since it was made.
        if connection.is_shared() {
            return;
        }
        self.keep(to, connection.used(), runtime);
    }

    /// Takes note of a new connection, and keeps it already if it can be shared.
    pub(super) fn learn(self: &Arc<Self>, to: &Destination, connection: &Connection) {
        match connection.shared() {
            Some(shared) => self.keep(to, shared, &Handle::current()),
            None if to.origin.scheme() == Scheme::Https => {
                let mut state = self.lock();
                if !state.unshared.contains(to) {
                    state.unshared.push(to.clone());
                }
            }
            None => {}
        }
    }

    /// Whether connections to a destination may turn out to be shared: HTTP/2 is agreed on in TLS.
    pub(super) fn may_share(&self, to: &Destination) -> bool {
        to.origin.scheme() == Scheme::Https && !self.lock().unshared.contains(to)
    }

    /// Waits for the turn to make a connection to this destination that may be shared, which ends when
    /// it is dropped. `None` when that took too long: then the connection is made without it. It is an
    /// error when the request's own deadline has passed.
    pub(super) async fn turn(
        &self,
        to: &Destination,
        until: Instant,
    ) -> Result<Option<OwnedMutexGuard<()>>, Error> {
        let patience = Instant::now() + TURN;
        match timeout_at(patience.min(until), self.turn_at(to).lock_owned()).await {
            Ok(turn) => Ok(Some(turn)),
            Err(_) if until <= patience => Err(Error::ConnectionTimeout),
            Err(_) => Ok(None),
        }
    }

    fn turn_at(&self, to: &Destination) -> Arc<tokio::sync::Mutex<()>> {
        let mut state = self.lock();
        state.turns.retain(|(_, turn)| turn.strong_count() > 0);
        let found = state.turns.iter().find(|(at, _)| at == to).and_then(|(_, turn)| turn.upgrade());
        found.unwrap_or_else(|| {
            let turn = Arc::default();
            state.turns.push((to.clone(), Arc::downgrade(&turn)));
            turn
        })
    }

    /// How many connections are kept.
    #[cfg(test)]
    pub(super) fn kept(&self) -> usize {
        self.lock().kept.len()
    }

    /// Keeps a connection, in the runtime in which it was used: a stream may be dropped outside of it.
    fn keep(self: &Arc<Self>, to: &Destination, connection: Connection, runtime: &Handle) {
        let mut state = self.lock();
        if state.kept.len() >= KEPT {
            state.kept.remove(0);
        }
        state.kept.push(Kept { to: to.clone(), connection, since: Instant::now() });
        // One ends with its runtime.
        if state.sweeper.as_ref().is_none_or(AbortHandle::is_finished) {
            let pool = Arc::downgrade(self);
            let sweep = async move {
                loop {
                    sleep(ROUND).await;
                    let Some(pool) = pool.upgrade() else { return };
                    if !pool.sweep(Instant::now()) {
                        return;
                    }
                }
            };
            state.sweeper = Some(runtime.spawn(sweep).abort_handle());
        }
    }

    /// Closes what is dead or was idle for long; false when nothing is
    /// left.
    pub(super) fn sweep(&self, now: Instant) -> bool {
        let mut state = self.lock();
        state.kept.retain_mut(|kept| {
            let recent = now.saturating_duration_since(kept.since) < IDLE;
            kept.connection.is_ready() && (recent || kept.connection.is_in_use())
        });
        if state.kept.is_empty() {
            state.sweeper = None;
        }
        !state.kept.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for State {
    fn drop(&mut self) {
        if let Some(sweeper) = self.sweeper.take() {
            sweeper.abort();
        }
    }
}
