//! What both lists of models come wrapped in, and what comes in its place: an error inside a 200, a web
//! page, another vendor's list.

use alloc::{
    format,
    string::{String, ToString},
};

use super::lenient::{self, fields, flag, text};
use crate::errors::{Error, ErrorKind, error};
use crate::json::{Raw, RawValue};
use crate::text::trim;

/// Rows beyond this are left out, with a warning: about thirty times the size of CometAPI's lists, and a
/// bound on memory whatever is sent.
const MAX_ROWS: usize = 20_000;

/// No model's name is this long; a longer one is a fault or an attack.
const MAX_ID_BYTES: usize = 256;

/// Makes an error of the text of an error body that came with status 200. The caller's, since it needs
/// the scrubber of the key.
pub type Refused<'a> = &'a dyn Fn(&str) -> Error;

/// Hands each row of a list to `keep`, which says why it cannot be kept; returns what to warn of.
///
/// `source` names the list in messages. Errors: what `refused` makes of an error body, or `protocol`.
pub(super) fn rows(
    body: &[u8],
    source: &str,
    refused: Refused<'_>,
    keep: &mut dyn FnMut(RawValue<'_>) -> Result<(), &'static str>,
) -> Result<Option<String>, Error> {
    let decoded = String::from_utf8_lossy(body);
    let json = trim(&decoded);
    if json.starts_with('<') {
        return Err(protocol(source, "with a web page; check the base URL"));
    }
    let Some(raw) = lenient::parse(json) else {
        return Err(protocol(source, if json.is_empty() { "with nothing" } else { "with no JSON" }));
    };
    let list = match json.as_bytes().first() {
        Some(b'[') => Some(raw),
        Some(b'{') => open(raw, json, source, refused)?,
        _ => return Err(protocol(source, "with no list of models")),
    };
    Ok(list.and_then(|list| read(list, source, keep)))
}

/// The array in an envelope; `None` is an empty list.
fn open<'a>(
    raw: RawValue<'a>,
    json: &str,
    source: &str,
    refused: Refused<'_>,
) -> Result<Option<RawValue<'a>>, Error> {
    let names = ["success", "error", "message", "data", "object", "models"];
    let [success, error, message, data, object, models] = fields(raw, names).unwrap_or_default();
    let success = success.and_then(flag);
    let is_list = data.is_some_and(|data| data.get().starts_with('['));
    let told =
        |field: Raw<'_>| field.is_some_and(|field| !matches!(field.get(), "null" | "false" | "\"\"" | "0"));
    if success == Some(false) || (!is_list && told(error)) {
        return Err(refused(json));
    }
    if is_list {
        return Ok(data);
    }
    // The gateway is written in Go, where an empty list may be written as null.
    let empty = success == Some(true) || object.and_then(text).is_some_and(|object| object == "list");
    match data.map(RawValue::get) {
        Some("null") => Ok(None),
        None if empty => Ok(None),
        None if models.is_some() => Err(protocol(source, "in the shape of another vendor's list")),
        None if told(message) => Err(refused(json)),
        _ => Err(protocol(source, "with no list of models")),
    }
}

fn read(
    list: RawValue<'_>,
    source: &str,
    keep: &mut dyn FnMut(RawValue<'_>) -> Result<(), &'static str>,
) -> Option<String> {
    let (mut total, mut skipped, mut first) = (0_usize, 0_usize, None);
    lenient::items(list, &mut |row| {
        total = total.saturating_add(1);
        let kept = if total > MAX_ROWS { Err("the list is too long") } else { keep(row) };
        if let Err(reason) = kept {
            skipped = skipped.saturating_add(1);
            first.get_or_insert((total, reason));
        }
    });
    first.map(|(row, reason)| {
        format!("{source}: left out {skipped} of {total} rows; the first is row {row}: {reason}")
    })
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
    } else if id.contains(unprintable) {
        Err("its id holds control characters")
    } else {
        Ok(id)
    }
}

/// A text to show: without what could move the cursor of a terminal, and of bounded length.
pub(super) fn label(field: Raw<'_>) -> Option<String> {
    let raw = text(field?)?;
    let mut clean = String::new();
    for c in raw.trim_ascii().chars().take(120) {
        clean.push(if unprintable(c) { ' ' } else { c });
    }
    let label = clean.trim_ascii();
    (!label.is_empty()).then(|| label.to_string())
}

