//! Finds a key in bytes, also if it is escaped, and the ends of a text that may be the beginning of one.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use memchr::memmem::Finder;

use super::units::{Escapes, Units};
use super::{KEY_PREFIX, SHORTEST_PREFIXED, SHORTEST_SECRET};

/// A key, prepared for the search. It has no `Debug`, so nothing that holds it shows the key.
pub(super) struct Needle {
    plain: Finder<'static>,
    /// The key in escaped text, one form for each kind of escape.
    forms: Vec<Form>,
    /// The beginning of a numeric escape of an ASCII character.
    by_number: Finder<'static>,
    lower_case: String,
    /// Whether JSON may write one of its characters with a backslash and no number.
    escapable: bool,
}

/// The end of a text that may be the beginning of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Partial {
    /// Where it begins.
    pub(super) start: usize,
    /// Characters of the key that it may stand for.
    pub(super) units: usize,
}

/// The key after the escapes of one kind are decoded. It is searched with the algorithm of Knuth, Morris and Pratt, which
/// looks at each byte once: a server cannot make the search slow by repeating the beginning of the key.
struct Form {
    escapes: Escapes,
    bytes: Vec<u8>,
    /// For each prefix, the length of its longest proper prefix that is also its end.
    fallback: Vec<usize>,
}

impl Needle {
    /// `None` for a text that cannot be a key in a header: it is empty, or has other characters than visible ASCII. Because
    /// a key is ASCII, cutting a text where one begins or ends never splits a character.
    pub(super) fn new(key: &str) -> Option<Needle> {
        if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        let forms = [Escapes::Json, Escapes::Percent];
        Some(Needle {
            plain: Finder::new(key.as_bytes()).into_owned(),
            forms: forms.into_iter().filter_map(|escapes| Form::new(key.as_bytes(), escapes)).collect(),
            by_number: Finder::new(b"\\u00"),
            lower_case: key.to_ascii_lowercase(),
            escapable: key.contains(['"', '\\', '/']),
        })
    }

    /// Characters of the key.
    pub(super) fn len(&self) -> usize {
        self.plain.needle().len()
    }

    /// Whether it is removed from responses, and not only from errors.
    pub(super) fn is_secret(&self) -> bool {
        let prefixed = self.plain.needle().starts_with(KEY_PREFIX.as_bytes());
        self.len() >= if prefixed { SHORTEST_PREFIXED } else { SHORTEST_SECRET }
    }

    /// Whether the key stands in the name of a header, all of which are in lower case.
    pub(super) fn is_in_name(&self, name: &str) -> bool {
        name.contains(&self.lower_case)
    }

    pub(super) fn is(&self, key: &str) -> bool {
        self.plain.needle() == key.as_bytes()
    }

    /// Adds where the key stands to `found`, and the ends that may be beginnings of it to `partial`.
    ///
    /// Each form is searched for only where it can occur, so ordinary text costs one vectorised search
    /// for the key and two for the beginnings of escapes.
    pub(super) fn scan(&self, text: &[u8], found: &mut Vec<Range<usize>>, partial: &mut Vec<Partial>) {
        self.scan_plain(text, found, partial);
        for form in &self.forms {
            let occurs = match form.escapes {
                Escapes::Json => self.may_be_escaped(text),
                Escapes::Percent => has_percent_escape(text),
            };
            if occurs {
                form.scan(text, found, partial);
            }
        }
    }

    fn scan_plain(&self, text: &[u8], found: &mut Vec<Range<usize>>, partial: &mut Vec<Partial>) {
        let key = self.plain.needle();
        let mut end = 0;
        for start in self.plain.find_iter(text) {
            end = start + key.len();
            found.push(start..end);
        }
        // A beginning of the key is shorter than the key. The first one is the longest.
        let from = end.max((text.len() + 1).saturating_sub(key.len()));
        let tail = text.get(from..).unwrap_or_default();
        let Some(first) = key.first() else { return };
        let begun = memchr::memchr_iter(*first, tail)
            .find(|start| tail.get(*start..).is_some_and(|begun| key.starts_with(begun)));
        partial.extend(begun.map(|start| Partial { start: start + from, units: tail.len() - start }));
    }

    /// Whether JSON's escapes may spell the key: by number, or by a backslash where it has a character
    /// that takes one. The last bytes may be an escape that has yet to come whole.
    fn may_be_escaped(&self, text: &[u8]) -> bool {
        // Most texts have no backslash at all, so this search comes first.
        let Some(first) = memchr::memchr(b'\\', text) else { return false };
        let end = text.get(text.len().saturating_sub(3)..).unwrap_or_default();
        self.escapable
            || end.contains(&b'\\')
            || text.get(first..).is_some_and(|text| self.by_number.find(text).is_some())
    }
}

/// Whether there is a `%` that may be an escape: `100%` of ordinary text is none.
fn has_percent_escape(text: &[u8]) -> bool {
    memchr::memchr_iter(b'%', text).any(|at| {
        let digits = text.get(at + 1..text.len().min(at + 3)).unwrap_or_default();
        digits.iter().all(u8::is_ascii_hexdigit)
    })
}

impl Form {
    fn new(key: &[u8], escapes: Escapes) -> Option<Form> {
        // The key passes through the same decoder as the text: a key with `%` or `\` in it matches too.
        let bytes: Vec<u8> = Units::whole(key, escapes).map(|unit| unit.byte).collect();
        if bytes.is_empty() {
            return None;
        }
        let mut form = Form { escapes, bytes, fallback: vec![0] };
        let mut matched = 0;
        for at in 1..form.bytes.len() {
            matched = form.step(matched, form.bytes.get(at).copied().unwrap_or_default());
            form.fallback.push(matched);
        }
        Some(form)
    }

    /// How much of the key is matched after one byte more.
    fn step(&self, mut matched: usize, byte: u8) -> usize {
        while matched > 0 && self.bytes.get(matched) != Some(&byte) {
            matched = self.fallback.get(matched - 1).copied().unwrap_or(0);
        }
        matched + usize::from(self.bytes.get(matched) == Some(&byte))
    }

    fn scan(&self, text: &[u8], found: &mut Vec<Range<usize>>, partial: &mut Vec<Partial>) {
        let len = self.bytes.len();
        // Where each of the last `len` units began; `len` is not 0 (see `new`).
        let mut starts = vec![0; len];
        let (mut matched, mut seen) = (0, 0_usize);
        let mut units = Units::open(text, self.escapes);
        for unit in units.by_ref() {
            matched = self.step(matched, unit.byte);
            if let Some(slot) = starts.get_mut(seen % len) {
                *slot = unit.start;
            }
            seen += 1;
            if matched == len {
                found.push(starts.get(seen % len).copied().unwrap_or(0)..unit.end);
                matched = 0;
            }
        }
        let begun = starts.get((seen - matched) % len).copied().unwrap_or(0);
        match units.unfinished() {
            Some(start) if matched == 0 => partial.push(Partial { start, units: 1 }),
            Some(_) => partial.push(Partial { start: begun, units: matched + 1 }),
            None if matched > 0 => partial.push(Partial { start: begun, units: matched }),
            None => {}
        }
    }
}
