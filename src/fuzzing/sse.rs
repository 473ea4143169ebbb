//! Server-sent events: however a body is cut, and whatever it is, its events are those of the standard.

use crate::sse::{Parser, TooLong};

/// Name, data and last id of each event, and what stands at the end.
#[derive(Debug, Default, PartialEq)]
struct Read {
    events: Vec<(String, Vec<u8>, String)>,
    tail: Option<(String, Vec<u8>)>,
    plausible: bool,
}

/// A body in any reads has the events that it has as a whole, and those that a literal implementation of the standard finds.
pub fn sse_split(data: &[u8]) {
    let (reads, body) = super::in_reads(data);
    let cut = read(&reads);
    assert_eq!(cut, read(&[body]));
    // The caps are our own.
    if let Ok(cut) = cut {
        let (events, last) = by_the_standard(body);
        assert_eq!(cut.events, events);
        assert_eq!(cut.tail, last);
    }
}

fn read(reads: &[&[u8]]) -> Result<Read, TooLong> {
    let mut parser = Parser::default();
    let mut all = Read::default();
    for read in reads {
        let mut feed = parser.feed(read);
        while let Some(event) = feed.next_event()? {
            all.events.push((event.name.to_owned(), event.data.to_owned(), event.last_event_id.to_owned()));
        }
    }
    all.plausible = parser.is_plausible();
    all.tail = parser.into_tail().map(|tail| (tail.name, tail.data));
    Ok(all)
}

/// The name of an event, its data, and the last id so far.
type Named = (String, Vec<u8>, String);

/// The algorithm of the standard, step by step, with no thought for time and memory: the events, and the name
/// and data of what stands at the end without a blank line.
fn by_the_standard(body: &[u8]) -> (Vec<Named>, Option<(String, Vec<u8>)>) {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    let mut lines: Vec<Vec<u8>> = vec![Vec::new()];
    let mut bytes = body.iter().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\r' | b'\n' => {
                if *byte == b'\r' {
                    bytes.next_if(|next| **next == b'\n');
                }
                lines.push(Vec::new());
            }
            _ => lines.last_mut().expect("there is one").push(*byte),
        }
    }
    // The last line has no end: it counts for the tail and for nothing else.
    let unfinished = lines.pop().unwrap_or_default();
    let (mut events, mut id) = (Vec::new(), String::new());
    let (mut name, mut data): (String, Option<Vec<u8>>) = (String::new(), None);
    for line in lines {
        if line.is_empty() {
            if let Some(data) = data.take() {
                events.push((name.clone(), data, id.clone()));
            }
            name.clear();
        } else {
            field(&line, &mut name, &mut data, &mut id);
        }
    }
    field(&unfinished, &mut name, &mut data, &mut id);
    (events, data.map(|data| (name, data)))
}

fn field(line: &[u8], name: &mut String, data: &mut Option<Vec<u8>>, id: &mut String) {
    let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
    let value = line.get(colon + 1..).unwrap_or_default();
    let value = value.strip_prefix(b" ").unwrap_or(value);
    match &line[..colon] {
        b"event" => *name = String::from_utf8_lossy(value).into_owned(),
        b"id" if !value.contains(&0) => *id = String::from_utf8_lossy(value).into_owned(),
        b"data" => {
            let joined = data.take().map_or_else(Vec::new, |before| [&before[..], b"\n"].concat());
            *data = Some([&joined[..], value].concat());
        }
        _ => {}
    }
}
