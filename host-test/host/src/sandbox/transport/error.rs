//! What a failure of the network is called in `wasi:http`, so that a component can tell a broken network
//! from a broken provider, and both from one that is slow.

use std::error::Error as _;
use std::io;

use crate::sandbox::wasi::{ErrorCode as Error, TlsAlertPayload};

/// The process, or the whole system, has no file descriptor left (`ENFILE`, `EMFILE`).
const NO_DESCRIPTORS: [i32; 2] = [23, 24];

/// A failure of HTTP, before the head of the response or in its body.
pub(super) fn http(error: &hyper::Error) -> Error {
    if error.is_timeout() {
        Error::HttpResponseTimeout
    } else if error.is_parse_too_large() {
        Error::HttpResponseHeaderSectionSize(None)
    } else if error.is_incomplete_message() || error.is_closed() || error.is_canceled() || is_broken(error) {
        Error::ConnectionTerminated
    } else {
        Error::HttpProtocolError
    }
}

/// Whether the connection under a message broke, as against a message that makes no sense.
fn is_broken(error: &hyper::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            // A chunk size that is no number comes as invalid input or data: that is the message's fault.
            return !matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData);
        }
        cause = error.source();
    }
    // A server of HTTP/2 ends a stream or the connection with a code. The codes are not in this crate's
    // reach, and most mean that it had to stop.
    error.to_string().starts_with("http2 error")
}

/// A failure to look a name up.
pub(super) fn lookup(error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::TimedOut => Error::DnsTimeout,
        _ => Error::dns(),
    }
}

/// A failure to connect.
pub(super) fn connect(error: &io::Error) -> Error {
    use io::ErrorKind as Kind;
    match error.kind() {
        Kind::TimedOut => Error::ConnectionTimeout,
        Kind::ConnectionRefused => Error::ConnectionRefused,
        Kind::HostUnreachable | Kind::NetworkUnreachable | Kind::NetworkDown => Error::DestinationUnavailable,
        Kind::AddrNotAvailable => Error::DestinationIpUnroutable,
        _ if error.raw_os_error().is_some_and(|code| NO_DESCRIPTORS.contains(&code)) => {
            Error::ConnectionLimitReached
        }
        _ => Error::ConnectionTerminated,
    }
}

/// A failure of the TLS handshake.
pub(super) fn tls(error: &io::Error) -> Error {
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
    match (cause, error.kind()) {
        (Some(rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented), _) => {
            Error::TlsCertificateError
        }
        (Some(rustls::Error::AlertReceived(alert)), _) => Error::TlsAlertReceived(TlsAlertPayload {
            alert_id: Some(u8::from(*alert)),
            alert_message: Some(format!("{alert:?}")),
        }),
        (None, io::ErrorKind::TimedOut) => Error::ConnectionTimeout,
        // Also where the connection broke: "terminated" would leave open whether the request was sent.
        _ => Error::TlsProtocolError,
    }
}
