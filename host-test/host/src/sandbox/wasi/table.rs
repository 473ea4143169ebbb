//! What a component holds of the host, by handle.
//!
//! The engine already checks that a handle belongs to the instance and has the right type. This table checks again, so
//! that a defect here ends one instance with an error and never reaches another entry.

use wasmtime::component::Resource;

use super::body::{IncomingBody, InputStream, OutgoingBody, OutputStream};
use super::error_code::ErrorCode;
use super::fields::FieldMap;
use super::poll::Pollable;
use super::request::OutgoingRequest;
use super::request_options::RequestOptions;
use super::response::{FutureResponse, FutureTrailers, IncomingResponse};
use crate::sandbox::limits::RESOURCES;

/// One entry of the table.
pub(super) enum Entry {
    Error(ErrorCode),
    Fields(FieldMap),
    FutureResponse(FutureResponse),
    FutureTrailers(FutureTrailers),
    IncomingBody(IncomingBody),
    IncomingResponse(IncomingResponse),
    InputStream(InputStream),
    OutgoingBody(OutgoingBody),
    OutgoingRequest(Box<OutgoingRequest>),
    OutputStream(OutputStream),
    Pollable(Pollable),
    RequestOptions(RequestOptions),
}

/// A type that an entry can have.
pub(super) trait Item: Sized {
    fn into_entry(self) -> Entry;
    fn of(entry: Entry) -> Option<Self>;
    fn of_mut(entry: &mut Entry) -> Option<&mut Self>;
}

macro_rules! items {
    ($($variant:ident($type:ty)),* $(,)?) => {$(
        impl Item for $type {
            fn into_entry(self) -> Entry {
                Entry::$variant(self)
            }
            fn of(entry: Entry) -> Option<Self> {
                if let Entry::$variant(item) = entry { Some(item) } else { None }
            }
            fn of_mut(entry: &mut Entry) -> Option<&mut Self> {
                if let Entry::$variant(item) = entry { Some(item) } else { None }
            }
        }
    )*};
}

items! {
    Error(ErrorCode),
    Fields(FieldMap),
    FutureResponse(FutureResponse),
    FutureTrailers(FutureTrailers),
    IncomingBody(IncomingBody),
    IncomingResponse(IncomingResponse),
    InputStream(InputStream),
    OutgoingBody(OutgoingBody),
    OutgoingRequest(Box<OutgoingRequest>),
    OutputStream(OutputStream),
    Pollable(Pollable),
    RequestOptions(RequestOptions),
}

/// Why an operation on the table fails, which traps the component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum TableError {
    /// The component holds as many resources as an instance may.
    #[error("it holds more resources of the host than an instance may")]
    Full,
    /// There is no such entry, or one of another type, or a later one in the same place.
    #[error("it used a handle of the host that is not valid")]
    Invalid,
    /// WASI requires children to be dropped first: a stream before its body.
    #[error("it dropped a resource of the host before the children of it")]
    HasChildren,
}

struct Slot {
    /// How often the slot was used before. The upper half of a handle; a handle that was kept does not fit a new entry.
    generation: u16,
    children: u16,
    parent: Option<u32>,
    entry: Option<Entry>,
}

/// All entries of one instance, at most [`RESOURCES`].
#[derive(Default)]
pub(super) struct Table {
    slots: Vec<Slot>,
    free: Vec<u16>,
}

// Handles have 16 bits for the place.
const _: () = assert!(RESOURCES <= 1 << 16);

