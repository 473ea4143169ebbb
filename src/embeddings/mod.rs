//! `POST /embeddings`: vectors for texts.
//!
//! A request and its response, and the one thing that a server may refuse although the request is right: the encoding
//! of the vectors. As on the wire routes nothing here does I/O.
//!
//! This is no wire route, since it has no conversation, no stream and no choice: every vendor with embeddings is served
//! in OpenAI's form.

mod encoding;
mod request;
mod response;
#[cfg(test)]
mod tests;
mod vector;

pub use encoding::{Encoding, in_next_encoding, refuses_encoding};
pub use request::{Encoded, write};
pub use response::{Expected, is_whole, read};

use crate::errors::{Error, ErrorKind, error};

/// The endpoint, below the base URL.
pub const PATH: &str = "/embeddings";

/// The largest body of a response, in bytes.
///
/// 2,048 vectors of 3,072 numbers, the most that OpenAI returns, are 32 MiB in base64. A component has 256 MiB in this
/// project's hosts, and the body and its vectors are in memory at the same time.
pub const MAX_BODY: usize = 64 << 20;

/// The most numbers of all vectors together: what a body of [`MAX_BODY`] holds in base64. As text a number may take two
/// bytes, and would take four in memory and four more in the host, which copies at most 64 MiB in one call.
const MAX_NUMBERS: usize = MAX_BODY / 16 * 3;

/// The vectors of one request are more than can be received.
pub fn too_large() -> Error {
    let mut error = error(
        ErrorKind::InvalidRequest,
        "the batch has more texts than one response can hold (64 MiB, 48 MiB of them vectors); \
         send fewer texts in a request, or set smaller dimensions",
    );
    error.request_sent = true;
    error
}
