use super::*;
use crate::catalogue::envelope::tests::refused;
use crate::corpora;

fn key(body: &str) -> KeyList {
    KeyList::parse(body.as_bytes(), &refused).unwrap()
}

fn public(body: &str) -> PublicList {
    PublicList::parse(body.as_bytes(), &refused).unwrap()
}

fn sources(merged: &Merged, model: &Model, fact: &str) -> Vec<&'static str> {
    let set = merged.source_sets.get(model.sources).expect("an index of a set");
    set.into_iter().filter(|(name, _)| *name == fact).map(|(_, source)| source).collect()
}

/// Every value that is known has a source, and no value that is unknown has one.
fn assert_every_fact_has_a_source(merged: &Merged) {
    merged.models.iter().for_each(|model| assert_sources_of(merged, model));
}

fn assert_sources_of(merged: &Merged, model: &Model) {
    for (fact, known) in [
        ("status", true),
        ("kind", model.kind != ModelKind::Unknown),
        ("name", model.name.is_some()),
        ("vendor", model.vendor.is_some()),
        ("routes", !model.routes.is_empty()),
        ("input", !model.input.is_empty()),
        ("output", !model.output.is_empty()),
        ("context-window", model.context_window.is_some()),
        ("max-input-tokens", model.max_input_tokens.is_some()),
        ("max-output-tokens", model.max_output_tokens.is_some()),
        ("retirement-date", model.retirement_date.is_some()),
        ("replaced-by", model.replaced_by.is_some()),
        ("tools", model.tools.is_some()),
        ("structured-output", model.structured_output.is_some()),
        ("reasoning", model.reasoning.is_some()),
        ("reasoning-efforts", !model.reasoning_efforts.is_empty()),
        ("price", model.price.is_some()),
    ] {
        assert_eq!(!sources(merged, model, fact).is_empty(), known, "{} {fact}", model.id);
    }
}

#[test]
fn both_lists_and_the_table_are_joined_by_exact_id() {
    let key = key(r#"[{"id":"claude-haiku-4-5-20251001","supported_endpoint_types":["openai","anthropic"]},
            {"id":"kling_advanced_lip_sync"},{"id":"brand-new-thing","supported_endpoint_types":["openai"]}]"#);
    let public = public(
        r#"[{"id":"claude-haiku-4-5-20251001","provider":"Anthropic","name":"Haiku","model_type":"text",
             "features":["text-to-text"],"pricing":{"input":1,"output":4,"ratio":0.8},
             "context_length":"200K","max_completion_tokens":"8K","code":"claude-haiku"},
            {"id":"kling_advanced_lip_syn","model_type":"video"},
            {"id":"veo4","upcoming":true},{"id":"gpt-3","deprecated":true},{"id":"gpt-5"}]"#,
    );
    let merged = merge(Some(&key), Some(&public), &BuiltIn::load());
    assert_every_fact_has_a_source(&merged);
    let models = &merged.models;
    let by_id: Vec<_> = models.iter().map(|model| (model.id.as_str(), model.status)).collect();
    assert_eq!(
        by_id,
        [
            ("brand-new-thing", ModelStatus::Callable),
            ("claude-haiku-4-5-20251001", ModelStatus::Callable),
            ("gpt-3", ModelStatus::Deprecated),
            ("gpt-5", ModelStatus::Deprecated),
            ("kling_advanced_lip_syn", ModelStatus::Listed),
            ("kling_advanced_lip_sync", ModelStatus::Callable),
            ("veo4", ModelStatus::Upcoming),
        ]
    );

    let [new, haiku, .., veo] = models.as_slice() else { panic!() };
    assert_eq!((haiku.context_window, haiku.max_output_tokens), (Some(200_000), Some(64_000)));
    assert_eq!(sources(&merged, haiku, "context-window"), ["catalogue"]);
    assert_eq!(sources(&merged, haiku, "max-output-tokens"), ["built-in"]);
    assert_eq!(haiku.input, ["text", "image", "file"]);
    assert_eq!(sources(&merged, haiku, "input"), ["built-in"]);
    assert_eq!(haiku.routes, ["messages", "chat-completions"]);
    assert_eq!(haiku.price.as_ref().unwrap().output, Some(4.0));
    let extra: serde_json::Value = serde_json::from_str(haiku.extra_json.as_deref().unwrap()).unwrap();
    assert_eq!(extra["ratio"], 0.8);
    assert_eq!(extra["code"], "claude-haiku");
    assert_eq!(extra["built_in_sources"]["max-output-tokens"], "pi-ai 1.6.0");
    assert_eq!(extra["built_in_sources"]["context-window"], serde_json::Value::Null);

    assert_eq!((new.kind, new.context_window, &new.extra_json), (ModelKind::Unknown, None, &None));
    assert_eq!(new.routes, ["chat-completions"]);
    assert_eq!((veo.kind, veo.vendor.as_deref()), (ModelKind::Video, Some("Google")));
    assert_eq!(veo.extra_json, None);
}

