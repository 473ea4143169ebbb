//! Bytes to lines: LF, CR and CRLF, cut anywhere.

use alloc::vec::Vec;

use super::{MAX_LINE, TooLong};
use crate::scanned::scanned;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// A line without its end: in the bytes of the read, or put together from several reads.
#[derive(Clone, Copy, Debug)]
pub(super) enum Split<'k, 'b> {
    /// All of it lies in this read.
    Read(&'b [u8]),
    /// Its beginning came with an earlier read.
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

/// What is known of a line whose end has not come yet.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// The beginning of the line under way.
    kept: Vec<u8>,
    /// The last byte of the last read was a CR: an LF that comes next belongs to it and ends no other line [3].
    after_cr: bool,
    /// The first line is over: no byte-order mark can come any more [2].
    begun: bool,
}

impl Lines {
    /// The next whole line; `rest` moves behind it. Nothing when `rest` is used up, and then the beginning
    /// of a line that it held is kept.
    pub(super) fn next_line<'k, 'b>(
        &'k mut self,
        rest: &mut &'b [u8],
    ) -> Result<Option<Split<'k, 'b>>, TooLong> {
        if self.after_cr && !rest.is_empty() {
            self.after_cr = false;
            *rest = rest.strip_prefix(b"\n").unwrap_or(rest);
        }
        let end = memchr::memchr2(b'\n', b'\r', rest);
        scanned(end.map_or(rest.len(), |end| end + 1));
        let Some(end) = end else {
            let all = core::mem::take(rest);
            self.keep(all)?;
            return Ok(None);
        };
        let (line, ending) = rest.split_at(end);
        *rest = match ending {
            [b'\r', b'\n', behind @ ..] => behind,
            [b'\r'] => {
                self.after_cr = true;
                &[]
            }
            [_, behind @ ..] => behind,
            [] => &[],
        };
        let first = !core::mem::replace(&mut self.begun, true);
        if self.kept.is_empty() {
            if line.len() > MAX_LINE {
                return Err(TooLong::Line);
            }
            return Ok(Some(Split::Read(if first { without_mark(line) } else { line })));
        }
        self.keep(line)?;
        Ok(Some(Split::Kept(if first { without_mark(&self.kept) } else { &self.kept })))
    }

    /// The line handed out last was read.
    pub(super) fn line_done(&mut self) {
        self.kept.clear();
    }

    /// The beginning of the line under way.
    pub(super) fn unfinished(&self) -> &[u8] {
        if self.begun { &self.kept } else { without_mark(&self.kept) }
    }

    /// A line that the end of the body cut off.
    pub(super) fn into_unfinished(self) -> Vec<u8> {
        self.unfinished().into()
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<(), TooLong> {
        if self.kept.len() + bytes.len() > MAX_LINE {
            return Err(TooLong::Line);
        }
        self.kept.extend_from_slice(bytes);
        Ok(())
    }
}

fn without_mark(line: &[u8]) -> &[u8] {
    line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line)
}
