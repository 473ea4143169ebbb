//! `{"id":…}`, `{"t":text}`, `{"end":reason}`, and `{"bad":message}` for an error.

use std::{borrow::ToOwned, string::String};

use crate::contract::{Finish, FinishReason, ResponseInfo};
use crate::errors::{Error, from_body_error, incomplete_stream, protocol};
use crate::events::{Assembler, TextKind};
use crate::json::{fields, parse, string, wire_text};
use crate::response::{Decoder, End, Progress, Unread};
use crate::routes::ResponseContext;

pub struct TestDecoder {
    context: ResponseContext,
    reason: Option<String>,
    progress: Progress,
    events: u64,
    unread: Unread,
}

impl TestDecoder {
    pub fn new(context: ResponseContext) -> Self {
        let unread = Unread::new(context.head.clone(), context.scrubber.clone());
        Self { context, reason: None, progress: Progress::Open, events: 0, unread }
    }
}

impl Decoder for TestDecoder {
    fn event(&mut self, _: &str, data: &[u8], out: &mut Assembler) -> Result<(), Error> {
        let data = String::from_utf8_lossy(data);
        let json = parse(&data).map_err(|_| protocol("an event is no JSON"))?;
        let [id, piece, end, bad] = fields(json, ["id", "t", "end", "bad"]).unwrap_or_default();
        if bad.is_some() {
            return Err(from_body_error(&data, Some(&self.context.head), &self.context.scrubber));
        }
        out.respond(|| ResponseInfo {
            id: string(id).map(|id| id.into_owned()),
            model: None,
            request_id: self.context.head.request_id().map(ToOwned::to_owned),
            created: None,
            route: super::NAME.to_owned(),
        });
        self.events += 1;
        if let Some(piece) = wire_text(piece) {
            out.text(TextKind::Text, &piece);
        }
        if let Some(reason) = string(end) {
            self.reason = Some(reason.into_owned());
            self.progress = Progress::Finished;
        }
        Ok(())
    }

    fn whole(&mut self, body: &str, out: &mut Assembler) -> Result<(), Error> {
        self.event("", body.as_bytes(), out)?;
        self.end(End::Whole, out)
    }

    fn progress(&self) -> Progress {
        self.progress
    }

    fn progress_count(&self) -> u64 {
        self.events
    }

    fn unread(&mut self) -> &mut Unread {
        &mut self.unread
    }

    fn end(&mut self, _: End, out: &mut Assembler) -> Result<(), Error> {
        if self.progress == Progress::Complete {
            return Ok(());
        }
        let Some(raw_reason) = self.reason.take() else { return Err(incomplete_stream()) };
        self.progress = Progress::Complete;
        let finish = Finish {
            reason: FinishReason::Stop,
            raw_reason: Some(raw_reason),
            usage: None,
            extra_json: None,
        };
        out.finish(finish);
        Ok(())
    }
}
