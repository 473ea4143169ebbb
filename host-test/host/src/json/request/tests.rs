use super::*;
use crate::contract::{Media, MediaSource, Part, Role, Tool};

fn read(text: &str) -> Result<Request, RequestError> {
    parse(text, None, &mut |path| match path {
        "cat.png" => Ok(b"\x89PNG\r\n\x1a\nrest".to_vec()),
        "mystery" => Ok(b"???".to_vec()),
        _ => Err(format!("cannot read {path}")),
    })
}

fn with_content(content: &str) -> String {
    format!(r#"{{"model":"m","messages":[{{"role":"user","content":{content}}}]}}"#)
}

fn only_part(content: &str) -> Part {
    let request = read(&with_content(content)).unwrap();
    request.messages.into_iter().next().unwrap().content.into_iter().next().unwrap()
}

#[test]
fn every_field_of_a_request_is_read() {
    let request = read(
        r#"{"model":"m","messages":[{"role":"system","content":"s","cache-here":true},{"role":"user","content":["u"]}],
            "tools":[{"name":"f","description":"d","parameters-json":{"type":"object"},"strict":true}],
            "tool-choice":"named","tool-choice-named":"f","parallel-tool-calls":false,
            "response-format":{"json-schema":{"name":"n","schema-json":"{ }","strict":null}},
            "max-output-tokens":5,"temperature":0.5,"top-p":1,"frequency-penalty":-1.5,"presence-penalty":0,
            "stop":["a","b"],"seed":-3,"reasoning":{"effort":"low","budget-tokens":9,"include-text":true},
            "cache-key":"k","user":"u","route":"messages","extra-json":{"x":[1]}}"#,
    )
    .unwrap();
    assert_eq!(request.messages[0].role, Role::System);
    assert!(request.messages[0].cache_here && !request.messages[1].cache_here);
    let tool = Tool {
        name: "f".into(),
        description: Some("d".into()),
        parameters_json: r#"{"type":"object"}"#.into(),
        strict: Some(true),
    };
    assert_eq!(request.tools, [tool]);
    assert_eq!(request.tool_choice, Some(ToolChoice::Named("f".into())));
    assert_eq!(request.parallel_tool_calls, Some(false));
    let schema = JsonSchema { name: "n".into(), schema_json: "{ }".into(), strict: None };
    assert_eq!(request.response_format, Some(ResponseFormat::JsonSchema(schema)));
    assert_eq!(request.max_output_tokens, Some(5));
    assert_eq!((request.temperature, request.top_p), (Some(0.5), Some(1.0)));
    assert_eq!((request.frequency_penalty, request.presence_penalty), (Some(-1.5), Some(0.0)));
    assert_eq!((request.stop, request.seed), (vec!["a".to_owned(), "b".to_owned()], Some(-3)));
    let reasoning =
        ReasoningOptions { effort: Some("low".into()), budget_tokens: Some(9), include_text: Some(true) };
    assert_eq!(request.reasoning, Some(reasoning));
    assert_eq!((request.cache_key.as_deref(), request.user.as_deref()), (Some("k"), Some("u")));
    assert_eq!(
        (request.route.as_deref(), request.extra_json.as_deref()),
        (Some("messages"), Some(r#"{"x":[1]}"#))
    );
}

#[test]
fn what_is_left_out_or_null_is_none() {
    let request = read(r#"{"model":"m","seed":null,"messages":[{"role":"user","content":"hi"}]}"#).unwrap();
    let mut expected = Request::new("m");
    expected.messages = request.messages.clone();
    assert_eq!(request, expected);
}

#[test]
fn every_part_is_read() {
    assert!(matches!(only_part(r#"[{"part":"text","text":"t","replay":"r"}]"#),
        Part::Text(part) if part.text == "t" && part.replay.as_deref() == Some("r")));
    assert!(
        matches!(only_part(r#"[{"part":"reasoning","text":"t"}]"#), Part::Reasoning(part) if part.text == "t")
    );
    assert!(matches!(only_part(r#"[{"part":"tool-call","id":"1","name":"f","arguments-json":{"a":1}}]"#),
        Part::ToolCall(call) if call.arguments_json == r#"{"a":1}"# && call.id == "1"));
    assert!(matches!(only_part(r#"[{"part":"tool-call","id":"1","name":"f","arguments-json":"{ broken"}]"#),
        Part::ToolCall(call) if call.arguments_json == "{ broken"));
    let result = r#"[{"part":"tool-result","call-id":"1","name":"f","text":"t","is-error":true,
        "media":[{"source":{"url":"https://x/y.jpg"}}]}]"#;
    assert!(matches!(only_part(result), Part::ToolResult(result)
        if result.is_error && result.media[0].media_type == "image/jpeg" && result.call_id == "1"));
    assert!(matches!(only_part(r#"[{"part":"audio","source":{"url":"https://x/y.wav"}}]"#), Part::Audio(_)));
    assert!(matches!(only_part(r#"[{"part":"file","source":{"url":"https://x/y.pdf?z=.png"}}]"#),
        Part::File(media) if media.media_type == "application/pdf"));
}

#[test]
fn media_comes_inline_by_address_or_from_a_file() {
    let png = |name: Option<&str>, bytes: &[u8]| Media {
        source: MediaSource::Inline(bytes.to_vec()),
        media_type: "image/png".into(),
        name: name.map(str::to_owned),
    };
    let cases = [
        (r#"{"part":"image","source":{"file":"cat.png"}}"#, png(Some("cat.png"), b"\x89PNG\r\n\x1a\nrest")),
        (
            r#"{"part":"image","source":"file","source-file":"mystery","media-type":"image/png"}"#,
            png(None, b"???"),
        ),
        (
            r#"{"part":"image","source":{"inline":"AQID"},"media-type":"image/png","name":"n"}"#,
            png(Some("n"), &[1, 2, 3]),
        ),
        (
            r#"{"part":"image","source":"inline","source-inline":"iVBORw0KGgo="}"#,
            png(None, b"\x89PNG\r\n\x1a\n"),
        ),
    ];
    for (text, expected) in cases {
        match only_part(&format!("[{text}]")) {
            Part::Image(media) => assert_eq!(media, expected, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn a_mistake_is_named_with_its_place() {
    let cases = [
        ("{", "not JSON: EOF"),
        ("[]", "must be an object, and is a list"),
        (r#"{"messages":[]}"#, "model: is missing"),
        (r#"{"model":"m"}"#, "messages: is missing or empty"),
        (r#"{"model":7,"messages":[1]}"#, "model: must be a string, and is 7"),
        (r#"{"model":"m","messages":[1]}"#, "messages[0]: must be an object, and is 1"),
        (r#"{"model":"m","messages":[{"content":"x"}]}"#, "messages[0].role: is missing"),
        (
            r#"{"model":"m","messages":[{"role":"bot","content":"x"}]}"#,
            r#"messages[0].role: must be one of "system""#,
        ),
        (r#"{"model":"m","messages":[{"role":"user"}]}"#, "messages[0].content: is missing"),
        (
            r#"{"model":"m","messages":[{"role":"user","content":"x","name":"n"}]}"#,
            r#"messages[0]: unknown key "name"; known here: role, content, cache-here"#,
        ),
        (
            r#"{"model":"m","max_output_tokens":5,"messages":[{"role":"user","content":"x"}]}"#,
            r#"unknown key "max_output_tokens"; did you mean "max-output-tokens"?"#,
        ),
        (
            r#"{"model":"m","max-output-tokens":-1,"messages":[{"role":"user","content":"x"}]}"#,
            "max-output-tokens: must be a whole number",
        ),
        (
            r#"{"model":"m","tool-choice":"named","messages":[{"role":"user","content":"x"}]}"#,
            "tool-choice-named: must be the name of a tool",
        ),
        (
            r#"{"model":"m","tool-choice":"auto","tool-choice-auto":1,"messages":[{"role":"user","content":"x"}]}"#,
            r#"tool-choice: "auto" takes nothing beside it"#,
        ),
        (
            r#"{"model":"m","response-format":"json-schema","messages":[{"role":"user","content":"x"}]}"#,
            "response-format-json-schema: is missing",
        ),
        (
            r#"{"model":"m","response-format":{"json-schema":{"name":"n","schema-json":"{"}},"messages":[{"role":"user","content":"x"}]}"#,
            "response-format-json-schema.schema-json: holds text that is not JSON",
        ),
        (
            r#"{"model":"m","stop":["a",1],"messages":[{"role":"user","content":"x"}]}"#,
            "stop[1]: must be a string",
        ),
        (
            r#"{"model":"m","tools":[{"name":"f","x":1}],"messages":[{"role":"user","content":"x"}]}"#,
            r#"tools[0]: unknown key "x""#,
        ),
    ];
    for (text, expected) in cases {
        let error = read(text).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{text}\n  {error}");
    }
}

#[test]
fn a_mistake_in_a_part_is_named_with_its_place() {
    let cases = [
        (r#"[{"text":"t"}]"#, "part: is missing; it is one of text, image"),
        (r#"[{"part":"texts"}]"#, "part: must be one of text, image"),
        (r#"[{"part":"text","text":"t","type":"text"}]"#, r#"unknown key "type""#),
        (r#"[{"part":"image"}]"#, "source: is missing"),
        (r#"[{"part":"image","source":{"path":"x"}}]"#, r#"source: must be one of "url", "inline", "file""#),
        (r#"[{"part":"image","source":{"inline":"%"}}]"#, "source-inline: is not base64"),
        (r#"[{"part":"image","source":{"inline":"AQID"}}]"#, "media-type: is missing"),
        (r#"[{"part":"image","source":{"file":"gone.png"}}]"#, "source-file: cannot read gone.png"),
        (r#"[{"part":"image","source":{"file":"mystery"}}]"#, "media-type: the type of mystery is not known"),
        (r#"[{"part":"tool-call","id":"1","name":"f"}]"#, "arguments-json: is missing"),
    ];
    for (content, expected) in cases {
        let error = read(&with_content(content)).unwrap_err().to_string();
        let problem =
            error.strip_prefix("messages[0].content[0]").unwrap_or_else(|| panic!("{content}\n  {error}"));
        assert!(problem.trim_start_matches(['.', ':', ' ']).starts_with(expected), "{content}\n  {error}");
    }
}

#[test]
fn the_callers_model_stands_in_where_the_document_names_none() {
    let text = r#"{"messages":[{"role":"user","content":"x"}]}"#;
    assert_eq!(parse(text, Some("m2"), &mut |_| Err(String::new())).unwrap().model, "m2");
    assert_eq!(parse(&with_content(r#""x""#), Some("m2"), &mut |_| Err(String::new())).unwrap().model, "m");
}

#[test]
fn tools_are_read_in_the_contracts_shape_and_in_openais() {
    let shapes = [
        r#"[{"name":"f","description":"d","parameters-json":"{\"a\":1}","strict":true}]"#,
        r#"[{"name":"f","description":"d","parameters":{"a":1},"strict":true}]"#,
        r#"[{"type":"function","function":{"name":"f","description":"d","parameters":{"a":1},"strict":true}}]"#,
        r#"[{"type":"function","name":"f","description":"d","parameters":{"a":1},"strict":true}]"#,
    ];
    let expected = Tool {
        name: "f".into(),
        description: Some("d".into()),
        parameters_json: r#"{"a":1}"#.into(),
        strict: Some(true),
    };
    for shape in shapes {
        assert_eq!(tools::parse(shape).unwrap(), std::slice::from_ref(&expected), "{shape}");
    }
    assert_eq!(tools::parse("[]").unwrap(), []);
    let bare = tools::parse(r#"[{"name":"f"}]"#).unwrap();
    assert_eq!(bare[0].parameters_json, r#"{"type":"object","properties":{}}"#);
}

#[test]
fn a_mistake_in_a_tool_is_named_with_its_place() {
    let cases = [
        ("{}", "must be a list of tools"),
        (r#"[{"description":"d"}]"#, "[0].name: is missing"),
        (r#"[{"type":"web_search"}]"#, "[0].type: must be \"function\""),
        (r#"[{"type":"function","function":{"name":"f","extra":1}}]"#, "[0].function: unknown key"),
        (r#"[{"type":"function","function":{"name":"f"},"name":"g"}]"#, "[0]: unknown key \"name\""),
        (r#"[{"name":"f","parameters":{},"parameters-json":"{}"}]"#, "[0].parameters: stands beside"),
    ];
    for (text, expected) in cases {
        let error = tools::parse(text).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{text}\n  {error}");
    }
}

#[test]
fn a_files_first_bytes_count_more_than_its_name() {
    let cases: [(&str, &[u8], Option<&str>); 8] = [
        ("a.png", b"\xff\xd8\xff\xe0", Some("image/jpeg")),
        ("a", b"RIFF\0\0\0\0WEBPVP8 ", Some("image/webp")),
        ("a", b"RIFF\0\0\0\0WAVEfmt ", Some("audio/wav")),
        ("a", b"\0\0\0\x20ftypavif", Some("image/avif")),
        ("A.JPEG", b"", Some("image/jpeg")),
        ("dir.png/a", b"", None),
        ("https://x/a.webp#f", b"", Some("image/webp")),
        ("a", b"", None),
    ];
    for (name, bytes, expected) in cases {
        assert_eq!(media::media_type(name, bytes), expected, "{name}");
    }
    assert_eq!(media::from_url("data:image/gif;base64,AA", "image/png").media_type, "image/gif");
    assert_eq!(media::from_url("https://x/y", "image/png").media_type, "image/png");
}
