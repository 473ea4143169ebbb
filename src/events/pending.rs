//! Events that were made and not taken yet, and how many of them leave in one batch.
//!
//! One chunk can make very many events, since a server decides how large a chunk is and what is in it. So what waits here
//! is bounded, and so is what leaves at once: a host copies a batch out of the component, and ends the instance where the
//! copy would exceed its own limit.

use alloc::{
    string::String,
    vec::{self, Vec},
};

use crate::contract::{BlockDelta, BlockKind, Event, FinishReason, ToolArguments};

/// Most bytes of a batch, as they are handed out: after escapes, and with [`EVENT_OVERHEAD`] for each event. A batch that
/// would be larger is cut, and the next call continues it [92].
///
/// Hosts limit what they copy out of a component in one call, to 64 MiB in the test host. The caps on the parts of a
/// response are below this one, except for one event that is large in itself, which leaves alone.
pub const MAX_BATCH: usize = 16 << 20;

/// Bytes that each event counts in addition to its texts. A host's own form of an event is about as large.
const EVENT_OVERHEAD: usize = 256;

/// From so many events on, further text of a block is added to its last delta. A host that keeps up never has so many
/// before it, and one that does not gains nothing from small pieces, which cost more memory than their text.
const MANY: usize = 1024;

/// Most events that wait. A chunk that makes more is no model's: it changes from block to block ten thousand times.
const MAX_PENDING: usize = 1 << 15;

/// From so many events on there is enough for a batch. The rest of [`MAX_PENDING`] is for one more read.
const ENOUGH: usize = MAX_PENDING / 2;

/// The events.
#[derive(Debug, Default)]
pub(super) struct PendingEvents {
    /// Events since the last batch.
    ready: Vec<Event>,
    /// Earlier events, of which a batch has taken the first ones. An iterator, so that taking a few of many moves nothing.
    partly_taken: vec::IntoIter<Event>,
    /// The size of all of them, as it counts against [`MAX_BATCH`].
    bytes: usize,
    /// An event was left out, because there were [`MAX_PENDING`].
    overflowed: bool,
}

impl PendingEvents {
    pub(super) fn push(&mut self, event: Event) {
        let bytes = size(&event);
        self.add(event, bytes);
    }

    /// More text of a block.
    pub(super) fn push_delta(&mut self, index: u32, text: String) {
        if self.ready.len() >= MANY
            && let Some(Event::BlockDelta(last)) = self.ready.last_mut()
            && last.index == index
        {
            self.bytes = self.bytes.saturating_add(text.len());
            last.text.push_str(&text);
            return;
        }
        // Nearly every event is one of these, and its size is known.
        let bytes = text.len().saturating_add(EVENT_OVERHEAD);
        self.add(Event::BlockDelta(BlockDelta { index, text }), bytes);
    }

    fn add(&mut self, event: Event, bytes: usize) {
        if self.ready.len() >= MAX_PENDING {
            self.overflowed = true;
            return;
        }
        self.bytes = self.bytes.saturating_add(bytes);
        self.ready.push(event);
    }

    /// Whether events were left out. The response cannot be continued then.
    pub(super) fn has_overflowed(&self) -> bool {
        self.overflowed
    }

    /// Whether there are this many events to take, or as many as a batch may have.
    pub(super) fn has(&self, count: usize) -> bool {
        let events = self.partly_taken.len().saturating_add(self.ready.len());
        events >= count.min(ENOUGH) || self.bytes > MAX_BATCH
    }

    /// Takes up to `max` events, of at most [`MAX_BATCH`] bytes together; at least one if there is any.
    pub(super) fn take(&mut self, max: usize) -> Vec<Event> {
        if self.partly_taken.len() == 0 {
            let ready = core::mem::take(&mut self.ready);
            // The usual case hands out the list itself, without a copy.
            if ready.len() <= max && self.bytes <= MAX_BATCH {
                self.bytes = 0;
                return ready;
            }
            self.partly_taken = ready.into_iter();
        }
        let mut batch = Vec::new();
        let mut bytes = 0_usize;
        while batch.len() < max
            && let Some(next) = self.partly_taken.as_slice().first().map(size)
        {
            if !batch.is_empty() && bytes.saturating_add(next) > MAX_BATCH {
                break;
            }
            bytes = bytes.saturating_add(next);
            batch.extend(self.partly_taken.next());
        }
        self.bytes = self.bytes.saturating_sub(bytes);
        batch
    }
}

