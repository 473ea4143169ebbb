//! How an exchange can fail below HTTP, and the error that a host gets for it.

use crate::config::BaseUrl;
use crate::errors::{Error, ErrorKind, denied_by_host, error, network, passing, protocol};

/// Why there is no response, or only a part of one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Failure {
    /// What the kind of the error is derived from.
    pub cause: Cause,
    /// What happened, in a few words. Static, so that no text of the host or the network gets into a message.
    pub what: &'static str,
    /// Whether any part of the request may have reached the provider.
    pub request_sent: bool,
}

/// What the kind of an error is derived from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cause {
    /// The connection could not be made, or it broke.
    Network,
    /// There is a connection that must not be used, since its certificate is not the provider's. Apart from
    /// [`Network`](Self::Network), because trying again would only offer the request to the same stranger.
    Certificate,
    /// One of the host's own deadlines passed.
    Timeout,
    /// The host's policy rejected the request.
    Denied,
    /// The received bytes are not HTTP.
    Protocol,
    /// The host cannot send the request at all.
    Request,
}

impl Failure {
    /// The error for a host. `to` is where the request went.
    pub fn into_error(self, to: &BaseUrl) -> Error {
        let Self { cause, what, request_sent } = self;
        let mut failed = match cause {
            Cause::Network | Cause::Certificate => network(&to.origin(), what, request_sent),
            Cause::Timeout => {
                let message = alloc::format!("a time limit of the host passed ({what}); try again");
                passing(ErrorKind::Timeout, message, request_sent)
            }
            Cause::Denied => denied_by_host(&to.origin()),
            Cause::Protocol => protocol(alloc::format!(
                "the response is not HTTP ({what}); check that the base URL points at an OpenAI-compatible API"
            )),
            Cause::Request => error(
                ErrorKind::InvalidRequest,
                alloc::format!(
                    "the host cannot send the request ({what}); check the base URL and the headers"
                ),
            ),
        };
        // A wrong certificate is still wrong a minute later.
        failed.retryable &= cause != Cause::Certificate;
        failed.request_sent = request_sent;
        failed
    }
}
