//! Errors of a stand-in that tests have to handle.

use std::io;

/// Why a stand-in does not start, or does not accept a setting. A faulty response is a scenario and not an
/// error.
#[derive(Debug, thiserror::Error)]
pub enum StandInError {
    /// The port is taken, or this user may not listen on it.
    #[error("the stand-in cannot listen on 127.0.0.1:{port}: {source}")]
    Listen {
        /// The requested port; 0 is any free one.
        port: u16,
        /// The system's error.
        source: io::Error,
    },
    /// The system has no thread, timer or second port left.
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
