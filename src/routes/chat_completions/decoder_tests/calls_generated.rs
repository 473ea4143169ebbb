//! Thousands of responses with one to three calls, in every style of index, id, name and arguments [13], [61], [62]: the
//! calls that come out are the calls that went in.

use super::*;

/// A small generator: the same numbers in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Index {
    Real,
    Text,
    FromOne,
    AllZero,
    Missing,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Id {
    First,
    Each,
    /// A new one in each fragment.
    Fresh,
    Missing,
}

#[derive(Clone, Copy, Debug)]
struct Style {
    index: Index,
    id: Id,
    /// The name is in each fragment, and not only in the first one.
    name_in_each: bool,
    encoded_twice: bool,
    /// White space in the arguments. No line break, which would end an event. One model writes it in one way, and a call
    /// that begins like another one begins with the white space of that one.
    blank: &'static str,
    /// The call stands in the legacy field too.
    mirrored: bool,
}

/// A fragment: of which call, and its fields as JSON.
struct Fragment {
    call: usize,
    index: Option<String>,
    id: Option<String>,
    name: Option<&'static str>,
    arguments: String,
}

impl Fragment {
    fn json(&self) -> String {
        let name = self.name.map_or(String::new(), |name| std::format!("\"name\":\"{name}\","));
        let index = self.index.as_ref().map_or(String::new(), |index| std::format!("\"index\":{index},"));
        let id = self.id.as_ref().map_or(String::new(), |id| std::format!("\"id\":\"{id}\","));
        std::format!("{{{index}{id}\"function\":{{{name}\"arguments\":{}}}}}", self.arguments)
    }

    fn legacy_json(&self) -> String {
        let name = self.name.map_or(String::new(), |name| std::format!("\"name\":\"{name}\","));
        std::format!("{{{name}\"arguments\":{}}}", self.arguments)
    }
}

struct Call {
    name: &'static str,
    /// As the decoder has to hand them out.
    arguments: String,
    /// As they are sent: the same, or encoded once more.
    sent: String,
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a string")
}

fn call(dice: &mut Dice, at: usize, style: &Style) -> Call {
    let text = dice.pick(&["", "a b", "{}", "null {\\\"x\\\":1}", "\\\\", "é😀\\n}", "\\ud83d\\ude00", "]}"]);
    let blank = style.blank;
    let more = dice.pick(&["", ",\"o\":{\"k\":[1, {}, null]}", ",\"n\":-1.50e3"]);
    // The number makes the arguments of each call differ: without ids, two equal calls cannot be distinguished.
    let arguments = std::format!("{{{blank}\"s\":\"{text}\",{blank}\"x\":{at}{more}{blank}}}");
    let sent = if style.encoded_twice { quoted(&arguments) } else { arguments.clone() };
    Call { name: dice.pick(&["f", "g", "fg"]), arguments, sent }
}

/// A text in one to four pieces.
fn pieces<'t>(dice: &mut Dice, text: &'t str) -> Vec<&'t str> {
    let boundaries: Vec<usize> = (0..=text.len()).filter(|at| text.is_char_boundary(*at)).collect();
    let mut cuts: Vec<usize> = (0..dice.below(4)).map(|_| dice.pick(&boundaries)).collect();
    cuts.extend([0, text.len()]);
    cuts.sort_unstable();
    cuts.windows(2).map(|cut| &text[cut[0]..cut[1]]).collect()
}

/// The fragments of a call in their order.
fn fragments(dice: &mut Dice, at: usize, call: &Call, style: &Style) -> Vec<Fragment> {
    let mut arguments = Vec::new();
    for _ in 0..dice.below(3) {
        arguments.push(dice.pick(&["\"{}\"", "null", "\"\"", "\"null\"", "\"{ }\"", "{}"]).to_string());
    }
    arguments.extend(pieces(dice, &call.sent).into_iter().map(quoted));
    // At the end everything once more, as a text or as the object, or a placeholder.
    let fresh_without_index = style.id == Id::Fresh && style.index == Index::Missing;
    match dice.below(6) {
        _ if fresh_without_index => {}
        0 => arguments.push(quoted(&call.sent)),
        1 if !style.encoded_twice => arguments.push(call.arguments.clone()),
        2 => arguments.push(dice.pick(&["\"{}\"", "\"null\"", "{}"]).to_string()),
        _ => {}
    }
    let index = match style.index {
        Index::Real => Some(at.to_string()),
        Index::Text => Some(std::format!("\"{at}\"")),
        Index::FromOne => Some((at + 1).to_string()),
        Index::AllZero => Some("0".to_string()),
        Index::Missing => None,
    };
    let id = |number: usize| match style.id {
        Id::First => (number == 0).then(|| std::format!("id{at}")),
        Id::Each => Some(std::format!("id{at}")),
        Id::Fresh => Some(if number == 0 { std::format!("id{at}") } else { std::format!("id{at}_{number}") }),
        Id::Missing => None,
    };
    let arguments = arguments.into_iter().enumerate();
    arguments
        .map(|(number, arguments)| Fragment {
            call: at,
            index: index.clone(),
            id: id(number),
            // With a new id a name begins another call.
            name: (number == 0 || style.name_in_each && style.id != Id::Fresh).then_some(call.name),
            arguments,
        })
        .collect()
}

