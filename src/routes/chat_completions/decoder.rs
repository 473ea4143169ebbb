//! Chunks to events.
//!
//! The decoder decides which chunks count and when the response is over. Each part of a chunk is read by a module of its
//! own, because each has its own list of deviations: content, reasoning, tool calls, usage, extras. One pass over the
//! bytes of a chunk finds all parts; they stay slices of it, so nothing is copied but the text that is handed out.

use alloc::{borrow::ToOwned, format, string::String};

use super::call_fragments::CallFragments;
use super::chunk::{Choice, Chunk, Delta, is_filled};
use super::content::Content;
use super::extras::Extras;
use super::finish_reason::{self, Seen, finish_reason};
use super::odd_reasoning;
use super::reasoning::Reasoning;
use super::repeat_fast_path::{RepeatCache, TextField};
use super::usage::UsageReport;
use crate::contract::{Finish, ResponseInfo};
use crate::errors::detection::{Declaration, is_present};
use crate::errors::{Error, ErrorKind, glued_error, incomplete_stream, is_reason, protocol};
use crate::events::{Assembler, TextKind};
use crate::json::{self, MAX_MANY, Object, Raw, WireText, parse, present, string, unsigned, wire_text};
use crate::response::{Decoder, End, Progress, Unread, utf8_lossy};
use crate::routes::ResponseContext;

/// The number of data lines without a JSON object that are skipped; one more ends the response [17]. Some gateways put
/// other text between the chunks, but a stream of nothing else is another protocol, and waiting for its end helps nobody.
const MAX_SKIPPED: u32 = 16;

/// Reads the responses of chat completions.
pub struct ChatDecoder {
    /// For error texts and the request id.
    context: ResponseContext,
    /// The route that the request took.
    route: &'static str,
    /// The previous chunk, for the fast path.
    repeat: RepeatCache,
    progress: Progress,
    /// The index of the choice that is read: that of the first one [10].
    choice: Option<u64>,
    /// A delta had content, so a `message` in a later chunk repeats what was read.
    deltas: bool,
    content: Content,
    reasoning: Reasoning,
    tool_calls: CallFragments,
    /// There was text of a refusal, which decides what `stop` means.
    refused: bool,
    /// As received. Its meaning depends on the content, so it is read at the end.
    finish_reason: Option<String>,
    usage: UsageReport,
    extras: Extras,
    /// Data lines that were no JSON objects.
    skipped: u32,
    unread: Unread,
    /// One of them came after the last content. Servers that fail write a text in place of a chunk, and then the end
    /// marker, which proves nothing after it [64].
    skipped_last: bool,
    /// See [`Decoder::progress_count`].
    progress_count: u64,
}

impl ChatDecoder {
    /// A decoder for one response.
    pub fn new(context: ResponseContext) -> Self {
        Self::relayed(context, super::NAME)
    }

    /// The same for a request that took another route.
    pub fn relayed(context: ResponseContext, route: &'static str) -> Self {
        Self {
            route,
            reasoning: Reasoning::new(context.reasoning_text),
            unread: Unread::new(context.head.clone(), context.scrubber.clone()),
            context,
            repeat: RepeatCache::default(),
            progress: Progress::Open,
            choice: None,
            deltas: false,
            content: Content::default(),
            tool_calls: CallFragments::default(),
            refused: false,
            finish_reason: None,
            usage: UsageReport::default(),
            extras: Extras::default(),
            skipped: 0,
            skipped_last: false,
            progress_count: 0,
        }
    }

    /// One chunk, or one whole response.
    ///
    /// Usage and extras count in any chunk: with `include_usage` the last chunk has usage and no choice at all [12].
    fn chunk(&mut self, chunk: &Chunk<'_>, json: &str, out: &mut Assembler) -> Result<(), Error> {
        // Before anything else: an error chunk may have the id and model of a response.
        if is_error(chunk) {
            return Err(self.unread.json_error(json));
        }
        self.note_usage(chunk.usage.or(chunk.x_groq.0.as_ref().and_then(|groq| groq.usage)));
        self.extras.note_chunk(chunk);
        let Some(choice) = chunk.choices.get() else {
            // Neither a chunk nor usage: if the stream ends badly, this may be the reason [71].
            if chunk.usage.is_none() && chunk.id.is_none() {
                self.unread.note(json.as_bytes());
            }
            return Ok(());
        };
        let index = unsigned(choice.index).unwrap_or(0);
        match self.choice {
            // A second choice would be mixed into the text of the first one.
            Some(ours) if ours != index => return Ok(()),
            // Some gateways send an empty choice before the one that has the content.
            None if choice.has_content() => self.choice = Some(index),
            _ => {}
        }
        if is_present(choice.error) {
            return Err(self.unread.json_error(choice.error.map_or(json, |error| error.get())));
        }
        self.note_usage(choice.usage);
        // Not before: a stream with an error as its first chunk is no response, and may be retried.
        out.respond(|| response_info(chunk, &self.context, self.route));
        self.choice(choice, out)?;
        // Last, and only for a chunk without an error: a repetition of this one skips all the checks above.
        self.repeat.note(json, chunk, choice);
        Ok(())
    }

