//! Chunks to events.
//!
//! Google streams parts and no structure: each chunk is a whole response with the next parts of the content. So a block
//! begins where the kind of the parts changes, and ends with a part that has a signature, because that part has to go
//! back as it is.

use alloc::{borrow::ToOwned, boxed::Box, format, string::String};

use super::calls::Calls;
use super::chunk::{Candidate, Chunk, Part};
use super::extras::Extras;
use super::finish_reason::{finish_reason, is_stop, received};
use super::repeat_fast_path::RepeatedChunk;
use super::replay::Replay;
use super::usage::UsageReport;
use crate::contract::{Finish, FinishReason, ResponseInfo};
use crate::errors::http_date::rfc3339_seconds;
use crate::errors::{Error, ErrorKind, glued_error, incomplete_stream, is_reason, protocol};
use crate::events::{Assembler, TextKind};
use crate::json::{Object, RawValue, WireText, elements, parse, present, read, string, wire_text};
use crate::response::{Decoder, End, Progress, Unread, utf8_lossy};
use crate::routes::ResponseContext;

/// The number of data lines without JSON that are skipped; one more ends the response [17].
const MAX_SKIPPED: u32 = 16;

/// Reads the responses of this route.
pub struct GeminiDecoder {
    context: ResponseContext,
    /// The previous chunk, for the fast path.
    repeat: RepeatedChunk,
    progress: Progress,
    /// The index of the candidate that is read.
    candidate: Option<u64>,
    calls: Calls,
    /// There was a part with content.
    has_content: bool,
    /// The last one that was received [47].
    finish_reason: Option<String>,
    /// Why the prompt was refused.
    block_reason: Option<String>,
    usage: UsageReport,
    extras: Extras,
    warned_of_media: bool,
    warned_of_parts: bool,
    skipped: u32,
    unread: Unread,
    /// See [`Decoder::progress_count`].
    progress_count: u64,
}

/// A decoder for one response.
pub fn decoder(context: ResponseContext) -> Box<dyn Decoder> {
    Box::new(GeminiDecoder {
        unread: Unread::new(context.head.clone(), context.scrubber.clone()),
        context,
        repeat: RepeatedChunk::default(),
        progress: Progress::Open,
        candidate: None,
        calls: Calls::default(),
        has_content: false,
        finish_reason: None,
        block_reason: None,
        usage: UsageReport::default(),
        extras: Extras::default(),
        warned_of_media: false,
        warned_of_parts: false,
        skipped: 0,
        progress_count: 0,
    })
}

impl GeminiDecoder {
    /// One chunk, or a list of chunks.
    fn read(&mut self, json: &str, out: &mut Assembler) -> Result<(), Error> {
        match elements(json) {
            Some(mut chunks) => chunks.try_for_each(|chunk| self.chunk(chunk.get(), out)),
            None => self.chunk(json, out),
        }
    }

