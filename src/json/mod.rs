//! Reading JSON of vendors, and writing our own.
//!
//! A field whose type a vendor has changed must not cost the rest of the message. So structures are read as
//! [`Object`], [`First`] and [`Many`], which treat a value of another type as missing, and leaves are kept as raw text
//! and read only where they are needed.
//!
//! # Why not `serde`
//!
//! Size and tolerance. Derived readers exist once for each type and each way of reaching it: those for a chunk of
//! chat completions alone, added to a component of 264 KB, made it one of 330 KB, and that is one route of several and
//! none of the lists. The change to this module, with smaller savings beside it, took the component from 552 to 279 KB
//! (recorded in its commit). And derived readers refuse a whole message over one field of another type, a field that
//! occurs twice, or a lone surrogate in a name that nobody reads: each was seen in streams [13, 16, 17].
//!
//! Own code for this is a risk of its own, so tests and a fuzz target compare it with `serde_json` (`reader_tests`,
//! `fuzzing/json.rs`): it accepts the same texts and reads the same values.

mod fields;
pub(crate) mod lenient;
mod number;
mod plain;
mod reader;
mod structure;
mod surrogate_pairs;
pub mod surrogates;
mod template;
mod wire_text;
mod write;

pub use fields::{Elements, elements, fields, items, members, names, parse};
pub use lenient::{First, MAX_MANY, Many, Object, float, string, unsigned};
pub use number::Number;
pub use plain::{is_plain, string_length};
pub use reader::Flaw;
pub(crate) use structure::structure;
pub use structure::{Slot, SlotSource, Structure, position, read};
pub use surrogate_pairs::PairJoiner;
pub use template::{Repetition, Template, digits};
pub use wire_text::{WireText, wire_text};
pub use write::{Json, base64_len, escaped_len};

/// One complete JSON value without blanks around it, as a part of the text of the message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RawValue<'a>(&'a str);

impl<'a> RawValue<'a> {
    /// The caller has made sure that this is exactly one value.
    fn new(json: &'a str) -> Self {
        Self(json)
    }

    /// Its text.
    pub fn get(self) -> &'a str {
        self.0
    }
}

/// A value that is kept as text until it is needed; `None` where it is missing.
pub type Raw<'a> = Option<RawValue<'a>>;

/// The text of a raw value, unless it is missing or null.
pub fn present<'a>(raw: Raw<'a>) -> Option<&'a str> {
    raw.map(|value| value.get()).filter(|text| *text != "null")
}
