//! What the models of this route take, as data.
//!
//! Anthropic's generations refuse each other's fields with 400: a budget where thinking is adaptive, an effort where
//! there is none, a temperature beside thinking. So what a model refuses is left out, with a warning, and a field that
//! changed its form is sent in the form of the model.

use crate::text_search::find_bytes;

/// How a model thinks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thinking {
    /// Not at all.
    None,
    /// Up to a number of tokens.
    Budget,
    /// As long as it finds right, guided by an effort. A budget is refused, or out of use.
    Adaptive,
}

/// The abilities of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Abilities {
    /// How it thinks.
    pub thinking: Thinking,
    /// The efforts that it takes, weakest first; empty where it takes none.
    pub efforts: &'static [&'static str],
    /// The most output tokens, thinking included; `u32::MAX` where that is not known.
    pub max_output: u32,
    /// It takes no `temperature`, `top_p` and `top_k` at all. These models also leave out the text of their thinking
    /// unless `display` asks for it.
    pub no_sampling: bool,
    /// It takes either `temperature` or `top_p`.
    pub one_sampling: bool,
    /// It takes a schema for its output.
    pub schema: bool,
    /// It refuses a tool choice that forces a call.
    pub no_forced_tool: bool,
    /// It takes the role `system` after a message of the user.
    pub system_role: bool,
}

const ALL: &[&str] = &["low", "medium", "high", "xhigh", "max"];
const WITHOUT_XHIGH: &[&str] = &["low", "medium", "high", "max"];
const UP_TO_HIGH: &[&str] = &["low", "medium", "high"];

/// The newest generation. A model of Claude's that is not known yet counts as one of it.
const NEWEST: Abilities = Abilities {
    thinking: Thinking::Adaptive,
    efforts: ALL,
    max_output: 128_000,
    no_sampling: true,
    one_sampling: true,
    schema: true,
    no_forced_tool: false,
    system_role: false,
};

/// Opus 4.6 and Sonnet 4.6. Sources differ on the output of the latter; the smaller number is never refused.
const ADAPTIVE: Abilities =
    Abilities { efforts: WITHOUT_XHIGH, no_sampling: false, max_output: 64_000, ..NEWEST };

/// The generation before: a budget, and a schema for the output.
const BUDGET: Abilities = Abilities { thinking: Thinking::Budget, efforts: &[], ..ADAPTIVE };

/// The first models that think.
const FIRST_THINKING: Abilities = Abilities { one_sampling: false, schema: false, ..BUDGET };

/// Claude 3.5 and before.
const OLD: Abilities = Abilities { thinking: Thinking::None, max_output: 4_096, ..FIRST_THINKING };

/// A model of which nothing is known, such as those of other vendors on channels of this form: they follow the first
/// generation that thinks.
const UNKNOWN: Abilities = Abilities { max_output: u32::MAX, ..FIRST_THINKING };

/// A family, from a version on: 4.5 is 45. The first row that holds counts.
const ROWS: &[(&str, u32, Abilities)] = &[
    ("fable", 0, Abilities { no_forced_tool: true, system_role: true, ..NEWEST }),
    // The preview, which has no version, refuses the role.
    ("mythos", 50, Abilities { no_forced_tool: true, system_role: true, ..NEWEST }),
    ("mythos", 0, Abilities { no_forced_tool: true, ..NEWEST }),
    ("opus", 48, Abilities { system_role: true, ..NEWEST }),
    ("opus", 47, NEWEST),
    ("opus", 46, Abilities { max_output: 128_000, ..ADAPTIVE }),
    ("opus", 45, Abilities { efforts: UP_TO_HIGH, ..BUDGET }),
    ("opus", 41, Abilities { max_output: 32_000, ..BUDGET }),
    ("opus", 40, Abilities { max_output: 32_000, ..FIRST_THINKING }),
    ("sonnet", 47, NEWEST),
    ("sonnet", 46, ADAPTIVE),
    ("sonnet", 45, BUDGET),
    ("sonnet", 37, FIRST_THINKING),
    ("sonnet", 35, Abilities { max_output: 8_192, ..OLD }),
    ("haiku", 46, NEWEST),
    ("haiku", 45, BUDGET),
    ("haiku", 35, Abilities { max_output: 8_192, ..OLD }),
    // Families that are not known yet.
    ("", 47, NEWEST),
    ("", 0, OLD),
];

/// Where no limit is given: as much as the model can, but no more than this. The gateway reserves credit for all of it
/// before the call, and refuses a small balance.
const DEFAULT_OUTPUT: u32 = 32_000;

/// The same for a model of which nothing is known.
const UNKNOWN_OUTPUT: u32 = 4_096;