    fn chunk(&mut self, json: &str, out: &mut Assembler) -> Result<(), Error> {
        let mut chunk = Object::default();
        let Some(chunk): Option<&Chunk<'_>> = read(json, &mut chunk).and(chunk.0.as_ref()) else {
            return self.skip(json);
        };
        if chunk.is_error() {
            return Err(self.unread.json_error(json));
        }
        if let Some(usage) = present(chunk.usage) {
            self.usage.note(usage);
        }
        if let Some(feedback) = &chunk.prompt_feedback.0
            && let Some(reason) = received(feedback.block_reason)
        {
            out.respond(|| response_info(chunk, &self.context));
            self.block_reason = Some(reason.into_owned());
            self.progress_count = self.progress_count.saturating_add(1);
            self.progress = Progress::Finished;
        }
        let Some(candidate) = chunk.candidate(self.candidate) else {
            // Neither content nor usage: if the stream ends badly, this may be the reason [71].
            if chunk.usage.is_none() && chunk.id.is_none() {
                self.unread.note(json.as_bytes());
            }
            return Ok(());
        };
        // Not before: a stream with an error as its first chunk is no response, and may be retried.
        out.respond(|| response_info(chunk, &self.context));
        self.candidate = Some(candidate.index());
        let text = self.candidate(candidate, out)?;
        if let Some((kind, text)) = text.filter(|_| chunk.has_one_candidate()) {
            self.repeat.note(json, kind, text, chunk.usage);
        }
        Ok(())
    }

    /// Returns the text of the candidate, if that is all it has.
    fn candidate<'a>(
        &mut self,
        candidate: &Candidate<'a>,
        out: &mut Assembler,
    ) -> Result<Option<(TextKind, RawValue<'a>)>, Error> {
        let before = self.progress_count;
        let (mut text, mut count) = (None, 0_usize);
        if let Some(list) = candidate.parts() {
            for part in elements(list.get()).into_iter().flatten() {
                text = self.part(part, out)?;
                count = count.saturating_add(1);
            }
        }
        self.extras.note_candidate(candidate);
        let has_content = before != self.progress_count;
        if let Some(reason) = received(candidate.finish_reason) {
            self.progress_count = self.progress_count.saturating_add(1);
            // Older models write a reason into each chunk, and some servers into empty chunks before the first text, so
            // that it ends the response only after content, and the last one counts [47].
            let is_stop = is_stop(&reason);
            self.progress = match (has_content, self.has_content || !is_stop) {
                (true, _) => Progress::Finishing,
                (false, true) => Progress::Finished,
                (false, false) => Progress::Premature,
            };
            if !is_stop {
                self.extras.note("safetyRatings", candidate.safety_ratings);
            }
            self.finish_reason = Some(reason.into_owned());
        } else if has_content && self.progress != Progress::Open {
            self.progress = Progress::Premature;
        }
        let is_alone = count == 1 && !candidate.has_more();
        Ok(text.filter(|_| is_alone))
    }

    /// Returns the text of the part, if that is all it has.
    fn part<'a>(
        &mut self,
        raw: RawValue<'a>,
        out: &mut Assembler,
    ) -> Result<Option<(TextKind, RawValue<'a>)>, Error> {
        let mut part = Object::default();
        let Some(part): Option<&Part<'a>> = read(raw.get(), &mut part).and(part.0.as_ref()) else {
            return Ok(None);
        };
        let signature = string(part.signature).map(|signature| signature.into_owned());
        if let Some(call) = &part.call.0 {
            self.count_content();
            return self.calls.read(call, signature, out).map(|()| None);
        }
        let is_thought = present(part.thought) == Some("true");
        let text = wire_text(part.text).filter(|text| !text.is_empty());
        if text.is_none() && !part.is_other && signature.is_none() {
            return Ok(None);
        }
        self.count_content();
        // A part of another kind ends a call whose end is missing.
        self.calls.close(true, out)?;
        let kind = if is_thought { TextKind::Reasoning } else { TextKind::Text };
        match text {
            Some(text) if !is_thought || self.context.reasoning_text => {
                let is_alone = signature.is_none() && !part.is_other;
                text_part(kind, &text, signature, out);
                if is_alone {
                    return Ok(part.text.map(|text| (kind, text)));
                }
            }
            // A signature on an empty text, which belongs after the text before it.
            None if !part.is_other => keep(raw, out),
            // Thoughts do not go back, unless they are signed.
            _ if is_thought && signature.is_none() => {}
            _ => {
                // Neither is a part of the text before it.
                out.close_text(None);
                keep(raw, out);
            }
        }
        if part.is_other {
            self.warn_of_part(part.is_media, out);
        }
        Ok(None)
    }

    /// One warning of each sort, since a stream could have such a part in every chunk.
    fn warn_of_part(&mut self, is_media: bool, out: &mut Assembler) {
        let (warned, warning) = match is_media {
            true => (
                &mut self.warned_of_media,
                "the response contains media, which this provider does not pass on; an empty reasoning block keeps it for the next request",
            ),
            false => (
                &mut self.warned_of_parts,
                "the response contains parts of the vendor's own tools; an empty reasoning block keeps each for the next request",
            ),
        };
        if !core::mem::replace(warned, true) {
            out.warn(warning);
        }
    }

    fn count_content(&mut self) {
        self.progress_count = self.progress_count.saturating_add(1);
        self.has_content = true;
        self.unread.precedes_content();
    }

    /// A line that is no chunk; counted for one warning at the end.
    fn skip(&mut self, data: &str) -> Result<(), Error> {
        // A server that fails in the middle of an event may write its error right after that part [72].
        if let Some(error) = glued_error(data) {
            return Err(self.unread.json_error(error));
        }
        self.unread.note(data.as_bytes());
        self.skipped = self.skipped.saturating_add(1);
        match self.skipped > MAX_SKIPPED {
            true => Err(protocol(
                "the stream contains too many data lines that are not JSON objects; check that the base URL points at the API",
            )),
            false => Ok(()),
        }
    }

    fn complete(&mut self, end: End, out: &mut Assembler) -> Result<(), Error> {
        // Why the prompt was refused, where no candidate has a reason of its own.
        let is_blocked = self.finish_reason.is_none();
        let raw_reason = self.finish_reason.take().or_else(|| self.block_reason.take());
        let Some(raw) = raw_reason.as_deref() else { return Err(incomplete_stream()) };
        // A call whose last piece is missing is whole where the model says that it has finished [50].
        self.calls.close(is_stop(raw), out)?;
        let reason = match is_blocked {
            true => FinishReason::ContentFilter,
            false => finish_reason(raw, out.has_calls())?,
        };
        if reason == FinishReason::Stop && !self.has_content {
            out.warn("the response is empty although the model reports that it has finished; send the request again");
        }
        if self.skipped > 0 {
            out.warn(format!("lines of the stream that are not JSON objects were skipped: {}", self.skipped));
        }
        if end == End::CutOff && self.usage.is_empty() {
            out.warn("the stream broke off after the finish reason, so the usage may be missing");
        }
        self.progress = Progress::Complete;
        let extra_json = self.extras.take_json(out);
        let usage = self.usage.take();
        out.finish(Finish { reason, raw_reason, usage, extra_json });
        Ok(())
    }

    /// An error in the stream ends the response, even after a finish reason [30]: Google writes one when it takes back
    /// what it has begun.
    fn failed(&mut self, result: Result<(), Error>) -> Result<(), Error> {
        if result.is_err() {
            self.progress = Progress::Open;
        }
        result
    }
}

