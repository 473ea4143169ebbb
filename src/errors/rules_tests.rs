//! Properties of the table, checked against samples that are made from its own rows: nothing here repeats the
//! table, so that a new row, code or phrase is checked without being written twice.
//!
//! What responses of real shape come to is in `vendor_tests`.

use super::*;
use alloc::{borrow::ToOwned, format, string::String, vec, vec::Vec};
use core::ptr;

/// Statuses that decide alone by design (see the comment in the table): no text makes another error of them,
/// except one about billing or, for 429, about capacity.
const DECIDING_STATUSES: [u16; 3] = [401, 402, 429];

fn signals(status: u16) -> ErrorSignals {
    let codes = ["1234".to_owned(), String::new()];
    ErrorSignals { status, codes, text: "m".to_owned(), html: false, declined: false }
}

fn with_code(status: u16, code: &str) -> ErrorSignals {
    ErrorSignals { codes: ["1234".to_owned(), code.to_owned()], ..signals(status) }
}

fn with_text(status: u16, phrase: &str) -> ErrorSignals {
    ErrorSignals { text: format!("so: {phrase} x"), ..signals(status) }
}

/// Responses with this status that a row is made for, one for each of its codes or phrases.
fn samples(rule: &Rule, status: u16) -> Vec<ErrorSignals> {
    match &rule.condition {
        Condition::Always => vec![signals(status)],
        Condition::Html => vec![ErrorSignals { html: true, ..signals(status) }],
        Condition::Declined => vec![ErrorSignals { declined: true, ..signals(status) }],
        Condition::Overflow => vec![with_text(status, "maximum context length")],
        Condition::Code(list) => list.iter().map(|code| with_code(status, code)).collect(),
        Condition::Phrase(list) => list.iter().map(|phrase| with_text(status, phrase)).collect(),
    }
}

/// The statuses of a row. Above 700 all are alike.
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
        let mut decided = statuses(rule).flat_map(|status| samples(rule, status));
        let needed = decided.any(|signals| match deciding_rows(&signals) {
            (first, Some(second)) => first == row && !ptr::eq(rule.verdict, RULES[second].verdict),
            (_, None) => false,
        });
        assert!(needed, "row {row}, counted from 0, decides nothing: {:?} {:?}", rule.status, rule.verdict);
    }
}

#[test]
fn every_code_and_phrase_decides_for_some_response_that_no_other_of_its_row_fits() {
    for (row, rule) in RULES.iter().enumerate() {
        let (Condition::Code(list) | Condition::Phrase(list)) = &rule.condition else { continue };
        for (at, name) in list.iter().enumerate() {
            let decides = |status| deciding_rows(&samples(rule, status)[at]).0 == row;
            assert!(statuses(rule).any(decides), "{name:?} of row {row} decides nothing");
            let others = list.iter().filter(|other| match &rule.condition {
                Condition::Phrase(_) => *other != name && name.contains(*other),
                _ => *other == name,
            });
            let alone = usize::from(matches!(rule.condition, Condition::Code(_)));
            assert_eq!(others.count(), alone, "{name:?} of row {row} is found by another entry as well");
        }
    }
}

#[test]
fn no_status_alone_hides_a_row_that_looks_at_the_body() {
    for (row, rule) in RULES.iter().enumerate() {
        if matches!(rule.condition, Condition::Always) {
            continue;
        }
        let own = statuses(rule).filter(|status| matches!(status, 0 | 400..=599));
        for status in own.filter(|status| !DECIDING_STATUSES.contains(status)) {
            for signals in samples(rule, status) {
                let (first, _) = deciding_rows(&signals);
                let by_status = matches!(RULES[first].condition, Condition::Always);
                assert!(!by_status, "row {row} is hidden by row {first} for {signals:?}");
            }
        }
    }
}

#[test]
fn the_statuses_that_decide_alone_do_so_for_every_row_but_billing_and_capacity() {
    for status in DECIDING_STATUSES {
        let alone = judge(&signals(status));
        for signals in RULES.iter().flat_map(|rule| samples(rule, status)) {
            let found = judge(&signals);
            let expected = [alone, &verdict::BILLING, &verdict::OVERLOADED];
            assert!(expected.iter().any(|verdict| ptr::eq(*verdict, found)), "{signals:?}: {found:?}");
        }
    }
}
