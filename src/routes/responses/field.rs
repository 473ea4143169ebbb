//! The texts that the route streams, and the names that they have in its events and items.

use super::items::ItemKind;

/// A text that comes in deltas.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Field {
    /// The model's reply.
    Text,
    /// Its reason not to reply.
    Refusal,
    /// A summary of its reasoning.
    Summary,
    /// The reasoning itself, at open models.
    Content,
    /// The arguments of a call.
    Arguments,
    /// The free text of a call of a custom tool.
    Input,
}

/// The middle of the name of its events, and the type of the part that holds it.
const NAMES: [(Field, &str, &str); 6] = [
    (Field::Text, "output_text", "output_text"),
    (Field::Summary, "reasoning_summary_text", "summary_text"),
    (Field::Content, "reasoning_text", "reasoning_text"),
    (Field::Arguments, "function_call_arguments", ""),
    (Field::Input, "custom_tool_call_input", ""),
    (Field::Refusal, "refusal", "refusal"),
];

impl Field {
    /// The field of `response.{name}.delta`.
    pub(super) fn of_event(name: &str) -> Option<Self> {
        NAMES.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    /// The field of a part of this type.
    pub(super) fn of_part(kind: &str) -> Option<Self> {
        NAMES.iter().find(|row| row.2 == kind).map(|row| row.0)
    }

    /// The items that it belongs to.
    pub(super) fn item_kind(self) -> ItemKind {
        match self {
            Field::Text | Field::Refusal => ItemKind::Message,
            Field::Summary | Field::Content => ItemKind::Reasoning,
            Field::Arguments => ItemKind::Call,
            Field::Input => ItemKind::CustomCall,
        }
    }
}
