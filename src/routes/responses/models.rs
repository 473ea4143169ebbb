//! What the models of this route accept, as far as they differ.
//!
//! A vendor refuses the whole request over one option that its model does not have, so such an option is left out, with a
//! warning. A model that is in no row gets every option as it was requested, and nothing that nobody requested.

use crate::text_search::{after_last, contains};

/// The levels of effort, weakest first. A set of them has a bit for each.
const EFFORTS: [&str; 7] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

const NONE: u8 = 1;
const MINIMAL: u8 = 1 << 1;
const LOW_TO_HIGH: u8 = 0b1_1100;
const MEDIUM_UP: u8 = 0b11_1000;
const HIGH: u8 = 1 << 4;
const XHIGH: u8 = 1 << 5;
const MAX: u8 = 1 << 6;

/// How far a model takes temperature and top-p.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sampling {
    /// Always.
    Taken,
    /// With the effort `none` alone.
    WithoutEffort,
    /// Never.
    Refused,
}

/// What goes back for a reasoning, and what is requested for that.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ReasoningForm {
    /// The encrypted content, requested by `include`.
    Encrypted,
    /// The same. There are summaries only where they are requested.
    Summarized,
    /// The text itself, with the id of its item.
    Plain,
    /// The encrypted content, if the response has any. It is not requested: servers of other vendors refuse the field.
    Unknown,
}

/// The abilities of a model.
#[derive(Debug)]
pub struct Abilities {
    /// The efforts that it knows: nothing for a model that does not reason, `None` where that is not known.
    pub efforts: Option<u8>,
    pub sampling: Sampling,
    pub reasoning: ReasoningForm,
}

const fn openai(efforts: u8, sampling: Sampling) -> Abilities {
    Abilities { efforts: Some(efforts), sampling, reasoning: ReasoningForm::Summarized }
}

/// A model that does not reason.
const PLAIN: Abilities =
    Abilities { efforts: Some(0), sampling: Sampling::Taken, reasoning: ReasoningForm::Unknown };

/// Any other model.
const OTHER: Abilities =
    Abilities { efforts: None, sampling: Sampling::Taken, reasoning: ReasoningForm::Unknown };

/// The beginning of a model's name, a word that is in the rest of it, and what it accepts. The first row that fits counts,
/// so that a part of a family comes before the family.
static TABLE: &[(&str, &str, Abilities)] = &[
    ("gpt-oss", "", Abilities { efforts: Some(LOW_TO_HIGH), ..OTHER }),
    ("gpt-5-chat", "", PLAIN),
    ("gpt-", "chat", openai(1 << 3, Sampling::Refused)),
    ("gpt-5-pro", "", openai(HIGH, Sampling::Refused)),
    ("gpt-", "pro", openai(MEDIUM_UP, Sampling::Refused)),
    ("gpt-5-codex", "", openai(LOW_TO_HIGH, Sampling::Refused)),
    ("gpt-5.1-codex-max", "", openai(LOW_TO_HIGH | XHIGH, Sampling::Refused)),
    ("gpt-5.1-codex", "", openai(LOW_TO_HIGH, Sampling::Refused)),
    ("gpt-", "codex", openai(LOW_TO_HIGH | XHIGH, Sampling::Refused)),
    ("gpt-5.1", "", openai(NONE | LOW_TO_HIGH, Sampling::WithoutEffort)),
    ("gpt-5.2", "", openai(NONE | LOW_TO_HIGH | XHIGH, Sampling::WithoutEffort)),
    ("gpt-5.3", "", openai(NONE | LOW_TO_HIGH | XHIGH, Sampling::WithoutEffort)),
    ("gpt-5.4", "", openai(NONE | LOW_TO_HIGH | XHIGH, Sampling::WithoutEffort)),
    ("gpt-5.5", "", openai(NONE | LOW_TO_HIGH | XHIGH, Sampling::WithoutEffort)),
    ("gpt-5.", "", openai(NONE | LOW_TO_HIGH | XHIGH | MAX, Sampling::WithoutEffort)),
    ("gpt-5", "", openai(MINIMAL | LOW_TO_HIGH, Sampling::Refused)),
    ("gpt-3", "", PLAIN),
    ("gpt-4", "", PLAIN),
    ("chatgpt-", "", PLAIN),
    // Later generations.
    ("gpt-", "", openai(NONE | LOW_TO_HIGH | XHIGH | MAX, Sampling::WithoutEffort)),
    ("o1", "", openai(LOW_TO_HIGH, Sampling::Refused)),
    ("o3", "", openai(LOW_TO_HIGH, Sampling::Refused)),
    ("o4", "", openai(LOW_TO_HIGH, Sampling::Refused)),
    ("computer-use", "", openai(0, Sampling::Taken)),
    ("codex-", "", openai(LOW_TO_HIGH, Sampling::Refused)),
    ("grok-", "non-reasoning", PLAIN),
    ("grok-", "", Abilities { reasoning: ReasoningForm::Encrypted, ..OTHER }),
    ("deepseek-", "", Abilities { reasoning: ReasoningForm::Plain, ..OTHER }),
];

