//! A list of models as JSON: `{"models":[…],"origin":"live","age-ms":null,"degraded":null,"warnings":[]}`.

use serde_json::{Value, json};

use super::{error, object};
use crate::contract::{FactSource, ListOrigin, Model, ModelKind, ModelList, ModelStatus, Price, PriceTier};

/// The kind's name in the contract.
#[must_use]
pub fn kind(kind: ModelKind) -> &'static str {
    match kind {
        ModelKind::Chat => "chat",
        ModelKind::Embedding => "embedding",
        ModelKind::Image => "image",
        ModelKind::Video => "video",
        ModelKind::Audio => "audio",
        ModelKind::Rerank => "rerank",
        ModelKind::Moderation => "moderation",
        ModelKind::Unknown => "unknown",
    }
}

/// The status's name in the contract.
#[must_use]
pub fn status(status: ModelStatus) -> &'static str {
    match status {
        ModelStatus::Callable => "callable",
        ModelStatus::Listed => "listed",
        ModelStatus::Upcoming => "upcoming",
        ModelStatus::Deprecated => "deprecated",
    }
}

/// The name of the origin of a list.
#[must_use]
pub fn origin(origin: ListOrigin) -> &'static str {
    match origin {
        ListOrigin::Live => "live",
        ListOrigin::Cached => "cached",
        ListOrigin::BuiltIn => "built-in",
    }
}

/// The whole list, for programs that keep it or compare two of them. Prices are per million tokens, limits are tokens, and
/// `age-ms` is milliseconds.
#[must_use]
pub fn model_list(list: &ModelList) -> Value {
    Value::Object(object([
        ("models", list.models.iter().map(|each| model(each, list)).collect()),
        ("origin", json!(origin(list.origin))),
        ("age-ms", json!(list.age_ms)),
        ("degraded", list.degraded.as_ref().map_or(Value::Null, error::error)),
        ("warnings", json!(list.warnings)),
    ]))
}

/// The sources of a model's facts; none if the list has no such set. The model has to come from this list: its index means
/// nothing in another one.
///
/// ```
/// use provider_host::contract::ModelList;
/// use provider_host::json::models::sources;
///
/// /// Where the price of each model comes from, to be shown beside it.
/// fn price_sources(list: &ModelList) -> Vec<(&str, &str)> {
///     let of = |model| sources(model, list).iter().find(|source| source.fact == "price");
///     list.models.iter().filter_map(|model| Some((model.id.as_str(), of(model)?.source.as_str()))).collect()
/// }
/// ```
#[must_use]
pub fn sources<'l>(model: &Model, list: &'l ModelList) -> &'l [FactSource] {
    let set = usize::try_from(model.sources).ok().and_then(|index| list.source_sets.get(index));
    set.map_or(&[], Vec::as_slice)
}

/// One model of a list with all of its facts. An unknown fact is `null`, and never 0 or `false`.
#[must_use]
pub fn model(model: &Model, list: &ModelList) -> Value {
    let sources = sources(model, list).iter().map(|source| {
        Value::Object(object([("fact", json!(source.fact)), ("source", json!(source.source))]))
    });
    Value::Object(object([
        ("id", json!(model.id)),
        ("name", json!(model.name)),
        ("vendor", json!(model.vendor)),
        ("kind", json!(kind(model.kind))),
        ("status", json!(status(model.status))),
        ("retirement-date", json!(model.retirement_date)),
        ("replaced-by", json!(model.replaced_by)),
        ("aliases", json!(model.aliases)),
        ("routes", json!(model.routes)),
        ("input", json!(model.input)),
        ("output", json!(model.output)),
        ("context-window", json!(model.context_window)),
        ("max-input-tokens", json!(model.max_input_tokens)),
        ("max-output-tokens", json!(model.max_output_tokens)),
        ("tools", json!(model.tools)),
        ("structured-output", json!(model.structured_output)),
        ("reasoning", json!(model.reasoning)),
        ("reasoning-efforts", json!(model.reasoning_efforts)),
        ("price", model.price.as_ref().map_or(Value::Null, price)),
        ("sources", sources.collect()),
        ("extra-json", json!(model.extra_json)),
    ]))
}

fn price(price: &Price) -> Value {
    Value::Object(object([
        ("currency", json!(price.currency)),
        ("input", json!(price.input)),
        ("output", json!(price.output)),
        ("cache-read", json!(price.cache_read)),
        ("cache-write", json!(price.cache_write)),
        ("cache-write-long", json!(price.cache_write_long)),
        ("per-request", json!(price.per_request)),
        ("tiers", price.tiers.iter().map(tier).collect()),
    ]))
}

