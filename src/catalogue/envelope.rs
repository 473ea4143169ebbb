//! What both lists of models come wrapped in, and what comes in its place: an error inside a 200, a web
//! page, another vendor's list.
//!
//! Envelope and rows are read in one pass, so a row is kept before it is known whether the rest of the text is
//! JSON, or tells of an error: what was kept is then dropped with the list.

use alloc::{
    borrow::Cow,
    format,
    string::{String, ToString},
};

use crate::errors::{Error, ErrorKind, error};
use crate::json::lenient::{flag, text};
use crate::json::{Raw, RawValue, Slot, Structure, read};
use crate::text_search::trim;

/// Rows beyond this are left out, with a warning: about thirty times the size of CometAPI's lists, and a
/// bound on memory whatever is sent.
const MAX_ROWS: usize = 20_000;

/// No model's name is this long; a longer one is a fault or an attack.
const MAX_ID_BYTES: usize = 256;

/// Most that is shown of a name.
const MAX_LABEL_CHARS: usize = 120;

/// Makes an error of the text of an error body that came with status 200. The caller's, since it needs
/// the scrubber of the key.
pub type Refused<'a> = &'a dyn Fn(&str) -> Error;

/// What the rows of a list are read into.
pub(super) trait Rows<'a> {
    /// A list begins, or what was taken for one is none: there are no rows so far.
    fn clear(&mut self);

    /// Where the next row goes.
    fn row(&mut self) -> &mut dyn Structure<'a>;

    /// The row is read. Says why it cannot be kept.
    fn keep(&mut self) -> Result<(), &'static str>;
}

/// The text of a body; what is no UTF-8 in it is replaced.
pub(super) fn decoded(body: &[u8]) -> Cow<'_, str> {
    // Looks at many bytes at a time, where the other goes byte by byte.
    match core::str::from_utf8(body) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(body),
    }
}

/// Reads the rows of a list; returns what to warn of.
///
/// `source` names the list in messages. Errors: what `refused` makes of an error body, or `protocol`.
pub(super) fn rows<'a>(
    body: &'a str,
    source: &str,
    refused: Refused<'_>,
    rows: &mut dyn Rows<'a>,
) -> Result<Option<String>, Error> {
    let json = trim(body);
    if json.starts_with('<') {
        return Err(protocol(source, "with a web page; check the base URL"));
    }
    let mut envelope = Envelope::new(rows);
    if read(json, &mut envelope).is_none() {
        return Err(protocol(source, if json.is_empty() { "with nothing" } else { "with no JSON" }));
    }
    match json.as_bytes().first() {
        Some(b'[') => {}
        Some(b'{') => envelope.check(json, source, refused)?,
        _ => return Err(protocol(source, "with no list of models")),
    }
    Ok(envelope.list.end(source))
}

/// An object with a list in it, or a list alone.
struct Envelope<'r, 'a> {
    success: Raw<'a>,
    error: Raw<'a>,
    message: Raw<'a>,
    object: Raw<'a>,
    models: Raw<'a>,
    list: List<'r, 'a>,
}

impl<'r, 'a> Envelope<'r, 'a> {
    fn new(rows: &'r mut dyn Rows<'a>) -> Self {
        let list = List { rows, data: Data::Missing, total: 0, skipped: 0, first: None, row: false };
        Self { success: None, error: None, message: None, object: None, models: None, list }
    }

    /// Whether this is a list, though it may be an empty one.
    fn check(&self, json: &str, source: &str, refused: Refused<'_>) -> Result<(), Error> {
        let success = self.success.and_then(flag);
        let is_list = self.list.data == Data::List;
        let told = |field: Raw<'_>| {
            field.is_some_and(|field| !matches!(field.get(), "null" | "false" | "\"\"" | "0"))
        };
        if success == Some(false) || (!is_list && told(self.error)) {
            return Err(refused(json));
        }
        // The gateway is written in Go, where an empty list may be written as null.
        let empty =
            success == Some(true) || self.object.and_then(text).is_some_and(|object| object == "list");
        match self.list.data {
            Data::List | Data::Null => Ok(()),
            Data::Missing if empty => Ok(()),
            Data::Missing if self.models.is_some() => {
                Err(protocol(source, "in the shape of another vendor's list"))
            }
            Data::Missing if told(self.message) => Err(refused(json)),
            _ => Err(protocol(source, "with no list of models")),
        }
    }
}

