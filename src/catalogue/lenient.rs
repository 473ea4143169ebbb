//! Reading JSON whose shape cannot be trusted: every field may be missing, null, or of another type.
//!
//! Objects are opened one level at a time into borrowed raw values, and only the fields asked for are
//! looked at. That is more forgiving than a derived struct, which refuses a whole list over one field of
//! the wrong type, a field that comes twice, or the escape of a lone surrogate (`\ud83d`) in a name that
//! nobody wants. Nothing here recurses, so depth costs nothing.

use alloc::borrow::Cow;

pub(crate) use crate::json::fields;
use crate::json::{self, Raw, RawValue, WireText};

/// One JSON value, checked for syntax only.
pub(crate) fn parse(text: &str) -> Raw<'_> {
    json::parse(text).ok()
}

/// A text; lone surrogates become U+FFFD.
pub(crate) fn text<'a>(raw: RawValue<'a>) -> Option<Cow<'a, str>> {
    json::text(Some(raw)).map(WireText::into_string_lossy)
}

/// A finite number, or a text that is one.
pub(crate) fn number(raw: RawValue<'_>) -> Option<f64> {
    json::float(Some(raw))
}

/// A number that is not negative, or a text that is one.
pub(crate) fn amount(raw: RawValue<'_>) -> Option<f64> {
    number(raw).filter(|value| *value >= 0.0)
}

/// A yes or no: `true`, `1`, `"true"`, `"1"` and their opposites.
pub(crate) fn flag(raw: RawValue<'_>) -> Option<bool> {
    match raw.get() {
        "true" | "1" | r#""true""# | r#""1""# => Some(true),
        "false" | "0" | r#""false""# | r#""0""# => Some(false),
        _ => None,
    }
}

/// A number of tokens, at least 1: a number, a text that is one, or one with K or M behind (`"200K"`).
///
/// K is 1,000 and M is 1,000,000. CometAPI's catalogue gives `"200K"` for 200,000, `"400K"` for 400,000
/// and `"1050K"` for 1,050,000, which no binary K makes; where it rounds (`"1M"` for 1,048,576) the decimal
/// reading is the smaller one, and a window taken too small by 5 % is never refused by the model.
pub(crate) fn tokens(raw: RawValue<'_>) -> Option<u64> {
    let value = match number(raw) {
        Some(value) => value,
        None => scaled(text(raw)?.trim_ascii())?,
    };
    // Above this it is no count of tokens; below, the conversion is exact.
    (1.0..=1e12).contains(&value).then_some(value as u64)
}

fn scaled(text: &str) -> Option<f64> {
    let (digits, factor) = match text.as_bytes().last()? {
        b'k' | b'K' => (text.strip_suffix(['k', 'K'])?, 1e3),
        b'm' | b'M' => (text.strip_suffix(['m', 'M'])?, 1e6),
        _ => return None,
    };
    Some(decimal(digits)? * factor)
}

fn decimal(text: &str) -> Option<f64> {
    json::Number::parse(text)?.as_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_tokens_are_read_in_every_spelling_seen() {
        for (json, expected) in [
            ("200000", Some(200_000)),
            ("131072.0", Some(131_072)),
            (r#""200K""#, Some(200_000)),
            (r#""200k""#, Some(200_000)),
            (r#"" 1 M ""#, Some(1_000_000)),
            (r#""1M""#, Some(1_000_000)),
            (r#""1.5M""#, Some(1_500_000)),
            (r#""1050K""#, Some(1_050_000)),
            (r#""128000""#, Some(128_000)),
            ("null", None),
            ("0", None),
            ("-1", None),
            ("0.5", None),
            ("1e999", None),
            ("1e300", None),
            (r#""0K""#, None),
            (r#""NaN""#, None),
            (r#""infK""#, None),
            (r#""-5K""#, None),
            (r#""""#, None),
            (r#""K""#, None),
            (r#""200Ж""#, None),
            (r#""many""#, None),
            ("[200000]", None),
            ("{}", None),
            ("true", None),
        ] {
            assert_eq!(tokens(parse(json).unwrap()), expected, "{json}");
        }
    }

    #[test]
    fn an_amount_is_never_made_up() {
        for (json, expected) in [
            ("1.25", Some(1.25)),
            (r#""1.25""#, Some(1.25)),
            ("0", Some(0.0)),
            ("-1", None),
            ("1e999", None),
            (r#""inf""#, None),
            (r#""NaN""#, None),
            ("null", None),
            ("[]", None),
            ("false", None),
        ] {
            assert_eq!(amount(parse(json).unwrap()), expected, "{json}");
        }
    }

    #[test]
    fn lone_surrogates_and_doubled_names_do_not_close_an_object() {
        let json = r#"{"\ud83d":1,"id":"a","id":"b","name":"x\ud83dy","other":[[[{}]]]}"#;
        let [id, name] = fields(parse(json).unwrap(), ["id", "name"]).unwrap();
        assert_eq!(text(id.unwrap()).as_deref(), Some("b"));
        assert!(text(name.unwrap()).unwrap().contains('\u{fffd}'));
    }

    #[test]
    fn depth_costs_no_stack() {
        let deep = ["{\"id\":\"a\",\"x\":", &"[".repeat(200_000), &"]".repeat(200_000), "}"].concat();
        let [id] = fields(parse(&deep).unwrap(), ["id"]).unwrap();
        assert_eq!(text(id.unwrap()).as_deref(), Some("a"));
    }

    #[test]
    fn what_is_no_object_or_no_array_is_told() {
        for json in ["1", "null", "\"x\"", "[]"] {
            assert!(fields(parse(json).unwrap(), ["id"]).is_none(), "{json}");
        }
        assert!(json::items(parse("{}").unwrap(), &mut |_| ()).is_none());
    }
}