    /// More text in the field of the previous chunk.
    fn more(&mut self, field: TextField, text: &WireText<'_>, out: &mut Assembler) -> Result<(), Error> {
        self.progress_count = self.progress_count.saturating_add(1);
        match field {
            TextField::Content => self.content.text(text, &mut self.reasoning, out),
            TextField::Reasoning(name) => self.reasoning.push(name, text, out),
            TextField::Arguments => self.tool_calls.more(text, out),
        }
    }

    /// The content of a choice, and then its finish reason: some vendors send both in one chunk [11].
    fn choice(&mut self, choice: &Choice<'_>, out: &mut Assembler) -> Result<(), Error> {
        let before = self.progress_count;
        if let Some(delta) = &choice.delta.0 {
            let has_content = delta.has_content();
            self.deltas |= has_content;
            self.count_content(has_content);
            self.delta(delta, out)?;
        }
        // Some gateways end a stream with the whole message. After deltas it would double the text [10].
        if let Some(message) = choice.message.0.as_ref().filter(|_| !self.deltas) {
            self.count_content(message.has_content());
            self.delta(message, out)?;
        }
        // The field of text completions, which some servers use for chats too. Beside a delta it repeats its text [66].
        if is_filled(choice.text) && !self.deltas && before == self.progress_count {
            self.count_content(true);
            self.content.read(choice.text, &mut self.reasoning, out)?;
        }
        let has_content = before != self.progress_count;
        // Several finish reasons come from gateways that add one of their own. The last one counts.
        if let Some(reason) = finish_reason::received(choice.finish_reason) {
            self.progress_count = self.progress_count.saturating_add(1);
            self.progress = self.progress_with(&reason, has_content, out);
            self.finish_reason = Some(reason.into_owned());
        } else if has_content && self.progress != Progress::Open {
            // The finish reason came too early, and so may the end of the connection.
            self.progress = Progress::Premature;
        }
        Ok(())
    }

    fn count_content(&mut self, has_content: bool) {
        self.progress_count = self.progress_count.saturating_add(u64::from(has_content));
        if has_content {
            self.skipped_last = false;
            self.unread.precedes_content();
        }
    }

    /// What a finish reason proves [64].
    fn progress_with(&self, reason: &str, has_content: bool, out: &Assembler) -> Progress {
        match self.seen(out).agrees_with(reason) {
            false => Progress::Premature,
            true if has_content => Progress::Finishing,
            true => Progress::Finished,
        }
    }

    fn seen(&self, out: &Assembler) -> Seen {
        Seen { tool_calls: out.has_calls(), refusal: self.refused, text: self.content.has_text }
    }

    /// The parts of a delta in the order in which a model produces them. A chunk may have several, and the blocks have to
    /// come out in an order that makes sense: reasoning, text, refusal, calls.
    fn delta(&mut self, delta: &Delta<'_>, out: &mut Assembler) -> Result<(), Error> {
        self.reasoning.read(delta, out)?;
        if !odd_reasoning::read(delta, &mut self.reasoning, out)? {
            self.extras.note_unreadable("reasoning", out);
        }
        self.content.read(delta.content, &mut self.reasoning, out)?;
        if let Some(refusal) = wire_text(delta.refusal).filter(|refusal| !refusal.is_empty()) {
            self.refused = true;
            // The replay belongs to the reasoning, so its block is closed here and not by the assembler.
            self.reasoning.close(out);
            out.text(TextKind::Refusal, &refusal);
        }
        if delta.tool_calls.has_too_many() {
            return Err(protocol(format!("a chunk of the response has more than {MAX_MANY} tool calls")));
        }
        if !delta.tool_calls.is_empty() {
            self.reasoning.close(out);
            self.tool_calls.read(delta.tool_calls.iter(), &mut self.reasoning, out)?;
        } else if delta.tool_calls.unreadable {
            self.extras.note_unreadable("tool_calls", out);
        }
        if let Some(function) = &delta.function_call.0
            && !delta.tool_calls.has(function)
        {
            self.reasoning.close(out);
            self.tool_calls.read_legacy(function, out)?;
        }
        self.extras.note_delta(delta, out);
        Ok(())
    }

    fn note_usage(&mut self, raw: Raw<'_>) {
        if let Some(json) = present(raw) {
            self.usage.add(json);
        }
    }

    /// The response is over: everything that was held back is handed out, and `finish` last.
    fn complete(&mut self, end: End, out: &mut Assembler) -> Result<(), Error> {
        self.content.finish(&mut self.reasoning, out)?;
        self.tool_calls.finish(out)?;
        let seen = self.seen(out);
        // An error here is a failure of the vendor's server, reported as a finish reason [14].
        let reason = finish_reason(self.finish_reason.as_deref(), seen)?;
        self.reasoning.finish(out)?;
        if self.skipped > 0 {
            out.warn(format!("lines of the stream that are not JSON objects were skipped: {}", self.skipped));
        }
        if end == End::CutOff && self.usage.is_empty() {
            out.warn("the stream broke off after the finish reason, so the usage may be missing");
        }
        self.progress = Progress::Complete;
        let extra_json = self.extras.take_json(out);
        out.finish(Finish {
            reason,
            raw_reason: self.finish_reason.take(),
            usage: self.usage.take(),
            extra_json,
        });
        Ok(())
    }

