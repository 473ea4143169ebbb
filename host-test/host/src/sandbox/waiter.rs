//! The host's wait in a component's place: for the network, or for the time at which the component has to be called.

use std::pin::Pin;
use std::sync::{Mutex, Weak};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

use super::wasi::{Exchange, lock};

/// After so long a component is called that does not say when it has to be, and that nothing from the network wakes.
const PATIENCE: Duration = Duration::from_millis(100);

/// What one completion or query waits for.
pub(super) struct Waiter {
    exchanges: Vec<Waited>,
    /// When the component has to be called. `None`: when something arrives.
    wake_at: Option<Instant>,
    /// The component was called since the last look.
    was_called: bool,
    /// Due no later than the next time that matters. It is moved only when it fires: a stream's deadlines move with each
    /// chunk, and moving a timer costs more than one that fires in vain now and then.
    timer: Option<Pin<Box<Sleep>>>,
}

struct Waited {
    exchange: Weak<Mutex<Exchange>>,
    /// The changes for which the component was called last. It is not called again for news that it left unread.
    seen: Option<u64>,
}

/// Why a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Woken {
    /// The component has to be called.
    Call,
    /// The time is over, and the component has nothing to do.
    Elapsed,
}

impl Waiter {
    /// A wait that ends at once, since the component was not called yet.
    pub(super) fn new() -> Waiter {
        Waiter { exchanges: Vec::new(), wake_at: Some(Instant::now()), was_called: false, timer: None }
    }

    /// Waits for these exchanges as well.
    pub(super) fn watch(&mut self, started: impl IntoIterator<Item = Weak<Mutex<Exchange>>>) {
        self.exchanges.extend(started.into_iter().map(|exchange| Waited { exchange, seen: None }));
    }

    /// Notes when the component wants to be called, and whether its last batch had events.
    pub(super) fn wake_after(&mut self, ms: Option<u32>, had_events: bool) {
        let wait = match ms {
            Some(ms) => Some(Duration::from_millis(u64::from(ms))),
            None if !self.exchanges.is_empty() => None,
            // Nothing is under way that could wake it. It may have more, unless it had nothing.
            None => Some(if had_events { Duration::ZERO } else { PATIENCE }),
        };
        self.wake_at = wait.and_then(|wait| Instant::now().checked_add(wait));
        self.was_called = true;
    }

    /// How long the component can be left alone if nothing arrives, in milliseconds. Rounded up, so that a host that
    /// sleeps for so long does not come too early.
    pub(super) fn wake_after_ms(&self) -> Option<u32> {
        let left = self.wake_at?.saturating_duration_since(Instant::now());
        Some(u32::try_from(left.as_micros().div_ceil(1000)).unwrap_or(u32::MAX))
    }

    /// Moves the exchanges on. Ready when the component has to be called, or after `until`.
    pub(super) fn poll(&mut self, context: &mut Context<'_>, until: Option<Instant>) -> Poll<Woken> {
        // A component that always has more to do must let the other tasks of the thread run.
        let turn = ready!(tokio::task::coop::poll_proceed(context));
        let woken = self.look(context, until);
        if woken.is_ready() {
            turn.made_progress();
        }
        woken
    }

    fn look(&mut self, context: &mut Context<'_>, until: Option<Instant>) -> Poll<Woken> {
        // A caller that waits for a limited time may look once and not be there when its task is woken.
        let is_after_call = std::mem::take(&mut self.was_called) && until.is_none();
        let (mut is_called, mut is_ignored) = (false, false);
        self.exchanges.retain_mut(|watched| {
            let Some(exchange) = watched.exchange.upgrade() else { return false };
            let mut exchange = lock(&exchange);
            let news = if is_after_call { exchange.poll_after_call(context) } else { exchange.poll(context) };
            if news.is_some() {
                let is_new = news != watched.seen;
                watched.seen = news;
                is_called |= is_new;
                is_ignored |= !is_new;
            }
            true
        });
        if is_called {
            return Poll::Ready(Woken::Call);
        }
        if self.wake_at.is_none() && (is_ignored || self.exchanges.is_empty()) {
            self.wake_at = Instant::now().checked_add(PATIENCE);
        }
        let next = match (self.wake_at, until) {
            (Some(wake_at), Some(until)) => wake_at.min(until),
            (Some(time), None) | (None, Some(time)) => time,
            (None, None) => return Poll::Pending,
        };
        ready!(self.poll_timer(context, next));
        let is_due = self.wake_at.is_some_and(|wake_at| wake_at <= next);
        Poll::Ready(if is_due { Woken::Call } else { Woken::Elapsed })
    }

    fn poll_timer(&mut self, context: &mut Context<'_>, at: Instant) -> Poll<()> {
        if Instant::now() >= at {
            return Poll::Ready(());
        }
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(at)));
        if timer.deadline() > at || timer.is_elapsed() {
            timer.as_mut().reset(at);
        }
        while timer.as_mut().poll(context).is_ready() {
            if Instant::now() >= at {
                return Poll::Ready(());
            }
            timer.as_mut().reset(at);
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    async fn woken(waiter: &mut Waiter, until: Duration) -> (Woken, Duration) {
        let begun = Instant::now();
        let until = Some(begun + until);
        let woken = poll_fn(|context| waiter.poll(context, until)).await;
        (woken, begun.elapsed())
    }

    #[tokio::test]
    async fn the_first_call_is_at_once_and_the_next_one_when_the_component_wants_it() {
        let mut waiter = Waiter::new();
        assert_eq!(woken(&mut waiter, Duration::ZERO).await.0, Woken::Call);
        waiter.wake_after(Some(60_000), true);
        let (why, took) = woken(&mut waiter, Duration::from_millis(20)).await;
        assert!(why == Woken::Elapsed && took >= Duration::from_millis(20), "{took:?}");
        assert!(waiter.wake_after_ms().is_some_and(|ms| (59_000..60_000).contains(&ms)));
        // The timer was set for a later time before.
        waiter.wake_after(Some(10), true);
        let (why, took) = woken(&mut waiter, Duration::from_secs(5)).await;
        assert!(why == Woken::Call && took >= Duration::from_millis(10), "{took:?}");
        assert!(took < Duration::from_secs(2), "{took:?}");
    }

    #[tokio::test]
    async fn a_component_that_says_nothing_and_waits_for_nothing_is_called_now_and_then() {
        let mut waiter = Waiter::new();
        waiter.wake_after(None, true);
        assert_eq!(woken(&mut waiter, Duration::from_secs(5)).await.0, Woken::Call, "it may have more");
        waiter.wake_after(None, false);
        let (why, took) = woken(&mut waiter, Duration::from_secs(5)).await;
        assert!(why == Woken::Call && took >= PATIENCE, "{took:?}");
    }

    #[tokio::test]
    async fn a_component_that_always_wants_to_be_called_lets_other_tasks_run() {
        let other = tokio::spawn(async {});
        let mut waiter = Waiter::new();
        let mut calls = 0;
        while !other.is_finished() {
            waiter.wake_after(Some(0), false);
            assert_eq!(woken(&mut waiter, Duration::from_secs(5)).await.0, Woken::Call);
            calls += 1;
            assert!(calls < 10_000, "the other task never ran");
        }
    }
}
