//! Joins a stream of events into the message that goes into an agent's history.
//!
//! Each part is sent back with its `replay` unchanged. Providers verify signatures and decrypt reasoning with it, and
//! refuse a conversation in which it was touched.

use provider_host::contract::{
    BlockKind, Event, Finish, Message, Part, ReasoningPart, ResponseInfo, Role, TextPart, ToolArguments,
    ToolCallPart,
};

/// A complete tool call.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolCall {
    /// The id that the tool's result names.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// A JSON object, or why the model's arguments are none.
    pub arguments: ToolArguments,
}

/// Collects a completion's events.
#[derive(Debug, Default)]
pub struct Transcript {
    response: Option<ResponseInfo>,
    blocks: Vec<Block>,
    warnings: Vec<String>,
    finish: Option<Finish>,
}

#[derive(Debug)]
struct Block {
    index: u32,
    kind: BlockKind,
    text: String,
    replay: Option<String>,
    arguments: Option<ToolArguments>,
    ended: bool,
}

impl Transcript {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next event. An event that does not fit the grammar (a delta without its block) is skipped: reporting it
    /// is the task of a conformance check, and a history should keep what is usable.
    pub fn push(&mut self, event: &Event) {
        match event {
            Event::Response(response) => self.response = Some(response.clone()),
            Event::BlockStart(start) => self.blocks.push(Block {
                index: start.index,
                kind: start.kind.clone(),
                text: String::new(),
                replay: None,
                arguments: None,
                ended: false,
            }),
            Event::BlockDelta(delta) => {
                if let Some(block) = self.open_block(delta.index) {
                    block.text.push_str(&delta.text);
                }
            }
            Event::BlockEnd(end) => {
                if let Some(block) = self.open_block(end.index) {
                    block.replay.clone_from(&end.replay);
                    block.arguments.clone_from(&end.arguments);
                    block.ended = true;
                }
            }
            Event::Warning(warning) => self.warnings.push(warning.clone()),
            Event::Finish(finish) => self.finish = Some(finish.clone()),
        }
    }

    /// The head of the response, once known.
    #[must_use]
    pub fn response(&self) -> Option<&ResponseInfo> {
        self.response.as_ref()
    }

    /// How the completion ended; `None` while it has not.
    #[must_use]
    pub fn finish(&self) -> Option<&Finish> {
        self.finish.as_ref()
    }

    /// Warnings of the provider.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The visible text: text and refusal blocks, in order. A refusal is what the model wrote to the user.
    #[must_use]
    pub fn text(&self) -> String {
        let spoken = |block: &&Block| matches!(block.kind, BlockKind::Text | BlockKind::Refusal);
        self.blocks.iter().filter(spoken).map(|block| block.text.as_str()).collect()
    }

    /// The complete tool calls, in order.
    #[must_use]
    pub fn tool_calls(&self) -> Vec<ToolCall> {
        self.blocks.iter().filter_map(Block::tool_call).collect()
    }

    /// The assistant's message, to be appended to the history after the user's. Blocks that have not ended are kept, without
    /// a replay: after a broken connection the text is still worth sending back.
    #[must_use]
    pub fn message(&self) -> Message {
        let content = self.blocks.iter().filter_map(Block::part).collect();
        Message { role: Role::Assistant, content, cache_here: false }
    }

    /// The newest block of this index that has not ended; blocks may interleave. The newest, in case a provider uses an index
    /// again: the older block is complete as it is.
    fn open_block(&mut self, index: u32) -> Option<&mut Block> {
        self.blocks.iter_mut().rev().find(|block| block.index == index && !block.ended)
    }
}

impl Block {
    fn tool_call(&self) -> Option<ToolCall> {
        let (BlockKind::ToolCall(head), Some(arguments)) = (&self.kind, &self.arguments) else { return None };
        Some(ToolCall { id: head.id.clone(), name: head.name.clone(), arguments: arguments.clone() })
    }

