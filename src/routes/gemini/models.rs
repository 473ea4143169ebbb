//! What Google's models can do, as far as a request depends on it.

use crate::text_search::{after_last, contains};

/// How a model is set to think.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Thinking {
    /// It does not think, or takes no settings for it.
    None,
    /// By a number of tokens.
    Budget {
        least: u32,
        most: u32,
        /// 0 switches it off.
        can_be_off: bool,
    },
    /// By a level. Not every model has the lowest one.
    Level { has_minimal: bool },
}

/// The abilities of a model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Abilities {
    pub thinking: Thinking,
    /// It is of the third generation or a later one. Those require the signatures of calls, take a schema of the response
    /// beside tools, and media in the results of tools.
    pub is_third: bool,
}

const ANY_LEVEL: Thinking = Thinking::Level { has_minimal: true };
const NO_MINIMAL: Thinking = Thinking::Level { has_minimal: false };

/// Beginnings of names after `gemini-`; the first that fits counts.
const FAMILIES: [(&str, Thinking); 10] = [
    ("3-pro", NO_MINIMAL),
    ("3.1-pro", NO_MINIMAL),
    ("3.7-flash", NO_MINIMAL),
    ("2.5-pro", Thinking::Budget { least: 128, most: 32_768, can_be_off: false }),
    ("2.5-flash-lite", Thinking::Budget { least: 512, most: 24_576, can_be_off: true }),
    ("2.5-flash", Thinking::Budget { least: 1, most: 24_576, can_be_off: true }),
    // Names that move on to the latest model. All later models take a budget, and the second generation no level.
    ("flash-l", Thinking::Budget { least: 512, most: 24_576, can_be_off: false }),
    ("pro-latest", Thinking::Budget { least: 512, most: 24_576, can_be_off: false }),
    ("2.", Thinking::None),
    ("1.", Thinking::None),
];

/// Models for something else than a conversation in text, which refuse settings for thinking.
const WITHOUT_THINKING: [&str; 5] = ["-image", "-tts", "-live", "-audio", "-embedding"];

/// The abilities of a model. A vendor's prefix such as `google/` does not count.
pub(super) fn abilities(model: &str) -> Abilities {
    let name = after_last(model, b'/');
    let Some(("gemini-", name)) = name.split_at_checked(7) else {
        return Abilities { thinking: Thinking::None, is_third: false };
    };
    let digits = name.bytes().take_while(u8::is_ascii_digit).count();
    let is_third =
        name.get(..digits).and_then(|number| number.parse().ok()).is_some_and(|number: u32| number >= 3);
    let known = FAMILIES.iter().find(|(family, _)| name.starts_with(family)).map(|(_, thinking)| *thinking);
    let thinking = match known {
        _ if WITHOUT_THINKING.iter().any(|kind| contains(name, kind)) => Thinking::None,
        Some(thinking) => thinking,
        // A later model is most likely like the latest of those that are known.
        None if is_third => ANY_LEVEL,
        None => Thinking::None,
    };
    Abilities { thinking, is_third }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abilities_follow_the_name() {
        let pro = Thinking::Budget { least: 128, most: 32_768, can_be_off: false };
        for (model, thinking, is_third) in [
            ("gemini-3-pro-preview", NO_MINIMAL, true),
            ("google/gemini-3.1-pro", NO_MINIMAL, true),
            ("gemini-3-flash", ANY_LEVEL, true),
            ("gemini-3.5-flash-lite", ANY_LEVEL, true),
            ("gemini-12-ultra", ANY_LEVEL, true),
            ("gemini-3-pro-image-preview", Thinking::None, true),
            ("gemini-2.5-pro-thinking", pro, false),
            ("gemini-2.0-flash", Thinking::None, false),
            ("gemini-1.5-pro", Thinking::None, false),
            ("gemini-2.5-flash-image", Thinking::None, false),
            ("gemma-3-27b", Thinking::None, false),
            ("gemini", Thinking::None, false),
            ("", Thinking::None, false),
        ] {
            assert_eq!(abilities(model), Abilities { thinking, is_third }, "{model}");
        }
        assert!(matches!(abilities("gemini-flash-latest").thinking, Thinking::Budget { .. }));
    }
}
