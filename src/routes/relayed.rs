//! Responses in the shape of chat completions on another route. Some relays translate whatever they get into that shape, on
//! every path [93]. The model has run and was paid for, so its response is read as what it is.

use alloc::boxed::Box;

use super::chat_completions::ChatDecoder;
use super::{ResponseContext, Route, chat_completions};
use crate::errors::Error;
use crate::events::Assembler;
use crate::json::{fields, parse, present};
use crate::response::{Decoder, End, Progress, Unread, utf8_lossy};

/// A decoder for a response on this route, whatever the relay made of it.
pub fn decoder(route: &Route, context: ResponseContext) -> Box<dyn Decoder> {
    if route.name == chat_completions::NAME {
        return (route.decoder)(context);
    }
    let decoder = (route.decoder)(context.clone());
    Box::new(RelayDecoder { decoder, route: route.name, undecided: Some(context) })
}

struct RelayDecoder {
    decoder: Box<dyn Decoder>,
    /// The route of the request.
    route: &'static str,
    /// Until the first JSON object of the response.
    undecided: Option<ResponseContext>,
}

impl RelayDecoder {
    /// The first object decides, since no route but chat completions has `choices`.
    fn decide(&mut self, json: &str, out: &mut Assembler) {
        let Some([choices]) = parse(json).ok().and_then(|object| fields(object, ["choices"])) else { return };
        let Some(context) = self.undecided.take() else { return };
        if present(choices).is_some_and(|choices| choices.starts_with('[')) {
            out.warn("the response came in the shape of chat completions, so a part of it may be missing");
            self.decoder = Box::new(ChatDecoder::relayed(context, self.route));
        }
    }
}

impl Decoder for RelayDecoder {
    fn event(&mut self, name: &str, data: &[u8], out: &mut Assembler) -> Result<(), Error> {
        if self.undecided.is_some() {
            self.decide(&utf8_lossy(data), out);
        }
        self.decoder.event(name, data, out)
    }

    fn whole(&mut self, body: &str, out: &mut Assembler) -> Result<(), Error> {
        self.decide(body, out);
        self.decoder.whole(body, out)
    }

    fn progress(&self) -> Progress {
        self.decoder.progress()
    }

    fn progress_count(&self) -> u64 {
        self.decoder.progress_count()
    }

    fn end(&mut self, end: End, out: &mut Assembler) -> Result<(), Error> {
        self.decoder.end(end, out)
    }

    fn unread(&mut self) -> &mut Unread {
        self.decoder.unread()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ROUTES, Route};
    use super::*;
    use crate::contract::Event;
    use crate::errors::Scrubber;
    use crate::http_head::ResponseHead;
    use crate::response::ResponseReader;
    use std::string::String;
    use std::{format, vec::Vec};

    fn read(route: &Route, body: &str, size: usize) -> (Vec<Event>, Option<Error>) {
        let head = ResponseHead { status: 200, headers: Vec::new() };
        let context = ResponseContext { head, scrubber: Scrubber::new(None), reasoning_text: true };
        let mut reader = ResponseReader::new(decoder(route, context));
        let mut out = Assembler::new(1, Vec::new());
        let mut run = || {
            body.as_bytes().chunks(size).try_for_each(|read| reader.push(read, &mut out))?;
            reader.end(&mut out)
        };
        let error = run().err();
        (out.take(usize::MAX), error)
    }

    fn text(events: &[Event]) -> String {
        let delta = |event: &Event| match event {
            Event::BlockDelta(delta) => Some(delta.text.clone()),
            _ => None,
        };
        events.iter().filter_map(delta).collect()
    }

    #[test]
    fn chunks_and_whole_bodies_of_chat_completions_are_read_on_every_route() {
        let chunks = "data: {\"choices\":[{\"delta\":{\"content\":\"hi\"}}]}\n\n\
                      data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
        let whole = r#"{"choices":[{"message":{"content":"hi"},"finish_reason":"stop"}]}"#;
        for route in ROUTES {
            for (body, size) in [(chunks, 1), (chunks, 4096), (whole, 7)] {
                let (events, error) = read(route, body, size);
                assert_eq!((text(&events).as_str(), error), ("hi", None), "{}", route.name);
                let warned = events.iter().any(|event| matches!(event, Event::Warning(_)));
                assert_eq!(warned, route.name != chat_completions::NAME, "{}", route.name);
            }
        }
    }

    #[test]
    fn an_object_without_choices_is_the_routes_own() {
        for first in ["{}", r#"{"type":"ping"}"#, r#"{"choices":null}"#] {
            let body =
                format!("data: {first}\n\ndata: {{\"choices\":[{{\"delta\":{{\"content\":\"hi\"}}}}]}}\n\n");
            for route in ROUTES.iter().filter(|route| route.name != chat_completions::NAME) {
                let (events, error) = read(route, &body, 4096);
                assert!(text(&events).is_empty() && error.is_some(), "{} {first}: {events:?}", route.name);
            }
        }
    }
}
