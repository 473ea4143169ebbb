//! Faults on demand, named as in Envoy's HTTP fault filter: delay, abort, response rate limit. Its names are
//! documented and known, so nobody has to learn ours.
//!
//! A scenario sets them in its responses. A client requests them on any request with [`header`](headers)s:
//! Envoy's own, and ours for faults of a connection that Envoy does not have. A fault that the client
//! requests replaces the scenario's fault of the same kind.

mod body;
mod deliver;
mod headers;
mod raw;

use std::num::{NonZeroU64, NonZeroUsize};

use serde::Deserialize;

pub(super) use deliver::{Content, Reply, deliver};
pub use headers::HELP;
pub(super) use headers::read;
pub use raw::Raw;

/// The faults of one response.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Faults {
    /// Delays.
    pub delay: Delay,
    /// An error response instead of the usual one, or a connection that breaks.
    pub abort: Option<Abort>,
    /// Bytes of the body after which the connection breaks. `None`: at the end of a body of several pieces,
    /// and in the middle of a body of one piece.
    pub abort_after_bytes: Option<u64>,
    /// Maximum rate of the body.
    pub response_rate_limit: Option<RateLimit>,
    /// Bytes per write to the connection, of the head and of the body. `None`: no limit.
    pub write_bytes: Option<NonZeroUsize>,
}

/// Delays, in milliseconds.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Delay {
    /// Before the status: Envoy's `fixed_delay`.
    pub fixed_delay_ms: u64,
    /// Between the head and the first byte of the body.
    pub first_byte_ms: u64,
    /// After each piece of the body, such as an event.
    pub chunk_ms: u64,
}

/// How a response is aborted.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Abort {
    /// This status is sent instead of the response: Envoy's `http_status`.
    HttpStatus(u16),
    /// The connection breaks.
    Connection(Break),
}

/// How a connection breaks.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Break {
    /// It closes before the status line.
    BeforeStatus,
    /// It is reset before the status line.
    ResetBeforeStatus,
    /// It closes in the middle of the status line.
    InStatusLine,
    /// It closes in the middle of the header lines.
    InHeaders,
    /// Header lines without end, as fast as the client reads.
    EndlessHeaders,
    /// A header line every 50 ms, without end.
    SlowHeaders,
    /// The bytes are not HTTP.
    NotHttp,
    /// It is reset in the body.
    Reset,
    /// It closes in the body: without the last chunk of the encoding, and over TLS without a closing alert.
    Close,
    /// The server closes its sending side, and keeps reading until the client closes the connection.
    HalfClose,
    /// The body is shorter than its content length.
    ShortBody,
    /// The size of a chunk is not a number.
    BadChunkSize,
    /// Nothing more is sent, and the connection stays open until the client closes it.
    Stall,
    /// Comment lines without end, as fast as the client reads.
    EndlessBody,
}

impl Break {
    /// All of them, with the names that headers and scenarios use.
    pub const ALL: [(&'static str, Break); 14] = [
        ("before-status", Break::BeforeStatus),
        ("reset-before-status", Break::ResetBeforeStatus),
        ("in-status-line", Break::InStatusLine),
        ("in-headers", Break::InHeaders),
        ("endless-headers", Break::EndlessHeaders),
        ("slow-headers", Break::SlowHeaders),
        ("not-http", Break::NotHttp),
        ("reset", Break::Reset),
        ("close", Break::Close),
        ("half-close", Break::HalfClose),
        ("short-body", Break::ShortBody),
        ("bad-chunk-size", Break::BadChunkSize),
        ("stall", Break::Stall),
        ("endless-body", Break::EndlessBody),
    ];

    /// Whether it happens before the body. Without a wildcard, so that a new variant has to be placed here.
    #[must_use]
    pub fn is_in_the_head(self) -> bool {
        use Break as B;
        match self {
            B::BeforeStatus
            | B::ResetBeforeStatus
            | B::InStatusLine
            | B::InHeaders
            | B::EndlessHeaders
            | B::SlowHeaders
            | B::NotHttp => true,
            B::Reset
            | B::Close
            | B::HalfClose
            | B::ShortBody
            | B::BadChunkSize
            | B::Stall
            | B::EndlessBody => false,
        }
    }
}

/// Maximum rate of a body.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RateLimit {
    /// KiB per second: Envoy's `limit_kbps`.
    pub limit_kbps: NonZeroU64,
}

impl Faults {
    /// These faults, and the others' where one is not set.
    #[must_use]
    pub fn or(self, other: &Faults) -> Faults {
        let first = |one, two| if one == 0 { two } else { one };
        Faults {
            delay: Delay {
                fixed_delay_ms: first(self.delay.fixed_delay_ms, other.delay.fixed_delay_ms),
                first_byte_ms: first(self.delay.first_byte_ms, other.delay.first_byte_ms),
                chunk_ms: first(self.delay.chunk_ms, other.delay.chunk_ms),
            },
            abort: self.abort.or(other.abort),
            abort_after_bytes: self.abort_after_bytes.or(other.abort_after_bytes),
            response_rate_limit: self.response_rate_limit.or(other.response_rate_limit),
            write_bytes: self.write_bytes.or(other.write_bytes),
        }
    }
}
