//! The replay of a block: what has to go back to the vendor with it, in the bytes in which it was received.
//!
//! The contract gives it to the host, which returns it unread with the block. Here it is a JSON object with the name of
//! the route and one or two of these fields. A replay of another route does not parse: one vendor refuses the signature of
//! another.

use alloc::{borrow::Cow, string::String};

use super::NAME;
use crate::json::{Json, Raw, present, surrogates::replace_lone};
use crate::routes::encoding::own_replay;

/// The proof that the vendor has written a reasoning, as a JSON string.
pub(super) const SIGNATURE: &str = "signature";
/// The text of a reasoning, as a JSON string, where the host did not want it: the signature is of this text.
pub(super) const TEXT: &str = "text";
/// A whole block: redacted reasoning, and the vendor's own tools.
pub(super) const BLOCK: &str = "block";
/// The sources of a text, as a list. Those of a search are encrypted, and the vendor wants them back.
pub(super) const CITATIONS: &str = "citations";
/// The program of the vendor's that made a call.
pub(super) const CALLER: &str = "caller";

/// The replay of a block with these fields, each a name and JSON.
pub(super) fn written(values: &[(&str, &str)]) -> String {
    let mut json = Json::default();
    json.raw("{");
    json.key("route");
    json.string(NAME);
    for (name, value) in values {
        json.key(name);
        json.raw(value);
    }
    json.raw("}");
    let json = json.into_string();
    // Half of a character would make every later request one that strict parsers refuse [16].
    match replace_lone(&json) {
        Cow::Owned(clean) => clean,
        Cow::Borrowed(_) => json,
    }
}

/// What a replay of this route holds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Replay<'a> {
    pub signature: Raw<'a>,
    pub text: Raw<'a>,
    pub block: Raw<'a>,
    pub citations: Raw<'a>,
    pub caller: Raw<'a>,
}

impl<'a> Replay<'a> {
    /// Reads what a host handed back; nothing where another route has written it, or a host has damaged it.
    pub(super) fn parse(replay: &'a str) -> Option<Self> {
        let names = [SIGNATURE, TEXT, BLOCK, CITATIONS, CALLER];
        let [signature, text, block, citations, caller] = own_replay(replay, NAME, names)?;
        if matches!(replace_lone(replay), Cow::Owned(_)) {
            return None;
        }
        let of = |raw: Raw<'a>, begin: char| raw.filter(|raw| raw.get().starts_with(begin));
        Some(Self {
            signature: of(signature, '"').filter(|raw| raw.get().len() > 2),
            text: of(text, '"'),
            block: of(block, '{'),
            citations: of(citations, '[').filter(|raw| present(Some(*raw)) != Some("[]")),
            caller: of(caller, '{'),
        })
    }
}
