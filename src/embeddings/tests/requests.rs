//! Requests, and the forms of a refused one.

use super::*;

#[test]
fn a_request_has_its_fields_in_a_fixed_order_and_the_callers_own_last() {
    assert_eq!(
        body(&request(&["a \"b\"", "c"])),
        r#"{"model":"text-embedding-3-small","input":["a \"b\"","c"],"encoding_format":"base64"}"#
    );
    let all = EmbeddingRequest {
        dimensions: Some(256),
        user: Some("u".into()),
        extra_json: Some(r#" {"input_type":"query","x":1.50} "#.into()),
        ..request(&["a"])
    };
    assert_eq!(
        body(&all),
        r#"{"model":"text-embedding-3-small","input":["a"],"dimensions":256,"encoding_format":"base64","user":"u","input_type":"query","x":1.50}"#
    );
    let own = EmbeddingRequest {
        extra_json: Some(r#"{"dimensions":8,"user":"v","encoding_format":"float"}"#.into()),
        ..all
    };
    assert_eq!(
        body(&own),
        r#"{"model":"text-embedding-3-small","input":["a"],"dimensions":8,"user":"v","encoding_format":"float"}"#
    );
}

#[test]
fn vectors_of_integers_are_not_asked_for_as_base64() {
    let integers =
        EmbeddingRequest { extra_json: Some(r#"{"output_dtype":"int8"}"#.into()), ..request(&["a"]) };
    let written = write(&integers, Encoding::Base64).expect("a good request");
    assert!(written.own_encoding && !String::from_utf8_lossy(&written.body).contains("base64"));
}

#[test]
fn what_no_server_takes_is_refused_with_its_place_and_without_quoting_it() {
    let with = |change: fn(&mut EmbeddingRequest)| {
        let mut request = request(&["secret"]);
        change(&mut request);
        refused(&request)
    };
    for (message, place) in [
        (refused(&request(&[])), "no input"),
        (refused(&request(&["secret", "b", ""])), "input[2] is empty"),
        (with(|request| request.model = " ".into()), "no model"),
        (with(|request| request.dimensions = Some(0)), "dimensions is 0"),
        (
            with(|request| request.extra_json = Some("{\"secret\":".into())),
            "extra-json is not valid JSON (line 1",
        ),
        (with(|request| request.extra_json = Some("[\"secret\"]".into())), "extra-json is not a JSON object"),
        (with(|request| request.extra_json = Some(r#"{"model":"secret"}"#.into())), "cannot replace `model`"),
        (
            with(|request| request.extra_json = Some(r#"{"in\u0070ut":["secret"]}"#.into())),
            "cannot replace `input`",
        ),
    ] {
        assert!(message.contains(place) && !message.contains("secret"), "{message}");
    }
}

#[test]
fn the_encoding_changes_twice_and_nothing_else_does() {
    let request = EmbeddingRequest {
        extra_json: Some(r#"{"x":{"encoding_format":"base64"}}"#.into()),
        ..request(&["\"encoding_format\":\"base64\","])
    };
    let written = write(&request, Encoding::Base64).expect("a good request").body;
    let (encoding, float) = in_next_encoding(Encoding::Base64, &written).expect("float");
    let value: serde_json::Value = serde_json::from_slice(&float).expect("JSON");
    assert_eq!((encoding, &value["encoding_format"]), (Encoding::Float, &"float".into()));
    let (encoding, unsent) = in_next_encoding(encoding, &float).expect("without the field");
    let without: serde_json::Value = serde_json::from_slice(&unsent).expect("JSON");
    assert_eq!((encoding, without.get("encoding_format")), (Encoding::Unsent, None));
    for value in [value, without] {
        assert_eq!(value["input"][0], "\"encoding_format\":\"base64\",");
        assert_eq!(value["x"]["encoding_format"], "base64");
    }
    assert_eq!(in_next_encoding(encoding, &unsent), None);
}

#[test]
fn a_refusal_of_the_encoding_names_it_and_does_not_only_repeat_the_request() {
    for refusal in [
        r#"{"error":{"message":"Unsupported value","param":"encoding_format"}}"#,
        r#"{"detail":[{"loc":["body","encoding_format"],"msg":"Input should be 'float'","input":"base64"}]}"#,
        r#"{"detail":[{"type":"extra_forbidden","loc":["body","encoding_format"],"input":"base64"}]}"#,
        r#"{"error":{"message":"encoding_format: 'base64' is not supported"}}"#,
        r#"{"error":{"message":"base64 encoding is not supported by this model"}}"#,
        "Unknown field: encodingFormat",
        "Base64 output is not implemented",
        r#"{"errors":{"encoding_format":["Unknown field."]}}"#,
        "the encoding format must be float",
    ] {
        assert!(refuses_encoding(refusal.as_bytes()), "{refusal}");
    }
    for other in [
        "",
        r#"{"error":{"message":"input is too long","param":"input"}}"#,
        r#"{"detail":[{"loc":["body","dimensions"],"input":{"model":"m","encoding_format":"base64"}}]}"#,
        r#"{"detail":"body was {'encoding_format': 'float', 'input': ['a']}"}"#,
        r#"{"message":"{\"encoding_format\": \"base64\"}"}"#,
    ] {
        assert!(!refuses_encoding(other.as_bytes()), "{other}");
    }
}
