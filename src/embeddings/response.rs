//! Reads the response: the vectors in the order of the texts.
//!
//! A vector that belongs to another text is worse than none, because nothing would ever show it. So number, order and
//! length are checked, and whatever does not fit is an error.

use alloc::{format, string::String, vec, vec::Vec};

use super::{MAX_NUMBERS, vector::vector};
use crate::contract::{Usage, embeddings::Embedding};
use crate::errors::detection::Declaration;
use crate::errors::{Error, ErrorKind, Scrubber, from_body_error, from_unread, is_reason, passing, protocol};
use crate::json::{
    Raw, RawValue, Slot, Structure, fields, float, parse, position, present, read as fill, string, structure,
    unsigned,
};
use crate::text_search::trim;
use crate::transport::{Fetched, MAX_ERROR_BODY};

/// Longest model id, and longest usage object that is handed out. A longer one is a fault or an attack.
const MAX_ID: usize = 256;
const MAX_USAGE: usize = 16 << 10;

/// What the response has to fit.
#[derive(Clone, Copy, Debug)]
pub struct Expected {
    /// The number of texts.
    pub count: usize,
    /// The requested length of the vectors.
    pub dimensions: Option<u32>,
}

/// Whether a body that broke off is whole: then the vectors in it are paid for and valid.
pub fn is_whole(body: &[u8]) -> bool {
    // Only what ends in a bracket is parsed.
    body.trim_ascii_end().ends_with(b"}")
        && core::str::from_utf8(body).is_ok_and(|text| parse(trim(text)).is_ok())
}

/// Reads a response with a status of success.
///
/// # Errors
/// The provider's error where the body is one, `protocol` where it is no list of vectors or does not fit the request.
pub fn read(fetched: &Fetched, expected: Expected, scrubber: &Scrubber) -> Result<Embedding, Error> {
    let Fetched { head, body } = fetched;
    let lossy;
    let text = match core::str::from_utf8(body) {
        Ok(text) => text,
        // A few bytes of another encoding must not hide an error. Vectors have none, and a copy of all of them would
        // need the memory once more.
        Err(_) => {
            lossy = String::from_utf8_lossy(body.get(..MAX_ERROR_BODY).unwrap_or(body));
            &*lossy
        }
    };
    let json = trim(text);
    let mut envelope = Envelope::new(expected.count);
    if fill(json, &mut envelope).is_none() {
        return Err(from_unread(json, not_json(json), head, scrubber));
    }
    let declared = envelope.declaration().is_error();
    let rows = &envelope.rows;
    if rows.rows.len() != expected.count || rows.too_many {
        // An error that does not call itself one, such as `{"code": 401, "msg": …}` [73].
        if declared || !rows.is_list && is_reason(json, &ErrorKind::Protocol) {
            return Err(from_body_error(json, Some(head), scrubber));
        }
        return Err(if rows.is_list { wrong_count(rows, expected.count) } else { no_vectors() });
    }
    let vectors = vectors(rows, expected.count)?;
    let length = vectors.first().map_or(0, Vec::len);
    let ignored = expected.dimensions.is_some_and(|wanted| usize::try_from(wanted) != Ok(length));
    let [model, usage] = [6, 7].map(|at| envelope.fields.get(at).copied().flatten());
    let clean = |text: &str| scrubber.scrub(text).into_owned();
    Ok(Embedding {
        vectors,
        model: string(model).filter(|model| model.len() <= MAX_ID).map(|model| clean(&model)),
        usage: usage.and_then(|usage| token_counts(usage, scrubber)),
        request_id: head.request_id().map(clean),
        warnings: match ignored {
            true => vec![format!("the model ignored dimensions: its vectors have {} numbers", count(length))],
            false => Vec::new(),
        },
    })
}

/// The vectors by the index of their rows.
fn vectors(rows: &Rows<'_>, count: usize) -> Result<Vec<Vec<f32>>, Error> {
    let mut places: Vec<Raw<'_>> = vec![None; count];
    let mut unnumbered = Vec::new();
    for row in &rows.rows {
        let Some(embedding) = row.embedding else { return Err(no_vectors()) };
        if present(row.index).is_none() {
            unnumbered.push(embedding);
            continue;
        }
        let index = unsigned(row.index).and_then(|index| usize::try_from(index).ok());
        let place = index.and_then(|index| places.get_mut(index)).filter(|place| place.is_none());
        *place.ok_or_else(wrong_order)? = Some(embedding);
    }
    // Without any index the order is that of the texts. One alone is missing where a server written in Go leaves out
    // fields that are 0. More are a puzzle.
    if unnumbered.len() > 1 && unnumbered.len() < count {
        return Err(wrong_order());
    }
    let mut unnumbered = unnumbered.into_iter();
    let mut vectors: Vec<Vec<f32>> = Vec::with_capacity(count);
    for place in places {
        let Some(raw) = place.or_else(|| unnumbered.next()) else { return Err(wrong_order()) };
        // All vectors together are bounded, and the first one shows how long they are.
        let read = vector(raw, MAX_NUMBERS.checked_div(count).unwrap_or_default())?;
        let length = vectors.first().map(Vec::len);
        match read {
            Some(vector) if length.is_none_or(|length| length == vector.len()) => vectors.push(vector),
            Some(_) => {
                return Err(protocol(
                    "the vectors of the response differ in length; they cannot be compared",
                ));
            }
            None => {
                return Err(protocol(format!(
                    "the vector of input[{}] is not a list of finite numbers; try another model, or a shorter text",
                    self::count(vectors.len())
                )));
            }
        }
    }
    Ok(vectors)
}

