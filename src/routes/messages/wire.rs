//! The events of a stream, and the parts of a message, as far as they are read.
//!
//! One pass over an event finds all of it; what is opened further stays a slice until then.

use crate::json::{Object, Raw, structure};

/// Any event of a stream.
#[derive(Debug, Default)]
pub(super) struct WireEvent<'a> {
    pub kind: Raw<'a>,
    /// The name of a block: gateways leave holes, and use one twice [46].
    pub index: Raw<'a>,
    pub delta: Object<Delta<'a>>,
    pub content_block: Raw<'a>,
    pub message: Raw<'a>,
    pub usage: Raw<'a>,
    pub context_management: Raw<'a>,
    pub error: Raw<'a>,
}

structure!(WireEvent {
    "type" => kind,
    "index" => index,
    "delta" => delta,
    "content_block" => content_block,
    "message" => message,
    "usage" => usage,
    "context_management" => context_management,
    "error" => error,
});

/// The change of a block, or the end of a message.
#[derive(Debug, Default)]
pub(super) struct Delta<'a> {
    pub kind: Raw<'a>,
    pub text: Raw<'a>,
    pub thinking: Raw<'a>,
    pub partial_json: Raw<'a>,
    pub signature: Raw<'a>,
    pub citation: Raw<'a>,
    /// Of a compaction, as is the next one.
    pub content: Raw<'a>,
    pub encrypted_content: Raw<'a>,
    pub end: MessageEnd<'a>,
}

// Not by the macro, because the end's fields stand among those of the delta.
impl<'a> crate::json::Structure<'a> for Delta<'a> {
    fn field(&mut self, name: &str) -> Option<crate::json::Slot<'_, 'a>> {
        let slot = match name {
            "type" => &mut self.kind,
            "text" => &mut self.text,
            "thinking" => &mut self.thinking,
            "partial_json" => &mut self.partial_json,
            "signature" => &mut self.signature,
            "citation" => &mut self.citation,
            "content" => &mut self.content,
            "encrypted_content" => &mut self.encrypted_content,
            name => return self.end.field(name),
        };
        Some(crate::json::Slot::Raw(slot))
    }
}

/// Why a message ended, and what else is known only then. In a whole message the same fields stand at its top.
#[derive(Debug, Default)]
pub(super) struct MessageEnd<'a> {
    pub stop_reason: Raw<'a>,
    pub stop_sequence: Raw<'a>,
    pub stop_details: Raw<'a>,
    pub container: Raw<'a>,
}

structure!(MessageEnd {
    "stop_reason" => stop_reason,
    "stop_sequence" => stop_sequence,
    "stop_details" => stop_details,
    "container" => container,
});

/// A message: that of `message_start`, or a whole response.
#[derive(Debug, Default)]
pub(super) struct Message<'a> {
    pub id: Raw<'a>,
    pub model: Raw<'a>,
    /// Optional: some relays leave it out [45].
    pub content: Raw<'a>,
    pub usage: Raw<'a>,
    pub context_management: Raw<'a>,
    pub end: MessageEnd<'a>,
}

impl<'a> crate::json::Structure<'a> for Message<'a> {
    fn field(&mut self, name: &str) -> Option<crate::json::Slot<'_, 'a>> {
        let slot = match name {
            "id" => &mut self.id,
            "model" => &mut self.model,
            "content" => &mut self.content,
            "usage" => &mut self.usage,
            "context_management" => &mut self.context_management,
            name => return self.end.field(name),
        };
        Some(crate::json::Slot::Raw(slot))
    }
}

/// A block of a message, where it begins or whole.
#[derive(Debug, Default)]
pub(super) struct ContentBlock<'a> {
    pub kind: Raw<'a>,
    pub text: Raw<'a>,
    pub citations: Raw<'a>,
    pub thinking: Raw<'a>,
    pub signature: Raw<'a>,
    pub id: Raw<'a>,
    pub name: Raw<'a>,
    /// Whole here where a program of the vendor's made the call [42].
    pub input: Raw<'a>,
    /// Which program of the vendor's made a call; it goes back with the call.
    pub caller: Raw<'a>,
    /// Of a `fallback`: the model that went on.
    pub to: Raw<'a>,
}

structure!(ContentBlock {
    "type" => kind,
    "text" => text,
    "citations" => citations,
    "thinking" => thinking,
    "signature" => signature,
    "id" => id,
    "name" => name,
    "input" => input,
    "caller" => caller,
    "to" => to,
});
