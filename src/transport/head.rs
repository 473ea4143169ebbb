//! The head of an answer.

use alloc::{string::String, vec::Vec};

/// Headers that carry a request id, the provider's own first, then those of gateways before it.
const REQUEST_ID_HEADERS: &[&str] =
    &["x-cometapi-request-id", "x-oneapi-request-id", "x-request-id", "request-id"];

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

    /// What to quote to the provider's support.
    pub fn request_id(&self) -> Option<&str> {
        REQUEST_ID_HEADERS.iter().filter_map(|name| self.header(name)).find(|id| !id.is_empty())
    }

    /// Whether the status says that the body is the answer.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}
