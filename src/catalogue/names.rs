//! What a model's name alone gives away: the last resort, as tables.
//!
//! A pattern is matched where a word starts: at the start of the id, or behind a character that is no
//! letter. `#` is any digit, and a `$` at the end asks that the word ends there. The first row that
//! matches counts, so a word that says what a model makes stands before the names of families.

use crate::contract::ModelKind;
use crate::text::behind_last;

/// The value of the first row with a pattern that the id matches.
pub(super) fn lookup<T: Copy>(id: &str, table: &[(T, &[&str])]) -> Option<T> {
    let row = table.iter().find(|(_, patterns)| patterns.iter().any(|pattern| matches(id, pattern)))?;
    Some(row.0)
}

/// Whether a pattern matches at the start of any word of the id, upper and lower case alike.
pub(super) fn matches(id: &str, pattern: &str) -> bool {
    let mut after_letter = false;
    id.bytes().enumerate().any(|(at, byte)| {
        let starts = !after_letter;
        after_letter = byte.is_ascii_alphabetic();
        starts && id.as_bytes().get(at..).is_some_and(|rest| matches_here(rest, pattern))
    })
}

fn matches_here(rest: &[u8], pattern: &str) -> bool {
    let (stem, to_the_end) = match pattern.strip_suffix('$') {
        Some(stem) => (stem, true),
        None => (pattern, false),
    };
    let mut rest = rest.iter();
    let stem_fits = stem.bytes().all(|wanted| {
        rest.next().is_some_and(|byte| match wanted {
            b'#' => byte.is_ascii_digit(),
            _ => byte.eq_ignore_ascii_case(&wanted),
        })
    });
    stem_fits && !(to_the_end && rest.next().is_some_and(u8::is_ascii_alphabetic))
}

/// Kinds by name. The list that clients of CometAPI copy from each other lacks half of these and drops
/// the text models of Hunyuan's T1 family.
pub(super) const KINDS: &[(ModelKind, &[&str])] = &[
    (ModelKind::Moderation, &["moderation"]),
    (ModelKind::Rerank, &["rerank"]),
    (ModelKind::Embedding, &["embed", "bge$", "gte$", "m#e$"]),
    (
        ModelKind::Audio,
        &[
            "audio",
            "tts",
            "whisper",
            "transcribe",
            "realtime",
            "speech",
            "asr$",
            "suno",
            "lyria",
            "music",
            "voice",
        ],
    ),
    (
        ModelKind::Video,
        &[
            "video",
            "sora$",
            "veo$",
            "seedance",
            "hailuo",
            "wan$",
            "wanx",
            "vidu",
            "pika$",
            "luma$",
            "happyhorse",
            "minimax-h#",
            "t#v$",
            "i#v$",
            "v#v$",
        ],
    ),
    (
        ModelKind::Image,
        &[
            "image",
            "imagine",
            "dall-e",
            "flux",
            "midjourney",
            "mj$",
            "seedream",
            "seededit",
            "nano-banana",
            "ideogram",
            "recraft",
            "bria$",
            "stable-diffusion",
            "stability",
            "sdxl",
            "sd#",
            "kolors",
            "hidream",
            "cogview",
            "hunyuan#d",
            "virtual_try",
            "t#i$",
            "i#i$",
        ],
    ),
    // What these vendors make besides pictures and sounds.
    (ModelKind::Video, &["kling", "runway"]),
    (
        ModelKind::Chat,
        &[
            "claude",
            "sonnet",
            "opus",
            "haiku",
            "fable",
            "gpt",
            "chatgpt",
            "o#",
            "codex",
            "gemini",
            "gemma",
            "grok",
            "deepseek",
            "qwen",
            "qwq",
            "qvq",
            "kimi",
            "moonshot",
            "glm",
            "chatglm",
            "minimax",
            "abab",
            "mimo",
            "llama",
            "mistral",
            "mixtral",
            "magistral",
            "codestral",
            "devstral",
            "ministral",
            "pixtral",
            "command",
            "doubao",
            "seed$",
            "hunyuan",
            "yi$",
            "sparkdesk",
            "ernie",
            "phi$",
            "nova$",
            "nemotron",
            "step$",
            "baichuan",
            "internlm",
            "sonar",
            "granite",
            "longcat",
            "chat$",
            "instruct",
        ],
    ),
];