impl Table {
    /// Adds an entry without a parent.
    pub(super) fn push<I: Item, R: 'static>(&mut self, item: I) -> Result<Resource<R>, TableError> {
        self.add(item.into_entry(), None)
    }

    /// Adds an entry that has to be removed before this parent.
    pub(super) fn push_child<I: Item, R: 'static>(
        &mut self,
        item: I,
        parent: u32,
    ) -> Result<Resource<R>, TableError> {
        let slot = self.slot(parent)?;
        slot.children = slot.children.checked_add(1).ok_or(TableError::Full)?;
        self.add(item.into_entry(), Some(parent)).inspect_err(|_| self.release(parent))
    }

    pub(super) fn get<I: Item>(&mut self, rep: u32) -> Result<&mut I, TableError> {
        self.slot(rep)?.entry.as_mut().and_then(I::of_mut).ok_or(TableError::Invalid)
    }

    pub(super) fn remove<I: Item>(&mut self, rep: u32) -> Result<I, TableError> {
        self.get::<I>(rep)?;
        let slot = self.slot(rep)?;
        if slot.children > 0 {
            return Err(TableError::HasChildren);
        }
        let (entry, parent) = (slot.entry.take(), slot.parent.take());
        slot.generation = slot.generation.wrapping_add(1);
        self.free.push(place(rep));
        if let Some(parent) = parent {
            self.release(parent);
        }
        entry.and_then(I::of).ok_or(TableError::Invalid)
    }

    /// Removes an entry that the component gave up.
    pub(super) fn delete<I: Item>(&mut self, rep: u32) -> wasmtime::Result<()> {
        self.remove::<I>(rep)?;
        Ok(())
    }

    fn release(&mut self, parent: u32) {
        if let Ok(slot) = self.slot(parent) {
            slot.children = slot.children.saturating_sub(1);
        }
    }

    fn add<R: 'static>(&mut self, entry: Entry, parent: Option<u32>) -> Result<Resource<R>, TableError> {
        if let Some(free) = self.free.pop()
            && let Some(slot) = self.slots.get_mut(usize::from(free))
        {
            (slot.entry, slot.parent, slot.children) = (Some(entry), parent, 0);
            return Ok(Resource::new_own(u32::from(slot.generation) << 16 | u32::from(free)));
        }
        let next = u16::try_from(self.slots.len()).ok().filter(|next| usize::from(*next) < RESOURCES);
        let next = next.ok_or(TableError::Full)?;
        self.slots.push(Slot { generation: 0, children: 0, parent, entry: Some(entry) });
        Ok(Resource::new_own(u32::from(next)))
    }

    fn slot(&mut self, rep: u32) -> Result<&mut Slot, TableError> {
        let slot = self.slots.get_mut(usize::from(place(rep))).ok_or(TableError::Invalid)?;
        let fits = slot.entry.is_some() && u32::from(slot.generation) == rep >> 16;
        if fits { Ok(slot) } else { Err(TableError::Invalid) }
    }
}

fn place(rep: u32) -> u16 {
    // The lower half.
    (rep & 0xffff) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(table: &mut Table) -> u32 {
        table.push::<_, ()>(ErrorCode::LoopDetected).unwrap().rep()
    }

    #[test]
    fn a_handle_is_valid_for_its_own_entry_and_type_only() {
        let mut table = Table::default();
        let first = error(&mut table);
        assert!(table.get::<ErrorCode>(first).is_ok());
        assert_eq!(table.get::<FieldMap>(first).err(), Some(TableError::Invalid));
        assert_eq!(table.remove::<FieldMap>(first).err(), Some(TableError::Invalid));
        table.remove::<ErrorCode>(first).unwrap();
        assert_eq!(table.remove::<ErrorCode>(first), Err(TableError::Invalid));
        let second = error(&mut table);
        assert_eq!(second & 0xffff, first & 0xffff, "the place is used again");
        assert_eq!(table.get::<ErrorCode>(first), Err(TableError::Invalid), "and not by the old handle");
        assert_eq!(table.get::<ErrorCode>(77), Err(TableError::Invalid));
    }

    #[test]
    fn a_parent_stays_until_its_children_are_gone() {
        let mut table = Table::default();
        let parent = error(&mut table);
        let child = table.push_child::<_, ()>(ErrorCode::LoopDetected, parent).unwrap().rep();
        assert_eq!(table.remove::<ErrorCode>(parent), Err(TableError::HasChildren));
        table.remove::<ErrorCode>(child).unwrap();
        table.remove::<ErrorCode>(parent).unwrap();
        assert!(table.push_child::<_, ()>(ErrorCode::LoopDetected, parent).is_err());
    }

    #[test]
    fn the_number_of_entries_is_bounded_and_places_are_used_again() {
        let mut table = Table::default();
        let all: Vec<u32> = (0..RESOURCES).map(|_| error(&mut table)).collect();
        assert_eq!(table.push::<_, ()>(ErrorCode::LoopDetected).err(), Some(TableError::Full));
        all.iter().for_each(|rep| drop(table.remove::<ErrorCode>(*rep).unwrap()));
        for _ in 0..RESOURCES {
            error(&mut table);
        }
    }
}
