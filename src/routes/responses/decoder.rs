//! Events of the stream to events of the contract.
//!
//! The decoder decides which events count and when the response is over; what the items are is [`Output`]'s. Only the
//! terminal event proves an end: gateways of CometAPI's family add nothing where the upstream breaks off, and `[DONE]` is
//! written by relays that translate, whatever came before [29].

use alloc::{borrow::ToOwned, format};

use super::event::StreamEvent;
use super::field::Field;
use super::finish_reason::{Ending, finish_reason};
use super::models::vendor;
use super::output::{Output, Target};
use crate::contract::{Finish, ResponseInfo};
use crate::errors::detection::{is_error, is_present};
use crate::errors::{Error, ErrorKind, glued_error, incomplete_stream, is_reason, passing, protocol};
use crate::events::Assembler;
use crate::json::{Object, Raw, Template, fields, parse, present, read, string, unsigned, wire_text};
use crate::response::{Decoder, End, Progress, Unread, utf8_lossy};
use crate::routes::ResponseContext;
use crate::routes::chat_completions::usage::UsageReport;

/// The number of data lines without an event that are skipped; one more ends the response [17].
const MAX_SKIPPED: u32 = 16;

/// Reads the responses of the route.
pub struct ResponsesDecoder {
    context: ResponseContext,
    /// The last delta, for the fast path, and where its text goes.
    template: Template,
    target: Option<Target>,
    output: Output,
    /// What `response.created` reported. It is handed out with the first item: a response that fails before it has one
    /// may be tried again, which is over once the host has seen an event.
    info: Option<ResponseInfo>,
    has_begun: bool,
    is_complete: bool,
    /// See [`Decoder::progress_count`].
    progress_count: u64,
    /// Data lines that were no events.
    skipped: u32,
    unread: Unread,
}

impl ResponsesDecoder {
    /// A decoder for one response.
    pub fn new(context: ResponseContext) -> Self {
        Self {
            output: Output::new(context.reasoning_text),
            unread: Unread::new(context.head.clone(), context.scrubber.clone()),
            context,
            template: Template::default(),
            target: None,
            info: None,
            has_begun: false,
            is_complete: false,
            progress_count: 0,
            skipped: 0,
        }
    }

    /// One event; `name` is its type.
    fn read(
        &mut self,
        event: &StreamEvent<'_>,
        name: &str,
        json: &str,
        out: &mut Assembler,
    ) -> Result<(), Error> {
        let field = |suffix| Field::of_event(name.strip_suffix(suffix)?);
        if let Some(field) = field(".delta") {
            return self.delta(field, event, json, out);
        }
        if let Some(field) = field(".done") {
            self.respond(out);
            let whole = event.text.or(event.refusal).or(event.arguments).or(event.input);
            if let Some(target) = self.output.target(field, event, out)? {
                self.output.whole(target, whole, out)?;
            }
        }
        match name {
            "error" => return Err(self.unread.json_error(json)),
            // It repeats itself while nothing happens.
            "created" | "queued" | "in_progress" if self.has_begun => return Ok(()),
            "created" | "queued" | "in_progress" => {
                self.has_begun = true;
                self.info = info(event.response, &self.context);
            }
            "completed" | "incomplete" | "failed" | "cancelled" => {
                return self.terminal(Ending::of(name), name, event.response, out);
            }
            "output_item.added" => {
                self.respond(out);
                self.output.added(event, out)?;
            }
            "output_item.done" => {
                self.respond(out);
                self.output.done(event.output_index, event.item, out)?;
            }
            "content_part.done" | "reasoning_summary_part.done" => self.part(event, out)?,
            "output_text.annotation.added" => self.output.annotation(event),
            _ => {}
        }
        self.progressed();
        Ok(())
    }

