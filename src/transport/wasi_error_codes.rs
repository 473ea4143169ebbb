//! The error codes of `wasi:http`, and the failures that they mean.
//!
//! A code is the only thing that a host reports about a failed exchange. Two facts have to be derived from it: whether a
//! retry may help, and whether the provider may have received the request, because a request that was received may be
//! billed.

use wasi::http::types::ErrorCode;

use super::{Cause, Failure, Phase};

/// Maps an error code of `wasi:http`. Whether the request was sent follows from the code, or else from the phase.
pub(super) fn failure(code: &ErrorCode, phase: Phase) -> Failure {
    use ErrorCode as Code;
    let (cause, what, unsent) = match code {
        // Before there is a connection, nothing can have been sent.
        Code::DnsTimeout => (Cause::Timeout, "the host name could not be resolved in time", true),
        // Also without a connection to any name server, so that it may be wrong to say that there is no such name.
        Code::DnsError(_) => (Cause::Network, "the host name could not be resolved", true),
        Code::DestinationNotFound => (Cause::Network, "the host name does not exist", true),
        Code::DestinationUnavailable => (Cause::Network, "the destination is not available", true),
        // The host's policy rejects a private address. That is the user's to change, and no retry helps.
        Code::DestinationIpProhibited => (Cause::Denied, "the address is not allowed", true),
        Code::DestinationIpUnroutable => (Cause::Network, "there is no route to the address", true),
        Code::ConnectionRefused => (Cause::Network, "the connection was refused", true),
        Code::ConnectionTimeout => (Cause::Timeout, "the connection was not made in time", true),
        Code::ConnectionLimitReached => (Cause::Network, "the host has too many connections", true),
        // A handshake can fail by chance, a certificate cannot: only the latter excludes a retry.
        Code::TlsProtocolError | Code::TlsAlertReceived(_) => (Cause::Network, "TLS failed", true),
        Code::TlsCertificateError => (Cause::Certificate, "the certificate is not valid", true),
        Code::HttpRequestDenied => (Cause::Denied, "the request is not allowed", true),
        // From here on the request may have arrived, in part at least. The phase decides.
        Code::ConnectionTerminated => (Cause::Network, "the connection was closed", false),
        Code::ConnectionReadTimeout | Code::HttpResponseTimeout => {
            (Cause::Timeout, "no response in time", false)
        }
        Code::ConnectionWriteTimeout => (Cause::Timeout, "the request could not be sent in time", false),
        // The host refuses to send what the component wrote, so the configuration is the likely cause.
        Code::HttpRequestLengthRequired
        | Code::HttpRequestBodySize(_)
        | Code::HttpRequestMethodInvalid
        | Code::HttpRequestUriInvalid
        | Code::HttpRequestUriTooLong
        | Code::HttpRequestHeaderSectionSize(_)
        | Code::HttpRequestHeaderSize(_)
        | Code::HttpRequestTrailerSectionSize(_)
        | Code::HttpRequestTrailerSize(_) => (Cause::Request, "the request violates HTTP", false),
        // After the head the same codes mean that the body ended early [21].
        Code::HttpProtocolError | Code::HttpResponseIncomplete if phase == Phase::Receiving => {
            (Cause::Network, "the body ended early", false)
        }
        Code::HttpResponseBodySize(_) | Code::HttpResponseTransferCoding(_) => {
            (Cause::Network, "the body ended early", false)
        }
        Code::HttpResponseIncomplete => {
            (Cause::Network, "the connection was closed before the response", false)
        }
        // A host of wasmtime's crates has no other code for a connection that broke before the head, which is more
        // frequent than a server that does not speak HTTP and may pass.
        Code::HttpProtocolError => {
            (Cause::Network, "it broke before the response, or the response is not HTTP", false)
        }
        Code::HttpResponseHeaderSectionSize(_)
        | Code::HttpResponseHeaderSize(_)
        | Code::HttpResponseTrailerSectionSize(_)
        | Code::HttpResponseTrailerSize(_)
        | Code::HttpResponseContentCoding(_)
        | Code::HttpUpgradeFailed => (Cause::Protocol, "its head or encoding is not readable", false),
        // Codes without a meaning of their own. They count as a failure of the network, which is the one that may
        // pass.
        Code::LoopDetected | Code::ConfigurationError | Code::InternalError(_) => {
            (Cause::Network, "the host could not carry the request out", false)
        }
    };
    Failure { cause, what, request_sent: !unsent && phase != Phase::Connecting }
}
