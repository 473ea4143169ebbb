//! How an exchange can fail below HTTP.

use crate::config::BaseUrl;
use crate::errors::{Error, ErrorKind, denied_by_host, error, network, passing, protocol};

/// Why there is no answer, or no rest of one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Failure {
    /// What to decide by.
    pub cause: Cause,
    /// What happened, in a few words.
    pub what: &'static str,
    /// Whether any part of the request may have reached the provider.
    pub request_sent: bool,
}

/// What to decide by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cause {
    /// No connection, or it broke.
    Network,
    /// There is a connection, and it must not be used: its certificate is not the provider's.
    Certificate,
    /// A deadline that the host keeps passed.
    Timeout,
    /// The host's policy forbade the request.
    Denied,
    /// What came is not HTTP.
    Protocol,
    /// The request cannot be sent at all.
    Request,
}

impl Failure {
    /// The error for a host. `to` is where the request went.
    pub fn into_error(self, to: &BaseUrl) -> Error {
        let Self { cause, what, request_sent } = self;
        let mut failed = match cause {
            Cause::Network | Cause::Certificate => network(what, request_sent),
            Cause::Timeout => {
                let message = alloc::format!("A time limit of the host passed ({what}). Try again.");
                passing(ErrorKind::Timeout, message, request_sent)
            }
            Cause::Denied => denied_by_host(&to.origin()),
            Cause::Protocol => {
                protocol(alloc::format!("The answer is not HTTP ({what}). Check the base URL."))
            }
            Cause::Request => {
                error(ErrorKind::InvalidRequest, alloc::format!("The host cannot send the request ({what})."))
            }
        };
        // A certificate that is not the provider's will not be it in a minute.
        failed.retryable &= cause != Cause::Certificate;
        failed.request_sent = request_sent;
        failed
    }
}
