//! Checks the order of events that the contract prescribes.
//!
//! `response`, then blocks, then `finish`. Each block starts once and ends once, with its deltas in between. The end of
//! a tool call has its arguments, and they are what its fragments made.
//!
//! Hosts rely on this order without checking it: a delta without its block would be text that no host knows where to put.

use std::collections::BTreeMap;

use provider_host::contract::{BlockEnd, BlockKind, Event, ToolArguments};

/// Reads the events of one completion.
#[derive(Debug, Default)]
pub struct Grammar {
    responded: bool,
    finished: bool,
    started: BTreeMap<u32, Block>,
    warnings: usize,
}

#[derive(Debug)]
struct Block {
    tool_call: bool,
    text: String,
    ended: bool,
    /// The warnings before it.
    warnings: usize,
}

impl Grammar {
    /// Takes the next event.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub fn read(&mut self, event: &Event) -> Result<(), String> {
        if self.finished {
            return Err(format!("{event:?} comes after the finish"));
        }
        match event {
            // A warning may come at any point, so it says nothing about the order of the others.
            Event::Warning(_) => {
                self.warnings += 1;
                return Ok(());
            }
            Event::Response(_) if std::mem::replace(&mut self.responded, true) => {
                return Err("a second response".to_owned());
            }
            Event::Response(_) => return Ok(()),
            _ if !self.responded => return Err(format!("{event:?} comes before the response")),
            _ => {}
        }
        match event {
            Event::BlockStart(start) => {
                let tool_call = matches!(start.kind, BlockKind::ToolCall(_));
                let block = Block { tool_call, text: String::new(), ended: false, warnings: self.warnings };
                match self.started.insert(start.index, block) {
                    None => Ok(()),
                    Some(_) => Err(format!("block {} is started twice", start.index)),
                }
            }
            Event::BlockDelta(delta) => {
                self.open(delta.index)?.text.push_str(&delta.text);
                Ok(())
            }
            Event::BlockEnd(end) => self.end(end),
            Event::Finish(_) => {
                self.finished = true;
                match self.started.iter().find(|(_, block)| !block.ended) {
                    None => Ok(()),
                    Some((index, _)) => Err(format!("block {index} is open at the finish")),
                }
            }
            Event::Response(_) | Event::Warning(_) => Ok(()),
        }
    }

    /// Whether the finish has been read.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// The block of a delta or an end. Blocks stay in the map after their end, so that their index cannot be used again: a
    /// host that keys its state by index would join two blocks.
    fn open(&mut self, index: u32) -> Result<&mut Block, String> {
        let block = self.started.get_mut(&index).filter(|block| !block.ended);
        block.ok_or_else(|| format!("block {index} is not open"))
    }

    fn end(&mut self, end: &BlockEnd) -> Result<(), String> {
        let index = end.index;
        let warnings = self.warnings;
        let block = self.open(index)?;
        block.ended = true;
        // Some vendors repeat the whole arguments at the end. If they differ those count, and a warning says so.
        let replaced = block.warnings < warnings;
        match (&end.arguments, block.tool_call) {
            (None, false) => Ok(()),
            (Some(_), false) => Err(format!("block {index} ends with arguments and is no tool call")),
            (None, true) => Err(format!("tool call {index} ends without arguments")),
            // The raw text has to be whole: a host shows it to the model, which then corrects its call.
            (Some(ToolArguments::Malformed(malformed)), true) if malformed.raw == block.text || replaced => {
                Ok(())
            }
            (Some(ToolArguments::Object(object)), true) => {
                // Parsed as raw JSON, so without a limit for depth or for half of a surrogate pair: models write both, and a
                // tool may still read them.
                let is_object = object.trim_ascii_start().starts_with('{')
                    && serde_json::from_str::<&serde_json::value::RawValue>(object).is_ok();
                // No arguments at all are the empty object.
                let none = object == "{}" && block.text.trim().len() <= 4;
                let same = *object == block.text || none || replaced;
                match is_object && same {
                    true => Ok(()),
                    false => Err(format!("tool call {index} ends with other arguments than its fragments")),
                }
            }
            _ => Err(format!("tool call {index} ends with other text than its fragments")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use provider_host::contract::{BlockDelta, BlockStart, Finish, FinishReason, ResponseInfo};

    fn response() -> Event {
        Event::Response(ResponseInfo {
            id: None,
            model: None,
            request_id: None,
            created: None,
            route: "r".into(),
        })
    }

    fn start(index: u32) -> Event {
        Event::BlockStart(BlockStart { index, kind: BlockKind::Text })
    }

    fn delta(index: u32) -> Event {
        Event::BlockDelta(BlockDelta { index, text: "a".into() })
    }

    fn end(index: u32) -> Event {
        Event::BlockEnd(BlockEnd { index, replay: None, arguments: None })
    }

    fn finish() -> Event {
        Event::Finish(Finish { reason: FinishReason::Stop, raw_reason: None, usage: None, extra_json: None })
    }

    #[test]
    fn each_violation_of_the_grammar_is_reported() {
        let good = [response(), start(0), start(1), delta(1), end(1), delta(0), end(0), finish()];
        let mut grammar = Grammar::default();
        assert_eq!(good.iter().try_for_each(|event| grammar.read(event)), Ok(()));
        for bad in [
            vec![start(0)],
            vec![response(), response()],
            vec![response(), delta(0)],
            vec![response(), start(0), start(0)],
            vec![response(), start(0), end(0), delta(0)],
            vec![response(), start(0), end(0), end(0)],
            vec![response(), start(0), finish()],
            vec![response(), finish(), delta(0)],
            vec![response(), finish(), finish()],
        ] {
            let mut grammar = Grammar::default();
            let (last, before) = bad.split_last().expect("events");
            assert_eq!(before.iter().try_for_each(|event| grammar.read(event)), Ok(()), "{bad:?}");
            assert!(grammar.read(last).is_err(), "{bad:?}");
        }
    }
}
