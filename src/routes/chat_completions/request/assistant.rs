//! A turn of the model as one message.

use super::{
    media::write_text,
    replay::{self, Reasoning},
};
use crate::{
    history::{AssistantPart, AssistantTurn, ToolCall, Warnings},
    json::Json,
    routes::chat_completions::replay::{CallReplay, Field, ReasoningReplay},
};
use alloc::{format, vec::Vec};

/// A part of the turn as this route sends it.
enum Piece<'a> {
    Text(&'a str),
    Reasoning(Reasoning<'a>),
    Call(&'a ToolCall<'a>),
}

/// Writes the message. Returns `false`, with a warning, where nothing is left that this route can send.
pub fn write(json: &mut Json, turn: &AssistantTurn<'_>, warnings: &mut Warnings) -> bool {
    let pieces: Vec<Piece<'_>> = turn.parts.iter().filter_map(|part| piece(part, warnings)).collect();
    // A message of white space alone is refused by some servers, and has nothing for the model.
    let worth_sending = pieces.iter().any(|piece| match piece {
        Piece::Text(text) => !text.trim_ascii().is_empty(),
        Piece::Reasoning(_) | Piece::Call(_) => true,
    });
    if !worth_sending {
        warnings.add(format!(
            "messages[{}] contains nothing that this route can send and was left out",
            turn.message
        ));
        return false;
    }
    json.item();
    json.raw(r#"{"role":"assistant","content":"#);
    content(json, &pieces);
    let reasoning = pieces.iter().filter_map(|piece| match piece {
        Piece::Reasoning(reasoning) => Some(reasoning),
        _ => None,
    });
    // Beside the content, since that is where the server put it.
    replay::write_fields(json, &reasoning.collect::<Vec<_>>());
    let mut calls = pieces.iter().filter_map(|piece| match piece {
        Piece::Call(call) => Some(*call),
        _ => None,
    });
    if let Some(first) = calls.next() {
        json.key("tool_calls");
        json.raw("[");
        for call in core::iter::once(first).chain(calls) {
            write_call(json, call, warnings);
        }
        json.raw("]");
    }
    json.raw("}");
    true
}

/// Reasoning goes back only with the replay that it came with. Vendors refuse, or ignore, reasoning that is not their own.
fn piece<'a>(part: &'a AssistantPart<'a>, warnings: &mut Warnings) -> Option<Piece<'a>> {
    match part {
        AssistantPart::Text(text) => Some(Piece::Text(text)),
        AssistantPart::Call(call) => Some(Piece::Call(call)),
        // Without a replay it is the host's own text, or another provider's: left out without a warning, since that
        // is the normal case in a conversation that changed providers.
        AssistantPart::Reasoning { text, replay, place } => match ReasoningReplay::parse((*replay)?) {
            Ok(replay) => Reasoning::new(text, replay).map(Piece::Reasoning),
            Err(_) => {
                warnings.add(format!("{place}: the reasoning came by another route and was not sent"));
                None
            }
        },
    }
}

/// The text of the message. Reasoning that was part of the text when it was received becomes part of it again.
fn content(json: &mut Json, pieces: &[Piece<'_>]) {
    let within = |field| {
        pieces.iter().any(|piece| matches!(piece, Piece::Reasoning(reasoning) if reasoning.is_in(field)))
    };
    let text = pieces.iter().any(|piece| matches!(piece, Piece::Text(text) if !text.trim_ascii().is_empty()));
    // Only Mistral takes reasoning as a part, so the list is written only where it was received as one.
    if within(Field::Parts) {
        parts(json, pieces);
    } else if text || within(Field::Think) {
        json.joined(pieces.iter().flat_map(text_of));
    } else if pieces.iter().any(|piece| matches!(piece, Piece::Call(_))) {
        // Beside tool calls "" is refused by some, and a missing field by others.
        json.raw("null");
    } else {
        json.raw("\"\"");
    }
}

/// The form of a piece within a text. The parts of a turn were one text when they were received, so there is no separator
/// between them: one would break the vendor's cached prefix.
fn text_of<'a>(piece: &'a Piece<'_>) -> [&'a str; 3] {
    match piece {
        Piece::Text(text) => [text, "", ""],
        Piece::Reasoning(reasoning) if reasoning.is_in(Field::Think) => {
            ["<think>", reasoning.text(), "</think>"]
        }
        Piece::Reasoning(_) | Piece::Call(_) => [""; 3],
    }
}

/// Mistral's list of parts.
fn parts(json: &mut Json, pieces: &[Piece<'_>]) {
    json.raw("[");
    for piece in pieces {
        match piece {
            Piece::Reasoning(reasoning) if reasoning.is_in(Field::Parts) => reasoning.write_part(json),
            piece => {
                let text = text_of(piece);
                if text.iter().any(|piece| !piece.is_empty()) {
                    write_text(json, text);
                }
            }
        }
    }
    json.raw("]");
}

fn write_call(json: &mut Json, call: &ToolCall<'_>, warnings: &mut Warnings) {
    json.item();
    json.raw(r#"{"id":"#);
    json.string(&call.id);
    json.raw(r#","type":"function","function":{"name":"#);
    json.string(&call.name);
    json.key("arguments");
    // The arguments are a JSON text in a string. They are the model's own bytes wherever those were valid.
    json.string(&call.arguments);
    json.raw("}");
    match call.replay.map(CallReplay::parse) {
        None => {}
        Some(Ok(replay)) => {
            if let Some(content) = &replay.extra_content {
                // Gemini refuses a call without its thought signature.
                json.key("extra_content");
                json.raw(content);
            }
        }
        Some(Err(_)) => warnings.add(format!(
            "{}: the replay of the tool call came by another route and was not sent",
            call.place
        )),
    }
    json.raw("}");
}