    /// Counted for one warning at the end.
    fn skip(&mut self, data: &str) -> Result<(), Error> {
        // A server that fails in the middle of an event may write its error right after that part [72].
        if let Some(error) = glued_error(data) {
            return Err(self.unread.json_error(error));
        }
        self.unread.note(data.as_bytes());
        self.skipped = self.skipped.saturating_add(1);
        self.skipped_last = true;
        if self.skipped > MAX_SKIPPED {
            return Err(protocol(
                "the stream contains too many data lines that are not JSON objects; check that the base URL points at an OpenAI-compatible API",
            ));
        }
        Ok(())
    }
}

impl Decoder for ChatDecoder {
    fn event(&mut self, name: &str, data: &[u8], out: &mut Assembler) -> Result<(), Error> {
        let data = data.trim_ascii();
        if name != "error"
            && let Some((field, text)) = self.repeat.text(data, &mut self.usage)
        {
            return self.more(field, &text, out);
        }
        // Whatever this is, the chunk after it has to be compared with a chunk that was read in full.
        self.repeat.forget();
        let data = &*utf8_lossy(data);
        if data == "[DONE]" {
            // Gateways write it after the upstream has died as well, so without a finish reason it is no proof: a line of
            // text after the last content that reports a failure is [71].
            if self.progress == Progress::Open
                && let Some(error) = self.unread.error()
            {
                return Err(error);
            }
            // Gateways add the end marker themselves, so without a single chunk there was no response. Neither is it an
            // end after a line that was no chunk and may have been an error.
            let proves_the_end = out.has_responded() && (self.finish_reason.is_some() || !self.skipped_last);
            return if proves_the_end { self.complete(End::Whole, out) } else { Err(incomplete_stream()) };
        }
        if name == "error" {
            return Err(self.unread.json_error(data));
        }
        let mut chunk = Object::default();
        match json::read(data, &mut chunk).and(chunk.0.as_ref()) {
            Some(chunk) => self.chunk(chunk, data, out),
            // An empty `data:` line is a keep-alive, and no reason to give up [26].
            None if data.is_empty() => Ok(()),
            None => self.skip(data),
        }
    }

    fn whole(&mut self, body: &str, out: &mut Assembler) -> Result<(), Error> {
        let mut chunk = Object::default();
        let Some(chunk) = json::read(body, &mut chunk).and(chunk.0.as_ref()) else {
            // A list with an error in it is Gemini's. Any other JSON is no response either.
            return Err(match parse(body) {
                Ok(_) => self.unread.json_error(body),
                Err(flaw) if flaw.at_end => incomplete_stream(),
                Err(_) => protocol(
                    "the response is not valid JSON; check that the base URL points at an OpenAI-compatible API",
                ),
            });
        };
        self.chunk(chunk, body, out)?;
        match out.has_responded() {
            true => self.complete(End::Whole, out),
            // An error that does not call itself one, such as `{"code": 401, "msg": …}` [73].
            false if glued_error(body).is_some() || is_reason(body, &ErrorKind::Protocol) => {
                Err(self.unread.json_error(body))
            }
            false => Err(protocol(format!(
                "the response from {} is JSON without choices; check that the base URL points at an OpenAI-compatible API",
                super::PATH
            ))),
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
            // Not even `[DONE]` arrived: the connection may have ended in the middle of a sentence [19].
            Progress::Open => Err(incomplete_stream()),
            Progress::Premature | Progress::Finishing | Progress::Finished => self.complete(end, out),
            Progress::Complete => Ok(()),
        }
    }

    fn unread(&mut self) -> &mut Unread {
        &mut self.unread
    }
}

/// Whether the chunk is an error, in any of the shapes seen [18].
fn is_error(chunk: &Chunk<'_>) -> bool {
    let mut declared =
        Declaration { error: chunk.error, base_resp: chunk.base_resp, ..Declaration::default() };
    // A chunk with a choice is content, whatever its other fields say: vendors add fields of these names.
    if chunk.choices.get().is_none() {
        (declared.object, declared.kind, declared.success) = (chunk.object, chunk.kind, chunk.success);
    }
    declared.is_error()
}

fn response_info(chunk: &Chunk<'_>, context: &ResponseContext, route: &str) -> ResponseInfo {
    let request_id = context.head.request_id();
    ResponseInfo {
        id: string(chunk.id).map(|id| id.into_owned()),
        // The dated snapshot, which is often another id than the requested one.
        model: string(chunk.model).map(|model| model.into_owned()),
        request_id: request_id.map(|id| context.scrubber.scrub(id).into_owned()),
        // Servers that do not know the time write 0.
        created: unsigned(chunk.created).filter(|created| *created > 0),
        route: route.to_owned(),
    }
}
