//! The fields of an event, and of an item.
//!
//! Only fields that are used are declared, so that a vendor's change of another one cannot break the reading.

use crate::json::{Raw, structure};

/// An event of a stream.
#[derive(Debug, Default)]
pub(super) struct StreamEvent<'a> {
    pub kind: Raw<'a>,
    pub delta: Raw<'a>,
    pub output_index: Raw<'a>,
    pub item_id: Raw<'a>,
    pub content_index: Raw<'a>,
    pub summary_index: Raw<'a>,
    pub sequence_number: Raw<'a>,
    /// Random padding.
    pub obfuscation: Raw<'a>,
    /// The whole text, in the events that end one; its name depends on what it is.
    pub text: Raw<'a>,
    pub refusal: Raw<'a>,
    pub arguments: Raw<'a>,
    pub input: Raw<'a>,
    pub part: Raw<'a>,
    pub item: Raw<'a>,
    pub annotation: Raw<'a>,
    pub response: Raw<'a>,
    pub error: Raw<'a>,
}

structure!(StreamEvent {
    "type" => kind,
    "delta" => delta,
    "output_index" => output_index,
    "item_id" => item_id,
    "content_index" => content_index,
    "summary_index" => summary_index,
    "sequence_number" => sequence_number,
    "obfuscation" => obfuscation,
    "text" => text,
    "refusal" => refusal,
    "arguments" => arguments,
    "input" => input,
    "part" => part,
    "item" => item,
    "annotation" => annotation,
    "response" => response,
    "error" => error,
});

/// An item, and a part of one, which have different fields.
#[derive(Debug, Default)]
pub(super) struct ItemFields<'a> {
    pub kind: Raw<'a>,
    pub id: Raw<'a>,
    /// The parts of a message, or the full text of a reasoning.
    pub content: Raw<'a>,
    pub phase: Raw<'a>,
    pub summary: Raw<'a>,
    pub encrypted_content: Raw<'a>,
    pub call_id: Raw<'a>,
    pub name: Raw<'a>,
    pub arguments: Raw<'a>,
    pub input: Raw<'a>,
    /// The group of the tool, where the vendor searched for tools.
    pub namespace: Raw<'a>,
    /// The program that makes the call, where a program of the model's runs at the vendor.
    pub caller: Raw<'a>,
    pub text: Raw<'a>,
    pub refusal: Raw<'a>,
    pub annotations: Raw<'a>,
}

structure!(ItemFields {
    "type" => kind,
    "id" => id,
    "content" => content,
    "phase" => phase,
    "summary" => summary,
    "encrypted_content" => encrypted_content,
    "call_id" => call_id,
    "name" => name,
    "arguments" => arguments,
    "input" => input,
    "namespace" => namespace,
    "caller" => caller,
    "text" => text,
    "refusal" => refusal,
    "annotations" => annotations,
});

/// The fields of an object that [`parse`](crate::json::parse) has found complete; nothing for another value.
pub(super) fn item_fields<'a>(json: Raw<'a>) -> Option<ItemFields<'a>> {
    let mut object = crate::json::Object::default();
    crate::json::read(json?.get(), &mut object)?;
    object.0
}
