//! Bytes to lines: LF, CR and CRLF, with reads that end anywhere.

use alloc::vec::Vec;

use super::{MAX_LINE, TooLong};
use crate::scanned::scanned;
use crate::text_search::find_either;

/// Some servers begin the body with it. Left in place, it would be a part of the first field name.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// A line without its end: a part of the bytes of the read, or joined from several reads.
#[derive(Clone, Copy, Debug)]
pub(super) enum Split<'k, 'b> {
    /// All of it is in this read.
    Read(&'b [u8]),
    /// Its beginning was in an earlier read.
    Kept(&'k [u8]),
}

impl Split<'_, '_> {
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Split::Read(bytes) => bytes,
            Split::Kept(bytes) => bytes,
        }
    }
}

/// The state of a line whose end has not been read yet.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// The beginning of the current line.
    kept: Vec<u8>,
    /// The last byte of the last read was a CR. An LF as the next byte belongs to it: taken for a line end of its own,
    /// it would be a blank line and end the event too early [3].
    after_cr: bool,
    /// The first line has ended: a byte-order mark is not removed any more [2].
    begun: bool,
}

impl Lines {
    /// The next complete line; `rest` moves past it. Nothing when `rest` contains no line end, and then its bytes are
    /// kept as the beginning of the line.
    pub(super) fn next_line<'k, 'b>(
        &'k mut self,
        rest: &mut &'b [u8],
    ) -> Result<Option<Split<'k, 'b>>, TooLong> {
        if self.after_cr && !rest.is_empty() {
            self.after_cr = false;
            *rest = rest.strip_prefix(b"\n").unwrap_or(rest);
        }
        // One search for both ends: a stream may mix them [3]. Every event ends with a blank line, which needs none.
        let end = if rest.first() == Some(&b'\n') { Some(0) } else { find_either(rest, b'\n', b'\r') };
        scanned(end.map_or(rest.len(), |end| end.saturating_add(1)));
        let Some(end) = end else {
            let all = core::mem::take(rest);
            self.keep(all)?;
            return Ok(None);
        };
        let (line, ending) = rest.split_at(end);
        *rest = match ending {
            [b'\r', b'\n', after @ ..] => after,
            // The LF of a CRLF may be the first byte of the next read.
            [b'\r'] => {
                self.after_cr = true;
                &[]
            }
            [_, after @ ..] => after,
            [] => &[],
        };
        let first = !core::mem::replace(&mut self.begun, true);
        if self.kept.is_empty() {
            // The host decides how large a read is, so one read alone can exceed the cap.
            if line.len() > MAX_LINE {
                return Err(TooLong::Line);
            }
            return Ok(Some(Split::Read(if first { without_mark(line) } else { line })));
        }
        self.keep(line)?;
        Ok(Some(Split::Kept(if first { without_mark(&self.kept) } else { &self.kept })))
    }

    /// The caller has read the last line that was returned.
    pub(super) fn line_done(&mut self) {
        self.kept.clear();
    }

    /// The beginning of the current line.
    pub(super) fn unfinished(&self) -> &[u8] {
        if self.begun { &self.kept } else { without_mark(&self.kept) }
    }

    /// The line that the end of the body cut off.
    pub(super) fn into_unfinished(self) -> Vec<u8> {
        self.unfinished().into()
    }

    /// Keeps bytes of a line that continues in the next read. The cap is checked before the copy.
    fn keep(&mut self, bytes: &[u8]) -> Result<(), TooLong> {
        if self.kept.len().saturating_add(bytes.len()) > MAX_LINE {
            return Err(TooLong::Line);
        }
        self.kept.extend_from_slice(bytes);
        Ok(())
    }
}

fn without_mark(line: &[u8]) -> &[u8] {
    line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line)
}
