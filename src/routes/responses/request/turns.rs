//! The turns of a conversation as items of the input.

use super::{assistant, content};
use crate::{
    contract::{Request, ResponseFormat},
    errors::Error,
    history::{AssistantPart, Turn, UserPart, Warnings},
    json::Json,
    routes::{
        encoding::Body,
        responses::models::{Abilities, ReasoningForm},
    },
    text_search::contains,
};

/// Writes the system messages at the front as `instructions`, and returns the other turns. Where there is no other turn
/// they are the input: a request without one is refused.
pub fn instructions<'t, 'a>(body: &mut Body<'_>, turns: &'t [Turn<'a>]) -> &'t [Turn<'a>] {
    let count = turns.iter().take_while(|turn| matches!(turn, Turn::System(_))).count();
    match turns.split_at_checked(count) {
        Some((front, rest)) if !front.is_empty() && !rest.is_empty() => {
            if let Some(json) = body.field("instructions") {
                joined(json, front);
            }
            rest
        }
        _ => turns,
    }
}

/// The texts of system messages as one string. They are separate texts of the host's, so a blank line keeps them apart.
fn joined(json: &mut Json, turns: &[Turn<'_>]) {
    let texts = turns.iter().flat_map(|turn| match turn {
        Turn::System(texts) => texts.as_slice(),
        _ => &[],
    });
    json.joined(texts.enumerate().flat_map(|(at, text)| [if at == 0 { "" } else { "\n\n" }, *text]));
}

/// Writes the list of items. Returns whether there is one.
///
/// # Errors
/// `invalid-request` for media that cannot be sent.
pub fn write(
    json: &mut Json,
    turns: &[Turn<'_>],
    request: &Request,
    model: &str,
    abilities: &Abilities,
    warnings: &mut Warnings,
) -> Result<bool, Error> {
    let system = match abilities.reasoning {
        ReasoningForm::Summarized => "developer",
        _ => "system",
    };
    let begin = json.len();
    json.raw("[");
    let mut reader = assistant::Reader::new(model, abilities);
    for (at, turn) in turns.iter().enumerate() {
        match turn {
            Turn::System(_) => message(json, system, |json| joined(json, core::slice::from_ref(turn))),
            Turn::User(parts) => {
                let is_last = at.saturating_add(1) == turns.len();
                json.item();
                json.raw(r#"{"role":"user","content":["#);
                for part in parts {
                    content::write(json, part, is_last, warnings)?;
                }
                json.raw("]}");
            }
            Turn::Assistant(turn) => assistant::write(json, turn, &mut reader, warnings)?,
        }
    }
    reader.warn(warnings);
    let has_items = json.len() > begin.saturating_add(1);
    // The service refuses the format where the input does not mention it.
    if has_items
        && matches!(request.response_format, Some(ResponseFormat::JsonObject))
        && !mention_json(turns)
    {
        message(json, system, |json| json.string("Respond with a JSON object."));
        warnings.add("the conversation does not mention JSON, which json-object requires; a message that does was added");
    }
    json.raw("]");
    Ok(has_items)
}

fn message(json: &mut Json, role: &str, content: impl FnOnce(&mut Json)) {
    json.item();
    json.raw(r#"{"type":"message","role":""#);
    json.raw(role);
    json.raw(r#"","content":"#);
    content(json);
    json.raw("}");
}

fn mention_json(turns: &[Turn<'_>]) -> bool {
    let mentions = |text: &str| ["json", "JSON", "Json"].iter().any(|word| contains(text, word));
    turns.iter().any(|turn| match turn {
        Turn::System(texts) => texts.iter().any(|text| mentions(text)),
        Turn::User(parts) => parts.iter().any(|part| matches!(part, UserPart::Text(text) if mentions(text))),
        Turn::Assistant(turn) => {
            let text =
                |part: &AssistantPart<'_>| matches!(part, AssistantPart::Text { text, .. } if mentions(text));
            turn.parts.iter().any(text) || turn.results.iter().any(|result| mentions(result.text))
        }
    })
}
