//! Properties of the table, checked against samples that are made from its own rows: nothing here repeats the
//! table, so that a new row, code or phrase is checked without being written twice.
//!
//! What responses of real shape come to is in `vendor_tests`, and what keeps the causes apart in `cross_tests`.

use super::super::{overflow::OVERFLOW_PHRASES, phrases::words};
use super::*;
use alloc::{borrow::ToOwned, format, string::String, vec, vec::Vec};
use core::ptr;

/// Statuses that decide before the rows for errors of the server, which are for other statuses.
const DECIDING_STATUSES: [u16; 3] = [401, 402, 429];

fn signals(status: u16) -> ErrorSignals {
    with_text(status, "m")
}

fn with_code(status: u16, code: &str) -> ErrorSignals {
    ErrorSignals { codes: ["7".to_owned(), code.to_owned()], ..signals(status) }
}

fn with_text(status: u16, text: &str) -> ErrorSignals {
    ErrorSignals {
        status,
        codes: ["7".to_owned(), String::new()],
        text: text.to_lowercase(),
        words: words(text),
        waits: false,
        html: false,
        declined: false,
    }
}

/// Texts that a phrase is made for: each alternative of each group, with the first ones of the others.
fn texts(phrase: &str) -> Vec<Vec<&str>> {
    let groups: Vec<Vec<&str>> =
        phrase.split(" ! ").next().unwrap().split(" & ").map(|group| group.split('|').collect()).collect();
    let mut texts = Vec::new();
    for (at, group) in groups.iter().enumerate() {
        for alternative in group {
            let mut text: Vec<&str> = groups.iter().map(|group| group[0]).collect();
            text[at] = alternative;
            texts.push(text);
        }
    }
    texts
}

/// All orders of the pieces.
fn orders<'a>(pieces: &[&'a str]) -> Vec<Vec<&'a str>> {
    if pieces.len() < 2 {
        return vec![pieces.to_vec()];
    }
    let mut all = Vec::new();
    for at in 0..pieces.len() {
        let mut rest = pieces.to_vec();
        let first = rest.remove(at);
        all.extend(orders(&rest).into_iter().map(|rest| [&[first][..], &rest].concat()));
    }
    all
}

fn names_and_phrases(condition: &Condition) -> (&'static str, &'static str) {
    match condition {
        Condition::Names(cause) | Condition::Lasting(cause) => (cause.codes, cause.phrases),
        Condition::Overflow => (cause::OVERFLOW_CODE.codes, OVERFLOW_PHRASES),
        _ => ("", ""),
    }
}

/// Responses with this status that a row is made for: one for each of its codes and for each text of its phrases.
fn samples(rule: &Rule, status: u16) -> Vec<ErrorSignals> {
    let (codes, phrases) = names_and_phrases(&rule.condition);
    let codes = codes.split('|').filter(|code| !code.is_empty()).map(|code| with_code(status, code));
    let texts = phrases.lines().flat_map(texts).map(|pieces| with_text(status, &pieces.join(" so ")));
    let other = match &rule.condition {
        Condition::Always => Some(signals(status)),
        Condition::Html => Some(ErrorSignals { html: true, ..signals(status) }),
        Condition::Declined => Some(ErrorSignals { declined: true, ..signals(status) }),
        Condition::OverLimit => Some(with_text(status, "Limit 6000, Requested 7000")),
        _ => None,
    };
    codes.chain(texts).chain(other).collect()
}

/// One status of each kind that the table distinguishes, of those that a row is for.
fn statuses(rule: &Rule) -> impl Iterator<Item = u16> {
    (0..=700).filter(|status| rule.status.contains(status))
}

/// The row that decides, and the next that would without it.
fn deciding_rows(signals: &ErrorSignals) -> (usize, Option<usize>) {
    let mut rows = (0..RULES.len()).filter(|row| RULES[*row].holds(signals));
    (rows.next().expect("the last row holds for everything"), rows.next())
}

#[test]
fn every_row_decides_for_some_response_and_the_next_row_would_decide_otherwise() {
    // The last row is the verdict of `judge` where no row holds: it alone changes nothing.
    for (row, rule) in RULES.iter().enumerate().take(RULES.len() - 1) {
        // Some rows decide only between two causes in one text.
        let with_another = |mut signals: ErrorSignals| {
            signals.words.push_str(" model not found");
            signals
        };
        let mut decided = statuses(rule).flat_map(|status| {
            samples(rule, status).into_iter().chain(samples(rule, status).into_iter().map(with_another))
        });
        let needed = decided.any(|signals| match deciding_rows(&signals) {
            (first, Some(second)) => first == row && !ptr::eq(rule.verdict, RULES[second].verdict),
            (_, None) => false,
        });
        assert!(needed, "row {row}, counted from 0, decides nothing: {:?} {:?}", rule.status, rule.verdict);
    }
}

