//! The grammar of events as an automaton, for every test that sees a stream of them.
//!
//! Written apart from the assembler, from the contract's text. So a mistake in the assembler does not hide in the
//! test that looks for it.

use std::collections::BTreeMap;
use std::string::String;

use crate::contract::{BlockKind, Event, FinishReason, ToolArguments};

/// The content of a response.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct ResponseContent {
    pub text: String,
    pub reasoning: String,
    pub refusal: String,
    /// Id, name, arguments (`Err`: malformed).
    pub calls: std::vec::Vec<(String, String, Result<String, String>)>,
    pub warnings: std::vec::Vec<String>,
    pub finish: Option<(FinishReason, Option<String>)>,
}

/// Reads events and fails where they break the grammar of the contract.
#[derive(Debug, Default)]
pub(crate) struct Grammar {
    pub content: ResponseContent,
    /// `response` was read.
    responded: bool,
    /// The blocks that have not ended, with their text so far.
    open: BTreeMap<u32, (BlockKind, String)>,
    next_index: u32,
}

impl Grammar {
    pub(crate) fn read(&mut self, event: &Event) {
        assert!(self.content.finish.is_none(), "{event:?} comes after the finish");
        match event {
            Event::Warning(warning) => self.content.warnings.push(warning.clone()),
            Event::Response(_) => assert!(!std::mem::replace(&mut self.responded, true), "a second response"),
            _ => assert!(self.responded, "{event:?} comes before the response"),
        }
        match event {
            Event::BlockStart(start) => {
                assert_eq!(start.index, self.next_index, "indexes count up from 0");
                self.next_index += 1;
                self.open.insert(start.index, (start.kind.clone(), String::new()));
            }
            Event::BlockDelta(delta) => {
                assert!(!delta.text.is_empty(), "an empty delta");
                self.open.get_mut(&delta.index).expect("a delta of an open block").1.push_str(&delta.text);
            }
            Event::BlockEnd(end) => {
                let (kind, text) = self.open.remove(&end.index).expect("the end of an open block");
                match (kind, &end.arguments) {
                    (BlockKind::Text, None) => self.content.text += &text,
                    (BlockKind::Reasoning, None) => self.content.reasoning += &text,
                    (BlockKind::Refusal, None) => self.content.refusal += &text,
                    (BlockKind::ToolCall(head), Some(arguments)) => {
                        let differs = self.content.warnings.iter().any(|w| w.contains("differ from their"));
                        let arguments = match arguments {
                            ToolArguments::Object(object) => {
                                assert!(serde_json::from_str::<&serde_json::value::RawValue>(object).is_ok());
                                let none = object == "{}" && text.trim_matches(' ').len() <= 4;
                                assert!(object == &text || none || differs, "{object} after {text}");
                                Ok(object.clone())
                            }
                            ToolArguments::Malformed(malformed) => {
                                assert!(malformed.raw == text || differs, "{} after {text}", malformed.raw);
                                Err(malformed.raw.clone())
                            }
                        };
                        self.content.calls.push((head.id, head.name, arguments));
                    }
                    (kind, arguments) => panic!("{kind:?} ends with {arguments:?}"),
                }
            }
            Event::Finish(finish) => {
                assert!(self.open.is_empty(), "blocks are open at the finish");
                self.content.finish = Some((finish.reason.clone(), finish.raw_reason.clone()));
            }
            Event::Warning(_) | Event::Response(_) => {}
        }
    }
}
