//! Reading JSON that other people wrote: typed where the shape is known, tolerant where it is not.
//!
//! A vendor that changes the type of a field must not cost the rest of the message. So structures are
//! read as [`Object`], [`First`] and [`Many`], which take a value of another type for one that is
//! missing, and leaves are kept as raw text and looked at only when somebody asks for them.

mod lenient;
mod surrogate_pairs;
pub mod surrogates;
mod text;

pub use lenient::{First, Many, Object};
pub use surrogate_pairs::PairJoiner;
pub use text::{WireText, float, string, text, unsigned};

/// A value that is not looked at before somebody asks for it. It borrows the text of the message.
pub type Raw<'a> = Option<&'a serde_json::value::RawValue>;

/// The text of a raw value, unless it is missing or null.
pub fn present<'a>(raw: Raw<'a>) -> Option<&'a str> {
    raw.map(|value| value.get()).filter(|text| *text != "null")
}
