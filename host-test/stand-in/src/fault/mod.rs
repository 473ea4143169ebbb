//! Faults on demand, in the words of Envoy's HTTP fault filter: delay, abort, response rate limit.
//!
//! A scenario names them in its answers; a client asks for them on any request by [`header`](headers)s,
//! Envoy's own and, for what Envoy does not do to a connection, ours in the same manner. What a client asks
//! for goes before what the scenario has, part by part.

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

/// What goes wrong with one answer, or takes its time.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Faults {
    /// Waits.
    pub delay: Delay,
    /// An answer in place of the usual one, or a connection that breaks.
    pub abort: Option<Abort>,
    /// Bytes of the body after which the connection breaks. `None`: at the end of the body, where it would
    /// be whole; in the middle of a body that is one piece.
    pub abort_after_bytes: Option<u64>,
    /// How fast the body may go.
    pub response_rate_limit: Option<RateLimit>,
    /// Bytes in one write to the connection, of the head as of the body. `None`: as many as there are.
    pub write_bytes: Option<NonZeroUsize>,
}

/// Waits, in milliseconds.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Delay {
    /// Before the status: Envoy's `fixed_delay`.
    pub fixed_delay_ms: u64,
    /// Between the head and the first byte of the body.
    pub first_byte_ms: u64,
    /// After each piece of the body: an event, say.
    pub chunk_ms: u64,
}

/// How an answer is cut off.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Abort {
    /// This status comes in place of the answer: Envoy's `http_status`.
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
    /// Header lines come for ever, as fast as they go.
    EndlessHeaders,
    /// A header line comes every 50 ms, for ever.
    SlowHeaders,
    /// What comes is not HTTP.
    NotHttp,
    /// It is reset in the body.
    Reset,
    /// It closes in the body: no last chunk of the encoding, and over TLS no notice of the end.
    Close,
    /// The server says that it sends no more, and listens on until the client goes.
    HalfClose,
    /// The body is shorter than its content length.
    ShortBody,
    /// A chunk comes whose size is no number.
    BadChunkSize,
    /// Nothing more comes, until the client goes.
    Stall,
    /// Comment lines follow for ever, as fast as they go.
    EndlessBody,
}

impl Break {
    /// All of them, with their words.
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

    /// Whether it comes before any body.
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

/// How fast a body may go.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RateLimit {
    /// KiB in a second: Envoy's `limit_kbps`.
    pub limit_kbps: NonZeroU64,
}

impl Faults {
    /// These faults, and where they say nothing the others.
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
