//! Requests and responses, in every form that was seen of a server, and what no server may get through.

use std::string::{String, ToString};
use std::vec::Vec;

use super::{Encoding, Expected, MAX_NUMBERS, in_next_encoding, is_whole, read, refuses_encoding, write};
use crate::contract::embeddings::{Embedding, EmbeddingRequest};
use crate::errors::{Error, ErrorKind, Scrubber};
use crate::http_head::ResponseHead;
use crate::json::Json;
use crate::transport::Fetched;

const KEY: &str = "sk-0123456789abcdef";

fn request(input: &[&str]) -> EmbeddingRequest {
    EmbeddingRequest {
        model: "text-embedding-3-small".into(),
        input: input.iter().map(|text| (*text).to_string()).collect(),
        dimensions: None,
        user: None,
        extra_json: None,
    }
}

fn body(request: &EmbeddingRequest) -> String {
    String::from_utf8(write(request, Encoding::Base64).expect("a good request").body).expect("UTF-8")
}

fn refused(request: &EmbeddingRequest) -> String {
    let error = write(request, Encoding::Base64).expect_err("a bad request");
    assert_eq!((error.kind, error.request_sent), (ErrorKind::InvalidRequest, false));
    error.message
}

fn base64(numbers: &[f32]) -> String {
    let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    let mut json = Json::default();
    json.base64(&bytes);
    json.into_string()
}

fn received(body: &str, count: usize) -> Result<Embedding, Error> {
    received_bytes(body.as_bytes(), count, None)
}

fn received_bytes(body: &[u8], count: usize, dimensions: Option<u32>) -> Result<Embedding, Error> {
    let headers = std::vec![("x-request-id".to_string(), std::format!("id-{KEY}").into_bytes())];
    let fetched = Fetched { head: ResponseHead { status: 200, headers }, body: body.to_vec() };
    read(&fetched, Expected { count, dimensions }, &Scrubber::new(Some(KEY)))
}

fn vectors(body: &str, count: usize) -> Vec<Vec<f32>> {
    received(body, count).expect(body).vectors
}

fn failure(body: &str, count: usize) -> Error {
    let error = received(body, count).expect_err(body);
    assert!(error.request_sent, "{error:?}");
    error
}

/// A list of rows.
fn data(rows: &str) -> String {
    std::format!(
        r#"{{"object":"list","data":[{rows}],"model":"m","usage":{{"prompt_tokens":3,"total_tokens":3}}}}"#
    )
}

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

