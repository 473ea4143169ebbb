//! `GET /api/models`: the public catalogue. It has the facts, and does not prove that a key may call a model.

use alloc::{string::String, vec::Vec};

use super::{
    by_id::ById,
    endpoints::{EndpointTypes, EndpointsField},
    envelope::{self, Refused, Rows, label},
    features::{Features, FeaturesField},
    kind,
    pricing::{Pricing, PricingFields},
};
use crate::contract::ModelKind;
use crate::errors::Error;
use crate::json::{
    Object, Raw, Structure,
    lenient::{flag, text, tokens},
    structure,
};

/// The public catalogue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PublicList {
    /// By id, under which a model is called. Of two rows with one id the first is kept.
    pub models: ById<PublicModel>,
    /// For people: how many rows were left out, and why.
    pub warnings: Vec<String>,
}

/// A row of the catalogue, cleaned: what is missing, null, of the wrong type or impossible is `None`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PublicModel {
    /// A second spelling of the id, for the catalogue's own pages. A model cannot be called by it.
    pub code: Option<String>,
    /// The vendor.
    pub provider: Option<String>,
    /// For people.
    pub name: Option<String>,
    /// The kind that `model_type` names. It is `text`, `image`, … by the documentation; a family such as `claude`, which
    /// names no kind, was seen too.
    pub model_type: Option<ModelKind>,
    /// The modalities of input and output.
    pub features: Features,
    /// The endpoints that serve it.
    pub endpoints: EndpointTypes,
    /// The price.
    pub pricing: Pricing,
    /// Tokens of input and output together.
    pub context_window: Option<u64>,
    /// The most tokens of one response.
    pub max_output_tokens: Option<u64>,
    /// Announced, and not available yet.
    pub upcoming: bool,
    /// Its end is announced.
    pub deprecated: bool,
}

impl PublicList {
    /// Reads the body of a response with status 200. An invalid row is left out with a warning, and an invalid field is
    /// unknown.
    ///
    /// Errors: that of `refused` for an error body, and `protocol` for anything else that is no list.
    pub fn parse(body: &[u8], refused: Refused<'_>) -> Result<Self, Error> {
        let text = envelope::decoded(body);
        let mut rows = PublicRows::default();
        let warning = envelope::rows(&text, "the public catalogue", refused, &mut rows)?;
        Ok(Self { models: rows.models, warnings: warning.into_iter().collect() })
    }
}

/// The models so far, and the row that is being read.
#[derive(Default)]
struct PublicRows<'a> {
    models: ById<PublicModel>,
    row: Object<Row<'a>>,
}

impl<'a> Rows<'a> for PublicRows<'a> {
    fn clear(&mut self) {
        self.models = ById::default();
    }

    fn row(&mut self) -> &mut dyn Structure<'a> {
        self.row = Object(None);
        &mut self.row
    }

    fn keep(&mut self) -> Result<(), &'static str> {
        let Some(row) = &self.row.0 else { return Err("it is not an object") };
        let id = envelope::id(row.id)?;
        self.models.add(id, row.model()).map_err(|_| "its id is that of an earlier row")
    }
}

#[derive(Default)]
struct Row<'a> {
    id: Raw<'a>,
    code: Raw<'a>,
    provider: Raw<'a>,
    name: Raw<'a>,
    model_type: Raw<'a>,
    features: FeaturesField,
    endpoints: EndpointsField,
    pricing: PricingFields<'a>,
    context_length: Raw<'a>,
    max_completion_tokens: Raw<'a>,
    upcoming: Raw<'a>,
    deprecated: Raw<'a>,
}

structure!(Row {
    "id" => id,
    "code" => code,
    "provider" => provider,
    "name" => name,
    "model_type" => model_type,
    "features" => features,
    "endpoints" => endpoints,
    "pricing" => pricing,
    "context_length" => context_length,
    "max_completion_tokens" => max_completion_tokens,
    "upcoming" => upcoming,
    "deprecated" => deprecated,
});

