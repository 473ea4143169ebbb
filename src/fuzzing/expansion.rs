//! Short inputs that stand for long bodies: a grammar that repeats, widens and nests.
//!
//! A fuzzer that works on the body itself does not find out that a million of something is slow. Here one byte is a
//! piece of a response, and a group of bytes may be repeated a million times, inside of another that is.

/// Begins a group that is repeated; the byte after it says how often, as a power of two.
const REPEAT: u8 = 0x10;
/// Ends a group.
const END: u8 = 0x11;
/// The byte after it chooses one of [`PIECES`].
const PIECE: u8 = 0x12;
/// A number that differs each time, so that no two repetitions are alike.
const NUMBER: u8 = 0x13;
/// Like [`REPEAT`], for brackets: what stands before [`INSIDE`] is repeated, and what stands after it as often again.
const NEST: u8 = 0x14;
const INSIDE: u8 = 0x15;

/// How deep groups may stand in groups.
const MOST_DEPTH: u8 = 5;

/// What responses and lists consist of.
const PIECES: &[&str] = &[
    "data: ",
    "\n\n",
    "event: error\n",
    "id: ",
    ": ",
    "[DONE]",
    "{\"choices\":[{\"index\":0,\"delta\":{",
    "}}]}",
    "{\"choices\":[{\"message\":{",
    "},\"finish_reason\":\"stop\"}],",
    "\"content\":\"",
    "\"content\":[",
    "\"reasoning_content\":\"",
    "\"reasoning\":\"",
    "\"reasoning_details\":[",
    "\"thinking_blocks\":[",
    "\"signature\":\"",
    "\"refusal\":\"",
    "\"tool_calls\":[",
    "{\"index\":",
    "\"id\":\"call",
    "\"function\":{\"name\":\"f\",\"arguments\":\"",
    "\"extra_content\":{\"a\":\"",
    "{\"type\":\"text\",\"text\":\"a\"},",
    "{\"type\":\"thinking\",\"thinking\":\"a\"},",
    "<think>",
    "</think>",
    "\\u0001",
    "\\ud83d",
    "\"usage\":{\"total_tokens\":1",
    "\"error\":{\"message\":\"",
    "\"annotations\":[",
    "\"citations\":[",
    "{\"data\":[",
    "{\"id\":\"m",
    "\"supported_endpoint_types\":[",
    "\"features\":[",
    "\"pricing\":{",
    "{},",
    "1,",
    "\"x\":",
    "\"",
    "}",
    "]",
    ",",
    "                ",
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"",
    "\"}}]}\n\n",
];

/// The body that an input stands for, of at most this many bytes.
pub(super) fn expand(input: &[u8], most: usize) -> Vec<u8> {
    let mut body = Vec::new();
    let mut number = 0;
    let mut rest = input;
    while !rest.is_empty() && body.len() < most {
        write(&mut rest, &mut body, &mut number, most, MOST_DEPTH);
        // The end of a group that did not begin.
        rest = rest.get(1..).unwrap_or_default();
    }
    body.truncate(most);
    body
}

/// Writes up to the end of the group.
fn write(rest: &mut &[u8], body: &mut Vec<u8>, number: &mut u32, most: usize, depth: u8) {
    while let Some((&byte, after)) = rest.split_first() {
        let choice = after.first().copied().unwrap_or_default();
        match byte {
            END | INSIDE => return,
            PIECE => {
                body.extend_from_slice(PIECES[usize::from(choice) % PIECES.len()].as_bytes());
                *rest = after.get(1..).unwrap_or_default();
            }
            NUMBER => {
                *number += 1;
                body.extend_from_slice(number.to_string().as_bytes());
                *rest = after;
            }
            REPEAT | NEST if depth > 0 => {
                *rest = after.get(1..).unwrap_or_default();
                let times = 1 << (choice % 21);
                repeat(rest, body, number, most, depth, times);
                if byte == NEST && rest.first() == Some(&INSIDE) {
                    *rest = rest.get(1..).unwrap_or_default();
                    repeat(rest, body, number, most, depth, times);
                }
                *rest = rest.strip_prefix(&[END]).unwrap_or(rest);
            }
            _ => {
                body.push(byte);
                *rest = after;
            }
        }
    }
}

fn repeat(rest: &mut &[u8], body: &mut Vec<u8>, number: &mut u32, most: usize, depth: u8, times: u32) {
    let group = *rest;
    for _ in 0..times {
        *rest = group;
        let before = body.len();
        write(rest, body, number, most, depth - 1);
        if body.len() >= most || body.len() == before {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(input: &[u8]) -> String {
        String::from_utf8(expand(input, 100)).expect("UTF-8")
    }

    #[test]
    fn groups_are_repeated_and_nested_up_to_the_limit() {
        assert_eq!(text(b"a\x10\x02bc\x11d"), "abcbcbcbcd");
        assert_eq!(text(b"\x14\x02[\x15]\x11x"), "[[[[]]]]x");
        assert_eq!(text(b"\x10\x01a\x10\x01b\x13\x11c\x11"), "ab1b2cab3b4c");
        assert_eq!(text(b"\x11a\x11b\x15"), "ab");
        assert_eq!(text(b"\x12\x05"), "[DONE]");
        assert_eq!(text(b"\x10\x14\x10\x14ab"), "ab".repeat(50));
        assert_eq!(text(b"\x10\x14\x11"), "", "nothing, a million times");
    }
}
