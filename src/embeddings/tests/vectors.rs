//! Vectors: their encodings, their order, and what is none.

use super::*;

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