impl<'a> Structure<'a> for Envelope<'_, 'a> {
    fn field(&mut self, name: &str) -> Option<Slot<'_, 'a>> {
        Some(Slot::Raw(match name {
            "success" => &mut self.success,
            "error" => &mut self.error,
            "message" => &mut self.message,
            "object" => &mut self.object,
            "models" => &mut self.models,
            "data" => return Some(Slot::Inner(&mut self.list)),
            _ => return None,
        }))
    }

    fn list(&mut self) {
        self.list.list();
    }

    fn item(&mut self) -> Option<Slot<'_, 'a>> {
        self.list.item()
    }
}

/// What stands where the list is to be.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Data {
    Missing,
    List,
    Null,
    Other,
}

/// The rows of a list, and how many of them are no models.
struct List<'r, 'a> {
    rows: &'r mut dyn Rows<'a>,
    data: Data,
    total: usize,
    skipped: usize,
    /// The first that was left out, counted from 1, and why.
    first: Option<(usize, &'static str)>,
    /// A row was read that is not judged yet.
    row: bool,
}

impl List<'_, '_> {
    /// Of several with one name the last counts.
    fn begin(&mut self, data: Data) {
        self.rows.clear();
        self.data = data;
        (self.total, self.skipped, self.first, self.row) = (0, 0, None, false);
    }

    /// Judges the row that was read last.
    fn judge(&mut self) {
        if core::mem::take(&mut self.row)
            && let Err(reason) = self.rows.keep()
        {
            self.skip(reason);
        }
    }

    fn skip(&mut self, reason: &'static str) {
        self.skipped = self.skipped.saturating_add(1);
        self.first.get_or_insert((self.total, reason));
    }

    /// No row comes any more; returns what to warn of.
    fn end(mut self, source: &str) -> Option<String> {
        self.judge();
        let (total, skipped) = (self.total, self.skipped);
        self.first.map(|(row, reason)| {
            format!("{source}: left out {skipped} of {total} rows; the first is row {row}: {reason}")
        })
    }
}

impl<'a> Structure<'a> for List<'_, 'a> {
    fn object(&mut self) {
        self.begin(Data::Other);
    }

    fn leaf(&mut self, value: RawValue<'a>) {
        self.begin(if value.get() == "null" { Data::Null } else { Data::Other });
    }

    fn list(&mut self) {
        self.begin(Data::List);
    }

    fn item(&mut self) -> Option<Slot<'_, 'a>> {
        self.judge();
        self.total = self.total.saturating_add(1);
        if self.total > MAX_ROWS {
            self.skip("the list is too long");
            return None;
        }
        self.row = true;
        Some(Slot::Inner(self.rows.row()))
    }
}

fn protocol(source: &str, with: &str) -> Error {
    error(ErrorKind::Protocol, format!("{source} was answered {with}"))
}

/// The id of a row, if it can name a model.
pub(super) fn id(field: Raw<'_>) -> Result<String, &'static str> {
    let Some(id) = field.and_then(text) else { return Err("it has no id") };
    if id.trim_ascii().is_empty() {
        Err("its id is blank")
    } else if id.len() > MAX_ID_BYTES {
        Err("its id is too long")
    } else if !is_printable_ascii(&id) && id.contains(unprintable) {
        Err("its id holds control characters")
    } else {
        Ok(id.into_owned())
    }
}

/// A text to show: without what could move the cursor of a terminal, and of bounded length.
pub(super) fn label(field: Raw<'_>) -> Option<String> {
    let raw = text(field?)?;
    let raw = raw.trim_ascii();
    let clean = match is_printable_ascii(raw) {
        // As nearly all are: nothing is to be replaced, and each byte is a character.
        true => Cow::Borrowed(raw.get(..MAX_LABEL_CHARS).unwrap_or(raw)),
        false => {
            let chars = raw.chars().take(MAX_LABEL_CHARS);
            Cow::Owned(chars.map(|c| if unprintable(c) { ' ' } else { c }).collect::<String>())
        }
    };
    let label = clean.trim_ascii();
    (!label.is_empty()).then(|| label.to_string())
}

fn is_printable_ascii(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Controls, marks that reverse or hide text, and what stands for broken text.
fn unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fffd}')
}

#[cfg(test)]
#[path = "envelope_tests.rs"]
pub(super) mod tests;