#[test]
fn both_encodings_give_the_same_vectors_in_every_spelling() {
    let numbers = [0.0, -1.5, 1e-5, 3.402_823_5e38, -0.012_345_679, 1.0 / 3.0];
    let text = base64(&numbers);
    let list = std::format!("{numbers:?}");
    let with_exponents = "[0, -1.5e+0, 1e-05, 3.4028235E38, -0.012345679, 0.333333343267440796]";
    for embedding in [
        std::format!("\"{text}\""),
        std::format!("\"{}\"", text.trim_end_matches('=')),
        std::format!("\"{}\"", text.replace('+', "-").replace('/', "_")),
        // As .NET and PHP escape them.
        std::format!("\"{}\"", text.replace('+', "\\u002B").replace('/', "\\/")),
        std::format!("\"{}\\n{}\\r\\n\"", &text[..9], &text[9..]),
        list,
        with_exponents.to_string(),
    ] {
        let read = vectors(&data(&std::format!(r#"{{"index":0,"embedding":{embedding}}}"#)), 1);
        assert_eq!(read, [numbers.to_vec()], "{embedding}");
        assert_eq!(read[0].capacity(), numbers.len(), "spare room would cost a copy: {embedding}");
    }
    // Every length, with and without padding.
    for length in 1..20 {
        let numbers: Vec<f32> = (0..length).map(|number: u8| f32::from(number) - 0.3).collect();
        let text = base64(&numbers);
        for text in [text.as_str(), text.trim_end_matches('=')] {
            let found = vectors(&data(&std::format!(r#"{{"embedding":"{text}"}}"#)), 1);
            assert_eq!(found, std::slice::from_ref(&numbers));
        }
    }
}

#[test]
fn what_is_no_vector_of_finite_numbers_is_an_error() {
    let not_finite = [f32::NAN, f32::INFINITY].map(|number| std::format!("\"{}\"", base64(&[1.0, number])));
    for embedding in [
        "[]",
        "null",
        "\"\"",
        "{}",
        "7",
        "[1,null]",
        "[1,[2]]",
        "[1,\"x\"]",
        "[1e39]",
        "[true]",
        "\"AAAA\"",
        "\"AAAAAA=A\"",
        "\"AAAAAAA\"",
        "\"!AAAAA==\"",
        "\"AAAAAAAAA\"",
        &not_finite[0],
        &not_finite[1],
    ] {
        let error = failure(&data(&std::format!(r#"{{"index":0,"embedding":{embedding}}}"#)), 1);
        assert_eq!(error.kind, ErrorKind::Protocol, "{embedding}");
        assert!(error.message.contains("input[0]"), "{}", error.message);
    }
}

#[test]
fn vectors_are_in_the_order_of_the_texts_whatever_the_order_of_the_rows_is() {
    let expected = [[0.0], [1.0], [2.0]].map(Vec::from);
    for rows in [
        r#"{"index":0,"embedding":[0]},{"index":1,"embedding":[1]},{"index":2,"embedding":[2]}"#,
        r#"{"embedding":[2],"index":2},{"embedding":[0],"index":0},{"embedding":[1],"index":1}"#,
        r#"{"embedding":[0]},{"embedding":[1]},{"embedding":[2]}"#,
        r#"{"embedding":[0],"index":null},{"embedding":[1],"index":null},{"embedding":[2],"index":null}"#,
        r#"{"embedding":[2],"index":"2"},{"embedding":[1],"index":1.0},{"embedding":[0],"index":"0"}"#,
        // A field that is 0 and left out.
        r#"{"embedding":[2],"index":2},{"embedding":[0]},{"embedding":[1],"index":1}"#,
    ] {
        assert_eq!(vectors(&data(rows), 3), expected, "{rows}");
    }
}

#[test]
fn an_order_that_is_not_certain_is_an_error() {
    for rows in [
        r#"{"index":0,"embedding":[0]},{"index":0,"embedding":[1]},{"index":0,"embedding":[2]}"#,
        r#"{"index":1,"embedding":[0]},{"index":2,"embedding":[1]},{"index":3,"embedding":[2]}"#,
        r#"{"index":-1,"embedding":[0]},{"index":1,"embedding":[1]},{"index":2,"embedding":[2]}"#,
        r#"{"index":"first","embedding":[0]},{"index":1,"embedding":[1]},{"index":2,"embedding":[2]}"#,
        r#"{"index":2,"embedding":[0]},{"embedding":[1]},{"embedding":[2]}"#,
        r#"{"index":18446744073709551615,"embedding":[0]},{"index":1,"embedding":[1]},{"index":2,"embedding":[2]}"#,
    ] {
        let error = failure(&data(rows), 3);
        assert!(
            error.kind == ErrorKind::Protocol && error.message.contains("which text"),
            "{rows}: {error:?}"
        );
    }
}

#[test]
fn there_are_as_many_vectors_as_texts_and_all_of_one_length() {
    let row = |length: usize| std::format!(r#"{{"embedding":{:?}}}"#, std::vec![1; length]);
    for (rows, hint) in [
        (row(2), "1 vectors for 2 texts"),
        (String::new(), "0 vectors for 2 texts"),
        ([row(2), row(2), row(2)].join(","), "more than 2 vectors for 2 texts"),
        ([row(2), row(3)].join(","), "differ in length"),
        ([row(2), "{}".into()].join(","), "without vectors"),
        ([row(2), "7".into()].join(","), "without vectors"),
    ] {
        let error = failure(&data(&rows), 2);
        assert_eq!((error.kind.clone(), error.retryable), (ErrorKind::Protocol, false), "{error:?}");
        assert!(error.message.contains(hint), "{}", error.message);
    }
}

#[test]
fn an_error_with_status_200_is_the_providers_error() {
    for (body, kind) in [
        (r#"{"error":{"message":"slow down","code":429}}"#, ErrorKind::RateLimited),
        (r#"{"error":{"message":"x","code":"model_not_found"},"data":[]}"#, ErrorKind::ModelNotFound),
        (r#"{"success":false,"message":"no credit left"}"#, ErrorKind::Billing),
        (r#"{"base_resp":{"status_code":1004,"status_msg":"login fail"}}"#, ErrorKind::Authentication),
        (r#"{"code":"401","msg":"invalid api key"}"#, ErrorKind::Authentication),
        (
            r#"[{"error":{"code":404,"message":"model x not found","status":"NOT_FOUND"}}]"#,
            ErrorKind::ModelNotFound,
        ),
        (
            r#"{"data":[{"embed{"error":{"message":"overloaded","type":"overloaded_error"}}"#,
            ErrorKind::Overloaded,
        ),
        ("rate limit reached", ErrorKind::RateLimited),
    ] {
        assert_eq!(failure(body, 1).kind, kind, "{body}");
    }
}

#[test]
fn a_field_named_error_beside_the_vectors_is_none() {
    let body = r#"{"error":{"message":"old"},"data":[{"embedding":[1]}]}"#;
    assert_eq!(vectors(body, 1), [[1.0]]);
}

#[test]
fn what_is_no_list_of_vectors_is_an_error_that_says_what_to_check() {
    for (body, kind, hint) in [
        ("<!doctype html><title>x</title>", ErrorKind::Protocol, "web page"),
        ("", ErrorKind::IncompleteStream, "ended before"),
        (r#"{"data":[{"embedding":[1,2"#, ErrorKind::IncompleteStream, "ended before"),
        ("{]", ErrorKind::Protocol, "not valid JSON"),
        ("{}", ErrorKind::Protocol, "without vectors"),
        ("[1]", ErrorKind::Protocol, "without vectors"),
        (r#"{"object":"chat.completion","choices":[]}"#, ErrorKind::Protocol, "without vectors"),
    ] {
        let error = failure(body, 1);
        assert_eq!(error.kind, kind, "{body}");
        assert!(error.message.contains(hint), "{}", error.message);
        assert_eq!(error.retryable, kind == ErrorKind::IncompleteStream);
    }
}

#[test]
fn usage_counts_input_alone_and_0_is_unknown() {
    for (usage, expected) in [
        (r#"{"prompt_tokens":3,"total_tokens":3}"#, Some((Some(3), Some(3)))),
        (r#"{"total_tokens":"5"}"#, Some((Some(5), Some(5)))),
        (r#"{"input_tokens":4}"#, Some((Some(4), Some(4)))),
        (r#"{"prompt_tokens":0,"total_tokens":7}"#, Some((Some(7), Some(7)))),
        (r#"{"prompt_tokens":0,"total_tokens":0}"#, Some((None, None))),
        ("null", None),
        ("[]", None),
    ] {
        let body = std::format!(r#"{{"data":[{{"embedding":[1]}}],"usage":{usage}}}"#);
        let counts = received(&body, 1).expect(&body).usage;
        assert_eq!(counts.as_ref().map(|usage| (usage.input, usage.total)), expected, "{usage}");
        assert!(
            counts.is_none_or(|counts| counts.output.is_none() && counts.raw_json.as_deref() == Some(usage))
        );
    }
}

#[test]
fn the_key_is_in_no_output_and_long_texts_are_left_out() {
    let body = std::format!(
        r#"{{"data":[{{"embedding":[1]}}],"model":"m-{KEY}","usage":{{"prompt_tokens":1,"note":"{KEY}"}}}}"#
    );
    let embedding = received(&body, 1).expect("vectors");
    assert!(!std::format!("{embedding:?}").contains(KEY) && embedding.model.is_some());
    let long = "x".repeat(20_000);
    let body = std::format!(r#"{{"data":[{{"embedding":[1]}}],"model":"{long}","usage":{{"x":"{long}"}}}}"#);
    let embedding = received(&body, 1).expect("vectors");
    assert_eq!((embedding.model, embedding.usage.and_then(|usage| usage.raw_json)), (None, None));
    let echoed = failure(&std::format!(r#"{{"error":{{"message":"bad key {KEY}"}}}}"#), 1);
    assert!(!std::format!("{echoed:?}").contains(KEY));
}

#[test]
fn a_model_that_ignores_the_dimensions_gives_a_warning() {
    let body = data(r#"{"embedding":[1,2,3]}"#);
    let warnings = |dimensions| received_bytes(body.as_bytes(), 1, dimensions).expect("vectors").warnings;
    assert_eq!((warnings(None).len(), warnings(Some(3)).len()), (0, 0));
    assert!(warnings(Some(2))[0].contains("have 3 numbers"));
}

#[test]
fn more_numbers_than_a_host_can_copy_are_an_error_of_the_batch() {
    let count = 1000;
    let row = std::format!("{{\"embedding\":[{}1]}},", "0,".repeat(MAX_NUMBERS / count));
    let error = failure(&data(row.repeat(count).trim_end_matches(',')), count);
    assert!(error.kind == ErrorKind::InvalidRequest && error.message.contains("fewer texts"), "{error:?}");
}

#[test]
fn invalid_utf_8_costs_nothing_but_its_text() {
    let mut body = data(r#"{"embedding":[1],"note":"?"}"#).into_bytes();
    let at = body.iter().position(|byte| *byte == b'?').expect("a mark");
    body[at] = 0xFF;
    assert_eq!(received_bytes(&body, 1, None).expect("vectors").vectors, [[1.0]]);
}

#[test]
fn only_a_whole_body_is_whole() {
    let body = data(r#"{"embedding":[1]}"#);
    assert!(is_whole(body.as_bytes()) && is_whole(std::format!("\u{feff}\n{body} \n").as_bytes()));
    for end in 0..body.len() {
        assert!(!is_whole(&body.as_bytes()[..end]), "{end}");
    }
}

#[test]
fn the_cost_is_linear_whatever_the_body_is() {
    for unit in [
        "{\"embedding\":[1]},",
        "{},",
        "[",
        "1,",
        "\"=\",",
        "{\"embedding\":\"AAAA\\n\"},",
        "{\"data\":[",
        "null,",
    ] {
        let cost = |bytes: usize| {
            let body = std::format!("{{\"data\":[{}", unit.repeat(bytes / unit.len()));
            let closed = std::format!("{}]}}", body.trim_end_matches(','));
            crate::scanned::count(|| {
                for body in [&body, &closed] {
                    let _ = received(body, 1);
                    let _ = received(body, bytes / unit.len());
                    refuses_encoding(body.as_bytes());
                }
            })
        };
        let (small, large) = (cost(1 << 15), cost(1 << 18));
        assert!(large <= small * 9, "{unit}: {small} and {large}");
    }
}
