//! The head of an HTTP response, which the transport reads and the errors and routes look into.
//!
//! A module of its own below all of them, so that errors do not depend on the transport.

use alloc::{string::String, vec::Vec};

/// Headers with a request id, the provider's own first, then those of the gateways that its software descends from
/// and of proxies in front of it: support can find a request only by the id of its own system.
const REQUEST_ID_HEADERS: &[&str] =
    &["x-cometapi-request-id", "x-oneapi-request-id", "x-request-id", "request-id"];

/// Longest request id, in bytes. Longer values were never ids, and an error must stay small.
const MAX_ID: usize = 160;

/// Status and headers of a response.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResponseHead {
    /// The HTTP status.
    pub status: u16,
    /// Names in lower case, values as received: they need not be UTF-8.
    pub headers: Vec<(String, Vec<u8>)>,
}

impl ResponseHead {
    /// The first value of a header, if it is text. `name` is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(key, _)| key == name)?;
        core::str::from_utf8(value).ok()
    }

    /// The id to quote to the provider's support, as received. Scrub it before showing it: a server may put the
    /// key there.
    pub fn request_id(&self) -> Option<&str> {
        REQUEST_ID_HEADERS.iter().find_map(|name| usable_id(self.header(name)?))
    }

    /// Whether the status is 2xx, so that the body is the requested one and no error.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// The id, if support could use it: only visible characters, and not too long. Anything else may be an attempt to
/// write into a terminal or a log.
pub fn usable_id(id: &str) -> Option<&str> {
    let id = id.trim_ascii();
    let usable = (1..=MAX_ID).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    usable.then_some(id)
}
