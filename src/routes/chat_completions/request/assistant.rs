//! A turn of the model as one message.

use super::{
    media::write_text,
    replay::{self, Reasoning},
};
use crate::{
    history::{AssistantPart, AssistantTurn, ToolCall, Warnings, is_blank},
    json::Json,
    routes::chat_completions::replay::{Field, Holder, Replay},
};
use alloc::{format, vec::Vec};

/// A part of the turn as this route sends it.
enum Piece<'a> {
    Text(&'a str),
    Reasoning(Reasoning<'a>),
    Call(&'a ToolCall<'a>, Replay),
}

/// Writes the message. Returns `false`, with a warning if there is none of a change of route, where nothing is left that
/// this route can send.
pub fn write(json: &mut Json, turn: &AssistantTurn<'_>, warnings: &mut Warnings) -> bool {
    // What the replays of all parts have for the message as a whole.
    let mut message = Replay::default();
    let pieces = pieces(turn, &mut message, warnings);
    // A message of white space alone is refused by some servers, and has nothing for the model.
    let worth_sending = pieces.iter().any(|piece| match piece {
        Piece::Text(text) => !is_blank(text),
        Piece::Reasoning(_) | Piece::Call(..) => true,
    });
    if !worth_sending && message.details.is_empty() {
        // A change of the route has its own warning.
        if !warnings.has_foreign() {
            warnings.add(format!(
                "messages[{}] contains nothing that this route can send and was left out",
                turn.message
            ));
        }
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
    replay::write_fields(json, &reasoning.collect::<Vec<_>>(), &message);
    replay::write_placed(json, Holder::Message, &message.placed);
    let mut calls = pieces.iter().filter_map(|piece| match piece {
        Piece::Call(call, replay) => Some((*call, replay)),
        _ => None,
    });
    if let Some(first) = calls.next() {
        json.key("tool_calls");
        json.raw("[");
        for (call, replay) in core::iter::once(first).chain(calls) {
            write_call(json, call, replay);
        }
        json.raw("]");
    }
    json.raw("}");
    true
}

/// The parts of the turn, with what their replays have for each. Reasoning goes back only with the replay that it came
/// with: vendors refuse, or ignore, reasoning that is not their own.
fn pieces<'a>(turn: &'a AssistantTurn<'a>, message: &mut Replay, warnings: &mut Warnings) -> Vec<Piece<'a>> {
    let mut pieces = Vec::with_capacity(turn.parts.len());
    for part in &turn.parts {
        let replay = match part {
            AssistantPart::Text { replay, .. } => *replay,
            AssistantPart::Call(call) => call.replay,
            // Without a replay it is the host's own text, or another provider's: left out without a warning, since
            // that is the normal case in a conversation that changed providers.
            AssistantPart::Reasoning { replay: None, .. } => continue,
            AssistantPart::Reasoning { replay, .. } => *replay,
        };
        let replay = parsed(replay, warnings);
        if let AssistantPart::Text { text, .. } = part {
            pieces.push(Piece::Text(text));
        }
        let Some(mut replay) = replay else {
            if let AssistantPart::Call(call) = part {
                pieces.push(Piece::Call(call, Replay::default()));
            }
            continue;
        };
        message.details.append(&mut replay.details);
        for value in replay.placed.iter().filter(|value| value.holder == Holder::Message) {
            // The last one counts.
            message.placed.retain(|known| known.name != value.name);
            message.placed.push(value.clone());
        }
        let shown = match part {
            AssistantPart::Reasoning { text, .. } => *text,
            _ => "",
        };
        if replay.text.is_none() && shown.is_empty() {
            late_signature(&mut pieces, &mut replay);
        }
        match part {
            AssistantPart::Call(call) => pieces.push(Piece::Call(call, replay)),
            _ => pieces.extend(Reasoning::new(shown, replay).map(Piece::Reasoning)),
        }
    }
    pieces
}

/// A replay of this route, if there is one.
fn parsed(replay: Option<&str>, warnings: &mut Warnings) -> Option<Replay> {
    let replay = Replay::parse(replay?);
    if replay.is_err() {
        warnings.add_foreign(1);
    }
    replay.ok()
}

/// A signature without a text is of the last reasoning before that has none [82]. With an empty text it would be refused,
/// because it is of another text.
fn late_signature(pieces: &mut [Piece<'_>], replay: &mut Replay) {
    let unsigned = pieces.iter_mut().rev().find_map(|piece| match piece {
        Piece::Reasoning(reasoning) => reasoning.unsigned(),
        _ => None,
    });
    if let Some(unsigned) = unsigned {
        *unsigned = replay.signature.take();
    }
}

/// The text of the message. Reasoning that was part of the text when it was received becomes part of it again.
fn content(json: &mut Json, pieces: &[Piece<'_>]) {
    let reasoning = || {
        pieces.iter().filter_map(|piece| match piece {
            Piece::Reasoning(reasoning) => Some(reasoning),
            _ => None,
        })
    };
    let text = pieces.iter().any(|piece| matches!(piece, Piece::Text(text) if !is_blank(text)));
    // Only Mistral takes reasoning as a part, so the list is written only where it was received as one.
    if reasoning().any(Reasoning::is_part) {
        parts(json, pieces);
    } else if text || reasoning().any(|reasoning| reasoning.is_in(Field::Think)) {
        json.joined(pieces.iter().flat_map(text_of));
    } else if pieces.iter().any(|piece| matches!(piece, Piece::Call(..))) {
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
        Piece::Reasoning(_) | Piece::Call(..) => [""; 3],
    }
}

/// Mistral's list of parts.
fn parts(json: &mut Json, pieces: &[Piece<'_>]) {
    json.raw("[");
    for piece in pieces {
        match piece {
            Piece::Reasoning(reasoning) if reasoning.is_part() => reasoning.write_part(json),
            piece => {
                let text = text_of(piece);
                // A blank part would be refused for all of the message.
                if text.iter().any(|piece| !is_blank(piece)) {
                    write_text(json, text);
                }
            }
        }
    }
    json.raw("]");
}

fn write_call(json: &mut Json, call: &ToolCall<'_>, replay: &Replay) {
    json.item();
    json.raw(r#"{"id":"#);
    json.string(&call.id);
    json.raw(r#","type":"function","function":{"name":"#);
    json.string(&call.name);
    json.key("arguments");
    // The arguments are a JSON text in a string. They are the model's own bytes wherever those were valid.
    json.string(&call.arguments);
    replay::write_placed(json, Holder::Function, &replay.placed);
    json.raw("}");
    replay::write_placed(json, Holder::Call, &replay.placed);
    json.raw("}");
}
