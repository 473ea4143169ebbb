//! What the servers of a wire route require of a conversation. Each route states it as a constant.

use alloc::{borrow::Cow, string::String};
use core::fmt;

/// The rules of one route.
#[derive(Clone, Copy, Debug)]
pub struct ConversationRules {
    /// Ids of tool calls, which their results repeat.
    pub call_ids: IdRule,
    /// Names of tools.
    pub tool_names: NameRule,
    /// What becomes of system messages that come after the first turn.
    pub late_system: LateSystem,
    /// Two turns of one role in a row become one, for servers that require the roles to alternate.
    pub merge_neighbours: bool,
    /// The first turn after the system messages is the user's, for servers that require it.
    pub starts_with_user: bool,
    /// Whether a call with this replay has free text in the place of arguments, which the route sends as it is.
    pub is_free_text: fn(replay: &str) -> bool,
}

/// What becomes of system messages that come after the first turn of user or assistant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LateSystem {
    /// The server accepts them where they are.
    Keep,
    /// The server has one place for instructions, before all turns. Moving a late one there would change what the
    /// model knew at the earlier turns, and break the cached prefix, so it becomes text of the user.
    AsUser,
}

/// Which ids of tool calls the receiving server accepts.
///
/// The contract does not say which model made an id, so the receiver decides: an id goes back unchanged wherever the
/// receiver accepts it. Kimi's models read the tool's name out of `functions.read:0`, and LiteLLM keeps Gemini's
/// signature in an id of thousands of characters, so a changed id of theirs costs the model its memory of the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdRule {
    /// Any, as long as the calls of one turn have different ones.
    Any,
    /// Those that keep this rule and occur once in the conversation.
    Within(NameRule),
    /// Exactly so many ASCII letters and digits, once in the conversation.
    Exactly(usize),
}

impl IdRule {
    /// Whether an id keeps the rule.
    #[cfg(any(test, feature = "fuzzing"))]
    pub fn is_kept_by(&self, id: &str) -> bool {
        match self {
            IdRule::Any => !id.is_empty(),
            IdRule::Within(rule) => rule.is_kept_by(id),
            IdRule::Exactly(length) => super::ids::is_code(id, *length),
        }
    }
}

/// For people, after "an id".
impl fmt::Display for IdRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IdRule::Any => f.write_str("is not empty and occurs once in a turn"),
            IdRule::Within(rule) => write!(f, "is unique and has {rule}"),
            IdRule::Exactly(length) => write!(f, "is unique and has {length} letters and digits"),
        }
    }
}

/// The characters of an id or a name: letters and digits of ASCII, and some punctuation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameRule {
    /// The greatest number of characters.
    pub longest: usize,
    /// The ASCII punctuation that is allowed. It includes `_`, which replaces everything else.
    pub punctuation: &'static str,
    /// Whether it must begin with a letter or `_`.
    pub letter_first: bool,
}

impl NameRule {
    /// The text where it keeps the rule, else its first characters with `_` for each that is not allowed.
    pub fn keep<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if text.len() <= self.longest && text.bytes().all(|byte| self.allows(byte)) && self.may_begin(text) {
            return Cow::Borrowed(text);
        }
        let mut kept = String::new();
        if !self.may_begin(text) {
            kept.push('_');
        }
        for c in text.chars() {
            if kept.len() >= self.longest {
                break;
            }
            // A character beyond ASCII is one character of the text, whatever its bytes.
            kept.push(if u8::try_from(c).is_ok_and(|byte| self.allows(byte)) { c } else { '_' });
        }
        Cow::Owned(kept)
    }

    /// Whether a text keeps the rule.
    #[cfg(any(test, feature = "fuzzing"))]
    pub fn is_kept_by(&self, text: &str) -> bool {
        !text.is_empty() && matches!(self.keep(text), Cow::Borrowed(_))
    }

    fn allows(&self, byte: u8) -> bool {
        byte.is_ascii_alphanumeric() || self.punctuation.as_bytes().contains(&byte)
    }

    fn may_begin(&self, text: &str) -> bool {
        let first = text.as_bytes().first();
        !self.letter_first || first.is_none_or(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
    }
}

/// For people: `1 to 40 characters A-Z, a-z, 0-9 and _-`.
impl fmt::Display for NameRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1 to {} characters A-Z, a-z, 0-9 and {}", self.longest, self.punctuation)?;
        if self.letter_first {
            f.write_str(", the first one a letter or _")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    const PLAIN: NameRule = NameRule { longest: 8, punctuation: "_-", letter_first: false };
    const DOTTED: NameRule = NameRule { longest: 8, punctuation: "_.:", letter_first: true };

    #[test]
    fn a_text_is_cut_and_cleaned_by_the_rule() {
        for (rule, text, expected) in [
            (PLAIN, "a-1_B", "a-1_B"),
            (PLAIN, "a.b", "a_b"),
            (PLAIN, "123456789", "12345678"),
            (PLAIN, "éé", "__"),
            (DOTTED, "a.b:c", "a.b:c"),
            (DOTTED, "a-b", "a_b"),
            (DOTTED, "1abc", "_1abc"),
            (DOTTED, "12345678", "_1234567"),
            (DOTTED, "_1", "_1"),
        ] {
            assert_eq!(rule.keep(text), expected, "{text}");
            assert_eq!(rule.is_kept_by(text), text == expected, "{text}");
            assert!(rule.is_kept_by(expected), "{expected}");
        }
    }

    #[test]
    fn the_rule_says_what_it_is() {
        assert_eq!(PLAIN.to_string(), "1 to 8 characters A-Z, a-z, 0-9 and _-");
        assert!(DOTTED.to_string().ends_with("and _.:, the first one a letter or _"));
    }
}