    /// A delta that has to be read in full.
    fn delta(
        &mut self,
        field: Field,
        event: &StreamEvent<'_>,
        json: &str,
        out: &mut Assembler,
    ) -> Result<(), Error> {
        // An empty one keeps the connection open [26].
        let Some(text) = wire_text(event.delta).filter(|text| !text.is_empty()) else { return Ok(()) };
        self.respond(out);
        self.progressed();
        self.target = self.output.target(field, event, out)?;
        let (Some(target), Some(delta)) = (self.target, event.delta) else { return Ok(()) };
        // OpenAI numbers each event, and pads it with a random text against those who measure the traffic.
        let number = event.sequence_number.map(|number| number.get());
        let number = number.filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
        let padding =
            event.obfuscation.map(|padding| padding.get()).filter(|padding| padding.starts_with('"'));
        match (number, padding) {
            (Some(number), Some(padding)) => self.template.note(json, delta, &[number, padding], None),
            (Some(value), None) | (None, Some(value)) => self.template.note(json, delta, &[value], None),
            (None, None) => self.template.note(json, delta, &[], None),
        }
        self.output.push(target, &text, out)
    }

    /// A part of an item as a whole.
    fn part(&mut self, event: &StreamEvent<'_>, out: &mut Assembler) -> Result<(), Error> {
        let part = event.part.and_then(|part| fields(part, ["type", "text", "refusal"]));
        let Some([kind, text, refusal]) = part else { return Ok(()) };
        let Some(field) = string(kind).and_then(|kind| Field::of_part(&kind)) else { return Ok(()) };
        self.respond(out);
        match self.output.target(field, event, out)? {
            Some(target) => self.output.whole(target, text.or(refusal), out),
            None => Ok(()),
        }
    }

    /// The end of the response, in the event that proves it or in a whole body.
    fn terminal(
        &mut self,
        ending: Ending,
        word: &str,
        response: Raw<'_>,
        out: &mut Assembler,
    ) -> Result<(), Error> {
        let names = ["status", "output", "usage", "error", "incomplete_details", "service_tier"];
        let found = response.and_then(|response| fields(response, names)).unwrap_or_default();
        let [status, output, usage, error, details, tier] = found;
        // The error alone: the response repeats the instructions, which belong to the request.
        if let Some(error) = error.filter(|_| is_present(error)) {
            return Err(self.unread.json_error(error.get()));
        }
        let status = string(status).unwrap_or_default();
        // A relay may end each response alike, so what the response says of itself counts more.
        let ending = match Ending::of(&status) {
            known @ (Ending::Incomplete | Ending::Failed) => known,
            _ => ending,
        };
        let details =
            details.and_then(|details| fields(details, ["reason"])).and_then(|[reason]| string(reason));
        if ending == Ending::Failed {
            return Err(failed(details.as_deref().unwrap_or(word)));
        }
        if self.info.is_none() {
            self.info = info(response, &self.context);
        }
        self.respond(out);
        self.output.terminal(output, out)?;
        if ending == Ending::Unproven {
            return Err(incomplete_stream());
        }
        let mut usage_report = UsageReport::default();
        if let Some(usage) = present(usage) {
            usage_report.add(usage);
        }
        self.output.extras.service_tier(tier);
        if self.skipped > 0 {
            out.warn(format!("lines of the stream that are not JSON objects were skipped: {}", self.skipped));
        }
        self.is_complete = true;
        let raw_reason = match details {
            Some(reason) if ending == Ending::Incomplete => reason.into_owned(),
            _ => word.to_owned(),
        };
        let extra_json = self.output.extras.take_json(out);
        let reason = finish_reason(ending, &raw_reason, self.output.seen);
        out.finish(Finish { reason, raw_reason: Some(raw_reason), usage: usage_report.take(), extra_json });
        Ok(())
    }

    /// Hands out what is known of the response, before its first item.
    fn respond(&mut self, out: &mut Assembler) {
        if out.has_responded() {
            return;
        }
        let info = self.info.take().unwrap_or_else(|| response_info([None; 3], &self.context));
        self.output.vendor = info.model.as_deref().map(vendor).unwrap_or_default();
        out.respond(|| info);
    }

