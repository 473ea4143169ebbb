//! The request headers that a host may add.
//!
//! They are checked here and not left to the host's HTTP library, because libraries differ in what they accept, and
//! because the message can then say which header is wrong without showing its value.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

/// The most headers, and the most bytes of their names and values. Common servers reject larger heads.
const MOST: usize = 64;
const MOST_BYTES: usize = 16 * 1024;

/// Headers that the provider or the transport sets. A second one could replace the provider's own, smuggle a second
/// request into the connection, or send a second key. `user-agent` is missing here, since a host may identify itself.
const OURS: &[&str] = &[
    "accept",
    "accept-encoding",
    // Set by the route that needs it, and it selects the form of the response.
    "anthropic-version",
    "authorization",
    // Headers of one connection. HTTP/2 forbids them, and in HTTP/1 they can smuggle a second request.
    "connection",
    "cookie",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    // Gateways of CometAPI's family let these replace the key of `authorization`. A placeholder that was left in a
    // configuration would disable a good key.
    "x-api-key",
    "x-goog-api-key",
];
const OUR_PREFIXES: &[&str] = &["content-", "proxy-"];

/// Checks the headers. Returns them with names in lower case.
///
/// # Errors
/// A message for people. It names a header by its position, counted from 1, and never contains its value.
pub fn check(given: &[(String, String)]) -> Result<Vec<(String, String)>, String> {
    let bytes = given
        .iter()
        .fold(0_usize, |sum, (name, value)| sum.saturating_add(name.len()).saturating_add(value.len()));
    if given.len() > MOST || bytes > MOST_BYTES {
        return Err(format!("there are too many headers; give at most {MOST}, of {MOST_BYTES} bytes in all"));
    }
    let mut headers: Vec<(String, String)> = Vec::with_capacity(given.len());
    for (place, (name, value)) in given.iter().enumerate() {
        let name = name.to_ascii_lowercase();
        let problem = problem(&name, value).or_else(|| {
            // Proxies join two of one name, or drop one of them, each in its own way.
            let twice = headers.iter().any(|(earlier, _)| *earlier == name);
            twice.then(|| format!("\"{name}\" is given twice; give it once"))
        });
        if let Some(problem) = problem {
            return Err(format!("header {}: {problem}", place.saturating_add(1)));
        }
        headers.push((name, value.clone()));
    }
    Ok(headers)
}

fn problem(name: &str, value: &str) -> Option<String> {
    if name.is_empty() || !name.bytes().all(is_token_byte) {
        // The message does not repeat the name: a whole line may have been pasted into it, with a secret value.
        return Some("its name is not one; use letters, digits and hyphens".to_string());
    }
    if OURS.contains(&name) || OUR_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) {
        return Some(format!("\"{name}\" is set by the provider; leave it out"));
    }
    // A line break would end the header and begin another one, or a second request.
    if value.chars().any(|character| character.is_control() && character != '\t') {
        return Some("its value contains a control character, such as a line break; remove it".to_string());
    }
    // RFC 9110 does not count it as a part of the value. Some libraries remove it, others refuse the request.
    if value.trim_ascii() != value {
        return Some("its value has white space before or after it; remove it".to_string());
    }
    None
}

/// The characters of a `token` of RFC 9110.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn one(name: &str, value: &str) -> Result<Vec<(String, String)>, String> {
        check(&[(name.to_string(), value.to_string())])
    }

    #[test]
    fn names_come_back_in_lower_case_and_values_as_they_are() {
        let given = [("X-Title", "Ünï\tcode"), ("User-Agent", "agent/1"), ("anthropic-beta", "")];
        let given = given.map(|(name, value)| (name.to_string(), value.to_string()));
        let names: Vec<_> = check(&given).unwrap().into_iter().collect();
        assert_eq!(names[0], ("x-title".to_string(), "Ünï\tcode".to_string()));
        assert_eq!(names[1].0, "user-agent");
        assert_eq!(names.len(), 3);
    }

    #[test]
    fn none_of_ours_is_replaced_in_any_case() {
        let more =
            ["Content-Type", "CONTENT-LENGTH", "Content-Encoding", "Proxy-Authorization", "Authorization"];
        for name in OURS.iter().chain(&more) {
            let message = one(name, "x").unwrap_err();
            assert!(message.contains("set by the provider"), "{name}: {message}");
        }
    }

    #[test]
    fn what_could_break_the_request_is_refused() {
        let names = ["", " ", "a b", "a:", "a\r\nb", ":path", "é", "a(", "\u{0}"];
        for name in names {
            assert!(one(name, "x").unwrap_err().contains("name"), "{name:?}");
        }
        for value in ["a\rb", "a\nb", "a\u{0}b", "a\u{7f}", "a\u{85}b", " a", "a\t"] {
            assert!(one("x-a", value).unwrap_err().contains("value"), "{value:?}");
        }
    }

    #[test]
    fn a_header_given_twice_is_refused_with_its_place() {
        let twice = [("X-A", "1"), ("x-a", "2")].map(|(name, value)| (name.to_string(), value.to_string()));
        assert!(check(&twice).unwrap_err().starts_with("header 2: "));
    }

    #[test]
    fn number_and_size_are_bounded() {
        let many = |count: usize| (0..count).map(|at| (format!("x-{at}"), String::new())).collect::<Vec<_>>();
        assert!(check(&many(64)).is_ok());
        assert!(check(&many(65)).is_err());
        let large = |size: usize| vec![("x-a".to_string(), "v".repeat(size - 3))];
        assert!(check(&large(16 * 1024)).is_ok());
        assert!(check(&large(16 * 1024 + 1)).is_err());
    }
}
