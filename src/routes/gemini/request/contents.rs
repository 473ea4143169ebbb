//! The turns of a conversation as contents.
//!
//! Roles alternate: results of tools are the user's, together with what the user says next. All calls of a turn stand in
//! one content, and all of their results in the next, in the order of the calls.

use super::media;
use crate::{
    errors::Error,
    history::{AssistantPart, AssistantTurn, ToolCall, ToolResult, Turn, UserPart, Warnings, is_blank},
    json::{Json, surrogates::replace_lone},
    routes::{
        encoding::{arguments, is_strict},
        gemini::{models::Abilities, replay::Replay},
    },
};
use alloc::{borrow::Cow, format, string::String, vec::Vec};

/// Google's own value for calls without a signature: of another model, or of another route.
const NO_SIGNATURE: &str = "skip_thought_signature_validator";

/// The contents under way.
struct Contents<'j> {
    json: &'j mut Json,
    /// The role of the content that is open; empty before the first.
    role: &'static str,
    /// The open content has a call.
    has_call: bool,
    /// Calls that got Google's value in place of a signature.
    unsigned: usize,
}

/// Writes the list. False if there is nothing to send.
///
/// # Errors
/// `invalid-request` for media that cannot be sent.
pub fn write(
    json: &mut Json,
    turns: &[Turn<'_>],
    abilities: &Abilities,
    warnings: &mut Warnings,
) -> Result<bool, Error> {
    json.raw("[");
    let mut contents = Contents { json, role: "", has_call: false, unsigned: 0 };
    for turn in turns {
        match turn {
            // Late ones have become the user's.
            Turn::System(texts) => texts.iter().for_each(|part| text(contents.part("user"), part)),
            Turn::User(parts) => {
                for part in parts {
                    media::user_part(contents.part("user"), part, warnings)?;
                }
            }
            Turn::Assistant(turn) => contents.assistant(turn, abilities, warnings)?,
        }
    }
    let Contents { json, role, unsigned, .. } = contents;
    json.raw(if role.is_empty() { "]" } else { "]}]" });
    // A change of the route has its own warning.
    if unsigned > 0 && !warnings.has_foreign() {
        warnings.add(format!(
            "{unsigned} tool calls have no thought signature, since another model or route made them; \
             they were sent with the value that Google has for that, and the model may reason worse"
        ));
    }
    Ok(!role.is_empty())
}

/// Writes a part of text.
pub fn text(json: &mut Json, text: &str) {
    json.item();
    json.raw("{\"text\":");
    json.string(text);
    json.raw("}");
}

impl Contents<'_> {
    /// The writer of the next part, in a content of this role.
    fn part(&mut self, role: &'static str) -> &mut Json {
        if self.role != role {
            if !self.role.is_empty() {
                self.json.raw("]}");
            }
            self.json.item();
            self.json.raw("{\"role\":\"");
            self.json.raw(role);
            self.json.raw("\",\"parts\":[");
            self.role = role;
            self.has_call = false;
        }
        self.json
    }

    fn assistant(
        &mut self,
        turn: &AssistantTurn<'_>,
        abilities: &Abilities,
        warnings: &mut Warnings,
    ) -> Result<(), Error> {
        // Of the calls, in their order, for their results.
        let mut ids = Vec::new();
        for part in &turn.parts {
            let replay = match part {
                AssistantPart::Text { replay, .. } | AssistantPart::Reasoning { replay, .. } => *replay,
                AssistantPart::Call(call) => call.replay,
            };
            let ours = replay.and_then(Replay::parse);
            warnings.add_foreign(usize::from(replay.is_some() && ours.is_none()));
            let replay = ours.unwrap_or_default();
            match part {
                AssistantPart::Call(call) => ids.push(self.call(call, replay, abilities)),
                // Reasoning without a replay is the host's own text, or another provider's, and is not sent.
                AssistantPart::Text { text, .. } | AssistantPart::Reasoning { text, .. } => {
                    self.text(text, matches!(part, AssistantPart::Reasoning { .. }), &replay);
                    self.kept(&replay);
                }
            }
        }
        for (result, id) in turn.results.iter().zip(&ids) {
            self.result(result, id.as_deref(), abilities, warnings)?;
        }
        // Behind all results, since nothing may stand between them.
        for result in turn.results.iter().filter(|result| !is_inside(result, abilities)) {
            let Some(place) = result.place else { continue };
            let json = self.part("user");
            // The media stands apart from its result, so a line says which call it belongs to.
            text(json, &format!("Attached to the result of the tool {}:", result.name));
            for media in result.media {
                media::user_part(json, &UserPart::of_tool(media, place), warnings)?;
            }
        }
        Ok(())
    }

    /// A text, which may be signed, or its last part: parts with a signature are not merged with those without one.
    fn text(&mut self, whole: &str, is_thought: bool, replay: &Replay) {
        let signed = match (&replay.signature, replay.signed) {
            (None, _) => 0,
            (Some(_), None) => whole.len(),
            (Some(_), Some(signed)) => signed,
        };
        let cut = whole.floor_char_boundary(whole.len().saturating_sub(signed));
        let (plain, rest) = whole.split_at_checked(cut).unwrap_or_default();
        // Thoughts without a signature do not go back.
        if !is_thought && !is_blank(plain) {
            text(self.part("model"), plain);
        }
        if let Some(signature) = &replay.signature {
            let json = self.part("model");
            json.item();
            json.raw("{\"text\":");
            json.string(rest);
            if is_thought {
                json.raw(",\"thought\":true");
            }
            signed_end(json, signature);
        }
    }

    /// The part in a replay.
    fn kept(&mut self, replay: &Replay) {
        let Some(part) = &replay.part else { return };
        let json = self.part("model");
        json.item();
        json.raw(part);
    }

    /// A call; returns the id that it has on the wire.
    fn call(&mut self, call: &ToolCall<'_>, replay: Replay, abilities: &Abilities) -> Option<String> {
        let json = self.part("model");
        json.item();
        json.raw("{\"functionCall\":{\"name\":");
        json.string(&call.name);
        json.key("args");
        arguments(json, &call.arguments);
        if let Some(id) = &replay.id {
            json.key("id");
            json.string(id);
        }
        json.raw("}");
        // The first call of each step, and never another one, or each would count as a step of its own.
        let is_first = !core::mem::replace(&mut self.has_call, true);
        match &replay.signature {
            Some(signature) => signed_end(self.json, signature),
            None if is_first && abilities.is_third => {
                self.unsigned = self.unsigned.saturating_add(1);
                signed_end(self.json, NO_SIGNATURE);
            }
            None => self.json.raw("}"),
        }
        replay.id
    }

    fn result(
        &mut self,
        result: &ToolResult<'_>,
        id: Option<&str>,
        abilities: &Abilities,
        warnings: &mut Warnings,
    ) -> Result<(), Error> {
        let json = self.part("user");
        json.item();
        json.raw("{\"functionResponse\":{\"name\":");
        json.string(&result.name);
        json.key("response");
        response(json, result);
        if let Some(id) = id {
            json.key("id");
            json.string(id);
        }
        if let Some(place) = result.place.filter(|_| !result.media.is_empty() && is_inside(result, abilities))
        {
            json.key("parts");
            json.raw("[");
            for media in result.media {
                media::user_part(json, &UserPart::of_tool(media, place), warnings)?;
            }
            json.raw("]");
        }
        json.raw("}}");
        Ok(())
    }
}

