use super::*;
use crate::json::Raw;

fn parse(json: &str) -> Raw<'_> {
    crate::json::parse(json).ok()
}

/// Stands for the caller's own classification.
pub(in crate::catalogue) fn refused(_: &str) -> Error {
    error(ErrorKind::Server, "the provider refused")
}

/// Counts rows, whatever they are.
#[derive(Default)]
struct Counted {
    rows: usize,
    row: Nothing,
}

#[derive(Default)]
struct Nothing;

impl Structure<'_> for Nothing {}

impl<'a> Rows<'a> for Counted {
    fn clear(&mut self) {
        self.rows = 0;
    }

    fn row(&mut self) -> &mut dyn Structure<'a> {
        &mut self.row
    }

    fn keep(&mut self) -> Result<(), &'static str> {
        self.rows += 1;
        Ok(())
    }
}

fn count(body: &str) -> Result<usize, ErrorKind> {
    let mut counted = Counted::default();
    rows(body, "the list", &refused, &mut counted).map_err(|error| error.kind)?;
    Ok(counted.rows)
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
        // Of several with one name the last counts, and what was read of the others is dropped.
        (r#"{"data":[{},{}],"data":[{}]}"#, Ok(1)),
        (r#"{"data":null,"data":[{}]}"#, Ok(1)),
        (r#"{"data":[{},{}],"data":null}"#, Ok(0)),
        (r#"{"data":[{}],"data":{"data":[{}]}}"#, Err(ErrorKind::Protocol)),
        (r#"{"data":[{}],"data":1}"#, Err(ErrorKind::Protocol)),
        // The end of the text is heard, though the rows are read before it.
        (r#"{"data":[{}],"success":false}"#, Err(ErrorKind::Server)),
        (r#"{"data":[{}],"message":"partial"} x"#, Err(ErrorKind::Protocol)),
        ("[{},{}", Err(ErrorKind::Protocol)),
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
    let mut counted = Counted::default();
    let warning = rows(&body, "the list", &refused, &mut counted).unwrap().unwrap();
    assert_eq!(counted.rows, MAX_ROWS);
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
        (r#""a\u0000b""#, Err("its id contains control characters")),
        (r#""a\u202eb""#, Err("its id contains control characters")),
        (r#""a\ud83d""#, Err("its id contains control characters")),
        ("5", Err("it has no id")),
        ("null", Err("it has no id")),
    ] {
        let found = id(parse(json));
        assert_eq!(found.as_deref().map_err(|e| *e), expected, "{json}");
    }
    assert_eq!(id(parse(&format!("\"{}\"", "x".repeat(300)))), Err("its id is too long"));
    assert_eq!(id(None), Err("it has no id"));
}

#[test]
fn a_label_cannot_move_the_cursor() {
    assert_eq!(label(parse(r#"" a\u001b[2Jb\n ""#)).as_deref(), Some("a [2Jb"));
    assert_eq!(label(parse(r#""  ""#)), None);
    assert_eq!(label(parse("7")), None);
}