#[test]
fn a_callable_model_stays_callable_whatever_the_catalogue_calls_it() {
    let models = merge(
        Some(&key(r#"[{"id":"a"},{"id":"b"}]"#)),
        Some(&public(r#"[{"id":"a","upcoming":true},{"id":"b","deprecated":true}]"#)),
        &BuiltIn::default(),
    )
    .models;
    assert!(models.iter().all(|model| model.status == ModelStatus::Callable));
    assert_eq!(models[0].extra_json.as_deref(), Some(r#"{"upcoming":true}"#));
    assert_eq!(models[1].extra_json.as_deref(), Some(r#"{"deprecated":true}"#));
}

#[test]
fn the_table_knows_the_kind_before_the_name_does() {
    let key = key(r#"[{"id":"claude-opus-5"},{"id":"nameless"},{"id":"sora-2"}]"#);
    let mut table = BuiltIn::load();
    table.add_like("nameless", "claude-opus-5");
    let merged = merge(Some(&key), None, &table);
    let found: Vec<_> =
        merged.models.iter().map(|model| (model.kind, sources(&merged, model, "kind").join(" "))).collect();
    assert_eq!(
        found,
        [
            (ModelKind::Chat, "built-in".to_owned()),
            (ModelKind::Chat, "built-in".to_owned()),
            (ModelKind::Video, "inferred".to_owned()),
        ]
    );
}

#[test]
fn a_price_is_never_put_together_from_two_sources() {
    let public = public(r#"[{"id":"gpt-5","pricing":{"input":1}}]"#);
    let merged = merge(None, Some(&public), &BuiltIn::load());
    let price = merged.models[0].price.as_ref().unwrap();
    assert_eq!((price.input, price.output), (Some(1.0), None));
    assert_eq!(sources(&merged, &merged.models[0], "price"), ["catalogue"]);
}

#[test]
fn a_price_that_both_sources_agree_on_has_the_tables_further_rates() {
    let row = |pricing: &str| public(&format!(r#"[{{"id":"claude-haiku-5-5","pricing":{{{pricing}}}}}]"#));
    for (pricing, agrees) in [
        (r#""input":0.1,"output":0.5"#, true),
        (r#""input":0.1,"output":0.5,"cache_read":0.01"#, true),
        (r#""input":0.1,"output":0.5,"cache_read":0.02"#, false),
        (r#""input":0.08,"output":0.4"#, false),
        (r#""input":0.1,"output":0.5,"currency":"CNY / M Tokens""#, false),
        (r#""input":0.1,"output":0.5,"per_request":0.01"#, false),
    ] {
        let merged = merge(None, Some(&row(pricing)), &BuiltIn::load());
        let price = merged.models[0].price.as_ref().unwrap();
        assert_eq!(price.tiers.len(), usize::from(agrees), "{pricing}");
        assert_eq!(price.cache_write_long.is_some(), agrees, "{pricing}");
        let expected: &[&str] = if agrees { &["catalogue", "built-in"] } else { &["catalogue"] };
        assert_eq!(sources(&merged, &merged.models[0], "price"), expected, "{pricing}");
    }
}

#[test]
fn a_model_that_ends_says_when_and_what_replaces_it() {
    let (key, public) = (
        key(r#"[{"id":"gpt-4"},{"id":"gpt-5"}]"#),
        public(r#"[{"id":"gpt-4"},{"id":"o1"},{"id":"gpt-5-mini"},{"id":"kimi-k2.5","upcoming":true}]"#),
    );
    let merged = merge(Some(&key), Some(&public), &BuiltIn::load());
    assert_every_fact_has_a_source(&merged);
    let found: Vec<_> = merged
        .models
        .iter()
        .map(|model| {
            (model.id.as_str(), model.status, model.retirement_date.as_deref(), model.replaced_by.as_deref())
        })
        .collect();
    use ModelStatus::{Callable, Deprecated, Upcoming};
    assert_eq!(
        found,
        [
            ("gpt-4", Callable, Some("2026-10-23"), Some("gpt-5.6-sol")),
            ("gpt-5", Callable, Some("2026-12-11"), Some("gpt-6.1-sol")),
            ("gpt-5-mini", Deprecated, Some("2026-12-11"), Some("gpt-5.6-terra")),
            ("kimi-k2.5", Upcoming, Some("2026-08-31"), None),
            ("o1", Deprecated, Some("2026-10-23"), Some("gpt-5.6-sol")),
        ]
    );
    assert_eq!(sources(&merged, &merged.models[0], "replaced-by"), ["built-in"]);
    assert_eq!(sources(&merged, &merged.models[2], "status"), ["built-in"]);
}

#[test]
fn an_input_limit_is_published_where_it_is_less_than_the_window() {
    let limit = |window: &str| {
        let public = public(&format!(r#"[{{"id":"gpt-6.2-sol","context_length":{window}}}]"#));
        merge(None, Some(&public), &BuiltIn::load()).models[0].max_input_tokens
    };
    assert_eq!(limit("null"), Some(922_000));
    assert_eq!(limit("\"1050K\""), Some(922_000));
    assert_eq!(limit("\"400K\""), None);
}

#[test]
fn what_is_not_the_whole_price_is_in_the_extra_json() {
    let models = built_in_models().models;
    let extra = |id: &str| -> serde_json::Value {
        let model = models.iter().find(|model| model.id == id).expect(id);
        serde_json::from_str(model.extra_json.as_deref().unwrap()).unwrap()
    };
    assert_eq!(extra("deepseek-v4-pro")["peak_price"]["input"], 1.32);
    assert_eq!(extra("gemini-4-carbon")["next_price"]["from"], "2026-12-01");
    assert_eq!(extra("kimi-k3")["cometapi_ratio"]["value"], 0.9);
    assert_eq!(extra("gpt-6.2-sol")["chat_completions_tools"]["value"], "no");
    assert_eq!(extra("gpt-5-mini")["vendor_replacement"]["id"], "gpt-6.1-terra");
    assert!(extra("claude-sonnet-5-5")["built_in_sources"]["price"].as_str().unwrap().contains("pi-ai"));
}

#[test]
fn the_built_in_list_is_chat_models_with_their_rates_and_ends() {
    let merged = built_in_models();
    assert_every_fact_has_a_source(&merged);
    let models = &merged.models;
    assert!((40..=80).contains(&models.len()));
    assert!(models.is_sorted_by(|a, b| a.id < b.id));
    for model in models {
        let ends = model.retirement_date.is_some();
        let status = if ends { ModelStatus::Deprecated } else { ModelStatus::Listed };
        assert_eq!((model.kind, model.status), (ModelKind::Chat, status), "{}", model.id);
        assert!(model.replaced_by.is_none() || ends, "{}", model.id);
        assert!(model.vendor.is_some() && !model.routes.is_empty(), "{}", model.id);
    }
    let priced = || models.iter().filter_map(|model| model.price.as_ref());
    assert!(priced().filter(|price| price.cache_read.is_some()).count() * 10 > priced().count() * 9);
    assert!(priced().filter(|price| !price.tiers.is_empty()).count() > 20);
    assert!(models.iter().filter(|model| model.status == ModelStatus::Deprecated).count() > 5);
}

#[test]
fn vendors_by_name_agree_with_the_catalogue_on_95_of_100_models() {
    let Some(body) = corpora::bytes("models/api-models.json") else { return };
    let list = PublicList::parse(&body, &refused).unwrap();
    let wrong: Vec<_> = list
        .models
        .iter()
        .map(|(id, row)| (id, row.provider.as_deref(), Names::load().vendor(id)))
        .filter(|(_, listed, guessed)| listed != guessed)
        .collect();
    println!("{} of {} vendors by name differ: {wrong:?}", wrong.len(), list.models.len());
    assert!(list.models.len() > 300 && wrong.len() * 20 <= list.models.len());
}

#[test]
fn the_recorded_lists_make_one_consistent_list() {
    let (Some(key), Some(public)) =
        (corpora::bytes("models/v1-models.json"), corpora::bytes("models/api-models.json"))
    else {
        return;
    };
    let key = KeyList::parse(&key, &refused).unwrap();
    let public = PublicList::parse(&public, &refused).unwrap();
    assert!(
        key.warnings.is_empty() && public.warnings.is_empty(),
        "{:?} {:?}",
        key.warnings,
        public.warnings
    );
    let merged = merge(Some(&key), Some(&public), &BuiltIn::load());
    assert_every_fact_has_a_source(&merged);
    let models = &merged.models;
    assert!(models.is_sorted_by(|a, b| a.id < b.id));
    assert_eq!(models.iter().filter(|m| m.status == ModelStatus::Callable).count(), key.models.len());
    let chat: Vec<_> = models.iter().filter(|m| m.kind == ModelKind::Chat).collect();
    assert!(chat.iter().all(|model| !model.routes.is_empty()));
    let limited = chat.iter().filter(|model| model.context_window.is_some()).count();
    println!("{} models, {} chat, {limited} with a context window", models.len(), chat.len());
    assert!(
        models
            .iter()
            .all(|m| m.max_output_tokens.is_none_or(|out| Some(out) < m.context_window.or(Some(u64::MAX))))
    );
}

/// Rows of some of these ids, in any order, some of them twice.
fn rows_of(ids: &[&str], random: &mut dyn FnMut(usize) -> usize) -> Vec<String> {
    let fields = [
        r#""supported_endpoint_types":["openai","anthropic"],"mode":"chat""#,
        r#""supported_endpoint_types":["embeddings"],"max_input_tokens":9000"#,
        r#""name":"A model","provider":"Vendor","features":["image-to-text"],"context_length":"100K""#,
        r#""endpoints":{"gemini":{}},"pricing":{"input":1,"ratio":0.8},"upcoming":true"#,
        r#""code":"other""#,
    ];
    let rows = 0..random(13);
    rows.map(|_| format!(r#"{{"id":"{}",{}}}"#, ids[random(ids.len())], fields[random(fields.len())]))
        .collect()
}

/// Each model with its sources in place of an index that depends on the models before it.
fn with_sources(merged: Merged) -> Vec<(Model, Vec<(&'static str, &'static str)>)> {
    let Merged { models, source_sets } = merged;
    let resolve = |mut model: Model| {
        let sources = source_sets.get(model.sources).expect("an index of a set");
        model.sources = 0;
        (model, sources)
    };
    models.into_iter().map(resolve).collect()
}

#[test]
fn a_model_of_a_joined_list_is_what_its_own_rows_make() {
    let mut seed = 7_u64;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 33) as usize % below
    };
    let ids = [
        "claude-opus-5",
        "gpt-5",
        "gpt-4",
        "gpt-5.4-mini",
        "gpt-5-pro",
        "a",
        "zz",
        "kling_tts",
        "gpt",
        "o3-x",
    ];
    let list = |rows: &[String]| format!("[{}]", rows.join(","));
    let table = BuiltIn::load();
    for _ in 0..500 {
        let [key_rows, public_rows] = [0, 1].map(|_| rows_of(&ids, &mut random));
        let joined =
            with_sources(merge(Some(&key(&list(&key_rows))), Some(&public(&list(&public_rows))), &table));
        let mut expected = Vec::new();
        for id in ids {
            let of_id = |rows: &[String]| -> Vec<String> {
                rows.iter().filter(|row| row.contains(&format!(r#""id":"{id}","#))).cloned().collect()
            };
            let (key_rows, public_rows) = (of_id(&key_rows), of_id(&public_rows));
            let alone = merge(Some(&key(&list(&key_rows))), Some(&public(&list(&public_rows))), &table);
            expected.extend(with_sources(alone));
        }
        expected.sort_by(|one, other| one.0.id.cmp(&other.0.id));
        assert_eq!(joined, expected, "{key_rows:?} {public_rows:?}");
    }
}

#[test]
fn lists_of_5000_rows_are_joined_in_linear_time() {
    let row = |n: usize| {
        format!(
            r#"{{"id":"model-{n}","name":"M {n}","model_type":"text","context_length":"200K","pricing":{{"input":1}}}}"#
        )
    };
    let list = |from: usize| (from..from + 5_000).map(row).collect::<Vec<_>>().join(",");
    let started = std::time::Instant::now();
    let key = key(&format!("[{}]", list(2_500)));
    let public = public(&format!("[{}]", list(0)));
    let models = merge(Some(&key), Some(&public), &BuiltIn::load()).models;
    assert_eq!(models.len(), 7_500);
    // Quadratic work would take minutes; this is loose enough for a busy machine.
    assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
}

#[test]
fn vendors_of_the_built_in_list_are_those_of_the_collected_facts() {
    let Some(body) = corpora::bytes("models/seed-models.json") else { return };
    let seed: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let rows = seed["models"].as_array().unwrap();
    for model in built_in_models().models {
        let row = rows.iter().find(|row| row["id"] == model.id.as_str()).unwrap();
        assert_eq!(model.vendor.as_deref(), row["vendor"].as_str(), "{}", model.id);
    }
}

#[test]
fn what_a_proxys_list_tells_itself_comes_first_and_is_named_as_the_source() {
    let key = key(r#"[{"id":"house-model","mode":"embedding","max_input_tokens":8000},
            {"id":"gpt-5.4-mini","mode":"chat","max_input_tokens":100000,"max_output_tokens":4000,
             "supports_function_calling":true,"supports_reasoning":false},
            {"id":"my-llava","supports_vision":true,"supports_response_schema":1}]"#);
    let merged = merge(Some(&key), None, &BuiltIn::load());
    assert_every_fact_has_a_source(&merged);
    let models = &merged.models;
    let [known, house, eyes] = &models[..] else { panic!("{models:?}") };
    assert_eq!((house.kind, house.context_window), (ModelKind::Embedding, Some(8_000)));
    assert_eq!(
        (known.context_window, known.max_output_tokens, known.tools),
        (Some(100_000), Some(4_000), Some(true))
    );
    for fact in ["kind", "context-window", "max-output-tokens", "tools"] {
        assert_eq!(sources(&merged, known, fact), ["key-list"], "{fact}");
    }
    // A no may stand for "not known": there the table counts.
    assert_eq!(sources(&merged, known, "reasoning"), ["built-in"]);
    assert_eq!(
        (eyes.input.as_slice(), eyes.structured_output),
        (&["text".into(), "image".into()][..], Some(true))
    );
}
