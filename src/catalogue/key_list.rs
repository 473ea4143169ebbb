//! `GET /v1/models`: what this key may call.

use alloc::{string::String, vec::Vec};

use super::{
    by_id::ById,
    endpoints::{EndpointTypes, EndpointsField},
    envelope::{self, Refused, Rows},
    row_facts::{RowFactFields, RowFacts},
};
use crate::errors::Error;
use crate::json::{Object, Raw, Slot, Structure};

/// The models that a key may call.
///
/// CometAPI's list has no limits, prices or modalities. `created` is a constant and `owned_by` is the name of a channel,
/// so neither is read. The further facts of a proxy's list are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KeyList {
    /// By id. A model with two rows has the endpoint types of both.
    pub models: ById<KeyModel>,
    /// For people: how many rows were left out, and why.
    pub warnings: Vec<String>,
}

/// A model that may be called.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct KeyModel {
    /// The endpoints that serve it.
    pub types: EndpointTypes,
    /// What else the row has.
    pub facts: RowFacts,
}

impl KeyList {
    /// Reads the body of a response with status 200, in OpenAI's or Anthropic's shape. An invalid row is left out with a
    /// warning.
    ///
    /// Errors: that of `refused` for an error body, and `protocol` for anything else that is no list.
    pub fn parse(body: &[u8], refused: Refused<'_>) -> Result<Self, Error> {
        let text = envelope::decoded(body);
        let mut rows = KeyRows::default();
        let warning = envelope::rows(&text, "the list of callable models", refused, &mut rows)?;
        Ok(Self { models: rows.models, warnings: warning.into_iter().collect() })
    }
}

/// The models so far, and the row that is being read.
#[derive(Default)]
struct KeyRows<'a> {
    models: ById<KeyModel>,
    row: Object<Row<'a>>,
}

#[derive(Default)]
struct Row<'a> {
    id: Raw<'a>,
    types: EndpointsField,
    facts: RowFactFields<'a>,
}

impl<'a> Structure<'a> for Row<'a> {
    fn field(&mut self, name: &str) -> Option<Slot<'_, 'a>> {
        match name {
            "id" => Some(Slot::Raw(&mut self.id)),
            "supported_endpoint_types" => Some(Slot::Inner(&mut self.types)),
            _ => self.facts.field(name),
        }
    }
}

impl<'a> Rows<'a> for KeyRows<'a> {
    fn clear(&mut self) {
        self.models = ById::default();
    }

    fn row(&mut self) -> &mut dyn Structure<'a> {
        self.row = Object(None);
        &mut self.row
    }

    fn keep(&mut self) -> Result<(), &'static str> {
        let Some(row) = &self.row.0 else { return Err("it is not an object") };
        let model = KeyModel { types: row.types.types(), facts: RowFacts::read(&row.facts) };
        if let Err((known, more)) = self.models.add(envelope::id(row.id)?, model) {
            // A gateway has a row for each channel that serves the model.
            known.types = known.types.with(more.types);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::envelope::tests::refused;

    fn parse(body: &str) -> KeyList {
        KeyList::parse(body.as_bytes(), &refused).unwrap()
    }

    #[test]
    fn rows_are_kept_whatever_their_other_fields_are() {
        let list = parse(
            r#"{"data":[
                {"id":"a","created":"yesterday","owned_by":7,"supported_endpoint_types":null},
                {"supported_endpoint_types":["openai","x"],"id":"b","new":{"deep":[1]}},
                {"id":"a","supported_endpoint_types":["anthropic"]},
                {"type":"model","id":"claude-opus-5","display_name":"Claude"},
                {"id":"c","supported_endpoint_types":"gemini"}
            ]}"#,
        );
        let ids: Vec<_> = list.models.ids().collect();
        assert_eq!(ids, ["a", "b", "c", "claude-opus-5"]);
        assert!(list.models.get("a").unwrap().types.has(EndpointTypes::ANTHROPIC));
        assert!(list.models.get("b").unwrap().types.has(EndpointTypes::OPENAI));
        assert!(list.warnings.is_empty());
    }

    #[test]
    fn an_invalid_row_costs_only_itself() {
        let list = parse(r#"[{"id":"a"},{"id":""},{},7,null,{"id":"\ud83d"},{"id":"b"}]"#);
        assert_eq!(list.models.len(), 2);
        assert_eq!(
            list.warnings,
            ["the list of callable models: left out 5 of 7 rows; the first is row 2: its id is blank"]
        );
    }

    #[test]
    fn bytes_that_are_no_utf8_cost_only_their_row() {
        let list = KeyList::parse(b"[{\"id\":\"a\xff\"},{\"id\":\"b\"}]", &refused).unwrap();
        assert_eq!(list.models.len(), 1);
        assert_eq!(list.warnings.len(), 1);
    }
}
