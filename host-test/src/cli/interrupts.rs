//! Ctrl-C: during a completion it cancels the completion, at any other time it ends the program.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use super::terminal;

/// The exit code after Ctrl-C. Shells report 128 + SIGINT, and scripts test for it.
pub(crate) const EXIT_CODE: u8 = 130;

/// Listens for Ctrl-C from the moment it is made until the program ends.
#[derive(Debug, Clone)]
pub(crate) struct Interrupts(Arc<State>);

#[derive(Debug, Default)]
struct State {
    /// A [`Guard`] exists: its owner polls `pressed` and stops cleanly, which closes the connection to the server.
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
                // A second Ctrl-C means that the clean stop takes too long, for example because a server does not
                // respond.
                if !seen.guarded.load(SeqCst) || seen.pressed.swap(true, SeqCst) {
                    terminal::restore();
                    std::process::exit(i32::from(EXIT_CODE));
                }
            }
        });
        Self(state)
    }

    /// From now on until the guard is dropped, the first Ctrl-C is only noted. An earlier one is forgotten: it ended another
    /// response.
    pub(crate) fn guard(&self) -> Guard {
        self.0.pressed.store(false, SeqCst);
        self.0.guarded.store(true, SeqCst);
        Guard(self.0.clone())
    }
}

/// Its owner has to poll [`Guard::pressed`]: the first Ctrl-C does not end the program while a guard exists.
#[derive(Debug)]
pub(crate) struct Guard(Arc<State>);

impl Guard {
    /// Reports whether Ctrl-C was pressed since the guard was created.
    pub(crate) fn pressed(&self) -> bool {
        self.0.pressed.load(SeqCst)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.guarded.store(false, SeqCst);
    }
}
