//! Short pieces of long texts.

use alloc::{borrow::Cow, format};

/// The text, cut between two characters so that it takes at most `limit` bytes inside a JSON string, with a note
/// that it was cut. Escapes count, since a body of control characters grows sixfold. Scrub first and cut then:
/// the scrubber does not recognise half of a key.
pub fn excerpt(text: &str, limit: usize) -> Cow<'_, str> {
    let mark = format!("… [cut; {} bytes in all]", text.len());
    let room = limit.saturating_sub(mark.len());
    // In one pass: the place of the cut is remembered until it is certain that the text is too long.
    let (mut cost, mut cut) = (0, 0);
    for (at, character) in text.char_indices() {
        cost = json_cost(character).saturating_add(cost);
        if cost <= room {
            cut = at.saturating_add(character.len_utf8());
        }
        if cost > limit {
            return Cow::Owned(format!("{}{mark}", text.get(..cut).unwrap_or_default()));
        }
    }
    Cow::Borrowed(text)
}

/// Bytes that a character takes inside a JSON string as serde_json writes it.
fn json_cost(character: char) -> usize {
    match character {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '\0'..='\u{1f}' => 6,
        _ => character.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_fits_its_limit_as_json_and_says_that_it_was_cut() {
        for unit in ["a", "好", "😀", "\"", "\u{1}", "\n\\x"] {
            for limit in [64, 65, 66, 67, 4096] {
                let text = unit.repeat(5000);
                let short = excerpt(&text, limit);
                assert!(serde_json::to_string(&short).unwrap().len() <= limit + 2, "{unit:?} {limit}");
                assert!(short.ends_with("bytes in all]"), "{short}");
            }
        }
        assert!(matches!(excerpt("short", 5), Cow::Borrowed("short")));
    }
}
