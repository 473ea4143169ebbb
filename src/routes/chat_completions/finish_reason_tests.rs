use super::*;
use crate::json::parse;
use std::string::ToString;
use std::vec::Vec;

const PLAIN: Seen = Seen { tool_calls: false, refusal: false, text: true };
const CALLS: Seen = Seen { tool_calls: true, ..PLAIN };
const REFUSED: Seen = Seen { refusal: true, tool_calls: false, text: false };
const NOTHING: Seen = Seen { refusal: false, ..REFUSED };

#[test]
fn each_word_has_its_meaning() {
    for (raw, seen, expected) in [
        (Some("stop"), PLAIN, FinishReason::Stop),
        (Some("end"), PLAIN, FinishReason::Stop),
        (Some("eos"), PLAIN, FinishReason::Stop),
        (Some("stop"), CALLS, FinishReason::ToolCalls),
        (Some("tool_calls"), CALLS, FinishReason::ToolCalls),
        (Some("function_call"), CALLS, FinishReason::ToolCalls),
        (Some("tool_calls"), PLAIN, FinishReason::Other("tool_calls".into())),
        (Some("stop"), REFUSED, FinishReason::Refusal),
        (Some("refusal"), PLAIN, FinishReason::Refusal),
        (Some("length"), CALLS, FinishReason::Length),
        (Some("content_filter"), PLAIN, FinishReason::ContentFilter),
        (Some("content_filter"), CALLS, FinishReason::ContentFilter),
        (Some("stopped"), PLAIN, FinishReason::Other("stopped".into())),
        (Some("pause_turn"), PLAIN, FinishReason::Other("pause_turn".into())),
        (Some("MALFORMED_FUNCTION_CALL"), PLAIN, FinishReason::Other("MALFORMED_FUNCTION_CALL".into())),
        (Some("未stop"), PLAIN, FinishReason::Other("未stop".into())),
        (Some("FinishReason"), PLAIN, FinishReason::Other("FinishReason".into())),
        (None, CALLS, FinishReason::Other("unknown".into())),
    ] {
        assert_eq!(finish_reason(raw, seen).as_ref(), Ok(&expected), "{raw:?} with {seen:?}");
    }
}

/// Values of vendors, by the meaning that they have for a response with text.
const SPELLINGS: &[(FinishReason, &[&str])] = &[
    (
        FinishReason::Stop,
        // OpenAI, TGI, Anthropic, Cohere, Titan, AI21, Baidu, Gemini.
        &[
            "stop",
            "eos_token",
            "end_turn",
            "stop_sequence",
            "COMPLETE",
            "FINISH",
            "STOP_CRITERIA_MET",
            "endoftext",
            "normal",
            "FinishReason.STOP",
            "FINISH_REASON_STOP",
        ],
    ),
    (
        FinishReason::Length,
        // Anthropic, Gemini, Mistral, the Responses API, Anthropic and Zhipu, Cohere.
        &[
            "max_tokens",
            "MAX_TOKENS",
            "model_length",
            "max_output_tokens",
            "model_context_window_exceeded",
            "ERROR_LIMIT",
            "context_length_exceeded",
            "max_new_tokens",
            "FinishReason.MAX_TOKENS",
        ],
    ),
    (
        FinishReason::ContentFilter,
        // OpenAI, Bedrock, Gemini and Vertex, Zhipu, Azure, Cohere.
        &[
            "content_filter",
            "content_filtered",
            "guardrail_intervened",
            "SAFETY",
            "RECITATION",
            "BLOCKLIST",
            "PROHIBITED_CONTENT",
            "SPII",
            "IMAGE_SAFETY",
            "IMAGE_PROHIBITED_CONTENT",
            "MODEL_ARMOR",
            "sensitive",
            "content_filter_error",
            "ResponsibleAIPolicyViolation",
            "ERROR_TOXIC",
            "FINISH_REASON_SAFETY",
        ],
    ),
];

#[test]
fn vendors_spellings_mean_the_same_in_any_case_and_punctuation() {
    for (expected, spellings) in SPELLINGS {
        for spelling in *spellings {
            let spaced = std::format!(" {spelling}\n");
            for form in [
                spelling.to_string(),
                spelling.to_uppercase(),
                spelling.to_lowercase(),
                spelling.replace('_', "-"),
                spelling.replace('_', " "),
                spelling.replace('_', ""),
                spaced,
            ] {
                assert_eq!(finish_reason(Some(&form), PLAIN).as_ref(), Ok(expected), "{form:?}");
                assert_eq!(received_text(&std::format!("{form:?}")), Some(form));
            }
        }
    }
}

fn received_text(json: &str) -> Option<String> {
    received(parse(json).ok()).map(Cow::into_owned)
}

#[test]
fn what_only_fills_the_field_is_no_finish_reason() {
    let words = [
        "",
        " ",
        "null",
        "None",
        "NULL",
        " none ",
        "nil",
        "undefined",
        "NaN",
        "true",
        "False",
        "0",
        "-1",
        "...",
    ];
    let words = words.iter().map(|word| std::format!("{word:?}"));
    let values =
        ["null", "true", "false", "0", "1", "-1", "0.5", "[]", "{}", "[\"stop\"]", "{\"stop\":\"stop\"}"];
    let unspecified = ["\"FINISH_REASON_UNSPECIFIED\"", "\"unspecified\""];
    for json in words.chain(values.into_iter().chain(unspecified).map(ToString::to_string)) {
        assert_eq!(received_text(&json), None, "{json}");
    }
    assert_eq!(received(None), None);
    for reason in ["stop", "STOP", "nonesuch", "nullified", "敏感", "5xx"] {
        assert_eq!(received_text(&std::format!("{reason:?}")).as_deref(), Some(reason));
    }
}

#[test]
fn a_word_for_a_failure_is_an_error() {
    for (raw, kind) in [
        ("error", ErrorKind::Server),
        ("ERROR", ErrorKind::Server),
        ("network_error", ErrorKind::Server),
        ("internal_server_error", ErrorKind::Server),
        ("insufficient_system_resource", ErrorKind::Overloaded),
    ] {
        let error = finish_reason(Some(raw), PLAIN).expect_err(raw);
        assert_eq!((error.kind, error.retryable), (kind, true));
        assert_eq!(error.provider_code.as_deref(), Some(raw));
    }
    let padded = "error".to_string() + &".".repeat(10_000);
    let error = finish_reason(Some(&padded), PLAIN).expect_err("an error");
    assert!(error.message.len() < 200, "{}", error.message.len());
}

#[test]
fn a_reason_agrees_with_the_content_that_it_ends() {
    let reasons = ["stop", "tool_calls", "length", "content_filter", "error", "later"];
    for (seen, expected) in [
        (NOTHING, [false, false, true, true, true, false]),
        (PLAIN, [true, false, true, true, true, false]),
        (CALLS, [true, true, true, true, true, false]),
        (REFUSED, [true, false, true, true, true, false]),
    ] {
        let found: Vec<bool> = reasons.iter().map(|reason| seen.agrees_with(reason)).collect();
        assert_eq!(found, expected, "{seen:?}");
    }
}
