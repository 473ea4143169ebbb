//! Reasoning as an object, or as a list, in a field for a text [66].

use super::chunk::{Delta, any_filled, is_nothing};
use super::content::text_of;
use super::reasoning::{Reasoning, text_fields};
use crate::errors::Error;
use crate::events::Assembler;
use crate::json::{Raw, RawValue, WireText, elements, wire_text};

/// The fields of an object that has the text.
const THOUGHTS: [&str; 6] = ["text", "content", "value", "summary", "thinking", "reasoning"];

/// Reads the fields of a delta that should be texts and are none. False where one of them cannot be read.
pub(super) fn read(delta: &Delta<'_>, reasoning: &mut Reasoning, out: &mut Assembler) -> Result<bool, Error> {
    let fields = text_fields(delta);
    let is_odd = |raw: Raw<'_>| raw.is_some_and(|raw| !raw.get().starts_with('"') && !is_nothing(raw.get()));
    let has_text = |raw: Raw<'_>| wire_text(raw).is_some_and(|text| !text.is_empty());
    // The usual case is the first: no field is odd.
    let Some((field, Some(raw))) = fields.into_iter().find(|(_, raw)| is_odd(*raw)) else { return Ok(true) };
    // A text beside an object is the same once more, and so are the lists with the parts of the reasoning.
    let repeats = fields.into_iter().any(|(_, raw)| has_text(raw))
        || any_filled(&[delta.reasoning_details, delta.thinking_blocks]);
    if repeats {
        return Ok(true);
    }
    // Only the first one: gateways write the same text under two names.
    each_text(raw, &mut |text| reasoning.push(field, text, out))
}

/// Passes on each text of a reasoning that should be one text: a text, an object with a text, or a list of these. False
/// where there is none.
pub(super) fn each_text(
    raw: RawValue<'_>,
    each: &mut dyn FnMut(&WireText<'_>) -> Result<(), Error>,
) -> Result<bool, Error> {
    let mut found = false;
    let mut one = |raw| match text_of(raw, &THOUGHTS) {
        Some(text) => {
            found = true;
            each(&text)
        }
        None => Ok(()),
    };
    match elements(raw.get()) {
        Some(mut list) => list.try_for_each(one)?,
        None => one(raw)?,
    }
    Ok(found)
}
