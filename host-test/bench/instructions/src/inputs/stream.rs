//! Bodies of responses, cut into reads.

use super::Reads;

/// The size of a read in bytes: about one network packet. It cuts lines and characters at any position.
const PACKET: usize = 1_400;

/// The length of the arguments of the large tool call, and of each of its fragments, in bytes.
const ARGUMENTS: usize = 1 << 20;
const FRAGMENT: usize = 256;

/// The deltas of a text.
pub(super) const CHUNKS: usize = 2_000;

/// Deltas of a text, one word each.
const WORDS: [&str; 12] =
    ["The", " river", " runs", " past", " the", " old", " mill", ",", " slow", " and", " brown", "."];

/// Deltas with escapes and characters of more than one byte, in the form that they have in a JSON string.
const ESCAPED: [&str; 6] = [
    r#"line one\nline two\t\"quoted\" C:\\temp\/x"#,
    r"caf\u00e9 \u4f60\u597d \ud83d\ude00",
    "naïve Größe 你好，世界 😀👍",
    r#"fn main() {\n    println!(\"{}\", 1 < 2);\n}\n"#,
    r"\u003cb\u003e\u2014\u0026\u00a0\u001b[0m",
    "一二三\\n四五六\\\\七八九 ünïcödé",
];

/// Events of about 60 bytes, each in its own read.
pub(super) fn small_chunks() -> Reads {
    each(5_000, |n| format!("data: {{\"n\":{n:05},\"text\":\"{}\",\"done\":false}}\n\n", word(n)))
}

/// Lines that end in CRLF, all fields of the standard, comments, and data in two lines.
pub(super) fn crlf_comments() -> Reads {
    let events = each(2_000, |n| {
        format!(
            ": keep-alive {n}\r\n\r\nevent: message\r\nid: {n}\r\nretry: 3000\r\ndata: {{\"n\":{n},\r\ndata: \"text\":\"{}\"}}\r\n\r\n",
            word(n)
        )
    });
    cut(&events, PACKET)
}

/// The worst case of a cut body: no byte has its neighbour in the same read.
pub(super) fn one_byte_reads() -> Reads {
    let events = each(500, |n| {
        format!("data: {{\"n\":{n:05},\"text\":\"{}\",\"more\":[1,2,3,null,true]}}\n\n", word(n))
    });
    cut(&events, 1)
}

/// A text in 2,000 chunks of about 180 bytes, with this many chunks in each read.
pub(super) fn text(chunks_per_read: usize) -> Reads {
    let deltas = each_delta(CHUNKS, |n| content(word(n)));
    response(deltas, "stop").chunks(chunks_per_read).map(<[_]>::concat).collect()
}

/// A text with many escapes and characters of more than one byte.
pub(super) fn escapes_unicode() -> Reads {
    let deltas = each_delta(2_000, |n| content(pick(&ESCAPED, n)));
    cut(&response(deltas, "stop"), PACKET)
}

/// Reasoning, followed by a third as much text.
pub(super) fn reasoning() -> Reads {
    let mut deltas =
        each_delta(1_500, |n| format!("{{\"content\":null,\"reasoning_content\":\"{}\"}}", word(n)));
    deltas.extend(each_delta(500, |n| format!("{{\"content\":\"{}\",\"reasoning_content\":null}}", word(n))));
    response(deltas, "stop").chunks(4).map(<[_]>::concat).collect()
}

/// One tool call whose arguments are a file of 1 MiB, in fragments of 256 bytes.
pub(super) fn tool_call_1mb_fragments() -> Reads {
    let mut arguments = String::from(r#"{"path":"notes/river.md","content":""#);
    let mut line = 0;
    while arguments.len() + 100 < ARGUMENTS {
        arguments.push_str(&format!(r#"{line:05} \"The river\" runs past the old mill, slow and brown.\n"#));
        line += 1;
    }
    arguments.push_str(&" ".repeat(ARGUMENTS - arguments.len() - 2));
    arguments.push_str("\"}");
    let mut deltas = vec![
        r#"{"tool_calls":[{"index":0,"id":"call_a1b2","type":"function","function":{"name":"write_file","arguments":""}}]}"#
            .to_owned(),
    ];
    deltas.extend(arguments.as_bytes().chunks(FRAGMENT).map(|fragment| {
        let fragment = json_string(&String::from_utf8_lossy(fragment));
        format!("{{\"tool_calls\":[{{\"index\":0,\"function\":{{\"arguments\":{fragment}}}}}]}}")
    }));
    cut(&response(deltas, "tool_calls"), 16 << 10)
}

/// A response of a vendor that reports the usage in each chunk.
pub(super) fn usage_every_chunk() -> Reads {
    let mut events = vec![event(r#"{"role":"assistant","content":""}"#, "null", Some(0))];
    events.extend((0..2_000).map(|n| event(&content(word(n)), "null", Some(n + 1))));
    events.push(event("{}", "\"stop\"", Some(2_000)));
    events.push(b"data: [DONE]\n\n".to_vec());
    events.chunks(4).map(<[_]>::concat).collect()
}

fn pick<'a>(list: &[&'a str], n: usize) -> &'a str {
    list[n % list.len()]
}

pub(super) fn word(n: usize) -> &'static str {
    pick(&WORDS, n)
}

/// This many events, each in its own read.
fn each(count: usize, make: impl Fn(usize) -> String) -> Reads {
    (0..count).map(|n| make(n).into_bytes()).collect()
}

fn each_delta(count: usize, make: impl Fn(usize) -> String) -> Vec<String> {
    (0..count).map(make).collect()
}

/// A delta of a text that is already escaped for JSON.
fn content(text: &str) -> String {
    format!("{{\"content\":\"{text}\"}}")
}

/// All events of a response: the role, these deltas, the finish, the usage and the end marker.
fn response(deltas: Vec<String>, finish: &str) -> Reads {
    let mut events = vec![event(r#"{"role":"assistant","content":""}"#, "null", None)];
    events.extend(deltas.iter().map(|delta| event(delta, "null", None)));
    events.push(event("{}", &json_string(finish), None));
    events
        .push(format!("data: {{{HEAD},\"choices\":[],\"usage\":{}}}\n\n", usage(deltas.len())).into_bytes());
    events.push(b"data: [DONE]\n\n".to_vec());
    events
}

/// The fields at the start of each chunk.
const HEAD: &str = r#""id":"chatcmpl-7f3a91c2","object":"chat.completion.chunk","created":1760000000,"model":"deepseek-chat""#;

/// One event. `finish` is JSON. With `tokens` the chunk contains the usage up to it.
fn event(delta: &str, finish: &str, tokens: Option<usize>) -> Vec<u8> {
    let usage = tokens.map(|tokens| format!(",\"usage\":{}", usage(tokens))).unwrap_or_default();
    let choice = format!("{{\"index\":0,\"delta\":{delta},\"finish_reason\":{finish}}}");
    format!("data: {{{HEAD},\"choices\":[{choice}]{usage}}}\n\n").into_bytes()
}

fn usage(tokens: usize) -> String {
    format!(
        "{{\"prompt_tokens\":1200,\"completion_tokens\":{tokens},\"total_tokens\":{},\"prompt_tokens_details\":{{\"cached_tokens\":1024}},\"completion_tokens_details\":{{\"reasoning_tokens\":0}}}}",
        tokens + 1200
    )
}

/// The text as a JSON string.
fn json_string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The body of these events in reads of this many bytes.
fn cut(events: &[Vec<u8>], size: usize) -> Reads {
    events.concat().chunks(size).map(<[u8]>::to_vec).collect()
}
