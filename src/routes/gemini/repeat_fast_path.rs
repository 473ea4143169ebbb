//! The fast path for chunks that differ from the previous one in their text and their token counts alone, as nearly all
//! chunks do.
//!
//! Such a chunk is not parsed. What surrounds the text is the same as before, so it is compared, eight bytes at a time, and
//! only the text is read. Google repeats the usage in every chunk with higher counts, so in it digits may differ; it is
//! read when the response is over.

use alloc::vec::Vec;
use core::ops::Range;

use super::usage::has_counts;
use crate::events::TextKind;
use crate::json::{Raw, RawValue, WireText, is_plain, parse, string_length, wire_text};
use crate::scanned::scanned;
use crate::text_search::{common_prefix, same};

/// After so many chunks in a row without a repetition no more are kept: this server writes something new into each
/// chunk, and each copy would be in vain.
const MAX_UNLIKE: u32 = 16;

/// The previous chunk, if a text was its only content.
#[derive(Debug, Default)]
pub(super) struct RepeatCache {
    /// A copy, since the bytes of a read are gone by the next chunk. The buffer is reused.
    json: Vec<u8>,
    last: Option<Last>,
    /// Chunks kept in vain since the last repetition; see [`MAX_UNLIKE`].
    unlike: u32,
}

/// Where the values stand that may differ.
#[derive(Debug)]
struct Last {
    kind: TextKind,
    /// With its quotes.
    text: Range<usize>,
    /// Behind the text; empty where there is none.
    usage: Range<usize>,
}

/// What a chunk has that the previous one had not.
pub(super) struct Repeat<'a> {
    pub kind: TextKind,
    /// Never empty, which would count as progress.
    pub text: WireText<'a>,
    /// As it was received; empty where there is none.
    pub usage: &'a [u8],
}

impl RepeatCache {
    /// The news of a chunk that repeats the previous one otherwise.
    pub(super) fn read<'a>(&mut self, json: &'a [u8]) -> Option<Repeat<'a>> {
        let Last { kind, text, usage } = self.last.as_ref()?;
        let known = |range: Range<usize>| self.json.get(range);
        let rest = after(json, known(0..text.start)?)?;
        let quoted = rest.get(..string_length(rest)?)?;
        let rest = after(rest.get(quoted.len()..)?, known(text.end..usage.start)?)?;
        let (usage_json, rest) = rest.split_at_checked(alike(rest, known(usage.clone())?)?)?;
        // Any other difference, such as a finish reason, makes this a chunk that has to be parsed.
        if !same(rest, known(usage.end..self.json.len())?) {
            return None;
        }
        let text = match quoted {
            [b'"', inner @ .., b'"'] if is_plain(inner) => {
                scanned(inner.len());
                WireText::from(core::str::from_utf8(inner).ok()?)
            }
            _ => {
                scanned(quoted.len());
                wire_text(parse(core::str::from_utf8(quoted).ok()?).ok())?
            }
        };
        self.unlike = 0;
        Some(Repeat { kind: *kind, text, usage: usage_json }).filter(|repeat| !repeat.text.is_empty())
    }

    /// The next data does not repeat the previous chunk.
    pub(super) fn forget(&mut self) {
        self.last = None;
    }

    /// Keeps a chunk that was read in full, and has nothing with an effect but this text and this usage, which are parts
    /// of it.
    pub(super) fn note(&mut self, json: &str, kind: TextKind, text: RawValue<'_>, usage: Raw<'_>) {
        if self.unlike >= MAX_UNLIKE {
            return;
        }
        // The values are slices of the chunk, so that their places are the distances of the pointers.
        let place = |value: &str| {
            let start = (value.as_ptr() as usize).checked_sub(json.as_ptr() as usize)?;
            Some(start..start.saturating_add(value.len()))
        };
        let Some(text) = place(text.get()) else { return };
        // A usage in front of the text, or without counts, has to be the same, as all else.
        let usage = usage.filter(|usage| has_counts(usage.get())).and_then(|usage| place(usage.get()));
        let usage = usage.filter(|usage| usage.start >= text.end);
        let usage = usage.unwrap_or(json.len()..json.len());
        self.unlike = self.unlike.saturating_add(1);
        self.json.clear();
        self.json.extend_from_slice(json.as_bytes());
        self.last = Some(Last { kind, text, usage });
    }
}

/// The rest of bytes that begin with these.
fn after<'a>(json: &'a [u8], beginning: &[u8]) -> Option<&'a [u8]> {
    let (begin, rest) = json.split_at_checked(beginning.len())?;
    same(begin, beginning).then_some(rest)
}

/// The length of a beginning that differs from some bytes in its numbers alone.
fn alike(json: &[u8], known: &[u8]) -> Option<usize> {
    let (mut new, mut old) = (json, known);
    loop {
        let equal = common_prefix(new, old);
        let before = equal.checked_sub(1).and_then(|last| old.get(last));
        (new, old) = (new.get(equal..)?, old.get(equal..)?);
        if old.is_empty() {
            return json.len().checked_sub(new.len());
        }
        // Both go on with digits, or one of two numbers that began alike has ended.
        let digits = [new, old].map(|bytes| bytes.iter().take_while(|byte| byte.is_ascii_digit()).count());
        let begun = before.is_some_and(u8::is_ascii_digit);
        if digits == [0, 0] || !begun && digits.contains(&0) {
            return None;
        }
        (new, old) = (new.get(digits[0]..)?, old.get(digits[1]..)?);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_may_differ_and_nothing_else() {
        for (new, known, length) in [
            (r#"{"a":41,"b":[7]},"c""#, r#"{"a":9,"b":[7]}"#, Some(16)),
            (r#"{"a":190}"#, r#"{"a":19}"#, Some(9)),
            (r#"{"a":19}"#, r#"{"a":190}"#, Some(8)),
            (r#"{"a":1}"#, r#"{"a":1}"#, Some(7)),
            ("x", "", Some(0)),
            (r#"{"a":1"#, r#"{"a":1}"#, None),
            (r#"{"b":1}"#, r#"{"a":1}"#, None),
            (r#"{"a":1,"b":2}"#, r#"{"a":1}"#, None),
            (r#"{"a":}"#, r#"{"a":1}"#, None),
            (r#"{"a":1}"#, r#"{"a":null}"#, None),
        ] {
            assert_eq!(alike(new.as_bytes(), known.as_bytes()), length, "{new} {known}");
        }
    }
}
