//! Whether a text of the server is an error, where nothing but its content says so.

use crate::json::{self, Raw};
use crate::scanned::scanned;

/// The fields by which a JSON value declares itself an error [18, 73].
#[derive(Debug, Default)]
pub struct Declaration<'a> {
    /// `error`.
    pub error: Raw<'a>,
    /// `errors`.
    pub errors: Raw<'a>,
    /// `object`, which is `"error"` in vLLM's form.
    pub object: Raw<'a>,
    /// `type`, which is `"error"` in Anthropic's form.
    pub kind: Raw<'a>,
    /// `success`, which is false in an error of new-api and its relatives.
    pub success: Raw<'a>,
    /// MiniMax's status.
    pub base_resp: Raw<'a>,
}

impl Declaration<'_> {
    /// Whether one of them declares an error.
    pub fn is_error(&self) -> bool {
        let names_error = |raw: Raw<'_>| json::string(raw).as_deref() == Some("error");
        is_present(self.error)
            || is_present(self.errors)
            || names_error(self.object)
            || names_error(self.kind)
            || json::present(self.success) == Some("false")
            || base_resp_failed(self.base_resp)
    }
}

/// Whether a JSON value declares itself an error.
pub fn is_error(json: &str) -> bool {
    let names = ["error", "errors", "object", "type", "success", "base_resp"];
    let found = json::parse(json).ok().and_then(|raw| json::fields(raw, names));
    found.is_some_and(|[error, errors, object, kind, success, base_resp]| {
        Declaration { error, errors, object, kind, success, base_resp }.is_error()
    })
}

/// Whether an `error` says anything: some vendors send an empty one with every chunk.
pub fn is_present(raw: Raw<'_>) -> bool {
    json::present(raw).is_some_and(|json| !matches!(json, "{}" | "\"\"" | "[]" | "false"))
}

/// Whether MiniMax's `base_resp` reports a failure. It ends each of its streams, with 0 for success [73].
fn base_resp_failed(raw: Raw<'_>) -> bool {
    let code = raw.and_then(|raw| json::fields(raw, ["status_code"])).and_then(|[code]| json::unsigned(code));
    code.is_some_and(|code| code != 0)
}

/// The error in a text that is not JSON as a whole: a stream that broke off in the middle of an event, and the error
/// that the gateway wrote right after it [72].
///
/// Only the end of the text is searched, for a bounded number of starts, so that hostile data costs linear time.
pub fn glued_error(text: &str) -> Option<&str> {
    const SEARCHED: usize = 8 * 1024;
    const STARTS: usize = 64;
    let text = text.get(text.ceil_char_boundary(text.len().saturating_sub(SEARCHED))..)?;
    let mut end = text.len();
    // From the last bracket to the first, since the half event before the error may have any number of them.
    for _ in 0..STARTS {
        end = memchr::memrchr(b'{', text.as_bytes().get(..end)?)?;
        let json = complete(text.get(end..)?).filter(|json| is_error(json));
        if json.is_some() {
            return json;
        }
    }
    None
}

/// The object at the start of a text, whatever follows it.
fn complete(text: &str) -> Option<&str> {
    let (mut depth, mut string, mut escaped) = (0_usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        scanned(1);
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = string,
            b'"' => string = !string,
            b'{' if !string => depth = depth.saturating_add(1),
            b'}' if !string => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return text.get(..=at);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scanned::count;

    #[test]
    fn an_error_declares_itself_by_a_field_or_its_kind() {
        for json in [
            r#"{"error":"m"}"#,
            r#"{"errors":[{"message":"m"}]}"#,
            r#"{"object":"error","message":"m"}"#,
            r#"{"type":"error"}"#,
            r#"{"success":false}"#,
            r#"{"base_resp":{"status_code":1008}}"#,
            r#"{"base_resp":{"status_code":"1008"}}"#,
        ] {
            assert!(is_error(json), "{json}");
        }
        for json in [
            "",
            "[]",
            "{}",
            r#"{"error":null}"#,
            r#"{"error":{}}"#,
            r#"{"errors":[]}"#,
            r#"{"type":"ping"}"#,
            r#"{"success":true}"#,
            r#"{"base_resp":{"status_code":0,"status_msg":"success"}}"#,
            r#"{"base_resp":{"status_code":"0"}}"#,
            r#"{"base_resp":null}"#,
            r#"{"message":"m"}"#,
        ] {
            assert!(!is_error(json), "{json}");
        }
    }

    #[test]
    fn an_error_after_half_an_event_is_found_wherever_the_event_breaks_off() {
        let event = r#"{"id":"x","choices":[{"index":0,"delta":{"content":"a {\"error\":1} b"}}]}"#;
        let error = r#"{"error":{"message":"m {","metadata":{"a":{}}}}"#;
        for cut in 0..event.len() {
            for between in ["", "\n", "data: ", "\ndata:", "}\n\n"] {
                for after in ["", "\n", "\"}}]}", "\n[DONE]"] {
                    let text = std::format!("{}{between}{error}{after}", &event[..cut]);
                    assert_eq!(glued_error(&text), Some(error), "{text}");
                }
            }
            assert_eq!(glued_error(&event[..cut]), None, "a model that writes about errors made none");
        }
    }

    #[test]
    fn the_search_is_bounded_whatever_the_data_is() {
        for unit in ["{", "{\"", "{}", "{\"error\":", "\\", "好"] {
            let cost = |bytes: usize| {
                count(|| {
                    let _ = glued_error(&unit.repeat(bytes / unit.len()));
                })
            };
            assert!(cost(1 << 20) <= cost(1 << 16) + 64, "{unit}");
        }
    }
}