/// The call once more under its id and name: whole, written differently, the beginning of it, nothing, or in fragments.
fn copy(dice: &mut Dice, at: usize, call: &Call, style: &Style) -> Vec<Fragment> {
    let sent = &call.sent;
    let half = (0..=sent.len() / 2).rev().find(|cut| sent.is_char_boundary(*cut)).unwrap_or(0);
    let arguments = match dice.below(6) {
        0 => std::vec![quoted(sent)],
        1 if !style.encoded_twice => std::vec![quoted(&std::format!(" {sent}\n"))],
        2 => std::vec![quoted(&sent[..half])],
        3 => std::vec![quoted("")],
        4 => std::vec![quoted("{}")],
        _ => pieces(dice, sent).into_iter().map(quoted).collect(),
    };
    let index = match style.index {
        Index::AllZero => Some("0".to_string()),
        Index::Missing => None,
        _ => Some((at + 10).to_string()),
    };
    let arguments = arguments.into_iter().enumerate();
    arguments
        .map(|(number, arguments)| Fragment {
            call: at,
            index: index.clone(),
            id: Some(std::format!("id{at}")),
            name: (number == 0).then_some(call.name),
            arguments,
        })
        .collect()
}

/// The fragments of all calls in one order. Those of calls with an index of their own may take turns.
fn in_order(dice: &mut Dice, calls: Vec<Vec<Fragment>>, style: &Style) -> Vec<Fragment> {
    let take_turns = !matches!(style.index, Index::AllZero | Index::Missing) && dice.below(2) == 0;
    if !take_turns {
        return calls.into_iter().flatten().collect();
    }
    let mut left: Vec<_> = calls.into_iter().map(|call| call.into_iter().peekable()).collect();
    let mut all = Vec::new();
    while left.iter_mut().any(|call| call.peek().is_some()) {
        let at = dice.below(left.len());
        all.extend(left[at].next());
    }
    all
}

/// The fragments as deltas, some of them with two fragments.
fn deltas(dice: &mut Dice, fragments: &[Fragment], style: &Style) -> Vec<String> {
    let mut deltas = Vec::new();
    let mut rest = fragments;
    while let Some(first) = rest.first() {
        // Two fragments with one name in one chunk are two calls, unless an id says otherwise.
        let two = !style.mirrored
            && dice.below(5) == 0
            && rest.get(1).is_some_and(|second| second.name.is_none() || second.call != first.call);
        let (now, after) = rest.split_at(if two { 2 } else { 1 });
        let list: Vec<String> = now.iter().map(Fragment::json).collect();
        let mut json = std::format!("{{\"tool_calls\":[{}]", list.join(","));
        if style.mirrored {
            json += &std::format!(",\"function_call\":{}", first.legacy_json());
        }
        deltas.push(json + "}");
        rest = after;
    }
    deltas
}

#[test]
fn the_calls_that_come_out_are_those_that_went_in() {
    let mut dice = Dice(5);
    for run in 0..6_000 {
        let count = 1 + dice.below(3);
        let style = Style {
            index: dice.pick(&[Index::Real, Index::Text, Index::FromOne, Index::AllZero, Index::Missing]),
            id: dice.pick(&[Id::First, Id::Each, Id::Fresh, Id::Missing]),
            name_in_each: dice.below(3) == 0,
            encoded_twice: dice.below(4) == 0,
            blank: dice.pick(&["", " ", "\t "]),
            mirrored: count == 1 && dice.below(4) == 0,
        };
        let calls: Vec<Call> = (0..count).map(|at| call(&mut dice, at, &style)).collect();
        let mut each: Vec<_> =
            calls.iter().enumerate().map(|(at, call)| fragments(&mut dice, at, call, &style)).collect();
        if style.id != Id::Missing && !style.mirrored && dice.below(2) == 0 {
            let at = dice.below(count);
            let copy = copy(&mut dice, at, &calls[at], &style);
            each[at].extend(copy);
        }
        let ordered = in_order(&mut dice, each, &style);
        let deltas = deltas(&mut dice, &ordered, &style);
        let chunks: Vec<String> =
            deltas.iter().map(|json| delta(json)).chain([finish("tool_calls")]).collect();
        let body = stream(&chunks.iter().map(String::as_str).collect::<Vec<_>>());
        let reading = decode(&[body.as_bytes()]);
        let mut found: Vec<_> = reading
            .content
            .calls
            .iter()
            .map(|(_, name, arguments)| (name.as_str(), arguments.clone()))
            .collect();
        let mut expected: Vec<_> = calls.iter().map(|call| (call.name, Ok(call.arguments.clone()))).collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "run {run}, {style:?}: {deltas:#?}");
        let ids: std::collections::BTreeSet<_> = reading.content.calls.iter().map(|(id, ..)| id).collect();
        assert_eq!(ids.len(), count, "run {run}: {ids:?}");
        if run % 50 == 0 {
            assert_eq!(decode(&reads_of(body.as_bytes(), 1)).events, reading.events, "run {run}");
        }
    }
}
