//! Bodies of the route, and what each comes to.

mod recorded;

use std::boxed::Box;
use std::string::{String, ToString};
use std::vec::Vec;

use super::ResponsesDecoder;
use crate::contract::Event;
use crate::errors::{Error, Scrubber};
use crate::events::Assembler;
use crate::events::grammar::{self, Grammar};
use crate::http_head::ResponseHead;
use crate::response::{Progress, ResponseReader};
use crate::routes::ResponseContext;

/// What a body came to.
#[derive(Debug)]
struct Reading {
    content: grammar::ResponseContent,
    events: Vec<Event>,
    error: Option<Error>,
}

fn decode_with(reads: &[&[u8]], reasoning_text: bool) -> Reading {
    let context =
        ResponseContext { head: ResponseHead::default(), scrubber: Scrubber::default(), reasoning_text };
    let mut response = ResponseReader::new(Box::new(ResponsesDecoder::new(context)));
    let mut out = Assembler::new(1, Vec::new());
    let mut run = || {
        for read in reads {
            response.push(read, &mut out)?;
            if response.progress() == Progress::Complete {
                return Ok(());
            }
        }
        response.end(&mut out)
    };
    let error = run().err();
    let (mut grammar, mut events) = (Grammar::default(), Vec::new());
    while !out.is_empty() {
        events.extend(out.take(7));
    }
    events.iter().for_each(|event| grammar.read(event));
    Reading { content: grammar.content, events, error }
}

/// Whole, and in reads of one and three bytes, with the same result.
fn decode(body: &[u8]) -> Reading {
    let whole = decode_with(&[body], true);
    for size in [1, 3] {
        let cut = decode_with(&body.chunks(size).collect::<Vec<_>>(), true);
        assert_eq!((&cut.events, &cut.error), (&whole.events, &whole.error), "reads of {size} bytes");
    }
    whole
}