    fn part(&self) -> Option<Part> {
        let (text, replay) = (self.text.clone(), self.replay.clone());
        match &self.kind {
            // The contract's history has no part for a refusal, so it goes back as the assistant's text.
            BlockKind::Text | BlockKind::Refusal => Some(Part::Text(TextPart { text, replay })),
            BlockKind::Reasoning => Some(Part::Reasoning(ReasoningPart { text, replay })),
            // A call without its end may lack arguments. Sent back, it would look as if it had been made.
            BlockKind::ToolCall(head) => self.arguments.as_ref().map(|arguments| {
                let arguments_json = match arguments {
                    ToolArguments::Object(text) => text.clone(),
                    ToolArguments::Malformed(malformed) => malformed.raw.clone(),
                };
                Part::ToolCall(ToolCallPart {
                    id: head.id.clone(),
                    name: head.name.clone(),
                    arguments_json,
                    replay,
                })
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use provider_host::contract::{
        BlockDelta, BlockEnd, BlockStart, FinishReason, MalformedArguments, ToolCallHead,
    };

    fn start(index: u32, kind: BlockKind) -> Event {
        Event::BlockStart(BlockStart { index, kind })
    }

    fn call(id: &str) -> BlockKind {
        BlockKind::ToolCall(ToolCallHead { id: id.into(), name: "f".into() })
    }

    fn delta(index: u32, text: &str) -> Event {
        Event::BlockDelta(BlockDelta { index, text: text.into() })
    }

    fn end(index: u32, replay: Option<&str>, arguments: Option<ToolArguments>) -> Event {
        Event::BlockEnd(BlockEnd { index, replay: replay.map(str::to_owned), arguments })
    }

    fn collect(events: &[Event]) -> Transcript {
        let mut transcript = Transcript::new();
        events.iter().for_each(|event| transcript.push(event));
        transcript
    }

    #[test]
    fn interleaved_blocks_come_back_in_order_with_their_replay_untouched() {
        let object = ToolArguments::Object(r#"{"a": 1}"#.into());
        let transcript = collect(&[
            start(0, BlockKind::Reasoning),
            delta(0, "hm"),
            start(1, BlockKind::Text),
            delta(1, "Hello"),
            delta(0, "m"),
            end(0, Some("signature\u{0}=="), None),
            start(2, call("c1")),
            delta(1, "!"),
            delta(2, r#"{"a": 1}"#),
            end(2, Some("extra"), Some(object.clone())),
            end(1, None, None),
            Event::Finish(Finish {
                reason: FinishReason::ToolCalls,
                raw_reason: None,
                usage: None,
                extra_json: None,
            }),
        ]);
        let expected = [
            Part::Reasoning(ReasoningPart { text: "hmm".into(), replay: Some("signature\u{0}==".into()) }),
            Part::Text(TextPart { text: "Hello!".into(), replay: None }),
            Part::ToolCall(ToolCallPart {
                id: "c1".into(),
                name: "f".into(),
                arguments_json: r#"{"a": 1}"#.into(),
                replay: Some("extra".into()),
            }),
        ];
        assert_eq!(transcript.message().content, expected);
        assert_eq!(transcript.text(), "Hello!");
        assert_eq!(
            transcript.tool_calls(),
            [ToolCall { id: "c1".into(), name: "f".into(), arguments: object }]
        );
        assert!(transcript.finish().is_some());
    }

    #[test]
    fn an_incomplete_call_is_dropped_and_a_malformed_one_keeps_its_text() {
        let malformed =
            ToolArguments::Malformed(MalformedArguments { raw: "{\"a".into(), reason: "cut".into() });
        let transcript = collect(&[
            start(0, call("c1")),
            end(0, None, Some(malformed)),
            start(1, call("c2")),
            delta(1, "{"),
        ]);
        let message = transcript.message();
        assert_eq!(message.content.len(), 1);
        assert!(matches!(&message.content[0], Part::ToolCall(part) if part.arguments_json == "{\"a"));
        assert_eq!(transcript.tool_calls().len(), 1);
        assert!(transcript.finish().is_none());
    }

    #[test]
    fn text_of_an_incomplete_response_is_kept() {
        let transcript = collect(&[
            start(0, BlockKind::Text),
            delta(0, "so f"),
            delta(9, "stray"),
            Event::Warning("w".into()),
        ]);
        assert_eq!(transcript.text(), "so f");
        assert_eq!(transcript.warnings(), ["w"]);
    }
}
