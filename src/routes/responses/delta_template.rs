//! The fast path for a delta that differs from the one before in its text, its number and its padding alone, as nearly
//! all do.
//!
//! Such an event is not parsed: what stands between is compared, eight bytes at a time. OpenAI numbers each event, and
//! pads it with a random text against those who measure the traffic, so both may differ.

use alloc::vec::Vec;

use crate::json::{Raw, RawValue, WireText, parse, plain_run, wire_text};
use crate::scanned::scanned;
use crate::text_search::same;

/// After so many events in a row without a repetition no more are kept: each copy would be in vain.
const MAX_UNLIKE: u32 = 16;

/// What may stand in a hole of the template.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Hole {
    /// The text of the event.
    Text,
    /// Any string.
    String,
    /// Any whole number.
    Number,
}

/// The last event, with holes.
#[derive(Debug, Default)]
pub(super) struct DeltaTemplate {
    /// A copy, since the bytes of a read are gone by the next event. The buffer is reused.
    json: Vec<u8>,
    /// The values that may differ, in their order: where they begin and end. Empty: there is no template.
    holes: Vec<(usize, usize, Hole)>,
    /// Events kept in vain since the last repetition; see [`MAX_UNLIKE`].
    unlike: u32,
}

impl DeltaTemplate {
    /// The text of an event that is like the template otherwise. Never an empty one, which would count as progress.
    pub(super) fn text<'d>(&mut self, data: &'d [u8]) -> Option<WireText<'d>> {
        let (mut rest, mut from, mut text) = (data, 0, None);
        for (start, end, hole) in &self.holes {
            rest = after(rest, self.json.get(from..*start)?)?;
            let (value, behind) = rest.split_at_checked(length(rest, *hole)?)?;
            if *hole == Hole::Text {
                text = Some(value);
            }
            (rest, from) = (behind, *end);
        }
        let quoted = text?;
        if !after(rest, self.json.get(from..)?)?.is_empty() {
            return None;
        }
        let found = match quoted {
            [b'"', inner @ .., b'"'] if plain_run(inner) == inner.len() => {
                WireText::from(core::str::from_utf8(inner).ok()?)
            }
            // The escapes have not been checked.
            _ => wire_text(parse(core::str::from_utf8(quoted).ok()?).ok())?,
        };
        scanned(data.len().saturating_add(quoted.len()));
        self.unlike = 0;
        Some(found).filter(|text| !text.is_empty())
    }

    /// The next event has to be read in full.
    pub(super) fn forget(&mut self) {
        self.holes.clear();
    }

    /// Keeps an event that was read in full: its text, and values that have no meaning.
    pub(super) fn note(&mut self, json: &str, text: RawValue<'_>, strings: [Raw<'_>; 2], number: Raw<'_>) {
        self.forget();
        if self.unlike >= MAX_UNLIKE {
            return;
        }
        self.unlike = self.unlike.saturating_add(1);
        self.json.clear();
        self.json.extend_from_slice(json.as_bytes());
        let is_string = |value: &RawValue<'_>| value.get().starts_with('"');
        let [one, other] = strings.map(|value| value.filter(is_string).map(|value| (value, Hole::String)));
        let is_number = |value: &RawValue<'_>| value.get().bytes().all(|byte| byte.is_ascii_digit());
        let number = number.filter(is_number).map(|value| (value, Hole::Number));
        for (value, hole) in [Some((text, Hole::Text)), one, other, number].into_iter().flatten() {
            let value = value.get();
            // The value is a slice of the event, so its position is the distance of the two pointers.
            let start = (value.as_ptr() as usize).wrapping_sub(json.as_ptr() as usize);
            let at = self.holes.iter().filter(|earlier| earlier.0 < start).count();
            self.holes.insert(at, (start, start.saturating_add(value.len()), hole));
        }
    }
}

/// The bytes after a piece that they have to begin with.
fn after<'d>(data: &'d [u8], piece: &[u8]) -> Option<&'d [u8]> {
    let (head, rest) = data.split_at_checked(piece.len())?;
    same(head, piece).then_some(rest)
}

/// The length of the value that begins here.
fn length(data: &[u8], hole: Hole) -> Option<usize> {
    if hole == Hole::Number {
        let digits = data.iter().take_while(|byte| byte.is_ascii_digit()).count();
        return (digits > 0).then_some(digits);
    }
    let mut at = usize::from(data.first() == Some(&b'"'));
    while at > 0 {
        // Positions in a slice cannot wrap.
        at = at.wrapping_add(plain_run(data.get(at..)?));
        match data.get(at)? {
            b'"' => return Some(at.wrapping_add(1)),
            b'\\' => at = at.wrapping_add(2),
            _ => return None,
        }
    }
    None
}
