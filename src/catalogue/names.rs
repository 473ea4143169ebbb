//! What follows from a model's name alone: the last resort, as tables.
//!
//! A pattern begins with a letter, and is matched where a word starts: at the start of the id, or after a
//! character that is no letter. `#` is any digit, and a `$` at the end requires that the word ends there. The first row
//! that matches counts, so the words for what a model makes stand before the names of families.

use alloc::vec::Vec;

use super::is_reasoning_generation;
use crate::contract::ModelKind;
use crate::text_search::after_last;

/// The tables, indexed for a whole list of models.
pub(super) struct Names {
    kinds: Index,
    vendors: Index,
}

impl Names {
    pub(super) fn load() -> Self {
        Self {
            kinds: Index::of(&mut KINDS.iter().map(|(_, patterns)| *patterns)),
            vendors: Index::of(&mut VENDORS.iter().map(|(_, patterns)| *patterns)),
        }
    }

    /// The kind of a model.
    pub(super) fn kind(&self, id: &str) -> Option<ModelKind> {
        KINDS.get(self.kinds.first_row(id)?).map(|(kind, _)| *kind)
    }

    /// The vendor of a model, spelled as the catalogue spells it.
    pub(super) fn vendor(&self, id: &str) -> Option<&'static str> {
        VENDORS.get(self.vendors.first_row(id)?).map(|(vendor, _)| *vendor)
    }
}

/// The patterns of a table, each with the index of its row, by their first letter. An id is then compared with a few of
/// the two hundred patterns, which matters for lists of hundreds of models.
struct Index {
    by_letter: [Vec<(usize, &'static [u8])>; LETTERS],
}

/// Room for the lower five bits of a letter, which are the same in upper and lower case.
const LETTERS: usize = 32;

fn letter(byte: u8) -> usize {
    usize::from(byte) % LETTERS
}

impl Index {
    fn of(rows: &mut dyn Iterator<Item = &'static str>) -> Self {
        let mut by_letter = [const { Vec::new() }; LETTERS];
        for (row, patterns) in rows.enumerate() {
            for pattern in patterns.as_bytes().split(|byte| *byte == b' ') {
                let first = pattern.first().copied().unwrap_or_default();
                if let Some(bucket) = by_letter.get_mut(letter(first)) {
                    bucket.push((row, pattern));
                }
            }
        }
        Self { by_letter }
    }

    /// The index of the first row with a pattern that the id matches.
    fn first_row(&self, id: &str) -> Option<usize> {
        let mut first = None;
        words(id, &mut |word| {
            let initial = word.first().copied().unwrap_or_default();
            for (row, pattern) in self.by_letter.get(letter(initial)).into_iter().flatten() {
                // Within a letter the rows are in order.
                if first.is_some_and(|first| first <= *row) {
                    break;
                }
                if matches_here(word, pattern) {
                    first = Some(*row);
                }
            }
        });
        first
    }
}

/// Passes the rest of the id to `each`, from every position at which a word starts.
fn words(id: &str, each: &mut dyn FnMut(&[u8])) {
    let mut after_letter = false;
    let mut rest = id.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let letter = byte.is_ascii_alphabetic();
        if letter && !after_letter {
            each(rest);
        }
        after_letter = letter;
        rest = after;
    }
}

fn matches_here(mut rest: &[u8], pattern: &[u8]) -> bool {
    for &wanted in pattern {
        let byte = rest.split_off_first().copied();
        let fits = match wanted {
            b'$' => !byte.is_some_and(|byte| byte.is_ascii_alphabetic()),
            b'#' => byte.is_some_and(|byte| byte.is_ascii_digit()),
            letter => byte.is_some_and(|byte| byte.eq_ignore_ascii_case(&letter)),
        };
        if !fits {
            return false;
        }
    }
    true
}

/// Kinds by name, each with its patterns in one string, since lists would take twice the space. The list that clients of
/// CometAPI copy from each other lacks half of these, and drops the text models of Hunyuan's T1 family.
const KINDS: &[(ModelKind, &str)] = &[
    (ModelKind::Moderation, "moderation"),
    (ModelKind::Rerank, "rerank"),
    (ModelKind::Embedding, "embed bge$ gte$ m#e$"),
    (ModelKind::Audio, "audio tts whisper transcribe realtime speech asr$ suno lyria music voice"),
    (
        ModelKind::Video,
        "video sora$ veo$ seedance hailuo wan$ wanx vidu pika$ luma$ happyhorse minimax-h# t#v$ i#v$ v#v$",
    ),
    (
        ModelKind::Image,
        "image imagine dall-e flux midjourney mj$ seedream seededit nano-banana ideogram \
         recraft bria$ stable-diffusion stability sdxl sd# kolors hidream \
         cogview hunyuan#d virtual_try t#i$ i#i$",
    ),
    // These two vendors make videos, unless an earlier row recognises a picture or a sound.
    (ModelKind::Video, "kling runway"),
    (
        ModelKind::Chat,
        "claude sonnet opus haiku fable gpt chatgpt o# codex gemini gemma grok deepseek qwen qwq qvq \
         kimi moonshot glm chatglm minimax abab mimo llama mistral mixtral magistral codestral devstral ministral \
         pixtral command doubao seed$ hunyuan yi$ sparkdesk ernie phi$ nova$ nemotron step$ baichuan \
         internlm sonar granite longcat chat$ instruct",
    ),
];

/// Vendors by name, spelled as the catalogue spells them.
const VENDORS: &[(&str, &str)] = &[
    // Vendors that name their models after themselves come first: `kling_tts` is Kling's.
    ("Kling", "kling"),
    ("Runway", "runway"),
    ("Midjourney", "midjourney mj$"),
    ("MiniMax", "minimax abab hailuo"),
    ("Luma", "luma$"),
    ("Suno", "suno"),
    ("Flux", "flux"),
    ("Bria", "bria$"),
    ("Ideogram", "ideogram"),
    ("Recraft", "recraft"),
    ("Stability AI", "stability stable-diffusion sdxl sd#"),
    ("Vidu", "vidu"),
    ("DeepSeek", "deepseek"),
    ("Qwen", "qwen qwq qvq wan$ wanx"),
    ("Tencent", "hunyuan"),
    ("Doubao", "doubao seedance seedream seededit bytedance"),
    ("Moonshot AI", "kimi moonshot"),
    ("Zhipu AI", "glm chatglm cogview"),
    ("XiaomiMiMo", "mimo"),
    ("Google", "gemini gemma veo$ imagen nano-banana lyria"),
    ("xAI", "grok"),
    ("Anthropic", "claude sonnet opus haiku fable"),
    ("Meta", "llama"),
    ("Mistral AI", "mistral mixtral magistral codestral devstral ministral pixtral"),
    (
        "OpenAI",
        "gpt chatgpt o# codex dall-e sora$ whisper tts text-embedding-# text-embedding-ada omni-moderation",
    ),
];

/// How OpenAI's reasoning models use Responses, which CometAPI documents for them. Pro and Codex are served by no other
/// route.
pub(super) fn wants_responses(id: &str) -> Option<ResponsesUse> {
    let name = last_name(id);
    if ![&b"gpt"[..], b"o#", b"codex"].iter().any(|pattern| matches_here(name, pattern)) {
        return None;
    }
    let only = has_word(id, &[b"pro$", b"codex", b"deep-research"]);
    match matches_here(name, b"o#") {
        _ if only => Some(ResponsesUse::Only),
        true => Some(ResponsesUse::First),
        false => is_reasoning_generation(id).then_some(ResponsesUse::Listed),
    }
}

/// How well a model that prefers Responses works with chat completions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum ResponsesUse {
    /// Responses is the better of the two, whatever the list says.
    First,
    /// Responses is the better of the two where a list names it. Where it does not, it is what is left when chat
    /// completions refuses: OpenAI does so from GPT-5.6 on where a request has tools and reasoning.
    Listed,
    /// There is no other.
    Only,
}