/// The bytes that an event counts.
pub(crate) fn size(event: &Event) -> usize {
    let optional = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let texts = match event {
        Event::BlockDelta(delta) => [delta.text.len(), 0, 0, 0],
        Event::BlockStart(start) => match &start.kind {
            BlockKind::ToolCall(head) => [head.id.len(), head.name.len(), 0, 0],
            _ => [0; 4],
        },
        Event::BlockEnd(end) => {
            let arguments = match &end.arguments {
                Some(ToolArguments::Object(json)) => json.len(),
                Some(ToolArguments::Malformed(malformed)) => {
                    malformed.raw.len().saturating_add(malformed.reason.len())
                }
                None => 0,
            };
            [optional(&end.replay), arguments, 0, 0]
        }
        Event::Response(response) => {
            let [id, model, request] = [&response.id, &response.model, &response.request_id].map(optional);
            [id, model, request, response.route.len()]
        }
        Event::Warning(warning) => [warning.len(), 0, 0, 0],
        Event::Finish(finish) => {
            let reason = match &finish.reason {
                FinishReason::Other(reason) => reason.len(),
                _ => 0,
            };
            let usage = finish.usage.as_ref().map_or(0, |usage| optional(&usage.raw_json));
            [optional(&finish.raw_reason), reason, usage, optional(&finish.extra_json)]
        }
    };
    texts.into_iter().fold(EVENT_OVERHEAD, usize::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{BlockEnd, Finish};

    fn delta(index: u32, bytes: usize) -> Event {
        Event::BlockDelta(BlockDelta { index, text: "x".repeat(bytes) })
    }

    fn text_of(events: &[Event]) -> usize {
        let text = |event: &Event| match event {
            Event::BlockDelta(delta) => delta.text.len(),
            _ => 0,
        };
        events.iter().map(text).sum()
    }

    #[test]
    fn a_batch_is_cut_at_its_budget_and_continued_without_a_loss() {
        let mut pending = PendingEvents::default();
        // The sizes are those of single events: some of them exceed the budget alone.
        for bytes in [1, 9 << 20, 9 << 20, 40 << 20, 1, MAX_BATCH - EVENT_OVERHEAD, 0, 1] {
            pending.push(delta(0, bytes));
        }
        let mut batches = Vec::new();
        while pending.has(1) {
            let batch = pending.take(usize::MAX);
            assert!(batch.len() == 1 || batch.iter().map(size).sum::<usize>() <= MAX_BATCH);
            batches.push((batch.len(), text_of(&batch)));
        }
        let whole = MAX_BATCH - EVENT_OVERHEAD;
        let expected = [(2, (9 << 20) + 1), (1, 9 << 20), (1, 40 << 20), (1, 1), (1, whole), (2, 1)];
        assert_eq!(batches, expected);
        assert!(!pending.has(1) && pending.bytes == 0);
    }

    #[test]
    fn every_text_of_an_event_counts() {
        let large = || Some("x".repeat(MAX_BATCH));
        let finish = |raw_reason, extra_json, reason| {
            Event::Finish(Finish { reason, raw_reason, usage: None, extra_json })
        };
        let end = |replay, arguments| Event::BlockEnd(BlockEnd { index: 0, replay, arguments });
        for event in [
            Event::Warning(large().unwrap()),
            finish(large(), None, FinishReason::Stop),
            finish(None, large(), FinishReason::Stop),
            finish(None, None, FinishReason::Other(large().unwrap())),
            end(large(), None),
            end(None, large().map(ToolArguments::Object)),
        ] {
            assert_eq!(size(&event), EVENT_OVERHEAD + MAX_BATCH);
            let mut pending = PendingEvents::default();
            pending.push(delta(0, 1));
            pending.push(event);
            assert!(pending.has(usize::MAX), "enough for a batch");
            assert_eq!((pending.take(9).len(), pending.take(9).len()), (1, 1));
        }
    }

    #[test]
    fn many_small_pieces_of_a_block_become_one() {
        let mut pending = PendingEvents::default();
        for _ in 0..100_000 {
            pending.push_delta(7, "ab".into());
        }
        pending.push_delta(8, "c".into());
        pending.push_delta(7, "d".into());
        assert_eq!(pending.ready.len(), MANY + 2);
        assert_eq!(text_of(&pending.take(usize::MAX)), 200_002);
        assert_eq!(pending.bytes, 0);
    }

    #[test]
    fn events_beyond_all_reason_are_left_out_and_reported() {
        let mut pending = PendingEvents::default();
        for index in 0..=MAX_PENDING as u32 {
            assert!(!pending.has_overflowed());
            pending.push_delta(index, "a".into());
        }
        assert!(pending.has_overflowed());
        assert_eq!(pending.ready.len(), MAX_PENDING);
    }
}
