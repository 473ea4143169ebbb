//! Phrases in the free text of errors, matched in whatever spelling a vendor or a gateway gives them.
//!
//! The same cause is written `context_length_exceeded`, `ContextLengthExceeded`, "Context length exceeded!" and "your
//! input exceeds the context length", and each gateway on the way may change case and punctuation. So a text is first
//! reduced to its words, and a phrase lists words that have to stand near each other in any order.
//!
//! One phrase a line: `a|b & c|d ! e` matches where `a` or `b` stands near `c` or `d`, and `e` is nowhere in the text.
//! A word matches the start of a word, so `exceed` finds "exceeds" and "exceeded"; Chinese has no spaces, and matches
//! anywhere. The phrases are a string and not slices of slices, since each slice would cost 8 bytes in the component.

use alloc::string::String;

use crate::text_search::{find_bytes, split_once};

/// How far apart the words of a phrase may stand, in bytes. Vendors put counts, ids and model names between them; words
/// of two sentences have nothing to do with each other.
const NEAR: usize = 100;

/// The words of a text in lower case, with one space between them.
///
/// `camelCase` is split, so that codes and sentences are compared alike. Addresses are left out: a link to the page
/// about rate limits does not make a rate limit of an error.
pub(super) fn words(text: &str) -> String {
    let mut words = String::with_capacity(text.len());
    let mut before = ' ';
    let mut address = false;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        if address {
            address = !character.is_ascii_whitespace() && !matches!(character, '"' | '\'' | '<' | '>' | ')');
            continue;
        }
        let next_is_lower = characters.peek().is_some_and(|(_, next)| next.is_ascii_lowercase());
        // "contextLength" and "AIPolicy": before each capital that begins a word.
        let starts_word = character.is_ascii_uppercase()
            && (before.is_ascii_lowercase() || before.is_ascii_uppercase() && next_is_lower);
        let separates = character.is_ascii() && !character.is_ascii_alphanumeric();
        if (starts_word || separates) && !words.ends_with(' ') {
            words.push(' ');
        }
        if character == 'h' && text.get(at..).is_some_and(is_address) {
            address = true;
        } else if !separates {
            words.push(character.to_ascii_lowercase());
        }
        before = character;
    }
    words
}

fn is_address(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://")
}

/// Whether a text, as [`words`] writes it, contains one of these phrases.
pub(super) fn has_phrase(words: &str, phrases: &str) -> bool {
    any(phrases, "\n", &mut |phrase| has(words, phrase))
}

/// Whether a name, as [`words`] writes it, is one of these, separated by `|`.
pub(super) fn is_name(words: &str, names: &str) -> bool {
    any(names, "|", &mut |name| name == words)
}

fn has(text: &str, phrase: &str) -> bool {
    let (phrase, veto) = split_once(phrase, " ! ").unwrap_or((phrase, ""));
    let (first, rest) = split_once(phrase, " & ").unwrap_or((phrase, ""));
    let occurs = any(first, "|", &mut |piece| {
        let mut from = 0;
        while let Some(at) = find_word(text, piece, from, text.len()) {
            let end = at.saturating_add(piece.len());
            let (least, most) = (at.saturating_sub(NEAR), end.saturating_add(NEAR).min(text.len()));
            let is_near = |piece: &str| find_word(text, piece, least, most).is_some();
            if rest.is_empty()
                || !any(rest, " & ", &mut |group| !any(group, "|", &mut |piece| is_near(piece)))
            {
                return true;
            }
            from = end;
        }
        false
    });
    occurs
        && (veto.is_empty() || !any(veto, "|", &mut |piece| find_word(text, piece, 0, text.len()).is_some()))
}

/// Whether one of the parts of a list holds. The standard library's splitting would add its search to the component.
fn any(list: &str, separator: &str, holds: &mut dyn FnMut(&str) -> bool) -> bool {
    let mut rest = Some(list);
    while let Some(list) = rest {
        let (part, after) =
            split_once(list, separator).map_or((list, None), |(part, after)| (part, Some(after)));
        if !part.is_empty() && holds(part) {
            return true;
        }
        rest = after;
    }
    false
}

/// The first position of a piece at the start of a word, within two bounds.
fn find_word(text: &str, piece: &str, mut from: usize, to: usize) -> Option<usize> {
    let spaced = piece.as_bytes().first()?.is_ascii();
    loop {
        let found = find_bytes(text.as_bytes().get(from..to)?, piece.as_bytes())?;
        let at = from.saturating_add(found);
        let before = at.checked_sub(1).and_then(|before| text.as_bytes().get(before));
        if !spaced || !before.is_some_and(u8::is_ascii_alphanumeric) {
            return Some(at);
        }
        from = at.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_reduced_to_its_words_whatever_its_spelling() {
        for (text, expected) in [
            ("context_length_exceeded", "context length exceeded"),
            ("ContextWindowExceededError:  x", "context window exceeded error x"),
            ("ResponsibleAIPolicyViolation", "responsible ai policy violation"),
            ("INVALID_VALUE", "invalid value"),
            ("model's \"m-9\"", "model s m 9 "),
            ("余额不足, balance: 0.1", "余额不足 balance 0 1"),
            ("see https://x.test/rate-limits now", "see now"),
            ("(http://x.test)! hit", " hit"),
            ("", ""),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
    }

    #[test]
    fn the_words_of_a_phrase_stand_near_each_other_in_any_order() {
        let phrase = "context length|context window & exceed|longer ! tool";
        for (text, found) in [
            ("the context length is exceeded", true),
            ("exceeds the context window", true),
            ("longer than the context length", true),
            ("the context length", false),
            ("exceeds", false),
            ("unexceeded context length", false),
            ("tool: exceeds the context window", false),
            (&*("exceeds ".to_owned() + &"x ".repeat(80) + "context window"), false),
        ] {
            assert_eq!(has_phrase(&words(text), phrase), found, "{text}");
        }
        assert!(has_phrase("模型余额不足", "a\n余额 & 不足"));
        assert!(is_name("b c", "a|b c") && !is_name("b", "a|b c") && !is_name("", "a|"));
    }

    use alloc::borrow::ToOwned;
}
