//! The order of turns, where a route has rules for it.

use super::{AssistantTurn, ConversationRules, LateSystem, Turn, UserPart, Warnings};
use alloc::{format, vec, vec::Vec};

/// Stands before an instruction that became text of the user, so that the model can tell it from the user's own.
pub const SYSTEM_MARK: &str = "[System message]";

/// Stands for a first turn of the user that the conversation does not have.
const NO_FIRST_TURN: &str = "[The conversation begins with the assistant]";

/// Puts repaired turns into the order that the rules ask for. Results stand with their turns already, so a merge
/// cannot separate a result from its call.
pub fn arrange<'a>(
    turns: Vec<Turn<'a>>,
    rules: &ConversationRules,
    warnings: &mut Warnings,
) -> Vec<Turn<'a>> {
    let turns = match rules.late_system {
        LateSystem::Keep => turns,
        LateSystem::AsUser => late_system_as_user(turns, warnings),
    };
    // After the system messages were moved, since a moved one may be the neighbour of a user's turn.
    let turns = if rules.merge_neighbours { merge_neighbours(turns) } else { turns };
    if rules.starts_with_user { start_with_user(turns, warnings) } else { turns }
}

fn late_system_as_user<'a>(turns: Vec<Turn<'a>>, warnings: &mut Warnings) -> Vec<Turn<'a>> {
    let mut begun = false;
    let mut moved = 0_usize;
    let mut arranged = Vec::with_capacity(turns.len());
    for turn in turns {
        arranged.push(match turn {
            // The mark keeps an instruction recognisable. Without it the model could take it for the user's own text.
            Turn::System(texts) if begun => {
                moved = moved.saturating_add(1);
                let texts = texts.into_iter().map(|text| UserPart::Text(text.into()));
                Turn::User(core::iter::once(UserPart::Text(SYSTEM_MARK.into())).chain(texts).collect())
            }
            turn => {
                begun |= !matches!(turn, Turn::System(_));
                turn
            }
        });
    }
    warn_moved(moved, warnings);
    arranged
}

/// One warning for all system messages that became text of the user: some agents send such a message in every turn.
pub fn warn_moved(moved: usize, warnings: &mut Warnings) {
    if moved > 0 {
        warnings.add(format!(
            "{moved} system messages come after the first turn and were sent as user messages; \
             this route does not accept them there"
        ));
    }
}

/// Nothing is lost in a merge, so there is no warning.
fn merge_neighbours(turns: Vec<Turn<'_>>) -> Vec<Turn<'_>> {
    let mut merged: Vec<Turn<'_>> = Vec::with_capacity(turns.len());
    for turn in turns {
        match (merged.last_mut(), turn) {
            (Some(Turn::System(before)), Turn::System(texts)) => before.extend(texts),
            (Some(Turn::User(before)), Turn::User(parts)) => before.extend(parts),
            // Results of tools go out as the user's, so a turn that has some is no neighbour of the next.
            (Some(Turn::Assistant(before)), Turn::Assistant(turn)) if before.results.is_empty() => {
                let AssistantTurn { parts, results, .. } = turn;
                before.parts.extend(parts);
                before.results.extend(results);
            }
            (_, turn) => merged.push(turn),
        }
    }
    merged
}

fn start_with_user<'a>(mut turns: Vec<Turn<'a>>, warnings: &mut Warnings) -> Vec<Turn<'a>> {
    // Histories begin with the assistant where an agent has cut them, or where it greets the user.
    let first = turns.iter().position(|turn| !matches!(turn, Turn::System(_)));
    if let Some(at) = first {
        if matches!(turns.get(at), Some(Turn::Assistant(_))) {
            turns.insert(at, Turn::User(vec![UserPart::Text(NO_FIRST_TURN.into())]));
            warnings.add(
                "the conversation begins with the assistant; a user message was put before it, \
                 because this route requires one",
            );
        }
    // A prompt in one system message, as for a title or a summary: other routes take it.
    } else if let Some(Turn::System(texts)) = turns.pop() {
        turns.push(Turn::User(texts.into_iter().map(|text| UserPart::Text(text.into())).collect()));
        warnings.add("the conversation has system messages alone; they were sent as a user message, because this route requires one");
    }
    turns
}