/// Whether a word of the id begins with one of the patterns.
pub(super) fn has_word(id: &str, patterns: &[&[u8]]) -> bool {
    let mut found = false;
    words(id, &mut |word| found |= patterns.iter().any(|pattern| matches_here(word, pattern)));
    found
}

/// Whether the id, without the part before its last slash, begins with a pattern.
pub(super) fn begins(id: &str, pattern: &str) -> bool {
    matches_here(last_name(id), pattern.as_bytes())
}

/// The id without the part before its last slash.
fn last_name(id: &str) -> &[u8] {
    after_last(id, b'/').as_bytes()
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
            let index = Index::of(&mut [pattern].into_iter());
            assert_eq!(index.first_row(id).is_some(), expected, "{id} {pattern}");
        }
    }

    #[test]
    fn the_first_row_counts_wherever_in_the_id_its_pattern_stands() {
        let index = Index::of(&mut ["video tts", "kling veo", "vidu gpt"].into_iter());
        for (id, expected) in [
            ("kling-video", Some(0)),
            ("gpt-tts", Some(0)),
            ("vidu-kling", Some(1)),
            ("veo-vidu-video", Some(0)),
            ("vidu.veo", Some(1)),
            ("gpt", Some(2)),
            ("gptx", Some(2)),
            ("xgpt", None),
            ("", None),
        ] {
            assert_eq!(index.first_row(id), expected, "{id}");
        }
    }

    #[test]
    fn every_pattern_begins_with_a_small_letter_and_ends_with_its_dollar() {
        let kinds = KINDS.iter().flat_map(|row| row.1.split(' '));
        let vendors = VENDORS.iter().flat_map(|row| row.1.split(' '));
        for pattern in kinds.chain(vendors) {
            assert!(pattern.starts_with(|first: char| first.is_ascii_lowercase()), "{pattern}");
            assert!(!pattern.trim_end_matches('$').contains('$'), "{pattern}");
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
            ("gpt-5.5", Some(ResponsesUse::Listed)),
            ("openai/gpt-6", Some(ResponsesUse::Listed)),
            ("gpt-oss-120b", None),
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
