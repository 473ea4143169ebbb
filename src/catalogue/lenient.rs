//! Reading JSON whose shape cannot be trusted: every field may be missing, null, or of another type.
//!
//! Objects are opened one level at a time into borrowed raw values, and only the fields asked for are
//! looked at. That is more forgiving than a derived struct, which refuses a whole list over one field of
//! the wrong type, a field that comes twice, or the escape of a lone surrogate (`\ud83d`) in a name that
//! nobody wants. Nothing here recurses, so depth costs nothing.

use alloc::string::String;
use core::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// One JSON value, checked for syntax only.
pub(crate) fn parse(text: &str) -> Option<&RawValue> {
    serde_json::from_str(text).ok()
}

/// The named fields of an object, the last one where a name comes twice; `None` if it is no object.
/// A field that is null is there: the readers of leaves take it for unknown.
pub(crate) fn fields<'a, const N: usize>(
    raw: &'a RawValue,
    names: [&str; N],
) -> Option<[Option<&'a RawValue>; N]> {
    let mut found = [None; N];
    let fields = Fields { names: &names, found: &mut found };
    let mut json = serde_json::Deserializer::from_str(raw.get());
    json.deserialize_map(fields).ok()?;
    Some(found)
}

/// Hands over each item of an array; `None` if it is no array.
pub(crate) fn items<'a>(raw: &'a RawValue, each: &mut dyn FnMut(&'a RawValue)) -> Option<()> {
    serde_json::Deserializer::from_str(raw.get()).deserialize_seq(Items(each)).ok()
}

/// Hands over each name of an object; `None` if it is no object.
pub(crate) fn names(raw: &RawValue, each: &mut dyn FnMut(&str)) -> Option<()> {
    serde_json::Deserializer::from_str(raw.get()).deserialize_map(Names(each)).ok()
}

/// A text; lone surrogates become U+FFFD.
pub(crate) fn text(raw: &RawValue) -> Option<String> {
    Text.deserialize(&mut serde_json::Deserializer::from_str(raw.get())).ok()
}

/// A finite number, or a text that is one.
pub(crate) fn number(raw: &RawValue) -> Option<f64> {
    let value = match raw.get().as_bytes().first()? {
        b'"' => decimal(&text(raw)?)?,
        _ => decimal(raw.get())?,
    };
    f64::is_finite(value).then_some(value)
}

/// A number that is not negative, or a text that is one.
pub(crate) fn amount(raw: &RawValue) -> Option<f64> {
    number(raw).filter(|value| *value >= 0.0)
}

/// A yes or no: `true`, `1`, `"true"`, `"1"` and their opposites.
pub(crate) fn flag(raw: &RawValue) -> Option<bool> {
    match raw.get().trim_matches('"') {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// A number of tokens, at least 1: a number, a text that is one, or one with K or M behind (`"200K"`).
///
/// K is 1,000 and M is 1,000,000. CometAPI's catalogue gives `"200K"` for 200,000, `"400K"` for 400,000
/// and `"1050K"` for 1,050,000, which no binary K makes; where it rounds (`"1M"` for 1,048,576) the decimal
/// reading is the smaller one, and a window taken too small by 5 % is never refused by the model.
pub(crate) fn tokens(raw: &RawValue) -> Option<u64> {
    let value = match number(raw) {
        Some(value) => value,
        None => scaled(text(raw)?.trim())?,
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

/// A number as JSON writes it; one beyond the range of f64 is an error to serde_json and unknown to us.
/// Not `str::parse`, which brings its own tables of 10 KB into the component.
fn decimal(text: &str) -> Option<f64> {
    serde_json::from_str(text.trim()).ok()
}

struct Fields<'n, 'f, 'a> {
    names: &'n [&'n str],
    found: &'f mut [Option<&'a RawValue>],
}

impl<'a> Visitor<'a> for Fields<'_, '_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(index) = map.next_key_seed(Name(self.names))? {
            let value: &RawValue = map.next_value()?;
            if let Some(slot) = index.and_then(|index| self.found.get_mut(index)) {
                *slot = Some(value);
            }
        }
        Ok(())
    }
}

/// Which of these names a key is. Read as bytes, which lone surrogates do not upset.
struct Name<'n>(&'n [&'n str]);

impl<'a> DeserializeSeed<'a> for Name<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'a>>(self, json: D) -> Result<Option<usize>, D::Error> {
        json.deserialize_bytes(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_bytes<E>(self, key: &[u8]) -> Result<Option<usize>, E> {
        Ok(self.0.iter().position(|name| name.as_bytes() == key))
    }
}

struct Items<'f, 'a>(&'f mut dyn FnMut(&'a RawValue));

impl<'a> Visitor<'a> for Items<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(item) = seq.next_element()? {
            (self.0)(item);
        }
        Ok(())
    }
}

struct Names<'f>(&'f mut dyn FnMut(&str));

impl<'a> Visitor<'a> for Names<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key_seed(Text)? {
            map.next_value::<&RawValue>()?;
            (self.0)(&name);
        }
        Ok(())
    }
}

struct Text;

impl<'a> DeserializeSeed<'a> for Text {
    type Value = String;

    fn deserialize<D: Deserializer<'a>>(self, json: D) -> Result<String, D::Error> {
        json.deserialize_bytes(self)
    }
}

impl Visitor<'_> for Text {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<String, E> {
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }
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
        assert!(items(parse("{}").unwrap(), &mut |_| ()).is_none());
        assert!(names(parse("[]").unwrap(), &mut |_| ()).is_none());
    }
}
