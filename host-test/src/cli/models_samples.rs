//! Models for tests.

use provider_host::contract::{ListOrigin, Model, ModelKind, ModelList, ModelStatus, Price};

pub(crate) fn model(id: &str) -> Model {
    Model {
        id: id.into(),
        name: Some("Some Name".into()),
        vendor: Some("vendor".into()),
        kind: ModelKind::Chat,
        status: ModelStatus::Callable,
        retirement_date: None,
        replaced_by: None,
        aliases: vec![],
        routes: vec!["messages".into()],
        input: vec!["text".into(), "image".into()],
        output: vec![],
        context_window: Some(200_000),
        max_input_tokens: None,
        max_output_tokens: None,
        tools: Some(true),
        structured_output: None,
        reasoning: Some(false),
        reasoning_efforts: vec![],
        price: Some(price("USD", Some(1.25))),
        sources: 0,
        extra_json: None,
    }
}

pub(crate) fn price(currency: &str, input: Option<f64>) -> Price {
    Price {
        currency: currency.into(),
        input,
        output: None,
        cache_read: input.map(|input| input / 10.0),
        cache_write: None,
        cache_write_long: None,
        per_request: None,
        tiers: vec![],
    }
}

pub(crate) fn list(models: Vec<Model>, origin: ListOrigin) -> ModelList {
    ModelList { models, source_sets: vec![vec![]], origin, age_ms: None, degraded: None, warnings: vec![] }
}
