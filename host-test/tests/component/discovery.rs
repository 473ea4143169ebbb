//! Model discovery: the two live lists, the built-in table, and the results when one of the lists is unavailable.

use std::time::Duration;

use conformance::Provider;
use provider_host::contract::{Discovery, ErrorKind, ListOrigin, ModelKind, ModelList, ModelStatus};
use provider_host::sandbox::CallError;
use stand_in::{Route, StandIn, scenarios};

use crate::bench::{PATIENCE, provider, provider_error};

async fn list(provider: &mut Provider, how: Discovery) -> Result<ModelList, CallError> {
    provider.instance.models(&provider.client, how, Duration::ZERO).await
}

/// Checks what the contract guarantees of every list.
fn check(name: &str, list: &ModelList) {
    assert!(
        list.models.windows(2).all(|pair| pair[0].id < pair[1].id),
        "{name}: sorted and without duplicates"
    );
    for model in &list.models {
        assert!(!model.id.trim().is_empty(), "{name}: a blank id");
        assert!(
            model.context_window != Some(0) && model.max_output_tokens != Some(0),
            "{name}: {}",
            model.id
        );
        let sources = provider_host::json::models::sources(model, list);
        for (fact, known) in [
            ("context-window", model.context_window.is_some()),
            ("max-output-tokens", model.max_output_tokens.is_some()),
            ("price", model.price.is_some()),
            ("tools", model.tools.is_some()),
        ] {
            let sourced = sources.iter().any(|source| source.fact == fact);
            assert_eq!(known, sourced, "{name}: {} of {}", fact, model.id);
        }
    }
}

#[tokio::test]
async fn models_are_discovered_with_kinds_facts_and_sources() {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    let mut provider = provider(&stand_in).await;
    let list = list(&mut provider, Discovery::Live).await.expect("a list");
    check("live", &list);
    assert_eq!((list.origin, list.age_ms, list.degraded.is_some()), (ListOrigin::Live, None, false));
    let count = |test: &dyn Fn(&provider_host::contract::Model) -> bool| {
        list.models.iter().filter(|model| test(model)).count()
    };
    assert!(list.models.len() >= 550, "{}", list.models.len());
    assert!(count(&|model| model.status == ModelStatus::Callable) >= 500);
    let with_window = count(&|model| model.context_window.is_some());
    assert!(with_window >= 60, "{with_window} context windows are known");
    for kind in [ModelKind::Chat, ModelKind::Image, ModelKind::Video, ModelKind::Audio, ModelKind::Embedding]
    {
        assert!(count(&|model| model.kind == kind) > 0, "{kind:?}");
    }
    assert_eq!(stand_in.key_leaks(), 0, "the public catalogue requires no key, so it must get none");
}

#[tokio::test]
async fn every_list_scenario_ends_in_a_live_list_or_in_the_built_in_one() {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    let mut played = 0;
    for scenario in
        scenarios().iter().filter(|scenario| matches!(scenario.route, Route::KeyList | Route::Catalogue))
    {
        played += 1;
        let (path, key_list) = match scenario.route {
            Route::KeyList => ("/v1/models", true),
            _ => ("/api/models", false),
        };
        stand_in.script(path, Some(&scenario.name)).expect("a scenario");
        let mut provider = provider(&stand_in).await;
        let query = tokio::time::timeout(PATIENCE, list(&mut provider, Discovery::BestEffort));
        let query = query.await.unwrap_or_else(|_| panic!("{} never ends", scenario.name));
        let found = query.expect("a best-effort query always returns a list");
        check(&scenario.name, &found);
        match (&found.degraded, found.origin) {
            (None, ListOrigin::Live) => {}
            (Some(_), ListOrigin::BuiltIn) => {
                assert!(key_list, "{}: a catalogue that fails does not degrade the list", scenario.name)
            }
            other => panic!("{}: {other:?}", scenario.name),
        }
        stand_in.script(path, None).expect("no scenario");
    }
    assert!(played >= 25, "{played}");
}

#[tokio::test]
async fn a_live_query_fails_with_the_kind_of_the_failure() {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    for (scenario, kind) in [
        ("q27-key-refused", ErrorKind::Authentication),
        ("q27-html", ErrorKind::Protocol),
        ("q27-redirect", ErrorKind::Protocol),
        ("q27-over-the-cap", ErrorKind::Protocol),
        ("q27-endless", ErrorKind::Protocol),
        ("q27-error-with-status-200", ErrorKind::Server),
        ("q27-list-slow", ErrorKind::Timeout),
    ] {
        stand_in.script("/v1/models", Some(scenario)).expect("a scenario");
        let mut provider = provider(&stand_in).await;
        let error = list(&mut provider, Discovery::Live).await.err().map(provider_error).expect(scenario);
        assert_eq!(error.kind, kind, "{scenario}: {}", error.message);
    }
    stand_in.script("/v1/models", Some("q27-duplicates")).expect("a scenario");
    stand_in.script("/api/models", Some("q27-catalogue-down")).expect("a scenario");
    let mut provider = provider(&stand_in).await;
    let found = list(&mut provider, Discovery::Live).await.expect("a list");
    assert!(!found.models.is_empty() && !found.warnings.is_empty(), "a warning reports the missing facts");
}

#[tokio::test]
async fn a_list_is_cached_with_its_age_and_the_built_in_table_sends_no_request() {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    let mut provider = provider(&stand_in).await;
    let built_in = list(&mut provider, Discovery::BuiltIn).await.expect("a table");
    assert_eq!((built_in.origin, stand_in.requests().len()), (ListOrigin::BuiltIn, 0));
    assert!((40..=80).contains(&built_in.models.len()));
    check("built-in", &built_in);
    list(&mut provider, Discovery::Live).await.expect("a list");
    let requests = stand_in.requests().len();
    // An hour, so that the list is still fresh on a slow machine.
    let max_age = Duration::from_secs(3600);
    let cached = provider.instance.models(&provider.client, Discovery::Live, max_age).await.expect("a list");
    assert_eq!((cached.origin, stand_in.requests().len()), (ListOrigin::Cached, requests));
    assert!(cached.age_ms.is_some_and(|age| age < 3_600_000));
    stand_in.script("/v1/models", Some("q27-list-down")).expect("a scenario");
    let kept = list(&mut provider, Discovery::BestEffort).await.expect("a list");
    assert_eq!(
        (kept.origin, kept.degraded.is_some(), kept.models.len()),
        (ListOrigin::Cached, true, cached.models.len())
    );
}
