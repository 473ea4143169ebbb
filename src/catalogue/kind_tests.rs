use super::*;
use crate::catalogue::{KeyList, PublicList, endpoints::EndpointTypes as Types, envelope::tests::refused};
use crate::corpora;

fn kind(id: &str, types: Types, public: Option<&PublicModel>) -> Option<(ModelKind, Source)> {
    super::kind(id, types, public, &Names::load())
}

fn by_name(id: &str) -> Option<ModelKind> {
    Names::load().kind(id)
}

fn row(model_type: &str, features: &str) -> PublicModel {
    let json = format!(r#"[{{"id":"x","model_type":"{model_type}","features":{features}}}]"#);
    let list = PublicList::parse(json.as_bytes(), &refused).unwrap();
    list.models.get("x").unwrap().clone()
}

#[test]
fn the_catalogue_is_heard_first_and_the_name_last() {
    let none = Types::default();
    for (id, types, public, expected) in [
        ("x", none, Some(row("text", "[]")), Some((ModelKind::Chat, Source::Catalogue))),
        ("sora-3", none, Some(row("llm", "[]")), Some((ModelKind::Chat, Source::Catalogue))),
        ("x", none, Some(row("text", r#"["moderation"]"#)), Some((ModelKind::Moderation, Source::Catalogue))),
        ("x", none, Some(row("claude", r#"["text-to-text"]"#)), Some((ModelKind::Chat, Source::Catalogue))),
        ("claude-opus-5", none, Some(row("claude", "[]")), Some((ModelKind::Chat, Source::Inferred))),
        ("x", Types::EMBEDDINGS.with(Types::OPENAI), None, Some((ModelKind::Embedding, Source::KeyList))),
        ("x", Types::RERANK, None, Some((ModelKind::Rerank, Source::KeyList))),
        ("x", Types::VIDEO, None, Some((ModelKind::Video, Source::KeyList))),
        ("x", Types::IMAGE.with(Types::OPENAI), None, Some((ModelKind::Image, Source::KeyList))),
        ("x", Types::OPENAI_RESPONSE, None, Some((ModelKind::Chat, Source::KeyList))),
        ("tts-1", Types::OPENAI, None, Some((ModelKind::Audio, Source::Inferred))),
        (
            "grok-imagine-image",
            Types::OPENAI.with(Types::OPENAI_RESPONSE),
            None,
            Some((ModelKind::Image, Source::Inferred)),
        ),
        ("x", Types::OPENAI, None, None),
        ("gpt-4-gizmo-*", Types::OPENAI, None, None),
        ("Claude Mythos  Preview", none, Some(row("text", "[]")), None),
    ] {
        assert_eq!(kind(id, types, public.as_ref()), expected, "{id}");
    }
}

#[test]
fn names_tell_what_the_copied_lists_miss() {
    for (kind, ids) in [
        (
            ModelKind::Video,
            "sora-2 doubao-seedance-2-0 wan2.7 kling_video veo3.1-fast runwayml_upscale_video luma_extend viduq3 minimax-hailuo-02 mj_fast_video",
        ),
        (
            ModelKind::Image,
            "doubao-seedream-5 gpt-image-2 nano-banana-pro flux-pro midjourney-7 mj_fast_imagine gemini-3-pro-image qwen-image dall-e-3 kling_image",
        ),
        (
            ModelKind::Audio,
            "suno_music whisper-1 tts-1-hd gpt-4o-mini-tts gpt-4o-realtime-preview gpt-4o-transcribe kling_tts",
        ),
        (ModelKind::Embedding, "text-embedding-3-large hunyuan-embedding bge-m3"),
        (ModelKind::Moderation, "omni-moderation-latest text-moderation-stable"),
        (ModelKind::Rerank, "jina-reranker-v2 qwen3-rerank bge-rerank"),
        (
            ModelKind::Chat,
            "hunyuan-t1-latest hunyuan-t1-20250822 claude-opus-5 gpt-5.5 o3 gemini-3.8-flash qwen-vl-max deepseek-ocr grok-4-fast-reasoning yi-vl-plus cometapi-3-5-sonnet kimi-k2.7-code llama-4-scout gpt-4-vision-preview",
        ),
    ] {
        for id in ids.split(' ') {
            assert_eq!(by_name(id), Some(kind), "{id}");
        }
    }
    assert_eq!(by_name("something-new"), None);
}

#[test]
fn names_alone_agree_with_the_catalogue_on_97_of_100_models() {
    let Some(body) = corpora::bytes("models/api-models.json") else { return };
    let list = PublicList::parse(&body, &refused).unwrap();
    let (mut usable, mut wrong) = (0, Vec::new());
    for (id, row) in list.models.iter() {
        if let Some(kind) = row.model_type {
            usable += 1;
            if by_name(id) != Some(kind) {
                wrong.push((id, kind, by_name(id)));
            }
        }
    }
    println!("{} of {usable} by name differ: {wrong:?}", wrong.len());
    assert!(usable > 300);
    assert!(wrong.len() * 100 <= usable * 3);
}

#[test]
fn fewer_than_5_of_100_callable_ids_stay_unknown() {
    let Some(body) = corpora::bytes("models/v1-models.json") else { return };
    let list = KeyList::parse(&body, &refused).unwrap();
    let unknown: Vec<_> = list
        .models
        .iter()
        .filter(|(id, model)| kind(id, model.types, None).is_none())
        .map(|row| row.0)
        .collect();
    println!("{} of {} are of unknown kind: {unknown:?}", unknown.len(), list.models.len());
    assert!(list.models.len() > 600);
    assert!(unknown.len() * 20 < list.models.len());
}