/// Ends a part with its signature.
fn signed_end(json: &mut Json, signature: &str) {
    json.key("thoughtSignature");
    json.string(signature);
    json.raw("}");
}

/// The response, which is an object. A tool that returns one is passed on as it is, so that the model reads it without
/// escapes.
fn response(json: &mut Json, result: &ToolResult<'_>) {
    let text = result.text.trim_ascii();
    if !result.is_error && text.starts_with('{') {
        let object = replace_lone(text);
        if is_strict(&object) {
            json.raw(&object);
            return;
        }
    }
    json.raw(if result.is_error { "{\"error\":" } else { "{\"result\":" });
    let text = match result.text {
        text if !is_blank(text) => text,
        _ if result.media.is_empty() => "(no output)",
        _ => "(see the media attached)",
    };
    json.string(text);
    json.raw("}");
}

/// Whether the media of a result stand inside of it. Only later models take them there, and of few types.
fn is_inside(result: &ToolResult<'_>, abilities: &Abilities) -> bool {
    const TYPES: [&str; 5] = ["image/png", "image/jpeg", "image/webp", "application/pdf", "text/plain"];
    let fits = |media_type: &str| {
        let media_type: Cow<'_, str> = media_type.trim_ascii().to_ascii_lowercase().into();
        TYPES.contains(&&*media_type)
    };
    result.media.is_empty() || abilities.is_third && result.media.iter().all(|media| fits(&media.media_type))
}
