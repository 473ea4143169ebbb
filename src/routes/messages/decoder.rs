//! The events of a stream, or a whole message, to the events of the contract.
//!
//! The decoder decides what an event is and when the response is over; the blocks are read by [`Blocks`].

use alloc::{borrow::ToOwned, format, string::String};

use super::blocks::Blocks;
use super::extras::Extras;
use super::repeat_fast_path::RepeatedDelta;
use super::usage::UsageReport;
use super::wire::{Message, MessageEnd, WireEvent};
use crate::contract::{Finish, ResponseInfo};
use crate::errors::detection::{is_error, is_present};
use crate::errors::{Error, glued_error, incomplete_stream, protocol};
use crate::events::Assembler;
use crate::json::{self, Object, Raw, elements, parse, string, unsigned};
use crate::response::{Decoder, End, Progress, Unread, utf8_lossy};
use crate::routes::ResponseContext;
use crate::routes::chat_completions::finish_reason::{Seen, finish_reason, received};

/// The number of data lines without a JSON object that are skipped; one more ends the response [17].
const MAX_SKIPPED: u32 = 16;

/// Reads the responses of Messages.
pub struct MessagesDecoder {
    /// For error texts and the request id.
    context: ResponseContext,
    /// The previous delta, for the fast path.
    repeat: RepeatedDelta,
    progress: Progress,
    blocks: Blocks,
    /// There was a `message_start`.
    started: bool,
    /// The id in it.
    id: Option<String>,
    /// As received.
    stop_reason: Option<String>,
    usage: UsageReport,
    extras: Extras,
    /// Data lines that were no JSON objects.
    skipped: u32,
    unread: Unread,
    /// See [`Decoder::progress_count`].
    progress_count: u64,
}

impl MessagesDecoder {
    /// A decoder for one response.
    pub fn new(context: ResponseContext) -> Self {
        Self {
            blocks: Blocks::new(context.reasoning_text),
            unread: Unread::new(context.head.clone(), context.scrubber.clone()),
            context,
            repeat: RepeatedDelta::default(),
            progress: Progress::Open,
            started: false,
            id: None,
            stop_reason: None,
            usage: UsageReport::default(),
            extras: Extras::default(),
            skipped: 0,
            progress_count: 0,
        }
    }

    fn read(
        &mut self,
        name: &str,
        event: &WireEvent<'_>,
        json: &str,
        out: &mut Assembler,
    ) -> Result<(), Error> {
        let kind = string(event.kind);
        // Gateways drop the `event:` line or write one of their own, so that the type in the JSON decides.
        let kind = kind.as_deref().unwrap_or(name);
        if kind == "error" || is_present(event.error) {
            return Err(self.unread.json_error(json));
        }
        let index = self.blocks.index(unsigned(event.index));
        match kind {
            "content_block_delta" => {
                let Some(delta) = event.delta.0.as_ref() else { return Ok(()) };
                self.respond(None, None, out);
                let text = self.blocks.delta(index, delta, &mut self.extras, out)?;
                if let Some((block, text)) = text {
                    self.content();
                    self.repeat.note(json, text, block);
                } else if is_present(delta.signature)
                    || is_present(delta.citation)
                    || is_present(delta.content)
                {
                    self.content();
                }
                Ok(())
            }
            "content_block_start" => {
                let Some(block) = event.content_block else { return Ok(()) };
                self.respond(None, None, out);
                self.content();
                self.blocks.start(index, block, &mut self.extras, out)
            }
            "content_block_stop" => self.blocks.stop(index, out),
            "message_start" => self.start(event.message, out),
            "message_delta" => {
                let end = event.delta.0.as_ref().map(|delta| &delta.end);
                self.usage.add(event.usage);
                self.note_end(end.unwrap_or(&MessageEnd::default()), event.context_management);
                Ok(())
            }
            "message_stop" => self.stop(out),
            // Some relays send a message that is whole as the one event of a stream.
            "message" => self.whole(json, out),
            "ping" => Ok(()),
            // Before it: an error that does not call itself one.
            _ if is_error(json) => Err(self.unread.json_error(json)),
            // Events of a later version are skipped [58]. If the stream ends badly, this may be the reason [71].
            _ => {
                self.unread.note(json.as_bytes());
                Ok(())
            }
        }
    }

    /// The beginning of a message. It may have content already, which no later event repeats [42].
    fn start(&mut self, raw: Raw<'_>, out: &mut Assembler) -> Result<(), Error> {
        let mut message = Object::<Message<'_>>::default();
        if let Some(raw) = raw {
            json::read(raw.get(), &mut message);
        }
        let message = message.0.unwrap_or_default();
        let id = string(message.id);
        if self.started {
            return match (self.id.as_deref(), id.as_deref()) {
                // The answers of two requests in one stream: neither can be trusted, even if one has ended [41].
                (Some(ours), Some(other)) if ours != other => {
                    self.progress = Progress::Open;
                    Err(protocol("the stream contains parts of two messages; send the request again"))
                }
                _ => Ok(()),
            };
        }
        self.started = true;
        self.id = id.map(|id| id.into_owned());
        self.usage.add(message.usage);
        self.respond(self.id.clone(), string(message.model).map(|model| model.into_owned()), out);
        self.progress_count = self.progress_count.saturating_add(1);
        if self.content_of(&message, out)? {
            self.note_end(&message.end, message.context_management);
        }
        Ok(())
    }