impl Abilities {
    /// Those of a model. Prefixes of vendors and suffixes of gateways do not count, nor does the order of family and
    /// version (`claude-3-5-haiku`, `claude-haiku-4-5`).
    pub fn of(model: &str) -> Self {
        let Some((family, version)) = family_and_version(model) else { return UNKNOWN };
        let row = ROWS.iter().find(|(known, from, _)| {
            let is_family = known.is_empty() || known.eq_ignore_ascii_case(family);
            is_family && version >= *from
        });
        row.map_or(OLD, |(.., abilities)| *abilities)
    }

    /// The limit on the output where the caller gives none, since the field is required.
    pub fn default_output(&self) -> u32 {
        match self.max_output {
            u32::MAX => UNKNOWN_OUTPUT,
            max_output => max_output.min(DEFAULT_OUTPUT),
        }
    }
}

/// `("opus", 45)` for `anthropic/claude-opus-4-5-20251101`; nothing for a model that is not Claude.
fn family_and_version(model: &str) -> Option<(&str, u32)> {
    const NAME: &str = "claude";
    let lower = model.to_ascii_lowercase();
    let at = find_bytes(lower.as_bytes(), NAME.as_bytes())?;
    let mut family = "";
    let mut numbers = [None; 2];
    for piece in model.get(at.saturating_add(NAME.len())..)?.split(['-', '.', '@', ':', '/', '_']) {
        // A date has eight digits, and ends the version.
        match (piece.parse::<u32>().ok().filter(|_| piece.len() <= 2), numbers) {
            (Some(number), [None, _]) => numbers[0] = Some(number),
            (Some(number), [_, None]) => numbers[1] = Some(number),
            (None, _) if family.is_empty() && piece.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
                family = piece
            }
            _ => {}
        }
        // A number after a date or a suffix is none of the version.
        if piece.len() > 2 && piece.bytes().all(|byte| byte.is_ascii_digit()) {
            break;
        }
    }
    let [major, minor] = numbers.map(|number| number.unwrap_or(0));
    // Opus 4.10 would still be newer than 4.9.
    Some((family, major.saturating_mul(10).saturating_add(minor)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_has_the_abilities_of_its_family_and_version() {
        for (model, family, version) in [
            ("claude-opus-4-5-20251101", "opus", 45),
            ("anthropic/claude-opus-4.8:thinking", "opus", 48),
            ("claude-sonnet-4-20250514", "sonnet", 40),
            ("claude-3-7-sonnet-20250219", "sonnet", 37),
            ("claude-3-5-haiku-latest", "haiku", 35),
            ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "sonnet", 45),
            ("claude-fable-5", "fable", 50),
            ("Claude-Opus-4-7-thinking", "Opus", 47),
            ("claude-2.1", "", 21),
        ] {
            assert_eq!(family_and_version(model), Some((family, version)), "{model}");
        }
        assert_eq!(family_and_version("MiniMax-M2"), None);
        for (model, thinking, max_output, no_sampling) in [
            ("claude-opus-5", Thinking::Adaptive, 128_000, true),
            ("claude-opus-4-7", Thinking::Adaptive, 128_000, true),
            ("claude-opus-4-6", Thinking::Adaptive, 128_000, false),
            ("claude-sonnet-4-6", Thinking::Adaptive, 64_000, false),
            ("claude-opus-4-5", Thinking::Budget, 64_000, false),
            ("claude-opus-4-1-20250805", Thinking::Budget, 32_000, false),
            ("claude-sonnet-4-20250514", Thinking::Budget, 64_000, false),
            ("claude-3-7-sonnet-20250219", Thinking::Budget, 64_000, false),
            ("claude-3-5-sonnet-20241022", Thinking::None, 8_192, false),
            ("claude-3-haiku-20240307", Thinking::None, 4_096, false),
            ("claude-mythos-5", Thinking::Adaptive, 128_000, true),
            ("claude-epic-6", Thinking::Adaptive, 128_000, true),
            ("kimi-k2", Thinking::Budget, u32::MAX, false),
        ] {
            let abilities = Abilities::of(model);
            let found = (abilities.thinking, abilities.max_output, abilities.no_sampling);
            assert_eq!(found, (thinking, max_output, no_sampling), "{model}");
            assert!(abilities.default_output() <= 32_000);
        }
        assert_eq!(Abilities::of("kimi-k2").default_output(), 4_096);
        assert!(!Abilities::of("claude-opus-4").schema && Abilities::of("claude-opus-4-1").schema);
        assert!(Abilities::of("claude-fable-5").no_forced_tool);
    }
}
