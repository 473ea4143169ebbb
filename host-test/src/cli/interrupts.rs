//! Ctrl-C: during a completion it cancels the completion, at any other time it ends the program.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use super::terminal;

/// The exit code of a program that Ctrl-C ended, as shells have it: 128 + SIGINT.
pub(crate) const EXIT_CODE: u8 = 130;

/// Listens for Ctrl-C from the moment it is made until the program ends.
#[derive(Debug, Clone)]
pub(crate) struct Interrupts(Arc<State>);

#[derive(Debug, Default)]
struct State {
    /// Somebody looks at `pressed` and ends what runs in good order.
    guarded: AtomicBool,
    pressed: AtomicBool,
}

impl Interrupts {
    /// Starts to listen; call it within the runtime.
    pub(crate) fn listen() -> Self {
        let state = Arc::new(State::default());
        let seen = state.clone();
        tokio::spawn(async move {
            while tokio::signal::ctrl_c().await.is_ok() {
                // A second Ctrl-C means that good order takes too long.
                if !seen.guarded.load(SeqCst) || seen.pressed.swap(true, SeqCst) {
                    terminal::restore();
                    std::process::exit(i32::from(EXIT_CODE));
                }
            }
        });
        Self(state)
    }

    /// From now on until the guard is dropped, the first Ctrl-C is only noted.
    pub(crate) fn guard(&self) -> Guard {
        self.0.pressed.store(false, SeqCst);
        self.0.guarded.store(true, SeqCst);
        Guard(self.0.clone())
    }
}

/// Whoever holds it promises to look.
#[derive(Debug)]
pub(crate) struct Guard(Arc<State>);

impl Guard {
    /// Whether Ctrl-C was pressed since the guard was taken.
    pub(crate) fn pressed(&self) -> bool {
        self.0.pressed.load(SeqCst)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.guarded.store(false, SeqCst);
    }
}
