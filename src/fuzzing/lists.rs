//! Both lists of models, and their joined list.

use crate::catalogue::{BuiltIn, KeyList, Merged, PublicList, Refused, merge};
use crate::contract::Model;
use crate::errors::{Error, Scrubber, from_body_error};
use crate::http_head::ResponseHead;

/// Any body is a list of models whose ids can name one, or a typed error.
pub fn key_list(data: &[u8]) {
    let data = super::with_key(data);
    if let Some(list) = checked(KeyList::parse(&data, refused())) {
        check_warnings(&list.warnings);
        check(&merge(Some(&list), None, &BuiltIn::load()));
    }
}

/// The same of the public catalogue, alone and merged with a list of callable models made of the same bytes.
pub fn public_list(data: &[u8]) {
    let data = super::with_key(data);
    let Some(list) = checked(PublicList::parse(&data, refused())) else { return };
    check_warnings(&list.warnings);
    check(&merge(None, Some(&list), &BuiltIn::default()));
    let Some(key_list) = checked(KeyList::parse(&data, refused())) else { return };
    let merged = merge(Some(&key_list), Some(&list), &BuiltIn::load());
    check(&merged);
    let models = &merged.models;
    for id in key_list.models.ids().chain(list.models.ids()) {
        assert!(models.binary_search_by(|model| model.id.as_str().cmp(id)).is_ok(), "{id:?} is lost");
    }
}

fn refused() -> Refused<'static> {
    &|json| {
        let head = ResponseHead { status: 200, headers: Vec::new() };
        from_body_error(json, Some(&head), &Scrubber::new(Some(super::KEY)))
    }
}

fn checked<T>(parsed: Result<T, Error>) -> Option<T> {
    parsed.inspect_err(|error| super::check_error(error)).ok()
}

/// One for each list: however many rows are unfit, they are counted.
fn check_warnings(warnings: &[String]) {
    assert!(warnings.len() <= 1 && warnings.iter().all(|warning| warning.len() <= 256), "{warnings:?}");
}

fn check(merged: &Merged) {
    let models = &merged.models;
    assert!(models.is_sorted_by(|one, next| one.id < next.id), "sorted, and every id once");
    for model in models {
        let labels = [Some(&model.id), model.name.as_ref(), model.vendor.as_ref()];
        for label in labels.into_iter().flatten() {
            assert!(!label.trim_ascii().is_empty() && !label.chars().any(char::is_control), "{model:?}");
        }
        assert!(model.id.len() <= 256, "{model:?}");
        check_facts(merged, model);
    }
}

fn check_facts(merged: &Merged, model: &Model) {
    let sources = merged.source_sets.get(model.sources).expect("an index of a set");
    let count = |fact: &str| sources.iter().filter(|(name, _)| *name == fact).count();
    assert_eq!(count("status"), 1, "{model:?}");
    for (fact, known) in [
        ("name", model.name.is_some()),
        ("vendor", model.vendor.is_some()),
        ("input", !model.input.is_empty()),
        ("output", !model.output.is_empty()),
        ("context-window", model.context_window.is_some()),
        ("max-output-tokens", model.max_output_tokens.is_some()),
        ("tools", model.tools.is_some()),
        ("structured-output", model.structured_output.is_some()),
        ("reasoning", model.reasoning.is_some()),
        ("max-input-tokens", model.max_input_tokens.is_some()),
        ("retirement-date", model.retirement_date.is_some()),
        ("replaced-by", model.replaced_by.is_some()),
    ] {
        assert_eq!(count(fact), usize::from(known), "{fact} of {model:?}");
    }
    // A price that the catalogue and the table agree on has both as its sources.
    let sources_of_price = if model.price.is_some() { 1..=2 } else { 0..=0 };
    assert!(sources_of_price.contains(&count("price")), "{model:?}");
    let (window, output) = (model.context_window, model.max_output_tokens);
    assert!(
        model.max_input_tokens.is_none_or(|input| window.is_none_or(|window| input < window)),
        "{model:?}"
    );
    assert!(window.is_none_or(|window| window > 0 && output.is_none_or(|output| output < window)));
    if let Some(price) = &model.price {
        let numbers = [price.input, price.output, price.cache_read, price.cache_write, price.per_request];
        assert!(numbers.into_iter().flatten().all(|number| number.is_finite() && number >= 0.0), "{model:?}");
    }
    if let Some(extra) = &model.extra_json {
        assert!(serde_json::from_str::<serde_json::Map<_, _>>(extra).is_ok(), "{extra}");
    }
}
