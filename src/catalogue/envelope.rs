//! The envelope of both lists of models, and what servers send in its place: an error with status 200, a web page,
//! another vendor's list.
//!
//! Envelope and rows are read in one pass. So a row is kept before it is known whether the rest of the text is JSON or
//! contains an error; in that case the kept rows are dropped with the list.

use alloc::{
    borrow::Cow,
    format,
    string::{String, ToString},
};

use crate::errors::{Error, ErrorKind, error};
use crate::json::lenient::{flag, text};
use crate::json::{Raw, RawValue, Slot, Structure, read};
use crate::text_search::trim;

/// Rows beyond this are left out, with a warning. It is about thirty times the size of CometAPI's lists, and bounds the
/// memory that a hostile server can make the component take.
const MAX_ROWS: usize = 20_000;

/// No model has an id of this length; a longer one is a fault or an attack.
const MAX_ID_BYTES: usize = 256;

/// The most characters of a name that are shown.
const MAX_LABEL_CHARS: usize = 120;

/// Makes an error from the text of an error body with status 200. The caller provides it, because it removes the key
/// from the text.
pub type Refused<'a> = &'a dyn Fn(&str) -> Error;

/// The target of the rows of a list.
pub(super) trait Rows<'a> {
    /// Drops all rows: a list begins, or the value is no list.
    fn clear(&mut self);

    /// The target of the next row.
    fn row(&mut self) -> &mut dyn Structure<'a>;

    /// The row has been read. The error is the reason why it cannot be kept.
    fn keep(&mut self) -> Result<(), &'static str>;
}

/// The text of a body. Invalid UTF-8 is replaced, so that it costs one row and not the list.
pub(super) fn decoded(body: &[u8]) -> Cow<'_, str> {
    // The strict check handles many bytes at a time, and the lossy one goes byte by byte.
    match core::str::from_utf8(body) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(body),
    }
}

/// Reads the rows of a list, and returns a warning if some were left out.
///
/// `source` names the list in messages. Errors: that of `refused` for an error body, or `protocol`.
pub(super) fn rows<'a>(
    body: &'a str,
    source: &str,
    refused: Refused<'_>,
    rows: &mut dyn Rows<'a>,
) -> Result<Option<String>, Error> {
    let json = trim(body);
    // A wrong path of the service responds with its web page and status 200.
    if json.starts_with('<') {
        return Err(protocol(
            source,
            "is a web page; check that the base URL points at an OpenAI-compatible API",
        ));
    }
    let mut envelope = Envelope::new(rows);
    if read(json, &mut envelope).is_none() {
        return Err(protocol(source, if json.is_empty() { EMPTY } else { NO_JSON }));
    }
    match json.as_bytes().first() {
        Some(b'[') => {}
        Some(b'{') => envelope.check(json, source, refused)?,
        _ => return Err(protocol(source, "has no list of models")),
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

    /// Checks that this is a list, which may be empty.
    fn check(&self, json: &str, source: &str, refused: Refused<'_>) -> Result<(), Error> {
        let success = self.success.and_then(flag);
        let is_list = self.list.data == Data::List;
        let is_present = |field: Raw<'_>| {
            field.is_some_and(|field| !matches!(field.get(), "null" | "false" | "\"\"" | "0"))
        };
        // new-api reports errors with status 200. An `error` beside a list is a field that some servers always send.
        if success == Some(false) || (!is_list && is_present(self.error)) {
            return Err(refused(json));
        }
        // The gateway is written in Go, which writes an empty list as null.
        let empty =
            success == Some(true) || self.object.and_then(text).is_some_and(|object| object == "list");
        match self.list.data {
            Data::List | Data::Null => Ok(()),
            Data::Missing if empty => Ok(()),
            Data::Missing if self.models.is_some() => Err(protocol(
                source,
                "is a list of another vendor's API; check that the base URL ends in /v1",
            )),
            Data::Missing if is_present(self.message) => Err(refused(json)),
            _ => Err(protocol(source, "has no list of models")),
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

/// The value in the place of the list.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Data {
    Missing,
    List,
    Null,
    Other,
}

/// The rows of a list, and how many of them were left out.
struct List<'r, 'a> {
    rows: &'r mut dyn Rows<'a>,
    data: Data,
    total: usize,
    skipped: usize,
    /// The first row that was left out, counted from 1, and the reason.
    first: Option<(usize, &'static str)>,
    /// A row has been read and not been checked yet.
    row: bool,
}

impl List<'_, '_> {
    /// Of several lists with one name the last counts, as in most JSON parsers.
    fn begin(&mut self, data: Data) {
        self.rows.clear();
        self.data = data;
        (self.total, self.skipped, self.first, self.row) = (0, 0, None, false);
    }

    /// Keeps the row that was read last, or counts it as left out.
    fn check_row(&mut self) {
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

    /// Ends the list, and returns a warning if rows were left out.
    fn end(mut self, source: &str) -> Option<String> {
        self.check_row();
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
        self.check_row();
        self.total = self.total.saturating_add(1);
        if self.total > MAX_ROWS {
            self.skip("the list is too long");
            return None;
        }
        self.row = true;
        Some(Slot::Inner(self.rows.row()))
    }
}

const EMPTY: &str = "is empty; check the base URL";
const NO_JSON: &str = "is not valid JSON; check that the base URL points at an OpenAI-compatible API";

fn protocol(source: &str, flaw: &str) -> Error {
    error(ErrorKind::Protocol, format!("{source}: the response {flaw}"))
}

/// The id of a row, if it can name a model.
pub(super) fn id(field: Raw<'_>) -> Result<String, &'static str> {
    let Some(id) = field.and_then(text) else { return Err("it has no id") };
    if id.trim_ascii().is_empty() {
        Err("its id is blank")
    } else if id.len() > MAX_ID_BYTES {
        Err("its id is too long")
    } else if !is_printable_ascii(&id) && id.contains(unprintable) {
        Err("its id contains control characters")
    } else {
        Ok(id.into_owned())
    }
}

/// A text for people, of bounded length and without characters that could move a terminal's cursor or hide text.
pub(super) fn label(field: Raw<'_>) -> Option<String> {
    let raw = text(field?)?;
    let raw = raw.trim_ascii();
    let clean = match is_printable_ascii(raw) {
        // Nearly all are: then nothing has to be replaced, and each byte is a character.
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

/// Control characters, marks that reverse or hide text, and the replacement of broken text.
fn unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fffd}')
}

#[cfg(test)]
#[path = "envelope_tests.rs"]
pub(super) mod tests;
