//! Why a stand-in does not start, or does not do what a test wants.

use std::io;

/// What goes wrong around a stand-in. What goes wrong in a response is a scenario, and no error.
#[derive(Debug, thiserror::Error)]
pub enum StandInError {
    /// The port is taken, or this user may not listen on it.
    #[error("the stand-in cannot listen on 127.0.0.1:{port}: {source}")]
    Listen {
        /// The port that was asked for; 0 is any free one.
        port: u16,
        /// What the system says.
        source: io::Error,
    },
    /// The system has no thread, timer or second port left for it.
    #[error("the stand-in cannot start: {0}")]
    Start(#[from] io::Error),
    /// A key or a certificate cannot be made.
    #[error("the stand-in cannot make a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The TLS library refuses the certificate that was made for it.
    #[error("the stand-in cannot speak TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// There is no scenario of that name.
    #[error("no scenario is called {0:?}")]
    NoScenario(String),
}