/// The outermost object.
struct Envelope<'a> {
    fields: [Raw<'a>; FIELDS.len()],
    rows: Rows<'a>,
}

/// Those of a [`Declaration`], and those that are handed out.
const FIELDS: [&str; 8] = ["error", "errors", "object", "type", "success", "base_resp", "model", "usage"];

impl<'a> Envelope<'a> {
    fn new(most: usize) -> Self {
        let rows = Rows { most, is_list: false, too_many: false, rows: Vec::new() };
        Self { fields: [None; FIELDS.len()], rows }
    }

    fn declaration(&self) -> Declaration<'a> {
        let [error, errors, object, kind, success, base_resp, ..] = self.fields;
        Declaration { error, errors, object, kind, success, base_resp }
    }
}

impl<'a> Structure<'a> for Envelope<'a> {
    fn field(&mut self, name: &str) -> Option<Slot<'_, 'a>> {
        if name == "data" {
            return Some(Slot::Inner(&mut self.rows));
        }
        self.fields.get_mut(position(&FIELDS, name)?).map(Slot::Raw)
    }
}

/// The list of vectors.
struct Rows<'a> {
    /// As many as there are texts. No more are kept, since a server can write one in three bytes.
    most: usize,
    is_list: bool,
    too_many: bool,
    rows: Vec<Row<'a>>,
}

#[derive(Default)]
struct Row<'a> {
    embedding: Raw<'a>,
    index: Raw<'a>,
}

structure!(Row { "embedding" => embedding, "index" => index });

impl<'a> Structure<'a> for Rows<'a> {
    fn list(&mut self) {
        (self.is_list, self.too_many) = (true, false);
        self.rows.clear();
    }

    fn item(&mut self) -> Option<Slot<'_, 'a>> {
        self.too_many = self.rows.len() >= self.most;
        if self.too_many {
            return None;
        }
        self.rows.push(Row::default());
        self.rows.last_mut().map(|row| Slot::Inner(row))
    }
}

/// The counts. Some vendors give the total alone, and some gateways write 0 where they do not know [53]: a text that is
/// not empty has at least one token.
fn token_counts(usage: RawValue<'_>, scrubber: &Scrubber) -> Option<Usage> {
    let [prompt, input, total, cost] =
        fields(usage, ["prompt_tokens", "input_tokens", "total_tokens", "cost"])?;
    let [prompt, input, total] = [prompt, input, total].map(|raw| unsigned(raw).filter(|count| *count > 0));
    let input = prompt.or(input).or(total);
    Some(Usage {
        input,
        output: None,
        total: total.or(input),
        cache_read: None,
        cache_write: None,
        reasoning: None,
        billed: float(cost),
        currency: None,
        raw_json: Some(usage.get())
            .filter(|json| json.len() <= MAX_USAGE)
            .map(|json| scrubber.scrub(json).into_owned()),
    })
}

fn not_json(json: &str) -> Error {
    if json.starts_with('<') {
        return protocol(
            "the response is a web page; check that the base URL points at the API and ends in /v1",
        );
    }
    match parse(json) {
        Err(flaw) if flaw.at_end => passing(
            ErrorKind::IncompleteStream,
            "the response ended before all vectors had arrived; send the request again",
            true,
        ),
        _ => protocol(
            "the response is not valid JSON; check that the base URL points at an OpenAI-compatible API",
        ),
    }
}

fn no_vectors() -> Error {
    protocol(
        "the response from /embeddings is JSON without vectors; check that the model makes embeddings, and that \
         the base URL points at an OpenAI-compatible API",
    )
}

fn wrong_count(rows: &Rows<'_>, expected: usize) -> Error {
    let received = count(rows.rows.len());
    let more = if rows.too_many { "more than " } else { "" };
    protocol(format!("the response has {more}{received} vectors for {} texts", count(expected)))
}

fn wrong_order() -> Error {
    protocol("the response does not say which vector belongs to which text; send one text in a request")
}

/// As one integer type that the component writes as text.
fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
