//! The events of one completion, without keys.

use redaction::{Flow, Kind, Passed};

use super::{Redaction, into_text};
use crate::contract::{
    Batch, BlockDelta, BlockEnd, BlockKind, Error, Event, Finish, FinishReason, ResponseInfo, ToolArguments,
};

/// Open blocks whose text is searched across deltas. A hostile component may open new ones without end, and would fill the
/// host's memory. Real responses have a few at once; beyond this number, each delta is searched alone.
const OPEN_BLOCKS: usize = 256;

/// Events on their way from a component to the caller.
///
/// If a delta ends in the beginning of a key, that end is held back until the next delta shows whether it is one. So a
/// block may end with one delta more than the component returned.
pub(in super::super) struct Outgoing {
    redaction: Redaction,
    /// The text of each open block that may still become a key, by its index, for at most [`OPEN_BLOCKS`].
    blocks: Vec<(u32, Flow)>,
    ready: Vec<Event>,
    end: Option<End>,
    /// When the component wants to be called next, as of its last batch.
    wake_after_ms: Option<u32>,
}

/// How the component ended the completion.
enum End {
    Done,
    Failed(Error),
}

impl Outgoing {
    pub(in super::super) fn new(redaction: &Redaction) -> Outgoing {
        let redaction = redaction.clone();
        Outgoing { redaction, blocks: Vec::new(), ready: Vec::new(), end: None, wake_after_ms: None }
    }

    /// The events of an earlier batch that were more than the caller allowed. `None` if there are none, and the component
    /// has to be called.
    pub(in super::super) fn left(&mut self, max_events: u32) -> Option<Result<Batch, Error>> {
        (!self.ready.is_empty()).then(|| self.take(max_events))
    }

    /// The component's batch without keys, cut to `max_events`: a delta that was held back may be one event more.
    ///
    /// # Errors
    /// The component's, after the events that it returned before.
    pub(in super::super) fn pass(
        &mut self,
        returned: Result<Batch, Error>,
        max_events: u32,
    ) -> Result<Batch, Error> {
        match returned {
            Ok(batch) if self.redaction.is_idle() => return Ok(batch),
            Ok(batch) => {
                self.wake_after_ms = batch.wake_after_ms;
                self.ready.reserve(batch.events.len());
                batch.events.into_iter().for_each(|event| self.push(event));
                self.end = batch.done.then_some(End::Done);
            }
            Err(mut error) => {
                self.redaction.error(&mut error);
                std::mem::take(&mut self.blocks)
                    .into_iter()
                    .for_each(|(index, flow)| self.finish(index, flow));
                self.end = Some(End::Failed(error));
                // The events before the error may fill this batch; the error is returned by the next call.
                self.wake_after_ms = Some(0);
            }
        }
        self.take(max_events)
    }

    fn take(&mut self, max_events: u32) -> Result<Batch, Error> {
        if let (true, Some(End::Failed(error))) = (self.ready.is_empty(), &self.end) {
            return Err(error.clone());
        }
        // 0 counts as 1, as in the contract: otherwise a caller could never get the event that it waits for.
        let count = usize::try_from(max_events.max(1)).unwrap_or(usize::MAX).min(self.ready.len());
        let events = match count == self.ready.len() {
            true => std::mem::take(&mut self.ready),
            false => self.ready.drain(..count).collect(),
        };
        let done = self.ready.is_empty() && matches!(self.end, Some(End::Done));
        let wake_after_ms = if self.ready.is_empty() { self.wake_after_ms } else { Some(0) };
        Ok(Batch { events, done, wake_after_ms })
    }

