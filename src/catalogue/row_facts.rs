//! Facts that a row of the key's list may hold itself.
//!
//! CometAPI's own list has none. A LiteLLM proxy, which many run in front of it, adds to each row what its table has:
//! `mode`, `max_input_tokens`, `max_output_tokens`, `supports_…`. Its `false` often means "not known", so only a
//! yes is taken.

use alloc::{borrow::ToOwned, string::String, vec::Vec};

use super::{kind, limits::Limits};
use crate::contract::ModelKind;
use crate::json::{
    Raw,
    lenient::{flag, text, tokens},
    structure,
};

/// The facts that a row has about its model.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RowFacts {
    pub(super) kind: Option<ModelKind>,
    pub(super) limits: Limits,
    tools: bool,
    structured_output: bool,
    reasoning: bool,
    vision: bool,
}

/// The fields of a row that hold them.
#[derive(Default)]
pub(super) struct RowFactFields<'a> {
    mode: Raw<'a>,
    window: Raw<'a>,
    output: Raw<'a>,
    tools: Raw<'a>,
    structured_output: Raw<'a>,
    reasoning: Raw<'a>,
    vision: Raw<'a>,
}

structure!(RowFactFields {
    "mode" => mode,
    "max_input_tokens" => window,
    "max_output_tokens" => output,
    "supports_function_calling" => tools,
    "supports_response_schema" => structured_output,
    "supports_reasoning" => reasoning,
    "supports_vision" => vision,
});

impl RowFacts {
    /// LiteLLM calls the context window `max_input_tokens`.
    pub(super) fn read(row: &RowFactFields<'_>) -> Self {
        let yes = |field: Raw<'_>| field.and_then(flag) == Some(true);
        // `image_generation`, `audio_speech`: the first part is the kind.
        let mode = row.mode.and_then(text);
        let kind_name = mode.as_deref().and_then(|mode| mode.split('_').next());
        Self {
            kind: kind_name.and_then(kind::by_type),
            limits: Limits {
                context_window: row.window.and_then(tokens),
                max_output_tokens: row.output.and_then(tokens),
            },
            tools: yes(row.tools),
            structured_output: yes(row.structured_output),
            reasoning: yes(row.reasoning),
            vision: yes(row.vision),
        }
    }

    pub(super) fn tools(&self) -> Option<bool> {
        self.tools.then_some(true)
    }

    pub(super) fn structured_output(&self) -> Option<bool> {
        self.structured_output.then_some(true)
    }

    pub(super) fn reasoning(&self) -> Option<bool> {
        self.reasoning.then_some(true)
    }

    pub(super) fn input(&self) -> Option<Vec<String>> {
        self.vision.then(|| ["text", "image"].map(ToOwned::to_owned).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> RowFacts {
        let mut row = RowFactFields::default();
        crate::json::read(json, &mut row).expect(json);
        RowFacts::read(&row)
    }

    #[test]
    fn a_row_has_the_facts_in_it_and_no_others() {
        let facts = read(
            r#"{"mode":"chat","max_input_tokens":200000,"max_output_tokens":"64000","supports_vision":true,
                "supports_function_calling":true,"supports_response_schema":true,"supports_reasoning":true}"#,
        );
        let limits = Limits { context_window: Some(200_000), max_output_tokens: Some(64_000) };
        assert_eq!((facts.kind, facts.limits), (Some(ModelKind::Chat), limits));
        assert_eq!([facts.tools(), facts.structured_output(), facts.reasoning()], [Some(true); 3]);
        assert_eq!(facts.input().unwrap(), ["text", "image"]);
        for silent in [
            "{}",
            "[]",
            r#"{"mode":null,"max_input_tokens":0,"max_output_tokens":-1,"supports_vision":false}"#,
            r#"{"mode":"batch","supports_function_calling":null,"supports_response_schema":"no","supports_reasoning":[]}"#,
        ] {
            let facts = read(silent);
            assert_eq!(facts, RowFacts::default(), "{silent}");
            assert_eq!((facts.tools(), facts.structured_output(), facts.reasoning()), (None, None, None));
            assert_eq!(facts.input(), None);
        }
    }

    #[test]
    fn the_first_part_of_a_mode_is_the_kind() {
        for (mode, kind) in [
            ("embedding", ModelKind::Embedding),
            ("image_generation", ModelKind::Image),
            ("audio_transcription", ModelKind::Audio),
            ("audio_speech", ModelKind::Audio),
            ("video_generation", ModelKind::Video),
            ("moderation", ModelKind::Moderation),
            ("rerank", ModelKind::Rerank),
            ("responses", ModelKind::Chat),
            ("completion", ModelKind::Chat),
        ] {
            assert_eq!(read(&format!("{{\"mode\":\"{mode}\"}}")).kind, Some(kind), "{mode}");
        }
    }
}
