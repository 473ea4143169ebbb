//! The parts of the hot path whose instructions are counted, one function each, over input in memory.
//! `make instructions` runs them under callgrind.
//!
//! They call the same code as [`crate::provider`], without the transport, the clock and the host.

use crate::catalogue::{BuiltIn, KeyList, PublicList, merge};
use crate::contract::Request;
use crate::errors::{Error, ErrorKind, Scrubber, error};
use crate::events::Assembler;
use crate::http_head::ResponseHead;
use crate::response::ResponseReader;
use crate::routes::{self, ROUTES, ResponseContext, chat_completions::ROUTE};
use crate::sse::{Parser, TooLong};

/// Splits a body that comes in these reads, and counts its server-sent events.
///
/// # Errors
/// A line or an event is longer than the parser takes.
pub fn sse(reads: &[Vec<u8>]) -> Result<usize, TooLong> {
    let mut parser = Parser::default();
    let mut events = 0;
    for read in reads {
        let mut feed = parser.feed(read);
        while feed.next_event()?.is_some() {
            events += 1;
        }
    }
    Ok(events)
}

/// Decodes a response of chat completions; see [`decode_on`].
///
/// # Errors
/// The same.
pub fn decode(reads: &[Vec<u8>]) -> Result<usize, Error> {
    decode_on(ROUTE.name, reads)
}

/// Decodes a response of a route whose body comes in these reads, and counts its events. They are taken after each read
/// and let go, as a host does that keeps up.
///
/// # Errors
/// The error of a completion whose body is not a whole response, and of a route that is not there.
pub fn decode_on(route: &str, reads: &[Vec<u8>]) -> Result<usize, Error> {
    let route = ROUTES.iter().find(|known| known.name == route);
    let route = route.ok_or_else(|| error(ErrorKind::Unsupported, "there is no such route"))?;
    let head = ResponseHead { status: 200, headers: Vec::new() };
    let context = ResponseContext { head, scrubber: Scrubber::new(None), reasoning_text: true };
    let mut answer = ResponseReader::new(routes::decoder(route, context));
    let mut out = Assembler::default();
    let mut events = 0;
    for read in reads {
        answer.push(read, &mut out)?;
        events += out.take(usize::MAX).len();
    }
    answer.end(&mut out)?;
    Ok(events + out.take(usize::MAX).len())
}

/// Encodes a request for chat completions; the length of its body in bytes.
///
/// # Errors
/// What a completion would be refused with.
pub fn encode(request: &Request) -> Result<usize, Error> {
    let encoded = ROUTE.encode(request)?;
    Ok(encoded.body.len())
}

/// Reads the bodies of both lists of models, and joins them with the built-in table; the number of models.
///
/// # Errors
/// One of them is no list.
pub fn list(key_list: &[u8], catalogue: &[u8]) -> Result<usize, Error> {
    let refused = |_: &str| error(ErrorKind::Server, "the provider refused");
    let key_list = KeyList::parse(key_list, &refused)?;
    let catalogue = PublicList::parse(catalogue, &refused)?;
    Ok(merge(Some(&key_list), Some(&catalogue), &BuiltIn::load()).models.len())
}
