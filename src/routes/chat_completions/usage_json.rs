//! One usage object made of two, for a host that reads the vendor's own counts [65].

use alloc::{borrow::ToOwned, string::String, vec::Vec};

use crate::json::{Json, Raw, Slot, Structure, read};
use crate::scanned::scanned;
use crate::text_search::common_prefix;

/// More fields, or bytes of both objects together, are not joined: the later object stands alone then. A vendor's has
/// about twenty fields, and a hostile one could make the joined object grow with every chunk.
const MAX_FIELDS: usize = 64;
const MAX_BYTES: usize = 16 << 10;

/// The fields of an object, in their order.
#[derive(Default)]
struct Fields<'a>(Vec<(String, Raw<'a>)>);

impl<'a> Structure<'a> for Fields<'a> {
    fn field(&mut self, name: &str) -> Option<Slot<'_, 'a>> {
        // One more than are joined, to notice that there are too many.
        if self.0.len() > MAX_FIELDS {
            return None;
        }
        self.0.push((name.to_owned(), None));
        self.0.last_mut().map(|(_, value)| Slot::Raw(value))
    }
}

/// Whether an object has the same fields as an earlier one and differs in its numbers alone, none of which became 0: then
/// nothing of the earlier one counts any more. It is JSON if the earlier one is, and that has no escapes.
pub(super) fn supersedes(later: &str, earlier: &str) -> bool {
    let (mut new, mut old) = (later.as_bytes(), earlier.as_bytes());
    scanned(later.len());
    loop {
        let same = common_prefix(new, old);
        if same == new.len() && same == old.len() {
            return !later.is_empty();
        }
        // They differ here. It has to be within a number, which may have begun before.
        let before = new.get(..same).unwrap_or_default().iter().rev();
        let begin = same.saturating_sub(before.take_while(|byte| byte.is_ascii_digit()).count());
        let (new_digits, new_rest) = split_digits(new.get(begin..).unwrap_or_default());
        let (old_digits, old_rest) = split_digits(old.get(begin..).unwrap_or_default());
        let is_zero = |digits: &[u8]| digits.iter().all(|digit| *digit == b'0');
        if new_digits.is_empty() || old_digits.is_empty() || is_zero(new_digits) && !is_zero(old_digits) {
            return false;
        }
        // A number of several digits begins with 0 only after a decimal point.
        let is_fraction = new.get(..begin).unwrap_or_default().ends_with(b".");
        if new_digits.len() > 1 && new_digits.starts_with(b"0") && !is_fraction {
            return false;
        }
        (new, old) = (new_rest, old_rest);
    }
}

/// The digits that a text begins with, and the rest.
fn split_digits(text: &[u8]) -> (&[u8], &[u8]) {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    text.split_at_checked(digits).unwrap_or_default()
}

/// Puts the fields of the later object into the earlier one. A later value that counts nothing replaces none.
pub(super) fn join(earlier: &mut String, later: &str) {
    *earlier = joined(earlier, later).unwrap_or_else(|| later.to_owned());
}

fn joined(earlier: &str, later: &str) -> Option<String> {
    if earlier.len().saturating_add(later.len()) > MAX_BYTES {
        return None;
    }
    let (mut all, mut new) = (Fields::default(), Fields::default());
    read(earlier, &mut all)?;
    read(later, &mut new)?;
    for (name, value) in new.0 {
        match all.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) if counts_something(value) => *known = value,
            Some(_) => {}
            None => all.0.push((name, value)),
        }
    }
    if all.0.len() > MAX_FIELDS {
        return None;
    }
    let mut json = Json::default();
    json.raw("{");
    for (name, value) in &all.0 {
        json.key(name);
        json.raw(value.map_or("null", |value| value.get()));
    }
    json.raw("}");
    Some(json.into_string())
}

/// Whether a value has a digit other than 0. A name with a digit in it may pass for one, which costs nothing but an older
/// value in this object: the counts of the contract are joined number by number.
fn counts_something(value: Raw<'_>) -> bool {
    value.is_some_and(|value| value.get().bytes().any(|byte| matches!(byte, b'1'..=b'9')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_supersedes_one_that_differs_in_numbers_which_did_not_become_zero() {
        for (later, earlier, expected) in [
            (r#"{"a":12,"b":{"c_5m":0.25}}"#, r#"{"a":9,"b":{"c_5m":0.1}}"#, true),
            (r#"{"a":1}"#, r#"{"a":1}"#, true),
            (r#"{"a":1}"#, r#"{"a":0}"#, true),
            (r#"{"a":0}"#, r#"{"a":0}"#, true),
            (r#"{"a":0.05}"#, r#"{"a":0.125}"#, true),
            (r#"{"a":05}"#, r#"{"a":1}"#, false),
            (r#"{"a":05}"#, r#"{"a":12}"#, false),
            (r#"{"a":0}"#, r#"{"a":1}"#, false),
            (r#"{"a":100,"b":00}"#, r#"{"a":1,"b":10}"#, false),
            (r#"{"a":null}"#, r#"{"a":1}"#, false),
            (r#"{"a":1}"#, r#"{"a":1,"b":2}"#, false),
            (r#"{"a":1,"b":2}"#, r#"{"a":1}"#, false),
            (r#"{"a":1}"#, "", false),
            ("", "", false),
        ] {
            assert_eq!(supersedes(later, earlier), expected, "{later} after {earlier}");
        }
    }
}
