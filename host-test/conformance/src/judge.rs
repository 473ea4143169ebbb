//! Compares the outcome of a completion with the expected one.
//!
//! All differences are reported, and not only the first: the author of a provider in another language sees from them what
//! kind of mistake it is, without a debugger in the component.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::Duration;

use serde_json::Value;

use super::expected;
use super::play::Played;
use provider_host::contract::{BlockKind, Error, Event, ToolArguments, Usage};
use provider_host::json;
use stand_in::{Expect, StandIn};

/// The outcome, and what is wrong with it. No reasons means passed.
pub(super) struct Judged {
    pub(super) got: String,
    pub(super) reasons: Vec<String>,
}

impl Judged {
    /// A case that could not be run, although it applies to this provider. It fails: a case that is skipped for such a
    /// reason would hide that nothing was checked.
    pub(super) fn unplayable(why: String) -> Judged {
        Judged { got: String::new(), reasons: vec![why] }
    }
}

/// Collects differences between actual and expected values.
#[derive(Default)]
pub(super) struct Differences(pub(super) Vec<String>);

impl Differences {
    /// Compares the texts of `Debug`, so that values of different types can be compared and the message shows exactly what
    /// differs.
    pub(super) fn hold(&mut self, what: &str, is: &impl Debug, should: &impl Debug) {
        let (is, should) = (format!("{is:?}"), format!("{should:?}"));
        if is != should {
            self.0.push(format!("{what} is {is} and should be {should}"));
        }
    }

    /// The same, for a field that a case may leave open.
    pub(super) fn hold_where<T: Debug>(&mut self, what: &str, is: &impl Debug, should: &Option<T>) {
        if let Some(should) = should {
            self.hold(what, is, should);
        }
    }
}

/// Compares a completion with what was expected; violations of the contract are added.
pub(super) fn completion(played: &Played, expect: &Expect, stand_in: &StandIn) -> Judged {
    let texts = Texts::of(&played.events);
    let mut differences = Differences::default();
    for (what, is, should) in [
        ("text", &texts.text, &expect.text),
        ("reasoning", &texts.reasoning, &expect.reasoning),
        ("refusal", &texts.refusal, &expect.refusal),
    ] {
        differences.hold_where(what, is, should);
    }
    differences.hold_where("the kinds of blocks", &texts.kinds, &expect.blocks);
    // Not after an error: whether a call that was cut off counts depends on where it was cut.
    if expect.error.is_empty() {
        let malformed: Vec<_> = expect.malformed.iter().cloned().collect();
        differences.hold("tool calls", &texts.calls, &expect.tools);
        differences.hold("malformed calls", &texts.malformed, &malformed);
    }
    let finish = played.transcript.finish();
    let reason = finish.map(|finish| json::events::finish_reason(&finish.reason));
    differences.hold_where("the finish reason", &reason.unwrap_or("none"), &expect.finish);
    error(&mut differences, played.error.as_ref(), expect);
    // Only the counts that a case names: a provider may report more of them.
    let usage = finish.and_then(|finish| finish.usage.as_ref()).map(counts).unwrap_or_default();
    for (name, should) in &expect.usage {
        differences.hold(name, &usage.get(name.as_str()), &Some(should));
    }
    at_the_server(&mut differences, played, expect, stand_in);
    let mut reasons = differences.0;
    reasons.extend(played.violations.iter().cloned());
    Judged { got: got(played, &texts, expect, stand_in), reasons }
}

/// Compares an error, or its absence, with what was expected.
pub(super) fn error(differences: &mut Differences, error: Option<&Error>, expect: &Expect) {
    match (error, expect.error.is_empty()) {
        (None, true) => {}
        (Some(error), true) => differences.0.push(format!("unexpected error: {}", expected::error(error))),
        (None, false) => differences.0.push(format!("no error, but expected {}", expect.error.join(" or "))),
        (Some(error), false) => {
            let kind = json::error::kind(&error.kind);
            if !expect.error.iter().any(|should| should == kind) {
                let should = expect.error.join(" or ");
                differences.0.push(format!("the error is {} and should be {should}", expected::error(error)));
            }
            differences.hold_where("retryable", &error.retryable, &expect.retryable);
            differences.hold_where("request-sent", &error.request_sent, &expect.request_sent);
            // For errors that only their message distinguishes, such as an expired certificate from an unknown one.
            if let Some(text) = expect.says.as_ref().filter(|text| !error.message.contains(text.as_str())) {
                differences.0.push(format!("the error's message lacks {text:?}: {:?}", error.message));
            }
        }
    }
}

