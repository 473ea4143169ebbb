//! What can be left out of a request that was refused.

use crate::json::{fields, parse};
use crate::routes::{Recovery, Refusal, without_field};
use crate::text_search::find_bytes;

/// What a refusal is about.
struct Refused {
    /// Words of which the refusal has one.
    words: &'static [&'static [u8]],
    /// The options to leave out.
    names: &'static [&'static str],
    warning: &'static str,
}

/// Models differ in these from one version to the next: "Penalty is not enabled for this model", "Thinking level is not
/// supported for this model", "Budget 0 is invalid. This model only works in thinking mode". Without them the model
/// does the same work with its own settings.
const OPTIONS: [Refused; 2] = [
    Refused {
        words: &[b"Penalty is not enabled", b"penalty is not enabled", b"Penalty is not supported"],
        names: &["frequencyPenalty", "presencePenalty"],
        warning: "the model does not take penalties, so they were left out",
    },
    Refused {
        words: &[
            b"hinking level",
            b"hinking budget",
            b"hinking_level",
            b"hinking_budget",
            b"hinkingLevel",
            b"hinkingBudget",
            b"hinking_config",
            b"hinking mode",
            b"hinking is not",
        ],
        names: &["thinkingConfig"],
        warning: "the model does not take the settings for reasoning, so they were left out",
    },
];

/// Only a refusal that names an option counts. Any other would come again, and the second request could be billed.
pub fn recover(refusal: &Refusal<'_>) -> Option<Recovery> {
    if refusal.status != 400 {
        return None;
    }
    let is_named = |words: &[&[u8]]| words.iter().any(|word| find_bytes(refusal.response, word).is_some());
    let Refused { names, warning, .. } = OPTIONS.iter().find(|refused| is_named(refused.words))?;
    let text = core::str::from_utf8(refusal.request).ok()?;
    let [config] = fields(parse(text).ok()?, ["generationConfig"])?;
    let config = config?.get();
    let start = (config.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    let mut less = None;
    for name in *names {
        let current = less.as_deref().unwrap_or(config.as_bytes());
        less = without_field(current, name).or(less);
    }
    let before = refusal.request.get(..start)?;
    let after = refusal.request.get(start.checked_add(config.len())?..)?;
    Some(Recovery { body: [before, &less?, after].concat(), warning: (*warning).into() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;

    const REQUEST: &str = r#"{"contents":[{"thinkingConfig":1}],"generationConfig":{"frequencyPenalty":0.5,"seed":1,"presencePenalty":1.0,"thinkingConfig":{"thinkingLevel":"LOW"}},"x":1}"#;

    fn recovered(status: u16, response: &str, request: &str) -> Option<String> {
        let refusal = Refusal { status, response: response.as_bytes(), request: request.as_bytes() };
        recover(&refusal).map(|recovery| String::from_utf8(recovery.body).expect("UTF-8"))
    }

    #[test]
    fn a_refusal_that_names_an_option_takes_it_out() {
        for (response, expected) in [
            (
                "Penalty is not enabled for models/gemini-2.5-pro",
                REQUEST.replace(r#""frequencyPenalty":0.5,"#, "").replace(r#""presencePenalty":1.0,"#, ""),
            ),
            (
                "Thinking level is not supported for this model.",
                REQUEST.replace(r#","thinkingConfig":{"thinkingLevel":"LOW"}"#, ""),
            ),
            (
                "Budget 0 is invalid. This model only works in thinking mode.",
                REQUEST.replace(r#","thinkingConfig":{"thinkingLevel":"LOW"}"#, ""),
            ),
        ] {
            assert_eq!(recovered(400, response, REQUEST), Some(expected), "{response}");
        }
    }

    #[test]
    fn any_other_refusal_changes_nothing() {
        assert_eq!(recovered(400, "Invalid value at 'contents'", REQUEST), None);
        assert_eq!(recovered(500, "Thinking level is not supported", REQUEST), None);
        assert_eq!(recovered(400, "Thinking level is not supported", r#"{"generationConfig":{}}"#), None);
        assert_eq!(recovered(400, "Thinking level is not supported", "{"), None);
    }
}
