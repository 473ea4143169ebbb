//! What kind of model a row is: by what the catalogue says, then by the endpoints that serve it, and
//! only then by its name.

use super::{Source, endpoints::EndpointTypes, names::Names, public_list::PublicModel};
use crate::contract::ModelKind;

/// The kind of a model and where that comes from; `None` is unknown.
///
/// An id with a wildcard (`gpt-4-gizmo-*`) or with spaces cannot be called, so it is no model of any kind.
pub(super) fn kind(
    id: &str,
    key_types: EndpointTypes,
    public: Option<&PublicModel>,
    names: &Names,
) -> Option<(ModelKind, Source)> {
    if id.bytes().any(|byte| byte == b'*' || byte.is_ascii_whitespace()) {
        return None;
    }
    let by_catalogue = || public.and_then(by_public_row).map(|kind| (kind, Source::Catalogue));
    let by_key_types = || by_endpoints(key_types).map(|kind| (kind, Source::KeyList));
    let by_public_types = || {
        let types = public.map_or(EndpointTypes::default(), |row| row.endpoints);
        by_endpoints(types).map(|kind| (kind, Source::Catalogue))
    };
    let by_name = || names.kind(id).map(|kind| (kind, Source::Inferred));
    by_catalogue().or_else(by_key_types).or_else(by_public_types).or_else(by_name)
}

/// By `model_type`, if that is a word that we know and not, as has been seen, the vendor's family; and by
/// the features, which tell apart what the catalogue calls text but is moderation.
fn by_public_row(row: &PublicModel) -> Option<ModelKind> {
    match row.model_type {
        Some(ModelKind::Chat) => Some(row.features.named_kind().unwrap_or(ModelKind::Chat)),
        Some(kind) => Some(kind),
        None => row.features.kind(),
    }
}

/// The kind that a word for it names.
pub(super) fn by_type(name: &str) -> Option<ModelKind> {
    MODEL_TYPES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, kind)| *kind)
}

const MODEL_TYPES: [(&str, ModelKind); 19] = [
    ("text", ModelKind::Chat),
    ("chat", ModelKind::Chat),
    ("llm", ModelKind::Chat),
    ("language", ModelKind::Chat),
    ("completion", ModelKind::Chat),
    ("responses", ModelKind::Chat),
    ("image", ModelKind::Image),
    ("3d", ModelKind::Image),
    ("video", ModelKind::Video),
    ("audio", ModelKind::Audio),
    ("speech", ModelKind::Audio),
    ("music", ModelKind::Audio),
    ("tts", ModelKind::Audio),
    ("stt", ModelKind::Audio),
    ("embedding", ModelKind::Embedding),
    ("embeddings", ModelKind::Embedding),
    ("rerank", ModelKind::Rerank),
    ("reranker", ModelKind::Rerank),
    ("moderation", ModelKind::Moderation),
];

/// By endpoints that only one kind of model has. `openai` follows the channel and proves nothing, as
/// `openai-response` does beside it; `gemini` serves pictures and speech too.
fn by_endpoints(types: EndpointTypes) -> Option<ModelKind> {
    let proof = PROOFS.iter().find(|(proof, _)| types.has(*proof)).map(|(_, kind)| *kind);
    let only_responses = types.has(EndpointTypes::OPENAI_RESPONSE) && !types.has(EndpointTypes::OPENAI);
    proof.or_else(|| only_responses.then_some(ModelKind::Chat))
}

const PROOFS: [(EndpointTypes, ModelKind); 7] = [
    (EndpointTypes::EMBEDDINGS, ModelKind::Embedding),
    (EndpointTypes::RERANK, ModelKind::Rerank),
    (EndpointTypes::MODERATION, ModelKind::Moderation),
    (EndpointTypes::VIDEO, ModelKind::Video),
    (EndpointTypes::IMAGE, ModelKind::Image),
    (EndpointTypes::AUDIO, ModelKind::Audio),
    (EndpointTypes::ANTHROPIC, ModelKind::Chat),
];

#[cfg(test)]
#[path = "kind_tests.rs"]
mod tests;
