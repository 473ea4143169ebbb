//! The API key, which no message and no debug output shows.

use alloc::{borrow::ToOwned, string::String};
use core::fmt;

/// The prefix of every CometAPI key.
const PREFIX: &str = "sk-";
/// The shortest key that CometAPI's own set-up script accepts, prefix included.
const SHORTEST: usize = 10;
/// Longer than any key. A longer value is a pasted file.
const LONGEST: usize = 512;

/// A key that is valid in an `Authorization` header.
///
/// `Debug` does not show it, so that no log of a structure that contains it can.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(String);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key([redacted])")
    }
}

impl Key {
    /// Checks the form of a key. The prefix and the least length are those of CometAPI (`ours`); a server
    /// behind another base URL has keys of its own form.
    ///
    /// # Errors
    /// A message for people, without the key.
    pub fn check(given: &str, ours: bool) -> Result<Self, &'static str> {
        Err(match given {
            "" if ours => {
                "the API key is empty; get one at https://www.cometapi.com/console/token, and set COMETAPI_KEY"
            }
            "" => "the API key is empty; give the key of the server behind the base URL",
            key if key.trim_ascii() != key => "the API key has white space before or after it; remove it",
            key if key.len() > LONGEST => "the API key is longer than 512 characters; give the key alone",
            key if !key.bytes().all(|byte| byte.is_ascii_graphic()) => {
                "the API key contains white space or characters that no key has; \
                 give the key alone, without \"Bearer\""
            }
            key if ours && !key.starts_with(PREFIX) => {
                "the API key does not start with \"sk-\"; copy it again, \
                 or get one at https://www.cometapi.com/console/token"
            }
            key if ours && key.len() < SHORTEST => {
                "the API key is too short to be whole; copy it again, \
                 or get one at https://www.cometapi.com/console/token"
            }
            key => return Ok(Self(key.to_owned())),
        })
    }

    /// The key itself: for the request header, and for nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpora;
    use alloc::format;

    #[test]
    fn a_key_of_cometapi_has_its_prefix_and_length() {
        let cases = [
            ("sk-abcdefg", true),
            ("sk-abcdef", false),
            ("sk-", false),
            ("SK-abcdefghij", false),
            ("key-abcdefghij", false),
            ("Bearer sk-abcdefg", false),
            ("\"sk-abcdefg\"", false),
            ("sk-abcdefg\n", false),
            ("\u{a0}sk-abcdefg", false),
            ("sk-abc defg", false),
            ("sk-abc\u{0}defg", false),
            ("sk-abcdéfgh", false),
            ("${COMETAPI_KEY}", false),
            ("", false),
        ];
        for (key, valid) in cases {
            assert_eq!(Key::check(key, true).is_ok(), valid, "{key:?}");
        }
        assert!(Key::check(&format!("sk-{}", "a".repeat(509)), true).is_ok());
        assert!(Key::check(&format!("sk-{}", "a".repeat(510)), true).is_err());
    }

    #[test]
    fn another_servers_key_is_any_visible_word() {
        for (key, valid) in
            [("x", true), ("gsk_123", true), ("", false), ("a b", false), ("a\r\nx: y", false)]
        {
            assert_eq!(Key::check(key, false).is_ok(), valid, "{key:?}");
        }
    }

    #[test]
    fn neither_debug_nor_an_error_shows_the_key() {
        let key = Key::check("sk-abcdefghij", true).unwrap();
        assert_eq!((format!("{key:?}").as_str(), key.expose()), ("Key([redacted])", "sk-abcdefghij"));
        for wrong in [" sk-abcdefghij", "xx-abcdefghij", "sk-abcdefghij é"] {
            assert!(!Key::check(wrong, true).unwrap_err().contains("abcdefghij"));
        }
    }

    #[test]
    fn the_recorded_forms_are_told_apart() {
        let Some(corpus) = corpora::json("tables/cometapi-base-url.json") else { return };
        for (list, valid) in [("valid", true), ("invalid", false)] {
            let keys = corpus["setup_sh_key_form"][list].as_array().unwrap();
            assert!(!keys.is_empty());
            for key in keys {
                assert_eq!(Key::check(key.as_str().unwrap(), true).is_ok(), valid, "{key}");
            }
        }
    }
}
