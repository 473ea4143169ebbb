//! `GET /api/models`: the public catalogue, which has the facts and proves nothing of what a key may call.

use alloc::{string::String, vec::Vec};

use super::{
    by_id::ById,
    endpoints::EndpointTypes,
    envelope::{self, Refused, label},
    features::Features,
    lenient::{fields, flag, tokens},
    pricing::Pricing,
};
use crate::errors::Error;
use crate::json::RawValue;

/// The public catalogue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PublicList {
    /// By id, which is what a model is called by. Of two rows with one id the first is kept.
    pub models: ById<PublicModel>,
    /// What could not be used, for people.
    pub warnings: Vec<String>,
}

/// A row of the catalogue, cleaned: what is missing, null, of the wrong type or impossible is `None`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PublicModel {
    /// A second spelling of the id, for the catalogue's own pages; models are not called by it.
    pub code: Option<String>,
    /// The vendor.
    pub provider: Option<String>,
    /// For people.
    pub name: Option<String>,
    /// `text`, `image`, … by the documentation; a family such as `claude` was seen too.
    pub model_type: Option<String>,
    /// What goes in and what comes out.
    pub features: Features,
    /// The endpoints that serve it.
    pub endpoints: EndpointTypes,
    /// What it costs.
    pub pricing: Pricing,
    /// Tokens of input and output together.
    pub context_window: Option<u64>,
    /// Tokens of one answer.
    pub max_output_tokens: Option<u64>,
    /// Announced, and not there yet.
    pub upcoming: bool,
    /// Said to go away.
    pub deprecated: bool,
}

impl PublicList {
    /// Reads the body of an answer with status 200. A row that is unfit is left out with a warning; a
    /// field that is unfit is unknown.
    ///
    /// Errors: what `refused` makes of an error body inside the 200; `protocol` for what is no list.
    pub fn parse(body: &[u8], refused: Refused<'_>) -> Result<Self, Error> {
        let mut models = ById::default();
        let keep = &mut |row: RawValue<'_>| {
            let (id, model) = read(row)?;
            models.add(id, model).map_err(|_| "its id came before")
        };
        let warning = envelope::rows(body, "the public catalogue", refused, keep)?;
        Ok(Self { models, warnings: warning.into_iter().collect() })
    }
}

fn read(row: RawValue<'_>) -> Result<(String, PublicModel), &'static str> {
    let facts = ["id", "code", "provider", "name", "model_type", "features", "endpoints", "pricing"];
    let limits = ["context_length", "max_completion_tokens", "upcoming", "deprecated"];
    let (Some(facts), Some(limits)) = (fields(row, facts), fields(row, limits)) else {
        return Err("it is no object");
    };
    let [id, code, provider, name, model_type, features, endpoints, pricing] = facts;
    let [context_length, max_completion_tokens, upcoming, deprecated] = limits;
    let context_window = context_length.and_then(tokens);
    let model = PublicModel {
        code: label(code),
        provider: label(provider),
        name: label(name),
        model_type: label(model_type),
        features: features.map(Features::read).unwrap_or_default(),
        endpoints: endpoints.map(EndpointTypes::read).unwrap_or_default(),
        pricing: pricing.map(Pricing::read).unwrap_or_default(),
        context_window,
        // The catalogue writes the window here where no separate limit is known.
        max_output_tokens: max_completion_tokens
            .and_then(tokens)
            .filter(|output| context_window.is_none_or(|window| *output < window)),
        upcoming: upcoming.and_then(flag).unwrap_or(false),
        deprecated: deprecated.and_then(flag).unwrap_or(false),
    };
    Ok((envelope::id(id)?, model))
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
    fn an_output_limit_that_repeats_the_window_is_no_limit() {
        let list = parse(r#"[{"id":"a","context_length":"500K","max_completion_tokens":500000}]"#);
        assert_eq!(list.models.get("a").unwrap().max_output_tokens, None);
        assert_eq!(list.models.get("a").unwrap().context_window, Some(500_000));
    }

    #[test]
    fn the_first_of_two_rows_is_kept_and_the_other_told() {
        let list = parse(r#"[{"id":"a","name":"first"},{"id":"a","name":"second"},{"name":"no id"}]"#);
        assert_eq!(list.models.get("a").unwrap().name.as_deref(), Some("first"));
        assert!(list.warnings[0].contains("left out 2 of 3 rows"), "{:?}", list.warnings);
    }
}
