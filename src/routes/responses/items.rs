//! The items of a response, and which of them an event is about.
//!
//! `output_index` places an event. The id is the second choice, for events without an index: some gateways give an item
//! a new id in each event [33]. Events with neither continue the last item.

use alloc::{format, string::String, vec::Vec};

use super::field::Field;
use super::sent::Sent;
use crate::errors::{Error, protocol};
use crate::events::{BlockHandle, CallHandle};
use crate::json::{Raw, string};
use crate::string_interner::StringInterner;

/// Most items of a response. The longest that were seen have some dozens; a hostile server can write one in 60 bytes.
const MAX_ITEMS: usize = 4096;

/// Most parts of an item. They are searched one by one, and a message has one or two.
const MAX_PARTS: usize = 256;

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum ItemKind {
    Message,
    Reasoning,
    /// A call of a function.
    Call,
    /// A call whose input is free text.
    CustomCall,
    /// Of the vendor's own tools, or unknown.
    Vendor,
}

impl ItemKind {
    /// By the type of an item.
    pub(super) fn of(name: &str) -> Self {
        match name {
            "message" => Self::Message,
            "reasoning" => Self::Reasoning,
            "function_call" => Self::Call,
            "custom_tool_call" => Self::CustomCall,
            _ => Self::Vendor,
        }
    }
}

/// A text within an item.
#[derive(Debug)]
pub(super) struct Part {
    pub field: Field,
    index: u64,
    /// The block of a text or a refusal. All parts of reasoning share that of their item.
    pub block: Option<BlockHandle>,
    pub sent: Sent,
}

/// An item that is being received. Each is a machine of its own, since items may interleave and end in any order [34].
#[derive(Debug)]
pub(super) struct Item {
    pub kind: ItemKind,
    /// `output_item.done` was read. Nothing is added to it any more.
    pub is_done: bool,
    pub parts: Vec<Part>,
    /// The block of reasoning, or of an item of the vendor's.
    pub block: Option<BlockHandle>,
    pub call: Option<CallHandle>,
    /// The field that the text of a reasoning came in. A second one repeats the first in other words.
    pub reasoning: Option<Field>,
    /// The block before its first text is a text of another message.
    pub follows_text: bool,
    /// Its annotations came in events of their own.
    pub is_annotated: bool,
}

impl Item {
    /// The place of one of its texts among the parts.
    pub(super) fn part(&mut self, field: Field, index: u64) -> Result<usize, Error> {
        let known = self.parts.iter().rposition(|part| part.field == field && part.index == index);
        if let Some(at) = known {
            return Ok(at);
        }
        if self.parts.len() >= MAX_PARTS {
            return Err(protocol(format!("an item of the response has more than {MAX_PARTS} parts")));
        }
        self.parts.push(Part { field, index, block: None, sent: Sent::default() });
        Ok(self.parts.len().saturating_sub(1))
    }
}

/// All items.
#[derive(Debug, Default)]
pub(super) struct Items {
    list: Vec<Item>,
    /// Indexes, and ids of the items.
    names: StringInterner,
    /// The item of each name, by the number of the name.
    named: Vec<usize>,
}

impl Items {
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn get(&mut self, at: usize) -> Option<&mut Item> {
        self.list.get_mut(at)
    }

    /// The item of an event, if it is known.
    pub(super) fn find(&self, index: Raw<'_>, id: Raw<'_>) -> Option<usize> {
        match key(index, id) {
            Some(key) => self.named.get(self.names.get(&key)?).copied(),
            None => self.list.len().checked_sub(1),
        }
    }

    /// The item of an event that belongs to an item of this kind, and whether it is new.
    ///
    /// Where the index has an item of another kind, the event begins an item of its own: some relays number each item 0.
    pub(super) fn place(
        &mut self,
        kind: ItemKind,
        index: Raw<'_>,
        id: Raw<'_>,
    ) -> Result<(usize, bool), Error> {
        let found = self.find(index, id);
        match found.and_then(|at| Some((at, self.list.get(at)?))) {
            Some((at, item)) if item.kind == kind => Ok((at, false)),
            _ => Ok((self.add(kind, index, id)?, true)),
        }
    }

    /// A new item.
    pub(super) fn add(&mut self, kind: ItemKind, index: Raw<'_>, id: Raw<'_>) -> Result<usize, Error> {
        let at = self.list.len();
        if at >= MAX_ITEMS {
            return Err(protocol(format!("the response has more than {MAX_ITEMS} items")));
        }
        self.list.push(Item {
            kind,
            is_done: false,
            parts: Vec::new(),
            block: None,
            call: None,
            reasoning: None,
            follows_text: false,
            is_annotated: false,
        });
        // Both names, because later events may have only one of them.
        for name in [key(index, None), key(None, id)].into_iter().flatten() {
            let (number, is_new) = self.names.number(&name);
            match self.named.get_mut(number) {
                Some(named) => *named = at,
                None if is_new => self.named.push(at),
                None => {}
            }
        }
        Ok(at)
    }
}

/// The name by which an event names its item.
fn key(index: Raw<'_>, id: Raw<'_>) -> Option<String> {
    // An id cannot be taken for an index, whatever it is.
    let named = |mark: &str, name: &str| [mark, name].concat();
    let index = string(index).map(|index| named("#", &index));
    index.or_else(|| string(id).map(|id| named("=", &id)))
}
