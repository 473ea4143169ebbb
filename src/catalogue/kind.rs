//! The kind of a model: from what the catalogue says, then from the endpoints that serve it, and only then from its
//! name.

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
    // In the order of trust. Endpoint types follow the channel and not the model, and names are guesses.
    let by_catalogue = || public.and_then(by_public_row).map(|kind| (kind, Source::Catalogue));
    let by_key_types = || by_endpoints(key_types).map(|kind| (kind, Source::KeyList));
    let by_public_types = || {
        let types = public.map_or(EndpointTypes::default(), |row| row.endpoints);
        by_endpoints(types).map(|kind| (kind, Source::Catalogue))
    };
    let by_name = || names.kind(id).map(|kind| (kind, Source::Inferred));
    by_catalogue().or_else(by_key_types).or_else(by_public_types).or_else(by_name)
}

/// From `model_type`, if it names a kind and not a family of the vendor, as some rows do, and from the features: the
/// catalogue calls moderation models text as well, and only the features differ.
fn by_public_row(row: &PublicModel) -> Option<ModelKind> {
    match row.model_type {
        Some(ModelKind::Chat) => Some(row.features.named_kind().unwrap_or(ModelKind::Chat)),
        Some(kind) => Some(kind),
        None => row.features.kind(),
    }
}

/// The kind of a `model_type`.
pub(super) fn by_type(name: &str) -> Option<ModelKind> {
    // Most names differ in length already, so there is no call for them.
    let same = |known: &str| known.len() == name.len() && known.eq_ignore_ascii_case(name);
    MODEL_TYPES.iter().find(|(known, _)| same(known)).map(|(_, kind)| *kind)
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