/// Controls, marks that reverse or hide text, and what stands for broken text.
fn unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fffd}')
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Stands for the caller's own classification.
    pub(in crate::catalogue) fn refused(_: &str) -> Error {
        error(ErrorKind::Server, "the provider refused")
    }

    fn count(body: &str) -> Result<usize, ErrorKind> {
        let mut rows_seen = 0;
        let keep = &mut |_: RawValue<'_>| {
            rows_seen += 1;
            Ok(())
        };
        rows(body.as_bytes(), "the list", &refused, keep).map_err(|error| error.kind)?;
        Ok(rows_seen)
    }

    #[test]
    fn every_envelope_seen_is_opened_or_refused_by_kind() {
        for (body, expected) in [
            (r#"{"data":[{},{}]}"#, Ok(2)),
            ("\u{feff} [{},{}]\n", Ok(2)),
            (r#"{"success":true,"object":"list","data":null}"#, Ok(0)),
            (r#"{"data":null}"#, Ok(0)),
            (r#"{"success":true}"#, Ok(0)),
            (r#"{"object":"list"}"#, Ok(0)),
            (r#"{"data":[{}],"error":null,"message":""}"#, Ok(1)),
            (r#"{"data":[{}],"error":{"message":"partial"}}"#, Ok(1)),
            (r#"{"success":false,"message":"get user group failed"}"#, Err(ErrorKind::Server)),
            (r#"{"success":"false","data":[{}]}"#, Err(ErrorKind::Server)),
            (r#"{"error":{"message":"no"}}"#, Err(ErrorKind::Server)),
            (r#"{"error":"no","data":null}"#, Err(ErrorKind::Server)),
            (r#"{"message":"no"}"#, Err(ErrorKind::Server)),
            (r#"{"models":[{"name":"models/x"}]}"#, Err(ErrorKind::Protocol)),
            (r#"{"data":{"records":[]}}"#, Err(ErrorKind::Protocol)),
            (r#"{"data":"x"}"#, Err(ErrorKind::Protocol)),
            ("{}", Err(ErrorKind::Protocol)),
            ("null", Err(ErrorKind::Protocol)),
            ("\"ok\"", Err(ErrorKind::Protocol)),
            ("", Err(ErrorKind::Protocol)),
            ("{\"data\":[", Err(ErrorKind::Protocol)),
            ("<!doctype html><p>hi", Err(ErrorKind::Protocol)),
        ] {
            assert_eq!(count(body), expected, "{body}");
        }
    }

    #[test]
    fn a_list_without_end_is_cut_with_a_warning() {
        let body = format!("[{}1]", "1,".repeat(MAX_ROWS + 9));
        let mut kept = 0;
        let keep = &mut |_: RawValue<'_>| {
            kept += 1;
            Ok(())
        };
        let warning = rows(body.as_bytes(), "the list", &refused, keep).unwrap().unwrap();
        assert_eq!(kept, MAX_ROWS);
        assert!(warning.contains("left out 10 of 20010 rows"), "{warning}");
    }

    #[test]
    fn an_id_must_be_fit_to_name_a_model() {
        for (json, expected) in [
            (r#""gpt-5""#, Ok("gpt-5")),
            (r#""Claude Mythos  Preview""#, Ok("Claude Mythos  Preview")),
            (r#""gpt-4-gizmo-*""#, Ok("gpt-4-gizmo-*")),
            (r#""""#, Err("its id is blank")),
            (r#"" \t""#, Err("its id is blank")),
            (r#""a\u0000b""#, Err("its id holds control characters")),
            (r#""a\u202eb""#, Err("its id holds control characters")),
            (r#""a\ud83d""#, Err("its id holds control characters")),
            ("5", Err("it has no id")),
            ("null", Err("it has no id")),
        ] {
            let found = id(lenient::parse(json));
            assert_eq!(found.as_deref().map_err(|e| *e), expected, "{json}");
        }
        assert_eq!(id(lenient::parse(&format!("\"{}\"", "x".repeat(300)))), Err("its id is too long"));
        assert_eq!(id(None), Err("it has no id"));
    }

    #[test]
    fn a_label_cannot_move_the_cursor() {
        assert_eq!(label(lenient::parse(r#"" a\u001b[2Jb\n ""#)).as_deref(), Some("a [2Jb"));
        assert_eq!(label(lenient::parse(r#""  ""#)), None);
        assert_eq!(label(lenient::parse("7")), None);
    }
}
