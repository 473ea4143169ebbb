//! Reading JSON that other people wrote, typed where the shape is known and tolerant where it is not, and
//! writing our own.
//!
//! A vendor that changes the type of a field must not cost the rest of the message. So structures are
//! read as [`Object`], [`First`] and [`Many`], which take a value of another type for one that is
//! missing, and leaves are kept as raw text and looked at only when somebody asks for them.
//!

mod fields;
pub(crate) mod lenient;
mod number;
mod plain;
mod reader;
mod structure;
mod surrogate_pairs;
pub mod surrogates;
mod wire_text;
mod write;

pub use fields::{fields, items, names, parse};
pub use lenient::{First, Many, Object, float, string, unsigned};
pub use number::Number;
pub use plain::is_plain;
pub use reader::Flaw;
pub(crate) use structure::structure;
pub use structure::{Place, Slot, Structure, position, read};
pub use surrogate_pairs::PairJoiner;
pub use wire_text::{WireText, wire_text};
pub use write::{Json, base64_len};

/// One JSON value, whole and without blanks around it, as it stands in the text of the message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RawValue<'a>(&'a str);

impl<'a> RawValue<'a> {
    /// The caller has made sure that this is one value.
    fn new(json: &'a str) -> Self {
        Self(json)
    }

    /// Its text.
    pub fn get(self) -> &'a str {
        self.0
    }
}

/// A value that is not looked at before somebody asks for it.
pub type Raw<'a> = Option<RawValue<'a>>;

/// The text of a raw value, unless it is missing or null.
pub fn present<'a>(raw: Raw<'a>) -> Option<&'a str> {
    raw.map(|value| value.get()).filter(|text| *text != "null")
}
