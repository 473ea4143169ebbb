//! The sandbox's door: every request passes the policy, then takes the key along, then leaves.

use std::future::Future;
use std::io;
use std::sync::Arc;

use wasmtime_wasi_http::p2::bindings::http::types::{DnsErrorPayload, ErrorCode};
use wasmtime_wasi_http::{
    DEFAULT_FORBIDDEN_HEADERS, Error, ForbiddenHeaderFilter, RequestOptions, WasiBody, WasiHttpHooks,
    default_send_request,
};

use super::credential::Credential;
use super::policy::{Denial, Policy, destination};

/// Denials kept for the person who wonders. A component that tries for ever must not fill the memory.
const KEPT_DENIALS: usize = 32;

/// Decides over each request of one instance.
pub(super) struct Door {
    policy: Policy,
    credential: Option<Credential>,
    denials: Vec<Denial>,
}

type Sent = Box<dyn Future<Output = Result<Answer, Error>> + Send>;
type Answer = (http::Response<WasiBody>, Box<dyn Future<Output = Result<(), Error>> + Send>);

impl Door {
    pub(super) fn new(policy: Policy, credential: Option<Credential>) -> Door {
        Door { policy, credential, denials: Vec::new() }
    }

    /// The requests that did not leave, the latest ones of them.
    pub(super) fn denials(&self) -> &[Denial] {
        &self.denials
    }

    fn pass(&self, request: &mut http::Request<WasiBody>) -> Result<(), Denial> {
        let origin = destination(request.uri())?;
        self.policy.decide(&origin)?;
        if let Some(credential) = &self.credential {
            let path = request.uri().path().to_owned();
            credential.apply(&origin, &path, request.headers_mut())?;
        }
        Ok(())
    }
}

impl WasiHttpHooks for Door {
    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        let credential = self.credential.clone();
        Arc::new(move |name| {
            let reserved = credential.as_ref().is_some_and(|credential| credential.is_reserved(name));
            reserved || DEFAULT_FORBIDDEN_HEADERS.contains(name)
        })
    }

    fn send_request(
        &mut self,
        mut request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Sent {
        if let Err(denial) = self.pass(&mut request) {
            if self.denials.len() == KEPT_DENIALS {
                self.denials.remove(0);
            }
            self.denials.push(denial);
            return Box::new(async { Err(Error::HttpRequestDenied) });
        }
        Box::new(async move {
            let (response, connection) = default_send_request(request, options).await?;
            let connection: Box<dyn Future<Output = Result<(), Error>> + Send> = Box::new(connection);
            Ok((response.map(http_body_util::BodyExt::boxed_unsync), connection))
        })
    }

    // wasi-http calls every failure of a connection "protocol error" or "connection refused"; these say
    // what it was, so that a component can tell a broken network from a broken provider.

    fn p2_error_from_connect(&mut self, error: &io::Error) -> ErrorCode {
        match error.kind() {
            io::ErrorKind::TimedOut => ErrorCode::ConnectionTimeout,
            io::ErrorKind::ConnectionRefused => ErrorCode::ConnectionRefused,
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
                ErrorCode::DestinationUnavailable
            }
            // A failed look-up has no OS error number and no kind of its own.
            _ if error.raw_os_error().is_none() => {
                ErrorCode::DnsError(DnsErrorPayload { rcode: None, info_code: None })
            }
            _ => ErrorCode::ConnectionTerminated,
        }
    }

    fn p2_error_from_hyper(&mut self, error: &hyper::Error) -> ErrorCode {
        if error.is_timeout() {
            ErrorCode::HttpResponseTimeout
        } else if error.is_incomplete_message()
            || error.is_closed()
            || error.is_canceled()
            || is_broken(error)
        {
            ErrorCode::ConnectionTerminated
        } else {
            ErrorCode::HttpProtocolError
        }
    }

    fn p2_error_from_tls(&mut self, error: &io::Error) -> ErrorCode {
        // The TLS library's error types are not in this crate's reach; its words are.
        if error.to_string().contains("certificate") {
            ErrorCode::TlsCertificateError
        } else if matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset) {
            ErrorCode::ConnectionTerminated
        } else {
            ErrorCode::TlsProtocolError
        }
    }
}

/// Whether the connection under a message broke, as against a message that makes no sense.
fn is_broken(error: &hyper::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            // A chunk size that is no number comes as invalid input or data: that is the message's fault.
            return !matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData);
        }
        cause = error.source();
    }
    false
}

#[cfg(test)]
#[path = "http_tests.rs"]
mod tests;