/// Text of a block, which a signature ends.
fn text_part(kind: TextKind, text: &WireText<'_>, signature: Option<String>, out: &mut Assembler) {
    let continues = out.open_text() == Some(kind);
    out.text(kind, text);
    if signature.is_some() {
        let signed = continues.then_some(text.as_bytes().len());
        out.close_text(Replay { signature, signed, ..Replay::default() }.to_json());
    }
}

/// Keeps a part for the next request: in the replay of the open block, or of an empty one.
fn keep(raw: RawValue<'_>, out: &mut Assembler) {
    let replay = Replay::of_part(raw.get()).to_json();
    match replay {
        Some(replay) if out.open_text().is_none() => out.opaque_block(replay),
        replay => out.close_text(replay),
    }
}

impl Decoder for GeminiDecoder {
    fn event(&mut self, name: &str, data: &[u8], out: &mut Assembler) -> Result<(), Error> {
        let data = data.trim_ascii();
        if name != "error"
            && let Some((kind, repeat)) = self.repeat.read(data)
        {
            self.count_content();
            if !repeat.part.is_empty() {
                self.usage.replace(repeat.part);
            }
            out.text(kind, &repeat.text);
            return Ok(());
        }
        // Whatever this is, the chunk after it has to be compared with a chunk that was read in full.
        self.repeat.forget();
        let data = &*utf8_lossy(data);
        let result = match data {
            _ if name == "error" => Err(self.unread.json_error(data)),
            // Relays that translate write an end marker. It proves nothing [29].
            "" | "[DONE]" => Ok(()),
            data => self.read(data, out),
        };
        self.failed(result)
    }

    fn whole(&mut self, body: &str, out: &mut Assembler) -> Result<(), Error> {
        let whole = parse(body);
        // Without `alt=sse` a stream is a list of chunks [28]. The chunks before the place where it breaks off are valid.
        if whole.is_ok() || body.starts_with('[') {
            let read = self.read(body, out);
            self.failed(read)?;
        }
        match whole {
            Ok(_) if out.has_responded() => self.end(End::Whole, out),
            // An error that does not call itself one, such as `{"code": 401, "msg": …}` [73].
            Ok(_) if is_reason(body, &ErrorKind::Protocol) => Err(self.unread.json_error(body)),
            Ok(_) => Err(protocol(
                "the response is JSON without candidates; check that the base URL points at the API and ends in /v1",
            )),
            Err(flaw) => Err(match glued_error(body) {
                Some(error) => self.unread.json_error(error),
                None if flaw.at_end => incomplete_stream(),
                None => protocol("the response is not valid JSON; check that the base URL points at the API"),
            }),
        }
    }

    fn progress(&self) -> Progress {
        self.progress
    }

    fn progress_count(&self) -> u64 {
        self.progress_count
    }

    fn end(&mut self, end: End, out: &mut Assembler) -> Result<(), Error> {
        match self.progress {
            Progress::Complete => Ok(()),
            _ => self.complete(end, out),
        }
    }

    fn unread(&mut self) -> &mut Unread {
        &mut self.unread
    }
}

fn response_info(chunk: &Chunk<'_>, context: &ResponseContext) -> ResponseInfo {
    let request_id = context.head.request_id();
    ResponseInfo {
        id: string(chunk.id).map(|id| id.into_owned()),
        model: string(chunk.model).map(|model| model.into_owned()),
        request_id: request_id.map(|id| context.scrubber.scrub(id).into_owned()),
        created: string(chunk.created).and_then(|time| u64::try_from(rfc3339_seconds(&time)?).ok()),
        route: super::NAME.to_owned(),
    }
}
