//! The turns of a conversation as messages of this route.

use super::{assistant, media};
use crate::{
    errors::Error,
    history::{AssistantTurn, ToolResult, Turn, UserPart, Warnings},
    json::Json,
    routes::encoding::result_text,
};

/// Writes the list of messages, and returns their number.
///
/// # Errors
/// `invalid-request` for media that cannot be sent.
pub fn write(json: &mut Json, turns: &[Turn<'_>], warnings: &mut Warnings) -> Result<usize, Error> {
    let mut count = 0_usize;
    json.raw("[");
    for turn in turns {
        match turn {
            Turn::System(text) => system(json, text),
            Turn::User(parts) => user(json, parts, warnings)?,
            Turn::Assistant(turn) => {
                if !assistant::write(json, turn, warnings) {
                    // The results go with their turn: a turn that has calls is always worth sending, so none is lost
                    // here.
                    continue;
                }
                results(json, turn, warnings)?;
            }
        }
        count = count.saturating_add(1);
    }
    json.raw("]");
    Ok(count)
}

/// One string: many servers take no list here.
fn system(json: &mut Json, text: &[&str]) {
    json.item();
    json.raw(r#"{"role":"system","content":"#);
    let (first, rest) = text.split_first().unwrap_or((&"", &[]));
    // Several instructions are separate texts of the host's, so a blank line keeps them apart.
    let rest = rest.iter().flat_map(|text| ["\n\n", text]);
    json.joined(core::iter::once(*first).chain(rest));
    json.raw("}");
}

/// A single text as a string, which every server takes; anything else as a list of parts.
fn user(json: &mut Json, parts: &[UserPart<'_>], warnings: &mut Warnings) -> Result<(), Error> {
    json.item();
    json.raw(r#"{"role":"user","content":"#);
    if let [UserPart::Text(text)] = parts {
        json.string(text);
    } else {
        json.raw("[");
        for part in parts {
            media::write(json, part, warnings)?;
        }
        json.raw("]");
    }
    json.raw("}");
    Ok(())
}

/// The results of a turn, and after the last one a message of the user with their media: this route accepts
/// text only from a tool, and nothing may stand between the results.
fn results(json: &mut Json, turn: &AssistantTurn<'_>, warnings: &mut Warnings) -> Result<(), Error> {
    for result in &turn.results {
        json.item();
        json.raw(r#"{"role":"tool","tool_call_id":"#);
        json.string(&result.call_id);
        json.key("content");
        let [mark, text] = result_text(result, warnings);
        json.joined([mark, text]);
        json.raw("}");
    }
    if turn.results.iter().all(|result| result.media.is_empty()) {
        return Ok(());
    }
    json.item();
    json.raw(r#"{"role":"user","content":["#);
    for result in &turn.results {
        media_of(json, result, warnings)?;
    }
    json.raw("]}");
    Ok(())
}

fn media_of(json: &mut Json, result: &ToolResult<'_>, warnings: &mut Warnings) -> Result<(), Error> {
    let Some(place) = result.place.filter(|_| !result.media.is_empty()) else { return Ok(()) };
    // The media stands apart from its result, so a line says which call it belongs to.
    media::write_text(
        json,
        ["Attached to the result of the tool ", &result.name, " (call ", &result.call_id, "):"],
    );
    for media in result.media {
        media::write(json, &UserPart::of_tool(media, place), warnings)?;
    }
    Ok(())
}
