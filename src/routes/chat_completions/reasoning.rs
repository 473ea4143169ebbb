//! Reasoning, from each of the fields that servers use for it, and the parts of it that have to be sent back [15].

use alloc::{borrow::ToOwned, string::String};

use super::chunk::{Delta, Part};
use super::replay::{Field, ReasoningReplay};
use crate::errors::{Error, protocol};
use crate::events::{Assembler, TextKind};
use crate::json::{Raw, RawValue, WireText, elements, escaped_len, fields, present, string, wire_text};

/// Most bytes of a response that are kept to be sent back, so that a response without end cannot fill the memory. They
/// are counted as they are handed out, with their escapes.
const MAX_KEPT: usize = 8 << 20;

/// Bytes that each entry of `reasoning_details` counts in addition to its own: the list and the allocation take so many,
/// and an entry may be a single digit.
const ENTRY_OVERHEAD: usize = 32;

/// The reasoning so far.
#[derive(Debug, Default)]
pub(super) struct Reasoning {
    /// The host does not want the text. It is kept for the replay, since some vendors require it in the next request [15].
    withhold: bool,
    /// A plain field has had text, so the texts inside `reasoning_details` and `thinking_blocks` repeat it.
    plain: bool,
    /// Bytes kept so far, against [`MAX_KEPT`].
    kept: usize,
    /// What goes back with the block that is open, or with the next one.
    replay: ReasoningReplay,
}

impl Reasoning {
    pub(super) fn new(wanted: bool) -> Self {
        Self { withhold: !wanted, ..Self::default() }
    }

    /// The reasoning of one chunk. Of several fields with text only the first counts, because gateways write the same
    /// text under two names.
    pub(super) fn read(&mut self, delta: &Delta<'_>, out: &mut Assembler) -> Result<(), Error> {
        let fields = [
            (Field::ReasoningContent, delta.reasoning_content),
            (Field::Reasoning, delta.reasoning),
            (Field::ReasoningText, delta.reasoning_text),
        ];
        let mut texts = fields.into_iter().filter_map(|(field, raw)| Some((field, wire_text(raw)?)));
        if let Some((field, text)) = texts.find(|(_, text)| !text.is_empty()) {
            self.plain = true;
            self.push(field, &text, out)?;
        }
        // After the plain fields: if those have text, the texts in here repeat it.
        self.blocks(delta.thinking_blocks, out)?;
        self.details(delta.reasoning_details, out)?;
        self.signature(string(delta.reasoning_signature).or_else(|| string(delta.signature)).as_deref())
    }

    /// Whether reasoning comes beside the content, so that tags in the content are only text.
    pub(super) fn has_field_of_its_own(&self) -> bool {
        self.plain || self.replay.field.is_some_and(|field| field != Field::Think)
    }

    /// A piece of reasoning that came in this field.
    pub(super) fn push(
        &mut self,
        field: Field,
        text: &WireText<'_>,
        out: &mut Assembler,
    ) -> Result<(), Error> {
        if text.is_empty() {
            return Ok(());
        }
        // Each block goes back in the field that it began in. Servers ignore or refuse it in another one.
        if out.open_text() != Some(TextKind::Reasoning) && self.replay.text.is_none() {
            self.replay.field = Some(field);
        }
        if !self.withhold {
            out.text(TextKind::Reasoning, text);
            return Ok(());
        }
        // Withheld text is not handed out piece by piece, so all of it stays here.
        self.keep(escaped_len(text.as_bytes()))?;
        let text = text.clone().into_string_lossy();
        self.replay.text.get_or_insert_default().push_str(&text);
        Ok(())
    }

    /// The block of reasoning ends here, if one is open, with its replay.
    pub(super) fn close(&mut self, out: &mut Assembler) {
        if out.open_text() == Some(TextKind::Reasoning) {
            out.close_text(self.take_replay());
        }
    }

    /// The response ends. What has to be sent back and arrived too late for its block gets a block of its own.
    pub(super) fn finish(&mut self, out: &mut Assembler) {
        let unattached =
            !self.replay.details.is_empty() || self.replay.signature.is_some() || self.replay.text.is_some();
        if unattached {
            // A signature that is lost makes the vendor refuse the next request, so an empty block carries it.
            out.open_as(TextKind::Reasoning);
        }
        self.close(out);
    }

    fn take_replay(&mut self) -> Option<String> {
        // The field stays: more text may come in it, in another block.
        let next = ReasoningReplay { field: self.replay.field, ..ReasoningReplay::default() };
        let replay = core::mem::replace(&mut self.replay, next);
        (!replay.is_empty()).then(|| replay.to_json())
    }

    /// Entries of `reasoning_details` go back untouched, because vendors check encrypted ones byte for byte. Their text
    /// counts only where no plain field has text.
    fn details(&mut self, raw: Raw<'_>, out: &mut Assembler) -> Result<(), Error> {
        let Some(list) = raw else { return Ok(()) };
        for entry in elements(list.get()).into_iter().flatten() {
            if !self.plain {
                for text in texts_of(entry) {
                    if self.withhold {
                        self.keep(text.as_bytes().len())?;
                    } else {
                        out.text(TextKind::Reasoning, &text);
                    }
                }
            }
            self.keep(entry.get().len().saturating_add(ENTRY_OVERHEAD))?;
            self.replay.details.push(entry.get().to_owned());
        }
        Ok(())
    }

    /// Anthropic's blocks: `[{"type":"thinking","thinking":"…","signature":"…"}]`.
    fn blocks(&mut self, raw: Raw<'_>, out: &mut Assembler) -> Result<(), Error> {
        let Some(list) = present(raw) else { return Ok(()) };
        for block in Part::list(list) {
            if let Some(text) = wire_text(block.thinking).filter(|_| !self.plain) {
                // The text before is signed: a signature is of one block.
                if self.replay.signature.is_some() && !text.is_empty() {
                    self.close(out);
                }
                self.push(Field::ReasoningContent, &text, out)?;
            }
            self.signature(string(block.signature).as_deref())?;
        }
        Ok(())
    }

    /// Signatures arrive whole, in pieces, or repeated. A piece that equals all of the signature so far is a repetition: a
    /// real next piece would have to double the signature.
    fn signature(&mut self, piece: Option<&str>) -> Result<(), Error> {
        let Some(piece) = piece else { return Ok(()) };
        self.keep(escaped_len(piece.as_bytes()))?;
        let known = self.replay.signature.get_or_insert_default();
        if known != piece {
            known.push_str(piece);
        }
        Ok(())
    }

    fn keep(&mut self, bytes: usize) -> Result<(), Error> {
        self.kept = self.kept.saturating_add(bytes);
        match self.kept > MAX_KEPT {
            true => Err(protocol("the reasoning to send back is larger than 8 MiB")),
            false => Ok(()),
        }
    }
}

/// The readable texts of an entry of `reasoning_details`.
fn texts_of(entry: RawValue<'_>) -> impl Iterator<Item = WireText<'_>> {
    let [plain, summary] = fields(entry, ["text", "summary"]).unwrap_or_default();
    [wire_text(plain), wire_text(summary)].into_iter().flatten()
}
