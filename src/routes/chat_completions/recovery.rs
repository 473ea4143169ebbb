//! What can be left out of a request that was refused.

use crate::routes::{Recovery, Refusal, without_field};
use crate::text_search::find_bytes;

/// The names by which servers refuse the field: its own, and that of its member.
const NAMES: [&str; 2] = ["stream_options", "include_usage"];

/// Some OpenAI-compatible servers do not know `stream_options` and refuse the whole request for it. Without it the
/// response is the same but for its usage.
///
/// Only a 400 that names the field counts: any other refusal would come again, and the second request could be
/// billed.
pub fn recover(refusal: &Refusal<'_>) -> Option<Recovery> {
    let is_named = |name: &&str| find_bytes(refusal.response, name.as_bytes()).is_some();
    if refusal.status != 400 || !NAMES.iter().any(is_named) {
        return None;
    }
    Some(Recovery {
        body: without_field(refusal.request, "stream_options")?,
        warning: "the model does not accept stream_options, so its usage may be missing".into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn recovered(status: u16, response: &str, request: &str) -> Option<Vec<u8>> {
        let refusal = Refusal { status, response: response.as_bytes(), request: request.as_bytes() };
        recover(&refusal).map(|recovery| recovery.body)
    }

    #[test]
    fn only_a_400_that_names_the_field_takes_it_out() {
        let request = r#"{"model":"m","stream":true,"stream_options":{"include_usage":true},"seed":1}"#;
        let without = r#"{"model":"m","stream":true,"seed":1}"#.as_bytes();
        for named in ["unknown field stream_options", r#"{"param":"include_usage"}"#] {
            assert_eq!(recovered(400, named, request).as_deref(), Some(without), "{named}");
            assert_eq!(recovered(422, named, request), None, "{named}");
        }
        assert_eq!(recovered(400, "unknown field seed", request), None);
        assert_eq!(recovered(400, "stream_options", r#"{"model":"m"}"#), None);
    }
}