/// The abilities of a model. A vendor's prefix such as `openai/` does not count.
pub fn abilities(model: &str) -> &'static Abilities {
    let name = after_last(model, b'/').to_ascii_lowercase();
    let fits =
        |row: &&(&str, &str, Abilities)| name.strip_prefix(row.0).is_some_and(|rest| contains(rest, row.1));
    TABLE.iter().find(fits).map_or(const { &OTHER }, |row| &row.2)
}

/// Who made a model; nothing where that is not known. Only its maker's models can read an encrypted reasoning.
pub fn vendor(model: &str) -> &'static str {
    const FAMILIES: [(&str, &str); 7] = [
        ("gpt", "openai"),
        ("o", "openai"),
        ("chatgpt", "openai"),
        ("codex", "openai"),
        ("computer", "openai"),
        ("grok", "xai"),
        ("deepseek", "deepseek"),
    ];
    let name = after_last(model, b'/');
    let letters = name.bytes().take_while(u8::is_ascii_alphabetic).count();
    let name = name.get(..letters).unwrap_or_default();
    FAMILIES.iter().find(|row| row.0.eq_ignore_ascii_case(name)).map_or("", |row| row.1)
}

impl Abilities {
    /// The effort to send for a requested one: itself, or the nearest that the model knows; nothing where it knows none.
    ///
    /// A level below `medium` becomes the next higher one, so that the model still does what it is used for, and one above
    /// it the next lower one, which costs less. A level of the vendor's own is not in the list, and stays as it is.
    pub fn effort<'e>(&self, requested: &'e str) -> Option<&'e str> {
        let (Some(known), Some(at)) = (self.efforts, EFFORTS.iter().position(|effort| *effort == requested))
        else {
            return Some(requested);
        };
        let has = |at: &usize| known >> *at & 1 == 1;
        let lower = (0..=at).rev().find(has);
        let higher = (at..EFFORTS.len()).find(has);
        let (first, second) = if at < 3 { (higher, lower) } else { (lower, higher) };
        EFFORTS.get(first.or(second)?).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_effort_becomes_the_nearest_that_the_model_knows() {
        for (model, requested, sent) in [
            ("gpt-5", "none", Some("minimal")),
            ("gpt-5-mini", "minimal", Some("minimal")),
            ("gpt-5", "xhigh", Some("high")),
            ("gpt-5-pro", "low", Some("high")),
            ("gpt-5.1", "minimal", Some("low")),
            ("gpt-5.1", "none", Some("none")),
            ("gpt-5.2-pro", "none", Some("medium")),
            ("openai/gpt-5.4-mini", "max", Some("xhigh")),
            ("gpt-5.6-sol", "max", Some("max")),
            ("gpt-5.6", "minimal", Some("low")),
            ("gpt-6", "xhigh", Some("xhigh")),
            ("o3", "none", Some("low")),
            ("o4-mini", "max", Some("high")),
            ("gpt-5.2-codex", "none", Some("low")),
            ("gpt-5.1-chat-latest", "high", Some("medium")),
            ("gpt-4.1", "high", None),
            ("gpt-5-chat-latest", "low", None),
            ("grok-4-1-fast-non-reasoning", "low", None),
            ("grok-4.3", "low", Some("low")),
            ("some-model", "minimal", Some("minimal")),
            ("gpt-5", "vendors-own", Some("vendors-own")),
        ] {
            assert_eq!(abilities(model).effort(requested), sent, "{model} {requested}");
        }
    }

    #[test]
    fn a_vendor_is_known_by_the_name_of_its_models() {
        for (model, expected) in [
            ("gpt-5.4", "openai"),
            ("openai/o3-mini", "openai"),
            ("O4-mini", "openai"),
            ("grok-4.3", "xai"),
            ("olmo-3", ""),
            ("my-gpt-5", ""),
            ("deepseek-v4-flash", "deepseek"),
            ("", ""),
        ] {
            assert_eq!(vendor(model), expected, "{model}");
        }
    }

    #[test]
    fn families_are_found_by_their_names() {
        for (model, sampling, reasoning) in [
            ("o3", Sampling::Refused, ReasoningForm::Summarized),
            ("GPT-5.4", Sampling::WithoutEffort, ReasoningForm::Summarized),
            ("gpt-5.3-codex", Sampling::Refused, ReasoningForm::Summarized),
            ("gpt-4o", Sampling::Taken, ReasoningForm::Unknown),
            ("gpt-oss-120b", Sampling::Taken, ReasoningForm::Unknown),
            ("grok-4", Sampling::Taken, ReasoningForm::Encrypted),
            ("x/deepseek-v4-flash", Sampling::Taken, ReasoningForm::Plain),
            ("olmo-3", Sampling::Taken, ReasoningForm::Unknown),
            ("", Sampling::Taken, ReasoningForm::Unknown),
        ] {
            let found = abilities(model);
            assert_eq!((found.sampling, found.reasoning), (sampling, reasoning), "{model}");
        }
    }
}
