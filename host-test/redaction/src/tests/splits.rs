//! One text, cut in all ways.

use proptest::prelude::*;

use super::{KEY, ODD_KEY, keys, spellings};
use crate::flow::SCANNED;
use crate::{Flow, Kind, Passed};

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
        let keys = keys(key);
        let gate = || Flow::new(&keys, Kind::Response);
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
    let keys = keys(KEY);
    let whole = format!("it is {KEY}.");
    let bytes = whole.as_bytes();
    for first in 0..bytes.len() {
        for second in first..bytes.len() {
            let pieces = [&bytes[..first], &bytes[first..second], &bytes[second..]];
            let said = text(pass(Flow::new(&keys, Kind::Deltas), pieces));
            let begun = said.strip_prefix("it is ").unwrap().strip_suffix("[redacted].").unwrap();
            assert!(["", "s", "sk", "sk-"].contains(&begun), "{said}");
        }
    }
    assert_eq!(text(pass(Flow::new(&keys, Kind::Deltas), bytes.chunks(1))), "it is sk-[redacted].");
}

#[test]
fn a_word_that_only_begins_like_a_key_is_not_held_back_and_never_lost() {
    let keys = keys(KEY);
    let mut flow = Flow::new(&keys, Kind::Deltas);
    assert_eq!(flow.push(b"It is"), Passed::First(5));
    assert_eq!(flow.push(b" as"), Passed::Rewritten(b" as".to_vec()));
    assert_eq!(flow.push(b"k-"), Passed::Rewritten(b"k-".to_vec()), "sk- is no secret");
    assert_eq!(flow.push(b"can"), Passed::Rewritten(Vec::new()), "sk-can may be the key");
    assert_eq!(flow.push(b"dle"), Passed::Rewritten(b"candle".to_vec()), "and was not");
    assert!(flow.finish().is_empty());
    assert_eq!(text(pass(Flow::new(&keys, Kind::Deltas), [&b"ends in sk-can"[..]])), "ends in sk-can");
    assert_eq!(text(pass(Flow::new(&keys, Kind::Deltas), [&b"ends in sk-canary"[..]])), "ends in [redacted]");
}

#[test]
fn what_a_server_sends_for_ever_is_not_held_back_for_ever() {
    let keys = keys(ODD_KEY);
    for unit in ["\\", "%25", "s\\", "\\u00", "sk-"] {
        let mut flow = Flow::new(&keys, Kind::Response);
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
fn hostile_text_is_scanned_a_bounded_number_of_times() {
    let key = "a".repeat(500) + "/b";
    let keys = keys(&key);
    for unit in ["a", "\\", "\\u0061", "%61", "%25", "\\\\\\a", "data: 好\n"] {
        let text = unit.repeat((1 << 18) / unit.len());
        SCANNED.set(0);
        pass(Flow::new(&keys, Kind::Response), text.as_bytes().chunks(4096));
        // Each piece is scanned once, together with the bytes held back, which are at most the longest spelling.
        let held = key.len() * 14;
        let pieces = text.len().div_ceil(4096);
        assert!(SCANNED.get() <= text.len() + pieces * held, "{unit}: {} of {}", SCANNED.get(), text.len());
        let piece = &text.as_bytes()[..1 << 12];
        SCANNED.set(0);
        pass(Flow::new(&keys, Kind::Response), piece.chunks(1));
        assert!(SCANNED.get() <= piece.len() * (held + 1), "{unit}: {} byte by byte", SCANNED.get());
    }
}

#[test]
fn an_ordinary_response_is_scanned_once() {
    let line = "data: {\"choices\":[{\"delta\":{\"content\":\"is \\\"this\\\" it?\\n\"}}]}\n\n";
    let stream = line.repeat(10_000);
    SCANNED.set(0);
    let mut flow = Flow::new(&keys(KEY), Kind::Response);
    for piece in stream.as_bytes().chunks(16 * 1024) {
        flow.push(piece);
    }
    assert!(SCANNED.get() <= stream.len() + stream.len() / 1000, "{} of {}", SCANNED.get(), stream.len());
}

/// Text that is made of pieces of keys and escapes.
fn thicket() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just(KEY.to_owned()),
        Just("sk-".to_owned()),
        (0..KEY.len(), 0..KEY.len()).prop_map(|(one, other)| KEY[one.min(other)..one.max(other)].to_owned()),
        (0..20_usize).prop_map(|which| spellings(KEY)[which].clone()),
        (0..20_usize, 0..80_usize)
            .prop_map(|(which, length)| spellings(KEY)[which].chars().take(length).collect()),
        "[\\\\%u0-9a-fs\"好k-]{0,4}",
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_split_lets_a_key_out_or_changes_anything_else(text in thicket(), sizes in proptest::collection::vec(1..30_usize, 1..60)) {
        let keys = keys(KEY);
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
        let whole = pass(Flow::new(&keys, Kind::Response), [bytes]);
        let split = pass(Flow::new(&keys, Kind::Response), pieces.iter().copied());
        prop_assert_eq!(split.len(), bytes.len());
        for clean in [&whole, &split, &pass(Flow::new(&keys, Kind::Deltas), pieces)] {
            let clean = std::str::from_utf8(clean);
            // A split between the bytes of a character is no delta's; the gate passes bytes.
            prop_assert!(clean.is_ok(), "a character was cut");
            prop_assert!(!clean.unwrap().contains(KEY), "{:?}", clean);
        }
        prop_assert_eq!(String::from_utf8(split).unwrap(), String::from_utf8(whole).unwrap());
    }
}
