//! The `features` of a row of the public catalogue: the modalities of input and output.

use alloc::{
    borrow::{Cow, ToOwned},
    string::String,
    vec::Vec,
};

use crate::contract::ModelKind;
use crate::json::lenient::text;
use crate::json::{RawValue, Slot, Structure};
use crate::text_search::split_once;

/// The contract's names of modalities, in the order in which they are published.
pub(super) const MODALITIES: [&str; 5] = ["text", "image", "audio", "video", "file"];

/// What the features of a row say.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Features {
    input: u8,
    output: u8,
    solid: bool,
    named: Option<ModelKind>,
}

impl Features {
    fn add(&mut self, tag: &str) {
        // Tags are in lower case, but for one that was seen.
        let lower = match tag.bytes().any(|byte| byte.is_ascii_uppercase()) {
            true => Cow::Owned(tag.to_ascii_lowercase()),
            false => Cow::Borrowed(tag),
        };
        if let Some((from, to)) = split_once(&lower, "-to-") {
            self.input |= modality(from);
            self.output |= modality(to);
            self.solid |= to == "3d";
        } else if let Some((_, kind)) = TAGS.iter().find(|(known, _)| *known == lower) {
            self.named = Some(*kind);
        }
    }

    /// The modalities of input. Empty where the row has none.
    pub(super) fn inputs(self) -> Vec<String> {
        names(self.input)
    }

    /// The modalities of output. Empty where the row has none.
    pub(super) fn outputs(self) -> Vec<String> {
        names(self.output)
    }

    /// A kind that a tag names outright, as `moderation` does.
    pub(super) fn named_kind(self) -> Option<ModelKind> {
        self.named
    }

    /// The kind that the tags amount to.
    pub(super) fn kind(self) -> Option<ModelKind> {
        let gives = |name| self.output & modality(name) != 0;
        if self.named.is_some() {
            self.named
        } else if gives("text") {
            // Text made of speech alone is a transcription.
            let hears_only = self.input == modality("audio");
            Some(if hears_only { ModelKind::Audio } else { ModelKind::Chat })
        } else if gives("video") {
            Some(ModelKind::Video)
        } else if gives("image") || self.solid {
            Some(ModelKind::Image)
        } else {
            gives("audio").then_some(ModelKind::Audio)
        }
    }
}

/// A list of tags such as `image-to-text`; what is not understood is passed over.
#[derive(Default)]
pub(super) struct FeaturesField {
    tags: Tags,
}

impl FeaturesField {
    pub(super) fn features(&self) -> Features {
        self.tags.0
    }
}

impl<'a> Structure<'a> for FeaturesField {
    fn object(&mut self) {
        *self = Self::default();
    }

    fn list(&mut self) {
        *self = Self::default();
    }

    fn leaf(&mut self, _: RawValue<'a>) {
        *self = Self::default();
    }

    fn item(&mut self) -> Option<Slot<'_, 'a>> {
        Some(Slot::Inner(&mut self.tags))
    }
}

/// What the tags so far say. Each is read into it.
#[derive(Default)]
struct Tags(Features);

impl<'a> Structure<'a> for Tags {
    fn leaf(&mut self, value: RawValue<'a>) {
        if let Some(tag) = text(value) {
            self.0.add(tag.trim_ascii());
        }
    }
}

/// Tags without a `-to-` that name a kind.
const TAGS: [(&str, ModelKind); 8] = [
    ("embedding", ModelKind::Embedding),
    ("embeddings", ModelKind::Embedding),
    ("moderation", ModelKind::Moderation),
    ("rerank", ModelKind::Rerank),
    ("image-generation", ModelKind::Image),
    ("video-generation", ModelKind::Video),
    ("audio-generation", ModelKind::Audio),
    ("chat", ModelKind::Chat),
];

/// The bit of a modality, by its place in [`MODALITIES`], for the catalogue's word; 0 for a word that is not known.
fn modality(word: &str) -> u8 {
    match word {
        "text" => 1,
        "image" => 1 << 1,
        "audio" | "speech" => 1 << 2,
        "video" => 1 << 3,
        "pdf" | "file" | "document" => 1 << 4,
        _ => 0,
    }
}

fn names(bits: u8) -> Vec<String> {
    // With the room that is needed: a list of strings starts with room for four.
    let mut names = Vec::with_capacity(usize::try_from(bits.count_ones()).unwrap_or_default());
    for (place, name) in MODALITIES.into_iter().enumerate() {
        if bits & 1 << place != 0 {
            names.push(name.to_owned());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Features {
        let mut field = FeaturesField::default();
        crate::json::read(json, &mut field).expect(json);
        field.features()
    }

    #[test]
    fn features_tell_the_kind() {
        for (json, expected) in [
            (r#"["text-to-text","image-to-text"]"#, Some(ModelKind::Chat)),
            (r#"["speech-to-text"]"#, Some(ModelKind::Audio)),
            (r#"["text-to-text","speech-to-text"]"#, Some(ModelKind::Chat)),
            (r#"["text-to-image"]"#, Some(ModelKind::Image)),
            (r#"["text-to-video","image-to-video"]"#, Some(ModelKind::Video)),
            (r#"["text-to-speech"]"#, Some(ModelKind::Audio)),
            (r#"["text-to-3d"]"#, Some(ModelKind::Image)),
            (r#"["Moderation"]"#, Some(ModelKind::Moderation)),
            (r#"["embedding"]"#, Some(ModelKind::Embedding)),
            (r#"["smell-to-text2"]"#, None),
            ("[]", None),
            ("null", None),
            (r#"{"text-to-text":true}"#, None),
        ] {
            assert_eq!(read(json).kind(), expected, "{json}");
        }
    }

    #[test]
    fn modalities_are_published_in_one_order_and_with_the_contracts_names() {
        let features =
            read(r#"["pdf-to-text","video-to-text","speech-to-text","image-to-text","text-to-text",7]"#);
        assert_eq!(features.inputs(), MODALITIES);
        assert_eq!(features.outputs(), ["text"]);
    }
}
