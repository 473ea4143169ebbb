//! Prints a streamed response as text: the response itself on stdout, everything else on stderr.
//!
//! With this split `host-test chat … > file` stores exactly what the model wrote, and notes still reach the user.

use std::collections::BTreeMap;

use provider_host::contract::{BlockEnd, BlockKind, BlockStart, Event, FinishReason, ToolArguments};

use super::failure::Failure;
use super::stream::View;
use super::terminal::{Sanitizer, Screen, Spinner, Style, line};

/// Prints events as text as they arrive.
pub(crate) struct TerminalView {
    screen: Screen,
    /// The spinner until the first event.
    waiting: Option<Spinner>,
    /// Blocks that have not ended. Deltas of different blocks may alternate, so each has its own state.
    open: BTreeMap<u32, Open>,
    /// The stream whose text the cursor follows, unless the cursor is at the start of a line.
    unfinished: Option<Stream>,
    /// The block that was written last. Text of another block starts on a new line.
    last: Option<u32>,
}

struct Open {
    kind: BlockKind,
    sanitizer: Sanitizer,
}

/// The destination of a block's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stream {
    Out,
    Aside,
}

impl TerminalView {
    /// Shows a spinner until the first event.
    pub(crate) fn new(screen: Screen) -> Self {
        let waiting = Some(screen.spinner("waiting for the response"));
        Self { screen, waiting, open: BTreeMap::new(), unfinished: None, last: None }
    }

    /// Ends the current line. Call it last, however the stream ended, or a shell prompt would follow the text directly.
    pub(crate) fn end(&mut self) -> Result<(), Failure> {
        self.waiting = None;
        self.fresh_line()
    }

    fn start(&mut self, start: &BlockStart) {
        // A sanitizer for each block: a CR at the end of one delta is completed by the next delta of the same block.
        let sanitizer = Sanitizer::default();
        self.open.insert(start.index, Open { kind: start.kind.clone(), sanitizer });
    }

    fn delta(&mut self, index: u32, text: &str) -> Result<(), Failure> {
        // A delta without its block violates the contract. Conformance reports that; a reader of the text gains nothing.
        let Some(open) = self.open.get_mut(&index) else { return Ok(()) };
        let Some(stream) = stream_of(&open.kind) else { return Ok(()) };
        let safe = open.sanitizer.feed(text).into_owned();
        self.write(index, stream, &safe)
    }

    fn write(&mut self, index: u32, stream: Stream, text: &str) -> Result<(), Failure> {
        // The sanitizer may hold all of a piece back. An empty write would still move to a new line.
        if text.is_empty() {
            return Ok(());
        }
        if self.last.is_some_and(|last| last != index) {
            self.fresh_line()?;
        }
        self.last = Some(index);
        self.unfinished = if text.ends_with('\n') { None } else { Some(stream) };
        match stream {
            Stream::Out => self.screen.print(text),
            Stream::Aside => {
                self.screen.aside(Some(Style::Dim), text);
                Ok(())
            }
        }
    }

    /// Writes what the sanitizer held back, or the finished tool call.
    fn block_end(&mut self, end: &BlockEnd) -> Result<(), Failure> {
        let Some(mut open) = self.open.remove(&end.index) else { return Ok(()) };
        if let Some(stream) = stream_of(&open.kind) {
            let held_back = open.sanitizer.end();
            return self.write(end.index, stream, held_back);
        }
        let (BlockKind::ToolCall(head), Some(arguments)) = (&open.kind, &end.arguments) else {
            return Ok(());
        };
        self.note(Style::Cyan, &tool_call(&head.name, arguments))
    }

    /// A line of its own on stderr.
    fn note(&mut self, style: Style, text: &str) -> Result<(), Failure> {
        self.fresh_line()?;
        self.screen.aside(Some(style), &format!("{text}\n"));
        Ok(())
    }

    /// Ends the line on the stream that it was begun on: a line break on the other one would end up in the output file.
    fn fresh_line(&mut self) -> Result<(), Failure> {
        match self.unfinished.take() {
            Some(Stream::Out) => self.screen.print("\n"),
            Some(Stream::Aside) => {
                self.screen.aside(None, "\n");
                Ok(())
            }
            None => Ok(()),
        }
    }
}

impl View for TerminalView {
    fn event(&mut self, event: &Event) -> Result<(), Failure> {
        self.waiting = None;
        match event {
            Event::Response(_) => Ok(()),
            Event::BlockStart(start) => {
                self.start(start);
                Ok(())
            }
            Event::BlockDelta(delta) => self.delta(delta.index, &delta.text),
            Event::BlockEnd(end) => self.block_end(end),
            Event::Warning(warning) => self.note(Style::Yellow, &format!("warning: {}", line(warning))),
            Event::Finish(finish) => {
                self.fresh_line()?;
                match ended_early(&finish.reason) {
                    Some(why) => self.note(Style::Yellow, &why),
                    None => Ok(()),
                }
            }
        }
    }
}

/// The stream for the text of a block. A tool call is printed once it is complete: fragments of JSON help nobody.
fn stream_of(kind: &BlockKind) -> Option<Stream> {
    match kind {
        BlockKind::Text | BlockKind::Refusal => Some(Stream::Out),
        BlockKind::Reasoning => Some(Stream::Aside),
        BlockKind::ToolCall(_) => None,
    }
}

/// A tool call in the notation of a function call. Name and arguments are the model's text, so both are escaped.
pub(crate) fn tool_call(name: &str, arguments: &ToolArguments) -> String {
    match arguments {
        ToolArguments::Object(text) => format!("→ {}({})", line(name), line(text.trim())),
        ToolArguments::Malformed(malformed) => {
            format!(
                "→ {}: malformed arguments, {}: {}",
                line(name),
                line(&malformed.reason),
                line(&malformed.raw)
            )
        }
    }
}

/// A note if the response did not end normally. A response that was cut off often looks complete.
fn ended_early(reason: &FinishReason) -> Option<String> {
    match reason {
        FinishReason::Stop | FinishReason::ToolCalls => None,
        FinishReason::Length => Some("cut off at the token limit; raise it with --max-tokens".to_owned()),
        FinishReason::ContentFilter => Some("cut off by the provider's content filter".to_owned()),
        FinishReason::Refusal => Some("the model refused to respond".to_owned()),
        FinishReason::Other(reason) => Some(format!("ended with the unknown reason {:?}", line(reason))),
    }
}

#[cfg(test)]
mod tests {
    use provider_host::contract::MalformedArguments;

    use super::*;

    #[test]
    fn a_tool_call_is_one_line_without_control_characters() {
        let call = tool_call("get\u{1b}[2J", &ToolArguments::Object("{\n \"a\": 1}".into()));
        assert_eq!(call, r#"→ get\x1b[2J({\n "a": 1})"#);
        let malformed = MalformedArguments { raw: "{\"a\r".into(), reason: "cut off".into() };
        assert_eq!(
            tool_call("f", &ToolArguments::Malformed(malformed)),
            r#"→ f: malformed arguments, cut off: {"a\r"#
        );
    }

    #[test]
    fn only_an_unusual_end_gets_a_note() {
        assert!(
            ended_early(&FinishReason::Stop).is_none() && ended_early(&FinishReason::ToolCalls).is_none()
        );
        for reason in [FinishReason::Length, FinishReason::ContentFilter, FinishReason::Refusal] {
            assert!(ended_early(&reason).is_some());
        }
        assert!(ended_early(&FinishReason::Other("eos".into())).is_some_and(|why| why.contains("eos")));
    }
}