impl Row<'_> {
    fn model(&self) -> PublicModel {
        let context_window = self.context_length.and_then(tokens);
        PublicModel {
            // Where it repeats the id, as it mostly does, it says nothing.
            code: self.code.filter(|_| self.code != self.id).and_then(|code| label(Some(code))),
            provider: label(self.provider),
            name: label(self.name),
            model_type: self.model_type.and_then(text).and_then(|kind| kind::by_type(kind.trim_ascii())),
            features: self.features.features(),
            endpoints: self.endpoints.types(),
            pricing: Pricing::read(&self.pricing),
            context_window,
            // The catalogue writes the window here where no separate limit is known.
            max_output_tokens: self
                .max_completion_tokens
                .and_then(tokens)
                .filter(|output| context_window.is_none_or(|window| *output < window)),
            upcoming: self.upcoming.and_then(flag).unwrap_or(false),
            deprecated: self.deprecated.and_then(flag).unwrap_or(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::envelope::tests::refused;

    fn parse(body: &str) -> PublicList {
        PublicList::parse(body.as_bytes(), &refused).unwrap()
    }

    #[test]
    fn a_row_is_read_in_every_shape_seen() {
        let list = parse(
            r#"{"success":true,"data":[{
                "id":"claude-opus-5","code":"claude-5-opus","provider":"Anthropic","name":"Claude Opus 5",
                "model_type":"text","features":["text-to-text","image-to-text"],
                "endpoints":"{\"anthropic\":{\"path\":\"/v1/messages\"}}",
                "pricing":{"currency":"USD / M Tokens","input":5,"output":25,"ratio":0.8},
                "context_length":"1M","max_completion_tokens":"128000","upcoming":false,"page":[]}]}"#,
        );
        let model = list.models.get("claude-opus-5").unwrap();
        assert_eq!(model.context_window, Some(1_000_000));
        assert_eq!(model.max_output_tokens, Some(128_000));
        assert!(model.endpoints.has(EndpointTypes::ANTHROPIC));
        assert_eq!(model.features.inputs(), ["text", "image"]);
        assert_eq!(model.pricing.price.as_ref().unwrap().input, Some(5.0));
        assert_eq!(model.provider.as_deref(), Some("Anthropic"));
        assert!(!model.upcoming);
    }

    #[test]
    fn fields_of_any_type_leave_the_row_standing() {
        for value in ["null", "7", "-1e999", "\"\\ud83d\"", "\"\"", "[]", "[[{}]]", "{}", "true", "\"{\""] {
            let row = [
                "code",
                "provider",
                "name",
                "model_type",
                "features",
                "endpoints",
                "pricing",
                "context_length",
                "max_completion_tokens",
                "upcoming",
                "deprecated",
            ]
            .map(|field| format!("\"{field}\":{value}"))
            .join(",");
            let list = parse(&format!("[{{\"id\":\"a\",{row}}}]"));
            assert_eq!(list.models.len(), 1, "{value}");
            assert_eq!(list.models.get("a").unwrap().pricing.price, None, "{value}");
        }
    }

    #[test]
    fn of_several_fields_with_one_name_the_last_counts() {
        let fields = [
            (r#""pricing":{"input":1,"ratio":0.5}"#, r#""pricing":{"output":2}"#),
            (r#""features":["text-to-text"]"#, r#""features":["moderation"]"#),
            (r#""endpoints":{"openai":1}"#, r#""endpoints":"[\"gemini\"]""#),
            (r#""endpoints":"{\"openai\":1}""#, r#""endpoints":["gemini"]"#),
            (r#""name":"first""#, r#""name":"last""#),
        ];
        for (first, last) in fields {
            let name = last.split(':').next().unwrap();
            let nothing = ["null", "7", "\"x\"", "[]", "{}"].map(|value| format!("{name}:{value}"));
            let last = nothing.iter().map(String::as_str).chain([last]);
            for last in last {
                let [both, alone] = [format!("{first},{last}"), last.to_owned()]
                    .map(|fields| parse(&format!("[{{\"id\":\"a\",{fields}}}]")));
                assert_eq!(both, alone, "{first},{last}");
            }
        }
    }

    #[test]
    fn an_output_limit_that_repeats_the_window_is_no_limit() {
        let list = parse(r#"[{"id":"a","context_length":"500K","max_completion_tokens":500000}]"#);
        assert_eq!(list.models.get("a").unwrap().max_output_tokens, None);
        assert_eq!(list.models.get("a").unwrap().context_window, Some(500_000));
    }

    #[test]
    fn the_first_of_two_rows_is_kept_and_the_other_counted() {
        let list = parse(r#"[{"id":"a","name":"first"},{"id":"a","name":"second"},{"name":"no id"}]"#);
        assert_eq!(list.models.get("a").unwrap().name.as_deref(), Some("first"));
        assert!(list.warnings[0].contains("left out 2 of 3 rows"), "{:?}", list.warnings);
    }
}
