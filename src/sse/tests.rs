use super::*;
use std::string::String;
use std::vec::Vec;

/// The events of a body that comes in these reads, as `name|data`.
fn events(reads: &[&[u8]]) -> Result<Vec<String>, TooLong> {
    let mut parser = Parser::default();
    let mut found = Vec::new();
    for read in reads {
        let mut feed = parser.feed(read);
        while let Some(event) = feed.next_event()? {
            found.push(std::format!("{}|{}", event.name, String::from_utf8_lossy(event.data)));
        }
    }
    Ok(found)
}

/// The data at the end of a body, as `name|data`.
fn tail(reads: &[&[u8]]) -> Option<String> {
    let mut parser = Parser::default();
    for read in reads {
        let mut feed = parser.feed(read);
        while feed.next_event().expect("within the caps").is_some() {}
    }
    parser.into_tail().map(|tail| std::format!("{}|{}", tail.name, String::from_utf8_lossy(&tail.data)))
}

/// Bodies and their events: the framing lines of the catalogue.
const CASES: &[(&str, &[u8], &[&str])] = &[
    ("no space, one space, two spaces [2]", b"data:a\n\ndata: b\n\ndata:  c\n\n", &["|a", "|b", "| c"]),
    ("a byte-order mark at the start [2]", b"\xEF\xBB\xBFdata: a\n\n", &["|a"]),
    ("only one byte-order mark, only at the start [2]", b"data: a\n\n\xEF\xBB\xBFdata: b\n\n", &["|a"]),
    ("line ends of each sort, mixed [3]", b"data: a\r\rdata: b\r\n\r\ndata: c\n\r\n", &["|a", "|b", "|c"]),
    (
        "comments, names, ids, retry and unknown fields [4]",
        b": PING\nevent: error\nid: 7\nretry: 10\nfoo: bar\nfoo\ndata: a\n\ndata: b\n\n",
        &["error|a", "|b"],
    ),
    ("several data lines [4]", b"data: a\ndata\ndata: b\n\n", &["|a\n\nb"]),
    ("a data line alone is an empty event", b"data\n\n", &["|"]),
    ("a name without data is forgotten", b"event: error\n\ndata: a\n\n", &["|a"]),
    ("half an event at the end is nothing [5]", b"data: a\n\ndata: b\n", &["|a"]),
    ("invalid UTF-8 [6]", b"data: a\xFFb\n\n", &["|a\u{FFFD}b"]),
    ("text in several bytes", "data: ä€😀\n\n".as_bytes(), &["|ä€😀"]),
];

#[test]
fn a_body_has_the_same_events_wherever_one_or_two_cuts_are_made() {
    for (name, body, expected) in CASES {
        for first in 0..=body.len() {
            for second in first..=body.len() {
                let reads = [&body[..first], &body[first..second], &body[second..]];
                assert_eq!(events(&reads).expect(name), *expected, "{name}, cut at {first} and {second}");
            }
        }
    }
}

#[test]
fn a_body_has_the_same_events_byte_by_byte_with_empty_reads_between() {
    for (name, body, expected) in CASES {
        let reads: Vec<&[u8]> = body.chunks(1).flat_map(|byte| [byte, &b""[..]]).collect();
        assert_eq!(events(&reads).expect(name), *expected, "{name}");
    }
}

#[test]
fn data_at_the_end_without_a_blank_line_can_be_read() {
    for (body, expected) in [
        (&b"data: a\n\ndata: [DONE]"[..], Some("|[DONE]")),
        (b"data: [DONE]\n", Some("|[DONE]")),
        (b"data: {\ndata: }", Some("|{\n}")),
        (b"\xEF\xBB\xBFdata: a", Some("|a")),
        (b"event: error\ndata: a", Some("error|a")),
        (b"data: a\nevent: error", Some("error|a")),
        (b"event: x\ndata: a\n\ndata: b", Some("|b")),
        (b"event: error\n", None),
        (b"data: a\n\n", None),
        (b"data: a\n\n: PING", None),
        (b"data: a\n\nda", None),
        (b"", None),
    ] {
        for cut in 0..=body.len() {
            let (before, after) = body.split_at(cut);
            assert_eq!(tail(&[before, after]).as_deref(), expected, "{body:?} cut at {cut}");
        }
    }
}

#[test]
fn a_body_is_plausible_from_its_first_line_of_an_event_stream() {
    for (body, plausible) in [
        (&b""[..], false),
        (b"upstream connect error", false),
        (b"upstream connect error\n\n", false),
        (b"database: gone", false),
        (b"da", false),
        (b"data", true),
        (b"data: a", true),
        (b"oops\ndata: a", true),
        (b": PING\n", true),
        (b"event: x\n", true),
        (b"id: 1\n", true),
        (b"retry: 1\n", true),
    ] {
        for cut in 0..=body.len() {
            let (before, after) = body.split_at(cut);
            let mut parser = Parser::default();
            for read in [before, after] {
                assert_eq!(parser.feed(read).next_event(), Ok(None));
            }
            assert_eq!(parser.is_plausible(), plausible, "{body:?} cut at {cut}");
        }
    }
}

#[test]
fn a_line_at_the_cap_passes_and_one_byte_more_does_not() {
    let at_cap = [b"data: ", &vec![b'x'; MAX_LINE - 6][..], b"\n\n"].concat();
    assert_eq!(events(&[&at_cap]).expect("at the cap").len(), 1);
    let beyond = [b"data: ", &vec![b'x'; MAX_LINE - 5][..], b"\n\n"].concat();
    assert_eq!(events(&[&beyond]), Err(TooLong::Line));
    let cut: Vec<&[u8]> = beyond.chunks(4096).collect();
    assert_eq!(events(&cut), Err(TooLong::Line));
}

#[test]
fn an_endless_line_is_kept_up_to_the_cap_only() {
    let read = [b'x'; 65_536];
    let mut parser = Parser::default();
    let reads = (0..).take_while(|_| parser.feed(&read).next_event().is_ok()).count();
    assert_eq!(reads, MAX_LINE / read.len());
}

#[test]
fn very_many_empty_data_lines_reach_the_cap() {
    let body = "data:\n".repeat(100_000);
    assert_eq!(events(&[body.as_bytes()]), Err(TooLong::Event));
    let few = "data:\n".repeat(10_000) + "\n";
    assert_eq!(events(&[few.as_bytes()]).expect("within the cap").len(), 1);
}

#[test]
fn an_event_of_many_long_lines_reaches_the_cap() {
    let line = |length: usize| [b"data: ", &vec![b'x'; length][..], b"\n"].concat();
    let eight = line(MAX_EVENT / 8 - LINE_OVERHEAD).repeat(8);
    assert_eq!(events(&[&eight, b"\n"]).expect("at the cap").len(), 1);
    let beyond = [&eight[..], &line(0)].concat();
    assert_eq!(events(&[&beyond]), Err(TooLong::Event));
    assert_eq!(events(&[&eight, b"\n", &eight, b"\n"]).expect("each for itself").len(), 2);
}

#[test]
fn an_event_whole_in_one_read_is_not_copied() {
    let body = b"data: abc\n\n";
    let mut parser = Parser::default();
    let mut feed = parser.feed(body);
    let event = feed.next_event().expect("within the caps").expect("an event");
    assert!(body.as_ptr_range().contains(&event.data.as_ptr()));
}
