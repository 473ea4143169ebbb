//! The head of an answer.

use alloc::{string::String, vec::Vec};

/// Headers that carry a request id, the provider's own first, then those of gateways before it.
const REQUEST_ID_HEADERS: &[&str] =
    &["x-cometapi-request-id", "x-oneapi-request-id", "x-request-id", "request-id"];

/// Longest request id, in bytes.
const MAX_ID: usize = 160;

/// Status and headers of an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResponseHead {
    /// The HTTP status.
    pub status: u16,
    /// Names in lower case, values as they came.
    pub headers: Vec<(String, Vec<u8>)>,
}

impl ResponseHead {
    /// The first value of a header, if it is text. `name` is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(key, _)| key == name)?;
        core::str::from_utf8(value).ok()
    }

    /// What to quote to the provider's support, as it came: who shows it scrubs it.
    pub fn request_id(&self) -> Option<&str> {
        REQUEST_ID_HEADERS.iter().find_map(|name| usable_id(self.header(name)?))
    }

    /// Whether the status says that the body is the answer.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// An id as support would take it: visible, and of a length that somebody may read out.
pub fn usable_id(id: &str) -> Option<&str> {
    let id = id.trim_ascii();
    let usable = (1..=MAX_ID).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    usable.then_some(id)
}
