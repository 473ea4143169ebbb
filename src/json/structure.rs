//! Structures that are filled in one pass over a text, and of which a wrong type is as good as an absence.
//!
//! A structure names, for each field, the place where its value goes; the reader does the rest, the same
//! code for all of them. That is why nothing here is generic over the structure: derived readers would stand
//! in the component once for each type and each way to come to it.

use super::{Raw, RawValue, reader::Reader};
use crate::scanned::scanned;

/// Where a value goes.
pub enum Slot<'s, 'a> {
    /// Kept as the text that it is; of several with one name the last counts.
    Raw(&'s mut Raw<'a>),
    /// Handed over as the text that it is.
    Each(&'s mut dyn FnMut(RawValue<'a>)),
    /// Read on the spot.
    Inner(&'s mut dyn Structure<'a>),
}

/// What JSON is read into. All that it has no slot for is skipped.
pub trait Structure<'a> {
    /// The value is an object: what an earlier one left is forgotten.
    fn object(&mut self) {}

    /// Where the value of a field of the object goes.
    fn field(&mut self, _name: &str) -> Option<Slot<'_, 'a>> {
        None
    }

    /// The value is a list: what an earlier one left is forgotten.
    fn list(&mut self) {}

    /// The value is neither: what an earlier one left may be forgotten.
    fn leaf(&mut self, _value: RawValue<'a>) {}

    /// Where the next item of the list goes. It is whole when the next is asked for, or the text is read.
    fn item(&mut self) -> Option<Slot<'_, 'a>> {
        None
    }
}

/// What stands for a value in a structure.
pub trait Place<'a> {
    /// The way to it.
    fn slot(&mut self) -> Slot<'_, 'a>;
}

impl<'a> Place<'a> for Raw<'a> {
    fn slot(&mut self) -> Slot<'_, 'a> {
        Slot::Raw(self)
    }
}

impl<'a, S: Structure<'a>> Place<'a> for S {
    fn slot(&mut self) -> Slot<'_, 'a> {
        Slot::Inner(self)
    }
}

/// Makes a [`Structure`] of a struct, by its fields and their names on the wire. One that stands in another as it
/// is, and not in an [`Object`](super::Object), has to be `forgetful`: then a later value of its name takes the
/// place of an earlier one.
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
                // Most names differ in length already: they are not compared, nor is there a call for each.
                $(if name.len() == $wire.len() && name == $wire {
                    return Some($crate::json::Place::slot(&mut self.$field));
                })*
                None
            }
        }
    };
}
pub(crate) use structure;

/// The place of a name among others.
pub fn position(names: &[&str], name: &str) -> Option<usize> {
    // Most names differ in length already: they are not compared, nor is there a call for each.
    names.iter().position(|known| known.len() == name.len() && *known == name)
}

/// Fills a structure from a JSON text; `None` if the text is none.
pub fn read<'a>(json: &'a str, into: &mut dyn Structure<'a>) -> Option<()> {
    let mut reader = Reader::new(json);
    let filled = reader.fill(into).and_then(|()| reader.end());
    scanned(reader.at());
    filled.ok()
}