    fn push(&mut self, mut event: Event) {
        match &mut event {
            Event::BlockDelta(delta) => {
                let was_empty = delta.text.is_empty();
                match self.flow(delta.index).map(|flow| flow.push(delta.text.as_bytes())) {
                    Some(Passed::First(length)) => delta.text.truncate(length),
                    Some(Passed::Rewritten(bytes)) => delta.text = into_text(bytes),
                    None => self.texts([&mut delta.text]),
                }
                if delta.text.is_empty() && !was_empty {
                    return;
                }
            }
            Event::BlockEnd(end) => {
                if let Ok(place) = self.place(end.index) {
                    let (index, flow) = self.blocks.remove(place);
                    self.finish(index, flow);
                }
                self.texts(end_texts(end));
            }
            Event::BlockStart(start) => {
                let flow = match &mut start.kind {
                    BlockKind::ToolCall(head) => {
                        self.texts([&mut head.id, &mut head.name]);
                        self.redaction.flow(Kind::Text)
                    }
                    _ => self.redaction.flow(Kind::Deltas),
                };
                match self.place(start.index) {
                    Ok(place) => self.blocks[place].1 = flow,
                    Err(place) if self.blocks.len() < OPEN_BLOCKS => {
                        self.blocks.insert(place, (start.index, flow));
                    }
                    Err(_) => {}
                }
            }
            Event::Response(response) => self.whole(response_texts(response)),
            Event::Warning(warning) => self.whole([warning]),
            Event::Finish(finish) => self.whole(finish_texts(finish)),
        }
        self.ready.push(event);
    }

    /// Where an open block is, or where it would be inserted.
    fn place(&self, index: u32) -> Result<usize, usize> {
        self.blocks.binary_search_by_key(&index, |(index, _)| *index)
    }

    /// The text of a block. `None` where too many are open.
    fn flow(&mut self, index: u32) -> Option<&mut Flow> {
        let place = match self.place(index) {
            Ok(place) => place,
            Err(_) if self.blocks.len() >= OPEN_BLOCKS => return None,
            Err(place) => {
                self.blocks.insert(place, (index, self.redaction.flow(Kind::Deltas)));
                place
            }
        };
        self.blocks.get_mut(place).map(|(_, flow)| flow)
    }

    /// Passes on the rest of a block's text that was held back.
    fn finish(&mut self, index: u32, mut flow: Flow) {
        let rest = flow.finish();
        if !rest.is_empty() {
            self.ready.push(Event::BlockDelta(BlockDelta { index, text: into_text(rest) }));
        }
    }

    #[cfg(test)]
    pub(super) fn open_blocks(&self) -> usize {
        self.blocks.len()
    }

    /// Texts that no server sends in pieces: see [`Redaction::taken_out`].
    fn whole<'a>(&self, texts: impl IntoIterator<Item = &'a mut String>) {
        texts.into_iter().for_each(|text| self.redaction.counted(text, self.redaction.flow(Kind::Text)));
    }

    fn texts<'a>(&self, texts: impl IntoIterator<Item = &'a mut String>) {
        texts.into_iter().for_each(|text| self.redaction.text(text));
    }
}

fn response_texts(response: &mut ResponseInfo) -> impl Iterator<Item = &mut String> {
    let ResponseInfo { id, model, request_id, route, created: _ } = response;
    [id, model, request_id].into_iter().flatten().chain([route])
}

fn end_texts(end: &mut BlockEnd) -> impl Iterator<Item = &mut String> {
    let arguments = match &mut end.arguments {
        Some(ToolArguments::Object(object)) => vec![object],
        Some(ToolArguments::Malformed(malformed)) => vec![&mut malformed.raw, &mut malformed.reason],
        None => Vec::new(),
    };
    end.replay.iter_mut().chain(arguments)
}

fn finish_texts(finish: &mut Finish) -> impl Iterator<Item = &mut String> {
    let reason = match &mut finish.reason {
        FinishReason::Other(reason) => Some(reason),
        _ => None,
    };
    let usage =
        finish.usage.iter_mut().flat_map(|usage| [&mut usage.currency, &mut usage.raw_json]).flatten();
    [&mut finish.raw_reason, &mut finish.extra_json].into_iter().flatten().chain(reason).chain(usage)
}