fn tier(tier: &PriceTier) -> Value {
    Value::Object(object([
        ("above-input-tokens", json!(tier.above_input_tokens)),
        ("input", json!(tier.input)),
        ("output", json!(tier.output)),
        ("cache-read", json!(tier.cache_read)),
        ("cache-write", json!(tier.cache_write)),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> Model {
        Model {
            id: "m".into(),
            name: None,
            vendor: Some("v".into()),
            kind: ModelKind::Chat,
            status: ModelStatus::Callable,
            retirement_date: Some("2027-01-14".into()),
            replaced_by: None,
            aliases: vec![],
            routes: vec!["chat-completions".into()],
            input: vec!["text".into(), "image".into()],
            output: vec![],
            context_window: Some(200_000),
            max_input_tokens: Some(136_000),
            max_output_tokens: None,
            tools: Some(true),
            structured_output: None,
            reasoning: Some(false),
            reasoning_efforts: vec!["low".into()],
            price: Some(Price {
                currency: "USD".into(),
                input: Some(1.25),
                output: Some(10.0),
                cache_read: None,
                cache_write: None,
                cache_write_long: None,
                per_request: None,
                tiers: vec![PriceTier {
                    above_input_tokens: 100_000,
                    input: Some(2.5),
                    output: Some(15.0),
                    cache_read: None,
                    cache_write: None,
                }],
            }),
            sources: 0,
            extra_json: None,
        }
    }

    #[test]
    fn a_list_is_one_object_in_the_contracts_names() {
        let list = ModelList {
            models: vec![full()],
            source_sets: vec![vec![FactSource { fact: "price".into(), source: "catalogue".into() }]],
            origin: ListOrigin::Live,
            age_ms: None,
            degraded: None,
            warnings: vec![],
        };
        assert_eq!(
            model_list(&list).to_string(),
            r#"{"models":[{"id":"m","name":null,"vendor":"v","kind":"chat","status":"callable","retirement-date":"2027-01-14","replaced-by":null,"aliases":[],"routes":["chat-completions"],"input":["text","image"],"output":[],"context-window":200000,"max-input-tokens":136000,"max-output-tokens":null,"tools":true,"structured-output":null,"reasoning":false,"reasoning-efforts":["low"],"price":{"currency":"USD","input":1.25,"output":10.0,"cache-read":null,"cache-write":null,"cache-write-long":null,"per-request":null,"tiers":[{"above-input-tokens":100000,"input":2.5,"output":15.0,"cache-read":null,"cache-write":null}]},"sources":[{"fact":"price","source":"catalogue"}],"extra-json":null}],"origin":"live","age-ms":null,"degraded":null,"warnings":[]}"#
        );
    }

    #[test]
    fn a_list_that_is_not_live_says_why() {
        let why = crate::contract::Error {
            kind: crate::contract::ErrorKind::Network,
            message: "no connection".into(),
            http_status: None,
            provider_code: None,
            request_id: None,
            retry_after_ms: None,
            retryable: true,
            request_sent: false,
            partial: false,
            suggested_model: None,
            details_json: None,
        };
        let list = ModelList {
            models: vec![],
            source_sets: vec![],
            origin: ListOrigin::BuiltIn,
            age_ms: Some(5),
            degraded: Some(why),
            warnings: vec!["w".into()],
        };
        let value = model_list(&list);
        assert_eq!(value["degraded"]["kind"], "network");
        assert_eq!(
            (&value["age-ms"], &value["origin"], &value["warnings"]),
            (&json!(5), &json!("built-in"), &json!(["w"]))
        );
    }

    #[test]
    fn every_enum_has_its_words() {
        use {ListOrigin as O, ModelKind as K, ModelStatus as S};
        let kinds =
            [K::Chat, K::Embedding, K::Image, K::Video, K::Audio, K::Rerank, K::Moderation, K::Unknown]
                .map(kind);
        assert_eq!(
            kinds,
            ["chat", "embedding", "image", "video", "audio", "rerank", "moderation", "unknown"]
        );
        let statuses = [S::Callable, S::Listed, S::Upcoming, S::Deprecated].map(status);
        assert_eq!(statuses, ["callable", "listed", "upcoming", "deprecated"]);
        assert_eq!([O::Live, O::Cached, O::BuiltIn].map(origin), ["live", "cached", "built-in"]);
    }
}
