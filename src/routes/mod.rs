//! The wire routes: how a request is written and an answer read, one folder for each.
//!
//! The rest of the crate knows them by this table only: a new route is a folder and a line.

pub mod chat_completions;

use alloc::{boxed::Box, string::String, vec::Vec};
use core::ops::Range;

use crate::answer::Decoder;
use crate::contract::Request;
use crate::errors::{Error, Scrubber, unsupported};
use crate::http_head::ResponseHead;

/// One wire route.
pub struct Route {
    /// The contract's name of it.
    pub name: &'static str,
    /// Where it is, behind the base URL.
    pub path: &'static str,
    /// Writes a request.
    pub encode: fn(&Request) -> Result<Encoded, Error>,
    /// Reads an answer.
    pub decoder: fn(Context) -> Box<dyn Decoder>,
}

/// All routes, the one that is taken where none is asked for first.
static ROUTES: &[Route] = &[Route {
    name: chat_completions::NAME,
    path: chat_completions::PATH,
    encode: chat_completions::request::encode,
    decoder: |context| Box::new(chat_completions::ChatDecoder::new(context)),
}];

/// The route of this name; the default one for none.
pub fn find(name: Option<&str>) -> Result<&'static Route, Error> {
    let found = match name {
        None => ROUTES.first(),
        Some(name) => ROUTES.iter().find(|route| route.name == name),
    };
    found.ok_or_else(|| {
        let mut message = String::from("This provider has no such route. Leave the route out; it has:");
        for route in ROUTES {
            message.push(' ');
            message.push_str(route.name);
        }
        unsupported(message)
    })
}

/// A request as it goes on the wire.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Encoded {
    /// JSON that a strict reader takes.
    pub body: Vec<u8>,
    /// Where `stream_options` and one comma beside it stand in `body`: cut out, the rest is still JSON.
    pub stream_options: Option<Range<usize>>,
    /// What was repaired or could not be carried, for people.
    pub warnings: Vec<String>,
}

/// What a decoder has to know of the request and of the head of the answer.
#[derive(Clone, Debug)]
pub struct Context {
    /// Status and headers.
    pub head: ResponseHead,
    /// Takes keys out of what the provider says in an error.
    pub scrubber: Scrubber,
    /// Whether the host wants the text of reasoning.
    pub reasoning_text: bool,
}
