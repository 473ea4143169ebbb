//! One text, cut in all ways.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::super::flow::{Flow, Passed};
use super::{KEY, ODD_KEY, redaction, spellings};

/// The output of a flow for these pieces.
fn pass<'a>(mut flow: Flow, pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut out = Vec::new();
    for piece in pieces {
        match flow.push(piece) {
            Passed::First(length) => out.extend_from_slice(&piece[..length]),
            Passed::Rewritten(bytes) => out.extend(bytes),
        }
    }
    out.extend(flow.finish());
    out
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

#[test]
fn at_the_gate_the_key_is_found_in_any_spelling_and_split_and_leaves_as_many_bytes() {
    for key in [KEY, ODD_KEY] {
        let redaction = redaction(key);
        let gate = || Flow::at_the_gate(&redaction);
        for spelling in spellings(key) {
            for (before, after) in
                [("", ""), ("data: {\"x\":\"", "\"}\n\n"), ("密钥 ", " 无效"), ("100% s", "sk-.")]
            {
                let whole = format!("{before}{spelling}{after}");
                let mark = format!("[redacted]{}", "*".repeat(spelling.len() - "[redacted]".len()));
                let clean = format!("{before}{mark}{after}");
                let bytes = whole.as_bytes();
                assert_eq!(text(pass(gate(), [bytes])), clean, "{whole}");
                assert_eq!(text(pass(gate(), bytes.chunks(1))), clean, "{whole} byte by byte");
                for at in 0..bytes.len() {
                    let (one, other) = bytes.split_at(at);
                    assert_eq!(text(pass(gate(), [one, other])), clean, "{one:?} {other:?}");
                }
            }
        }
    }
}

#[test]
fn of_a_key_in_deltas_no_more_comes_out_than_every_key_begins_with() {
    let redaction = redaction(KEY);
    let whole = format!("it is {KEY}.");
    let bytes = whole.as_bytes();
    for first in 0..bytes.len() {
        for second in first..bytes.len() {
            let pieces = [&bytes[..first], &bytes[first..second], &bytes[second..]];
            let said = text(pass(Flow::of_deltas(&redaction), pieces));
            let begun = said.strip_prefix("it is ").unwrap().strip_suffix("[redacted].").unwrap();
            assert!(["", "s", "sk", "sk-"].contains(&begun), "{said}");
        }
    }
    assert_eq!(text(pass(Flow::of_deltas(&redaction), bytes.chunks(1))), "it is sk-[redacted].");
}

#[test]
fn a_word_that_only_begins_like_a_key_is_not_held_back_and_never_lost() {
    let redaction = redaction(KEY);
    let mut flow = Flow::of_deltas(&redaction);
    assert_eq!(flow.push(b"It is"), Passed::First(5));
    assert_eq!(flow.push(b" as"), Passed::Rewritten(b" as".to_vec()));
    assert_eq!(flow.push(b"k-"), Passed::Rewritten(b"k-".to_vec()), "sk- is no secret");
    assert_eq!(flow.push(b"can"), Passed::Rewritten(Vec::new()), "sk-can may be the key");
    assert_eq!(flow.push(b"dle"), Passed::Rewritten(b"candle".to_vec()), "and was not");
    assert!(flow.finish().is_empty());
    assert_eq!(text(pass(Flow::of_deltas(&redaction), [&b"ends in sk-can"[..]])), "ends in sk-can");
    assert_eq!(text(pass(Flow::of_deltas(&redaction), [&b"ends in sk-canary"[..]])), "ends in [redacted]");
}

#[test]
fn what_a_server_sends_for_ever_is_not_held_back_for_ever() {
    let redaction = redaction(ODD_KEY);
    for unit in ["\\", "%25", "s\\", "\\u00", "sk-"] {
        let mut flow = Flow::at_the_gate(&redaction);
        let (mut sent, mut passed) = (0, 0);
        for _ in 0..10_000 {
            sent += unit.len();
            passed += match flow.push(unit.as_bytes()) {
                Passed::First(length) => length,
                Passed::Rewritten(bytes) => bytes.len(),
            };
            assert!(sent - passed <= ODD_KEY.len() * 14, "{unit}: {sent} {passed}");
        }
    }
}

#[test]
fn hostile_text_costs_linear_time() {
    let redaction = redaction(&("a".repeat(500) + "/b"));
    for unit in ["a", "\\", "\\u0061", "%61", "%25", "\\\\\\a", "data: 好\n"] {
        let text = unit.repeat((1 << 20) / unit.len());
        let begun = Instant::now();
        pass(Flow::at_the_gate(&redaction), text.as_bytes().chunks(4096));
        let whole = begun.elapsed();
        pass(Flow::at_the_gate(&redaction), text.as_bytes()[..1 << 14].chunks(1));
        println!("{unit}: {whole:?} for 1 MiB, {:?} for 16 KiB byte by byte", begun.elapsed() - whole);
        assert!(begun.elapsed() < Duration::from_secs(20), "{unit}: {:?}", begun.elapsed());
    }
}

#[test]
fn ordinary_answers_cost_next_to_nothing() {
    let line = "data: {\"choices\":[{\"delta\":{\"content\":\"is \\\"this\\\" it?\\n\"}}]}\n\n";
    let stream = line.repeat((8 << 20) / line.len());
    let begun = Instant::now();
    let mut flow = Flow::at_the_gate(&redaction(KEY));
    for piece in stream.as_bytes().chunks(16 * 1024) {
        std::hint::black_box(flow.push(piece));
    }
    println!("8 MiB of a stream took {:?}", begun.elapsed());
    let begun = Instant::now();
    let mut flow = Flow::of_deltas(&redaction(KEY));
    for _ in 0..100_000 {
        std::hint::black_box(flow.push(b" nothing of it"));
    }
    println!("100,000 deltas took {:?}", begun.elapsed());
    // A guard against what is not linear; the figures are for reading.
    assert!(begun.elapsed() < Duration::from_secs(10));
}

/// Text that is made of pieces of keys and escapes.
fn thicket() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just(KEY.to_owned()),
        Just("sk-".to_owned()),
        (0..KEY.len(), 0..KEY.len()).prop_map(|(one, other)| KEY[one.min(other)..one.max(other)].to_owned()),
        (0..11_usize).prop_map(|which| spellings(KEY)[which].clone()),
        (0..11_usize, 0..80_usize)
            .prop_map(|(which, length)| spellings(KEY)[which].chars().take(length).collect()),
        "[\\\\%u0-9a-fs\"好k-]{0,4}",
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_split_lets_a_key_out_or_changes_anything_else(text in thicket(), sizes in proptest::collection::vec(1..30_usize, 1..60)) {
        let redaction = redaction(KEY);
        let bytes = text.as_bytes();
        let mut rest = bytes;
        let mut pieces = Vec::new();
        for size in sizes.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, remaining) = rest.split_at(rest.len().min(*size));
            pieces.push(piece);
            rest = remaining;
        }
        let whole = pass(Flow::at_the_gate(&redaction), [bytes]);
        let split = pass(Flow::at_the_gate(&redaction), pieces.iter().copied());
        prop_assert_eq!(split.len(), bytes.len());
        for clean in [&whole, &split, &pass(Flow::of_deltas(&redaction), pieces)] {
            let clean = std::str::from_utf8(clean);
            // A split between the bytes of a character is no delta's; the gate passes bytes.
            prop_assert!(clean.is_ok(), "a character was cut");
            prop_assert!(!clean.unwrap().contains(KEY), "{:?}", clean);
        }
        prop_assert_eq!(String::from_utf8(split).unwrap(), String::from_utf8(whole).unwrap());
    }
}