/// A name that an earlier row takes under every status is dead, and so is a name that is there twice.
#[test]
fn every_code_and_every_text_of_a_phrase_gets_the_verdict_of_its_row() {
    for (row, rule) in RULES.iter().enumerate() {
        let status = statuses(rule).find(|status| matches!(status, 0 | 400..)).unwrap_or_default();
        for (at, sample) in samples(rule, status).iter().enumerate() {
            let found = judge(sample);
            let is_general = matches!(rule.condition, Condition::Always);
            assert!(
                is_general || ptr::eq(found, rule.verdict),
                "row {row}, sample {at}: {sample:?}: {found:?}"
            );
        }
        let (codes, _) = names_and_phrases(&rule.condition);
        let codes: Vec<&str> = codes.split('|').filter(|code| !code.is_empty()).collect();
        for code in &codes {
            assert_eq!(
                codes.iter().filter(|other| *other == code).count(),
                1,
                "{code:?} is twice in row {row}"
            );
            assert_eq!(words(code), *code, "{code:?} is in no form of `words`, so that nothing matches it");
        }
    }
}

#[test]
fn no_status_alone_hides_a_row_that_looks_at_the_body() {
    for (row, rule) in RULES.iter().enumerate() {
        if matches!(rule.condition, Condition::Always) {
            continue;
        }
        let own = [0, 400, 403, 404, 408, 409, 413, 422, 500, 501, 502, 503, 504, 524, 529];
        let own = own.into_iter().filter(|status| rule.status.contains(status));
        for status in own.filter(|status| !DECIDING_STATUSES.contains(status)) {
            for signals in samples(rule, status) {
                let (first, _) = deciding_rows(&signals);
                let by_status = matches!(RULES[first].condition, Condition::Always);
                assert!(!by_status, "row {row} is hidden by row {first} for {signals:?}");
            }
        }
    }
}

/// 401, 402 and 429 are sent for causes that another status is made for; where the text names one, it decides.
#[test]
fn a_cause_that_is_named_decides_before_the_status() {
    let named = [
        &verdict::BILLING,
        &verdict::CONTENT_FILTERED,
        &verdict::CONTEXT_LENGTH_EXCEEDED,
        &verdict::OVER_LIMIT,
        &verdict::MODEL_NOT_FOUND,
        &verdict::UNSUPPORTED,
    ];
    for status in DECIDING_STATUSES {
        for rule in RULES.iter().filter(|rule| named.iter().any(|verdict| ptr::eq(*verdict, rule.verdict))) {
            if rule.status.contains(&status) && !matches!(rule.condition, Condition::Always) {
                for signals in samples(rule, status) {
                    assert!(ptr::eq(judge(&signals), rule.verdict), "{signals:?}");
                }
            }
        }
    }
}

#[test]
fn a_phrase_survives_case_punctuation_and_the_order_of_its_words() {
    let mut seen = 0;
    for rule in RULES {
        let (codes, phrases) = names_and_phrases(&rule.condition);
        let spellings = |text: &str| {
            let title: String = text.split(' ').map(|word| word[..1].to_uppercase() + &word[1..]).collect();
            [
                text.to_uppercase(),
                text.replace(' ', "_"),
                text.replace(' ', "-"),
                text.replace(' ', ": \""),
                title,
            ]
        };
        for pieces in phrases.lines().flat_map(texts) {
            for order in orders(&pieces) {
                for between in [" ", ", ", " `x-1` ", "\n", "（8192）"] {
                    let text = order.join(between);
                    let mut all = vec![text.clone(), format!("Error: {text}."), text.to_uppercase()];
                    if text.is_ascii() {
                        all.extend(spellings(&order.join(" ")));
                    }
                    for text in all {
                        assert!(rule.holds(&with_text(*rule.status.start(), &text)), "{text:?} of {phrases}");
                        seen += 1;
                    }
                }
            }
        }
        for code in codes.split('|').filter(|code| !code.is_empty() && code.is_ascii()) {
            for code in spellings(code).iter().filter(|code| !code.contains('"')) {
                assert!(rule.holds(&with_code(*rule.status.start(), &words(code))), "{code:?}");
            }
        }
    }
    assert!(seen > 1000, "{seen}");
}
