//! The inputs by name. Code generates them, the same bytes in each run, so that no recording of a service has to be in
//! the repository.

mod conversation;
mod lists;
mod routes;
mod stream;
#[cfg(test)]
mod tests;

use cometapi_provider::contract::Request;
use cometapi_provider::measuring;
pub use lists::Lists;

/// The route of most inputs.
const CHAT: &str = "chat-completions";

/// A body, cut into the reads in which it arrives.
pub type Reads = Vec<Vec<u8>>;

/// The input of one operation.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A body to split into server-sent events.
    Sse(Reads),
    /// A response of a route to decode.
    Decode(&'static str, Reads),
    /// A request to encode.
    Encode(Box<Request>),
    /// Both lists of models to parse and merge.
    List(Lists),
}

/// Creates an input.
pub type Make = fn() -> Input;

/// All inputs. The name begins with the operation. `counts.json` uses the same name, and with `_` instead of `-` it is
/// the function and the id of the benchmark.
pub const ALL: [(&str, Make); 15] = [
    ("sse-small-chunks", || Input::Sse(stream::small_chunks())),
    ("sse-crlf-comments", || Input::Sse(stream::crlf_comments())),
    ("sse-one-byte-reads", || Input::Sse(stream::one_byte_reads())),
    ("decode-text", || Input::Decode(CHAT, stream::text(1))),
    ("decode-text-16-a-read", || Input::Decode(CHAT, stream::text(16))),
    ("decode-text-responses", || Input::Decode("responses", routes::responses())),
    ("decode-text-messages", || Input::Decode("messages", routes::messages())),
    ("decode-text-gemini", || Input::Decode("gemini", routes::gemini())),
    ("decode-escapes-unicode", || Input::Decode(CHAT, stream::escapes_unicode())),
    ("decode-reasoning", || Input::Decode(CHAT, stream::reasoning())),
    ("decode-tool-call-1mb-fragments", || Input::Decode(CHAT, stream::tool_call_1mb_fragments())),
    ("decode-usage-every-chunk", || Input::Decode(CHAT, stream::usage_every_chunk())),
    ("encode-short", || Input::Encode(Box::new(conversation::short()))),
    ("encode-long-history-with-tools-and-images", || {
        Input::Encode(Box::new(conversation::long_history_with_tools_and_images()))
    }),
    ("list-both-of-600", || Input::List(lists::both_of_600())),
];

impl Input {
    /// The input with this name.
    pub fn named(name: &str) -> Option<Self> {
        ALL.iter().find(|(known, _)| *known == name).map(|(_, make)| make())
    }

    /// Runs the operation. Returns the number of events or models, or the length of an encoded request in bytes.
    ///
    /// # Errors
    /// The operation failed; the text is its error.
    pub fn run(&self) -> Result<usize, String> {
        match self {
            Self::Sse(reads) => measuring::sse(reads).map_err(|error| format!("{error:?}")),
            Self::Decode(route, reads) => {
                measuring::decode_on(route, reads).map_err(|error| format!("{error:?}"))
            }
            Self::Encode(request) => measuring::encode(request).map_err(|error| format!("{error:?}")),
            Self::List(Lists { key_list, catalogue }) => {
                measuring::list(key_list, catalogue).map_err(|error| format!("{error:?}"))
            }
        }
    }

    /// The number of bytes on the wire: of all reads, of both lists, or of the encoded request.
    ///
    /// # Errors
    /// The request cannot be encoded.
    pub fn bytes(&self) -> Result<usize, String> {
        match self {
            Self::Sse(reads) | Self::Decode(_, reads) => Ok(reads.iter().map(Vec::len).sum()),
            Self::Encode(_) => self.run(),
            Self::List(Lists { key_list, catalogue }) => Ok(key_list.len() + catalogue.len()),
        }
    }
}
