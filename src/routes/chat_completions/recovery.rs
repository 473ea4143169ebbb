//! What can be left out of a request that was refused.

use crate::routes::{Recovery, Refusal};

/// The names by which servers refuse the field: its own and that of its member, in the spelling of the request, of
/// servers that convert names, and of sentences.
const NAMES: [&[u8]; 5] =
    [b"stream_options", b"include_usage", b"streamOptions", b"includeUsage", b"stream options"];

/// Some OpenAI-compatible servers do not know `stream_options` and refuse the whole request for it. Without it the
/// response is the same but for its usage.
///
/// Only a refusal that names the field counts, with whatever status: servers were seen to send 400, 422, 500, and 200
/// with an error inside [78]. Any other refusal would come again, and the second request could be billed.
pub fn recover(refusal: &Refusal<'_>) -> Option<Recovery> {
    refusal.without(
        "stream_options",
        &NAMES,
        "the model does not accept stream_options, so its usage may be missing",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    const REQUEST: &str = r#"{"model":"m","stream":true,"stream_options":{"include_usage":true},"seed":1}"#;

    fn recovered(status: u16, response: &str, request: &str) -> Option<Vec<u8>> {
        let refusal = Refusal { status, response: response.as_bytes(), request: request.as_bytes() };
        recover(&refusal).map(|recovery| recovery.body)
    }

    #[test]
    fn a_refusal_that_names_the_field_takes_it_out_whatever_its_status() {
        let without = r#"{"model":"m","stream":true,"seed":1}"#.as_bytes();
        for named in [
            "unknown field stream_options",
            r#"{"param":"include_usage"}"#,
            r#"{"detail":[{"loc":["body","stream_options","include_usage"],"msg":"Extra inputs are not permitted","input":true}]}"#,
            r#"{"errors":{"stream_options":["Unknown field."]}}"#,
            "Unrecognized field: streamOptions",
            "stream options are only allowed when stream is enabled",
        ] {
            for status in [200, 400, 404, 422, 500] {
                assert_eq!(recovered(status, named, REQUEST).as_deref(), Some(without), "{named}");
            }
        }
    }

    #[test]
    fn a_refusal_of_something_else_changes_nothing() {
        for other in [
            "unknown field seed",
            "",
            r#"{"detail":[{"loc":["body","seed"],"input":{"stream_options":{"include_usage":true}}}]}"#,
            r#"{"detail":"{\"stream_options\": {\"include_usage\": true}}"}"#,
            "{'stream_options': {'include_usage': True}}",
        ] {
            assert_eq!(recovered(400, other, REQUEST), None, "{other}");
        }
        assert_eq!(recovered(400, "stream_options", r#"{"model":"m"}"#), None);
    }
}
