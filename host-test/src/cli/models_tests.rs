use provider_host::contract::{Error, ErrorKind};

use super::samples::{list, model, price};
use super::*;

#[test]
fn a_search_looks_at_id_name_and_vendor_in_any_case() {
    for search in ["GPT", "some name", "Vendor", ""] {
        assert!(matches(&model("gpt-5"), Some(search)), "{search}");
    }
    assert!(!matches(&model("gpt-5"), Some("claude")) && matches(&model("gpt-5"), None));
}

#[test]
fn a_row_shows_what_is_known_and_leaves_the_unknown_empty() {
    let cells: Vec<String> = row(&model("gpt\u{1b}"), true).iter().map(Cell::content).collect();
    assert_eq!(
        cells,
        [r"gpt\x1b", "chat", "messages", "200K", "", "1.25", "0.125", "", "", "tools images", ""]
    );
    assert_eq!(row(&model("x"), false).len(), 10);
}

#[test]
fn a_model_that_ends_says_when_and_what_to_use_instead() {
    let ending = Model {
        status: ModelStatus::Deprecated,
        retirement_date: Some("2026-12-11".into()),
        replaced_by: Some("gpt-6.1-sol".into()),
        ..model("gpt-5")
    };
    assert_eq!(status(&ending), "deprecated, ends 2026-12-11, use gpt-6.1-sol");
    let callable = Model { status: ModelStatus::Callable, replaced_by: None, ..ending };
    assert_eq!(status(&callable), "ends 2026-12-11");
    assert_eq!(status(&model("gpt-6")), "");
}

#[test]
fn a_table_off_the_terminal_is_plain_text_with_one_line_a_model() {
    let screen = Screen::plain();
    let long = "m".repeat(300);
    let text = table(&[model("a"), model(&long)], Kind::Chat, screen).to_string();
    assert_eq!(text.lines().count(), 3);
    assert!(text.contains(&long) && !text.contains('\u{1b}') && !text.contains("kind"));
}

#[test]
fn token_counts_are_short() {
    let cases = [
        (0, "0"),
        (512, "512"),
        (4096, "4.1K"),
        (8192, "8.19K"),
        (200_000, "200K"),
        (1_000_000, "1M"),
        (1_048_576, "1.05M"),
    ];
    for (count, expected) in cases {
        assert_eq!(tokens(count), expected);
    }
}

#[test]
fn prices_have_two_decimals_at_least() {
    let cases = [(3.0, "3.00"), (0.15, "0.15"), (0.075, "0.075"), (12.5, "12.50"), (0.0, "0.00")];
    for (amount, expected) in cases {
        assert_eq!(per_million(&price("USD", None), Some(amount)), expected);
    }
    assert_eq!(per_million(&price("CNY", None), Some(2.0)), "2.00 CNY");
    assert_eq!(per_million(&price("USD", None), None), "");
}

#[test]
fn the_last_line_has_the_count_and_the_origin() {
    let live = list(vec![model("a")], ListOrigin::Live);
    assert_eq!(counts(&live, 1, 600, Kind::Chat), "1 chat models, 600 listed in all · live");
    assert_eq!(counts(&live, 1200, 1200, Kind::All), "1 of 1,200 models, 1,200 listed in all · live");
    let cached = ModelList { age_ms: Some(61_500), ..list(vec![], ListOrigin::Cached) };
    assert!(counts(&cached, 0, 0, Kind::All).ends_with("cached, 61 s old"));
}

#[test]
fn a_list_that_is_not_live_says_why() {
    let why = Error {
        kind: ErrorKind::Network,
        message: "no\nconnection".into(),
        http_status: None,
        provider_code: None,
        request_id: None,
        retry_after_ms: None,
        retryable: false,
        request_sent: false,
        partial: false,
        suggested_model: None,
        details_json: None,
    };
    let given =
        ModelList { degraded: Some(why), warnings: vec!["w\r".into()], ..list(vec![], ListOrigin::BuiltIn) };
    let lines: Vec<String> = remarks(&given, 0, 5).into_iter().map(|(_, text)| text).collect();
    assert_eq!(lines[1..], [r"the list is not live: network: no\nconnection", r"warning: w\r"]);
    assert!(lines[0].contains("--kind all"));
}