    /// The blocks of a message, and whether there are any.
    fn content_of(&mut self, message: &Message<'_>, out: &mut Assembler) -> Result<bool, Error> {
        let mut any = false;
        let list = message.content.and_then(|content| elements(content.get()));
        for block in list.into_iter().flatten() {
            any = true;
            self.content();
            self.blocks.whole(block, &mut self.extras, out)?;
            // A list may make more events than can wait.
            out.check()?;
        }
        Ok(any)
    }

    fn respond(&mut self, id: Option<String>, model: Option<String>, out: &mut Assembler) {
        out.respond(|| ResponseInfo {
            id,
            model,
            request_id: self.context.head.request_id().map(ToOwned::to_owned),
            created: None,
            route: super::NAME.to_owned(),
        });
    }

    /// There was content. After a stop reason it shows that the reason came too early [64].
    fn content(&mut self) {
        self.progress_count = self.progress_count.saturating_add(1);
        self.unread.precedes_content();
        if self.progress != Progress::Open {
            self.progress = Progress::Premature;
        }
    }

    fn note_end(&mut self, end: &MessageEnd<'_>, context_management: Raw<'_>) {
        self.extras.note(end, context_management);
        if let Some(reason) = received(end.stop_reason) {
            self.progress_count = self.progress_count.saturating_add(1);
            // Nothing has to follow: some relays leave out the last event, and keep the connection open.
            self.progress = Progress::Finished;
            self.stop_reason = Some(reason.into_owned());
        }
    }

    /// The last event of a message. Without a stop reason it ends the message all the same, if there was one.
    fn stop(&mut self, out: &mut Assembler) -> Result<(), Error> {
        if !out.has_responded() {
            return Err(incomplete_stream());
        }
        match self.unread.error().filter(|_| self.stop_reason.is_none()) {
            // Relays write the last event after their upstream has died as well.
            Some(error) => Err(error),
            None => self.complete(End::Whole, out),
        }
    }

    fn complete(&mut self, end: End, out: &mut Assembler) -> Result<(), Error> {
        self.blocks.finish(out)?;
        let seen = Seen { tool_calls: out.has_calls(), refusal: false, text: true };
        let reason = finish_reason(self.stop_reason.as_deref(), seen)?;
        if self.skipped > 0 {
            out.warn(format!("lines of the stream that are not JSON objects were skipped: {}", self.skipped));
        }
        if end == End::CutOff && self.usage.is_empty() {
            out.warn("the stream broke off after the stop reason, so the usage may be missing");
        }
        self.progress = Progress::Complete;
        let extra_json = self.extras.take_json(out);
        out.finish(Finish {
            reason,
            raw_reason: self.stop_reason.take(),
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
        match self.skipped > MAX_SKIPPED {
            true => Err(protocol(
                "the stream contains too many data lines that are not JSON objects; check that the base URL points at \
                 an API that has the route messages",
            )),
            false => Ok(()),
        }
    }
}

impl Decoder for MessagesDecoder {
    fn event(&mut self, name: &str, data: &[u8], out: &mut Assembler) -> Result<(), Error> {
        let data = data.trim_ascii();
        if let Some((block, text)) = self.repeat.text(data) {
            self.progress_count = self.progress_count.saturating_add(1);
            return self.blocks.write(block, &text, out);
        }
        // Whatever this is, the event after it has to be compared with one that was read in full.
        self.repeat.forget();
        let data = &*utf8_lossy(data);
        let mut event = Object::default();
        match json::read(data, &mut event).and(event.0.as_ref()) {
            Some(event) => self.read(name, event, data, out),
            // Relays that translate from chat completions add its end marker, which proves nothing here [29].
            None if data.is_empty() || data == "[DONE]" => Ok(()),
            None => self.skip(data),
        }
    }

    fn whole(&mut self, body: &str, out: &mut Assembler) -> Result<(), Error> {
        let mut message = Object::<Message<'_>>::default();
        let Some(message) = json::read(body, &mut message).and(message.0.as_ref()) else {
            return Err(match parse(body) {
                Ok(_) => self.unread.json_error(body),
                Err(flaw) if flaw.at_end => incomplete_stream(),
                Err(_) => protocol(
                    "the response is not valid JSON; check that the base URL points at an API that has the route messages",
                ),
            });
        };
        if message.content.is_none_or(|content| !content.get().starts_with('[')) || is_error(body) {
            return Err(match is_error(body) || glued_error(body).is_some() {
                true => self.unread.json_error(body),
                false => protocol(format!(
                    "the response from {} is JSON without content; check that the base URL points at an API that has \
                     the route messages",
                    super::PATH
                )),
            });
        }
        self.usage.add(message.usage);
        self.respond(
            string(message.id).map(|id| id.into_owned()),
            string(message.model).map(|model| model.into_owned()),
            out,
        );
        self.content_of(message, out)?;
        self.note_end(&message.end, message.context_management);
        self.complete(End::Whole, out)
    }

    fn progress(&self) -> Progress {
        self.progress
    }

    fn progress_count(&self) -> u64 {
        self.progress_count
    }

    fn end(&mut self, end: End, out: &mut Assembler) -> Result<(), Error> {
        match (self.progress, &self.stop_reason) {
            (Progress::Complete, _) => Ok(()),
            // The body's end proves the stop reason before it.
            (_, Some(_)) => self.complete(end, out),
            (_, None) => Err(incomplete_stream()),
        }
    }

    fn unread(&mut self) -> &mut Unread {
        &mut self.unread
    }
}