    fn progressed(&mut self) {
        self.progress_count = self.progress_count.saturating_add(1);
        self.unread.precedes_content();
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
                "the stream contains too many data lines that are no events of the Responses API; check that the base URL points at an API that has it",
            )),
            false => Ok(()),
        }
    }
}

impl Decoder for ResponsesDecoder {
    fn event(&mut self, name: &str, data: &[u8], out: &mut Assembler) -> Result<(), Error> {
        let data = data.trim_ascii();
        if let Some(target) = self.target
            && let Some(found) = self.template.read(data)
        {
            self.progressed();
            return self.output.push(target, &found.text, out);
        }
        // Whatever this is, the event after it has to be compared with one that was read in full.
        self.target = None;
        self.template.forget();
        let data = &*utf8_lossy(data);
        let mut event = Object::<StreamEvent<'_>>::default();
        let Some(event) = read(data, &mut event).and(event.0.as_ref()) else {
            // An empty line is a keep-alive [26], and the end marker proves nothing [29].
            return if matches!(data, "" | "[DONE]") { Ok(()) } else { self.skip(data) };
        };
        // Gateways drop the name of the event or write their own, so that of the JSON decides.
        let kind = string(event.kind).unwrap_or(name.into());
        match kind.strip_prefix("response.") {
            Some(kind) => self.read(event, kind, data, out),
            None if kind == "error" || is_error(data) => Err(self.unread.json_error(data)),
            // `keepalive`, `ping`, and whatever comes next [58].
            None if event.kind.is_some() => Ok(()),
            None => self.skip(data),
        }
    }

    fn whole(&mut self, body: &str, out: &mut Assembler) -> Result<(), Error> {
        let raw = match parse(body) {
            Ok(raw) => raw,
            Err(flaw) if flaw.at_end => return Err(incomplete_stream()),
            Err(_) => {
                return Err(protocol(
                    "the response is not valid JSON; check that the base URL points at the API and ends in /v1",
                ));
            }
        };
        let [status, output] = fields(raw, ["status", "output"]).unwrap_or_default();
        match string(status) {
            Some(status) if output.is_some() || Ending::of(&status) != Ending::Unproven => {
                self.terminal(Ending::of(&status), &status, Some(raw), out)
            }
            // An error that does not call itself one, such as `{"code": 401, "msg": …}` [73].
            _ if is_error(body) || is_reason(body, &ErrorKind::Protocol) => Err(self.unread.json_error(body)),
            _ => Err(protocol(
                "the response from /responses is JSON without output; check that the base URL points at an API that has this route",
            )),
        }
    }

    fn progress(&self) -> Progress {
        if self.is_complete { Progress::Complete } else { Progress::Open }
    }

    fn progress_count(&self) -> u64 {
        self.progress_count
    }

    fn end(&mut self, _: End, _: &mut Assembler) -> Result<(), Error> {
        // No other end proves that the model has finished [40].
        if self.is_complete { Ok(()) } else { Err(incomplete_stream()) }
    }

    fn unread(&mut self) -> &mut Unread {
        &mut self.unread
    }
}

fn info(response: Raw<'_>, context: &ResponseContext) -> Option<ResponseInfo> {
    Some(response_info(fields(response?, ["id", "model", "created_at"])?, context))
}

fn response_info([id, model, created]: [Raw<'_>; 3], context: &ResponseContext) -> ResponseInfo {
    let request_id = context.head.request_id();
    ResponseInfo {
        id: string(id).map(|id| id.into_owned()),
        // The dated snapshot, which is often another id than the requested one.
        model: string(model).map(|model| model.into_owned()),
        request_id: request_id.map(|id| context.scrubber.scrub(id).into_owned()),
        created: unsigned(created).filter(|created| *created > 0),
        route: super::NAME.to_owned(),
    }
}

/// A failure without an error object.
fn failed(word: &str) -> Error {
    let message = "the provider reported that the response failed; try again";
    let mut error = passing(ErrorKind::Server, message, true);
    // Only a word: longer texts could hold anything.
    let is_word = word.len() <= 64 && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    error.provider_code = is_word.then(|| word.to_owned());
    error
}