/// Vendors by name, spelled as the catalogue spells them.
pub(super) const VENDORS: &[(&str, &[&str])] = &[
    // Vendors that name their models after themselves come first: `kling_tts` is Kling's.
    ("Kling", &["kling"]),
    ("Runway", &["runway"]),
    ("Midjourney", &["midjourney", "mj$"]),
    ("MiniMax", &["minimax", "abab", "hailuo"]),
    ("Luma", &["luma$"]),
    ("Suno", &["suno"]),
    ("Flux", &["flux"]),
    ("Bria", &["bria$"]),
    ("Ideogram", &["ideogram"]),
    ("Recraft", &["recraft"]),
    ("Stability AI", &["stability", "stable-diffusion", "sdxl", "sd#"]),
    ("Vidu", &["vidu"]),
    ("DeepSeek", &["deepseek"]),
    ("Qwen", &["qwen", "qwq", "qvq", "wan$", "wanx"]),
    ("Tencent", &["hunyuan"]),
    ("Doubao", &["doubao", "seedance", "seedream", "seededit", "bytedance"]),
    ("Moonshot AI", &["kimi", "moonshot"]),
    ("Zhipu AI", &["glm", "chatglm", "cogview"]),
    ("XiaomiMiMo", &["mimo"]),
    ("Google", &["gemini", "gemma", "veo$", "imagen", "nano-banana", "lyria"]),
    ("xAI", &["grok"]),
    ("Anthropic", &["claude", "sonnet", "opus", "haiku", "fable"]),
    ("Meta", &["llama"]),
    ("Mistral AI", &["mistral", "mixtral", "magistral", "codestral", "devstral", "ministral", "pixtral"]),
    (
        "OpenAI",
        &[
            "gpt",
            "chatgpt",
            "o#",
            "codex",
            "dall-e",
            "sora$",
            "whisper",
            "tts",
            "text-embedding-#",
            "text-embedding-ada",
            "omni-moderation",
        ],
    ),
];

/// OpenAI's Pro, o-series and Codex models, which CometAPI documents as wanting Responses. Pro and Codex
/// are served by nothing else.
pub(super) fn wants_responses(id: &str) -> Option<ResponsesUse> {
    if !["gpt", "o#", "codex"].iter().any(|pattern| begins(id, pattern)) {
        return None;
    }
    let only = ["pro$", "codex", "deep-research"].iter().any(|word| matches(id, word));
    if only { Some(ResponsesUse::Only) } else { begins(id, "o#").then_some(ResponsesUse::First) }
}

/// How a model that wants Responses takes to chat completions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum ResponsesUse {
    /// Responses is the better of the two.
    First,
    /// There is no other.
    Only,
}

/// Whether the id, or what stands behind its last slash, begins with a pattern.
pub(super) fn begins(id: &str, pattern: &str) -> bool {
    let name = behind_last(id, b'/');
    matches_here(name.as_bytes(), pattern)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_beginnings_of_words() {
        for (id, pattern, expected) in [
            ("wan2.7", "wan$", true),
            ("org/Wan-3", "wan$", true),
            ("swan-1", "wan$", false),
            ("wander", "wan$", false),
            ("kling_multi_image2video", "video", true),
            ("omni-fast-v2v", "v#v$", true),
            ("o3-mini", "o#", true),
            ("gpt-4o", "o#", false),
            ("brian", "bria$", false),
            ("bria/eraser", "bria$", true),
            ("mj_fast", "mj$", true),
            ("", "x", false),
            ("模型-tts", "tts", true),
            ("veo", "veo$", true),
        ] {
            assert_eq!(matches(id, pattern), expected, "{id} {pattern}");
        }
    }

    #[test]
    fn only_openais_own_models_want_responses() {
        for (id, expected) in [
            ("gpt-5.5-pro", Some(ResponsesUse::Only)),
            ("gpt-5-pro-2025-10-06", Some(ResponsesUse::Only)),
            ("gpt-5.3-codex", Some(ResponsesUse::Only)),
            ("codex-mini-latest", Some(ResponsesUse::Only)),
            ("o3-pro", Some(ResponsesUse::Only)),
            ("o3-deep-research", Some(ResponsesUse::Only)),
            ("o4-mini-2025-04-16", Some(ResponsesUse::First)),
            ("openai/o1", Some(ResponsesUse::First)),
            ("gpt-5.5", None),
            ("gpt-4o", None),
            ("gemini-2.5-pro", None),
            ("deepseek-v4-pro", None),
            ("mimo-v2.5-pro", None),
            ("kimi-k2.7-code", None),
        ] {
            assert_eq!(wants_responses(id), expected, "{id}");
        }
    }
}