/// What only the server can report: how often the provider tried, and when. A component that hides a retry from its host
/// cannot hide it here.
fn at_the_server(differences: &mut Differences, played: &Played, expect: &Expect, stand_in: &StandIn) {
    let requests = stand_in.requests();
    differences.hold_where("the number of requests", &requests.len(), &expect.requests);
    if let Some((least, most)) = expect.waits_ms {
        match requests.as_slice() {
            [first, second, ..] => {
                let waited = second.at.duration_since(first.at);
                if waited < Duration::from_millis(least) || waited > Duration::from_millis(most) {
                    differences
                        .0
                        .push(format!("it waited {waited:?} before the retry, not {least} to {most} ms"));
                }
            }
            _ => differences.0.push("it did not retry".to_owned()),
        }
    }
    if let Some(most) = expect.within_ms.map(Duration::from_millis)
        && played.took > most
    {
        differences.0.push(format!("it took {:?}, more than {most:?}", played.took));
    }
}

/// The outcome in a few words, whatever was expected: in a failed case the reader has to see what happened instead.
fn got(played: &Played, texts: &Texts, expect: &Expect, stand_in: &StandIn) -> String {
    let mut words = Vec::new();
    match (&played.error, played.transcript.finish()) {
        (Some(error), _) => words.push(expected::error(error)),
        (None, Some(finish)) => {
            words.push(format!("finish {}", json::events::finish_reason(&finish.reason)));
        }
        (None, None) => words.push("no end".to_owned()),
    }
    for (what, text) in [("", &texts.text), ("reasoning ", &texts.reasoning), ("refusal ", &texts.refusal)] {
        if !text.is_empty() {
            words.push(format!("{what}{}", expected::quoted(text)));
        }
    }
    words.extend(
        texts.calls.iter().map(|(name, arguments)| expected::clipped(&format!("{name}({arguments})"))),
    );
    words.extend(texts.malformed.iter().map(|(name, _)| format!("{name}(malformed)")));
    if expect.requests.is_some() {
        words.push(expected::requests(stand_in.requests().len()));
    }
    words.join(", ")
}

/// The counts by the contract's names, read from the JSON form: a count that the contract gains needs no line here.
pub(super) fn counts(usage: &Usage) -> BTreeMap<String, u64> {
    let Value::Object(fields) = json::events::usage(usage) else { return BTreeMap::new() };
    fields.into_iter().filter_map(|(name, value)| Some((name, value.as_u64()?))).collect()
}

/// Texts by the kind of their block. Blocks that have not ended count: what is received before an error is valid.
#[derive(Default)]
struct Texts {
    text: String,
    reasoning: String,
    refusal: String,
    calls: Vec<(String, String)>,
    malformed: Vec<(String, String)>,
    /// The kinds of the blocks in their order.
    kinds: Vec<&'static str>,
}

impl Texts {
    fn of(events: &[Event]) -> Self {
        let mut texts = Self::default();
        let mut blocks = BTreeMap::new();
        for event in events {
            match event {
                Event::BlockStart(start) => {
                    texts.kinds.push(word(&start.kind));
                    blocks.insert(start.index, &start.kind);
                }
                Event::BlockDelta(delta) => match blocks.get(&delta.index) {
                    Some(BlockKind::Text) => texts.text += &delta.text,
                    Some(BlockKind::Reasoning) => texts.reasoning += &delta.text,
                    Some(BlockKind::Refusal) => texts.refusal += &delta.text,
                    _ => {}
                },
                Event::BlockEnd(end) => {
                    if let (Some(BlockKind::ToolCall(head)), Some(arguments)) =
                        (blocks.get(&end.index), &end.arguments)
                    {
                        texts.call(head.name.clone(), arguments);
                    }
                }
                _ => {}
            }
        }
        texts
    }

    fn call(&mut self, name: String, arguments: &ToolArguments) {
        match arguments {
            ToolArguments::Object(object) => self.calls.push((name, object.clone())),
            ToolArguments::Malformed(malformed) => self.malformed.push((name, malformed.raw.clone())),
        }
    }
}

/// The contract's name of a kind, as the cases write it.
fn word(kind: &BlockKind) -> &'static str {
    match kind {
        BlockKind::Text => "text",
        BlockKind::Reasoning => "reasoning",
        BlockKind::Refusal => "refusal",
        BlockKind::ToolCall(_) => "tool-call",
    }
}
