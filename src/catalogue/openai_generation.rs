//! Which of OpenAI's models are of the generations that reason.
//!
//! They take other fields than the older ones (`max_completion_tokens` and not `max_tokens`, for example), and the Responses
//! route was made for them.

use crate::text_search::after_last;

/// A family of models with a number after its name, from the first generation that requires the new field.
struct Family {
    prefix: &'static str,
    from: u32,
}

/// `gpt-4o` and `gpt-oss-120b` are of no such family: the one is older, the other has no number.
const FAMILIES: [Family; 2] = [Family { prefix: "gpt-", from: 5 }, Family { prefix: "o", from: 1 }];

/// Whether a model is of such a generation. A vendor's prefix such as `openai/` does not count.
pub fn is_reasoning_generation(model: &str) -> bool {
    let name = after_last(model, b'/');
    FAMILIES.iter().any(|family| family.holds(name))
}

impl Family {
    fn holds(&self, name: &str) -> bool {
        let Some((prefix, rest)) = name.split_at_checked(self.prefix.len()) else { return false };
        if !prefix.eq_ignore_ascii_case(self.prefix) {
            return false;
        }
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = rest.split_at_checked(digits).unwrap_or_default();
        // `gpt-5`, `gpt-5.4-mini`, `o3:latest`, and not `o1labs`.
        !rest.starts_with(|c: char| c.is_ascii_alphanumeric())
            && number.parse::<u32>().is_ok_and(|number| number >= self.from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generations_are_known_by_their_number() {
        let new = [
            "gpt-5",
            "gpt-5.4-mini",
            "gpt-5-chat-latest",
            "gpt-6",
            "gpt-6.1-sol",
            "gpt-12",
            "GPT-5",
            "o1",
            "o1-preview",
            "o3-mini-2025-01-31",
            "o4-mini",
            "o10",
            "openai/gpt-5",
            "azure/openai/o3",
            "gpt-5:free",
            "gpt-5-all",
        ];
        let old = [
            "gpt-4o",
            "gpt-4.1",
            "gpt-3.5-turbo",
            "gpt-oss-120b",
            "chatgpt-4o-latest",
            "gpt-image-1",
            "claude-opus-4-5",
            "deepseek-chat",
            "o",
            "ollama",
            "o1labs",
            "o3/other",
            "gpt-",
            "",
            "/",
            "é",
            "olmo-3",
            "gpt-99999999999",
        ];
        for model in new {
            assert!(is_reasoning_generation(model), "{model}");
        }
        for model in old {
            assert!(!is_reasoning_generation(model), "{model}");
        }
    }
}
