//! Structures that are filled in one pass over a text, in which a value of a wrong type counts as missing.
//!
//! A structure only says where the value of a field goes; one reader does the rest for all structures. It calls
//! them through `dyn`, since generic code would be in the component once for each type, which is what made
//! derived readers so large (see [`crate::json`]).

use super::{Raw, RawValue, reader::Reader};
use crate::scanned::scanned;

/// Where a value goes.
pub enum Slot<'s, 'a> {
    /// Kept as raw text; of several fields with one name the last counts.
    Raw(&'s mut Raw<'a>),
    /// Filled from the value.
    Inner(&'s mut dyn Structure<'a>),
}

/// A target for JSON. Values that it has no slot for are skipped.
pub trait Structure<'a> {
    /// The value is an object: anything an earlier value left is forgotten.
    fn object(&mut self) {}

    /// Where the value of a field of the object goes.
    fn field(&mut self, _name: &str) -> Option<Slot<'_, 'a>> {
        None
    }

    /// The value is a list: anything an earlier value left is forgotten.
    fn list(&mut self) {}

    /// The value is neither: anything an earlier value left may be forgotten.
    fn leaf(&mut self, _value: RawValue<'a>) {}

    /// Where the next item of the list goes. The item is complete when the next one is requested or the text ends.
    fn item(&mut self) -> Option<Slot<'_, 'a>> {
        None
    }
}

/// A field of a structure, as a slot for its value.
pub trait SlotSource<'a> {
    /// The slot.
    fn slot(&mut self) -> Slot<'_, 'a>;
}

impl<'a> SlotSource<'a> for Raw<'a> {
    fn slot(&mut self) -> Slot<'_, 'a> {
        Slot::Raw(self)
    }
}

impl<'a, S: Structure<'a>> SlotSource<'a> for S {
    fn slot(&mut self) -> Slot<'_, 'a> {
        Slot::Inner(self)
    }
}

/// Implements [`Structure`] for a struct, by its fields and their names on the wire. One that is a field of another
/// directly, and not in an [`Object`](super::Object), has to be `forgetful`: then a later value of its name replaces
/// an earlier one, as it does for every other field.
macro_rules! structure {
    (@forgetful) => {};
    (@forgetful forgetful) => {
        fn object(&mut self) {
            *self = Self::default();
        }

        fn list(&mut self) {
            *self = Self::default();
        }

        fn leaf(&mut self, _: $crate::json::RawValue<'a>) {
            *self = Self::default();
        }
    };
    ($name:ident $($forgetful:ident)? { $($wire:literal => $field:ident),* $(,)? }) => {
        impl<'a> $crate::json::Structure<'a> for $name<'a> {
            $crate::json::structure!(@forgetful $($forgetful)?);

            fn field(&mut self, name: &str) -> Option<$crate::json::Slot<'_, 'a>> {
                // Most names differ in length. Comparing that first saves a call for each of them, which was
                // measurable for every chunk of a stream.
                $(if name.len() == $wire.len() && name == $wire {
                    return Some($crate::json::SlotSource::slot(&mut self.$field));
                })*
                None
            }
        }
    };
}
pub(crate) use structure;

/// The index of a name among others.
pub fn position(names: &[&str], name: &str) -> Option<usize> {
    // Most names differ in length. Comparing that first saves a call for each of them.
    names.iter().position(|known| known.len() == name.len() && *known == name)
}

/// Fills a structure from a JSON text; `None` if the text is not JSON.
pub fn read<'a>(json: &'a str, into: &mut dyn Structure<'a>) -> Option<()> {
    let mut reader = Reader::new(json);
    let filled = reader.fill(into).and_then(|()| reader.end());
    scanned(reader.at());
    filled.ok()
}
