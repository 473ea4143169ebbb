use super::*;
use crate::json::{fields, items, position, read, structure};
use std::format;

fn raw(json: &str) -> RawValue<'_> {
    crate::json::parse(json).expect("JSON")
}

#[derive(Debug, Default)]
struct Inner<'a> {
    a: Raw<'a>,
}

#[derive(Debug, Default)]
struct Outer<'a> {
    object: Object<Inner<'a>>,
    first: First<Inner<'a>>,
    many: Many<Inner<'a>>,
}

structure!(Inner { "a" => a });
structure!(Outer { "object" => object, "first" => first, "many" => many });

/// The numbers of the object, of the first, and of the many.
fn numbers(json: &str) -> (Option<u64>, Option<u64>, Vec<u64>) {
    let mut outer = Object::<Outer<'_>>::default();
    read(json, &mut outer).expect(json);
    let outer = outer.0.expect(json);
    let number = |inner: &Inner<'_>| unsigned(inner.a).expect(json);
    (
        outer.object.0.as_ref().map(number),
        outer.first.get().map(number),
        outer.many.iter().map(number).collect(),
    )
}

#[test]
fn a_value_of_another_type_counts_as_missing_and_affects_nothing_else() {
    for other in ["null", "true", "1", "-1", "1.5", "\"text\"", "[[1],{}]"] {
        let json =
            format!("{{\"object\":{other},\"first\":[{{\"a\":1}},{other}],\"many\":[{other},{{\"a\":2}}]}}");
        assert_eq!(numbers(&json), (None, Some(1), std::vec![2]), "{other}");
    }
    for other in ["null", "true", "1", "\"text\"", "{\"a\":1}"] {
        let json = format!("{{\"first\":{other},\"many\":{other},\"object\":{{\"a\":1}}}}");
        assert_eq!(numbers(&json), (Some(1), None, std::vec![]), "{other}");
    }
    assert_eq!(numbers(r#"{"first":[1,{"a":1}],"many":[[{"a":1}]]}"#), (None, None, std::vec![]));
}

#[test]
fn a_name_is_found_among_others_of_its_length() {
    let names = ["prompt_tokens", "output_tokens", "total"];
    assert_eq!(position(&names, "output_tokens"), Some(1));
    assert_eq!(position(&names, "cached_tokens"), None);
}

#[test]
fn a_list_with_an_object_is_not_empty() {
    let mut many = Many::<Inner<'_>>::default();
    for (json, empty) in [("[]", true), ("[1]", true), ("[{}]", false)] {
        assert_eq!(read(json, &mut many), Some(()));
        assert_eq!(many.is_empty(), empty, "{json}");
    }
}

#[test]
fn of_several_fields_with_one_name_the_last_counts() {
    let json = r#"{"object":{"a":1},"first":[{"a":1}],"many":[{"a":1}],
                   "object":{"a":2},"first":[{"a":2}],"many":[{"a":2}]}"#;
    assert_eq!(numbers(json), (Some(2), Some(2), std::vec![2]));
}

#[test]
fn a_name_may_be_written_with_escapes_and_hold_half_a_character() {
    let json = r#"{"\ud83d":1,"obj\u0065ct":{"\u0061":1,"b\ud83d":[{}]}}"#;
    assert_eq!(numbers(json), (Some(1), None, std::vec![]));
}

#[test]
fn text_that_is_no_json_is_rejected() {
    for json in ["", "{", "{\"first\":[1,]}", "{} {}", "{1:2}"] {
        assert!(read(json, &mut Object::<Outer<'_>>::default()).is_none(), "{json}");
    }
}

#[test]
fn whole_numbers_are_read_from_numbers_strings_and_floats() {
    for (json, expected) in [
        ("7", Some(7)),
        ("\"7\"", Some(7)),
        ("7.0", Some(7)),
        ("\" 7.0 \"", Some(7)),
        ("1e3", Some(1000)),
        ("18446744073709551615", Some(u64::MAX)),
        ("7.5", None),
        ("-1", None),
        ("1e999", None),
        ("\"\"", None),
        ("null", None),
        ("[7]", None),
    ] {
        assert_eq!(unsigned(Some(raw(json))), expected, "{json}");
    }
}

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
        assert_eq!(tokens(raw(json)), expected, "{json}");
    }
}

#[test]
fn an_amount_is_never_guessed() {
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
        assert_eq!(amount(raw(json)), expected, "{json}");
    }
}

#[test]
fn lone_surrogates_and_doubled_names_do_not_close_an_object() {
    let json = r#"{"\ud83d":1,"id":"a","id":"b","name":"x\ud83dy","other":[[[{}]]]}"#;
    let [id, name] = fields(raw(json), ["id", "name"]).unwrap();
    assert_eq!(text(id.unwrap()).as_deref(), Some("b"));
    assert!(text(name.unwrap()).unwrap().contains('\u{fffd}'));
}

#[test]
fn depth_costs_no_stack() {
    let deep = ["{\"id\":\"a\",\"x\":", &"[".repeat(200_000), &"]".repeat(200_000), "}"].concat();
    let [id] = fields(raw(&deep), ["id"]).unwrap();
    assert_eq!(text(id.unwrap()).as_deref(), Some("a"));
}

#[test]
fn a_value_that_is_no_object_or_no_list_is_rejected() {
    for json in ["1", "null", "\"x\"", "[]"] {
        assert!(fields(raw(json), ["id"]).is_none(), "{json}");
    }
    assert!(items(raw("{}"), &mut |_| ()).is_none());
}

#[test]
fn a_list_keeps_objects_only_and_not_more_than_its_cap() {
    let width = |item: &str, times: usize| format!("[{}]", std::vec![item; times].join(","));
    for (json, kept, too_many) in [
        (width("1", 100_000), 0, false),
        (width("1,{}", 100), 100, false),
        (width("{}", MAX_MANY), MAX_MANY, false),
        (width("{}", MAX_MANY + 1), MAX_MANY, true),
        (width("null,{},[{}]", 3 * MAX_MANY), MAX_MANY, true),
    ] {
        let mut many = Many::<Inner<'_>>::default();
        read(&json, &mut many).expect("JSON");
        assert_eq!((many.iter().count(), many.has_too_many()), (kept, too_many), "{}", &json[..20]);
        assert!(many.objects.capacity() <= 2 * MAX_MANY);
    }
}

#[test]
fn the_items_of_a_list_are_read_one_by_one() {
    for (json, expected) in [
        ("[]", &[][..]),
        (" [ ] ", &[]),
        ("[1]", &["1"]),
        (r#"[ {"a":[1,2]} , "x,]" ,null,[]]"#, &[r#"{"a":[1,2]}"#, r#""x,]""#, "null", "[]"]),
    ] {
        let mut elements = crate::json::elements(json).expect("a list");
        let found: Vec<&str> = elements.by_ref().map(RawValue::get).collect();
        assert_eq!(found, expected, "{json}");
        assert_eq!(elements.next(), None, "nothing follows the end");
    }
    for json in ["{}", "1", "\"[]\"", ""] {
        assert!(crate::json::elements(json).is_none(), "{json}");
    }
}
