//! The vendors' prompt caches: which part of a prompt was read from the cache, written to it, or neither.
//!
//! A prompt is a list of prefixes: the hash and the tokens of everything up to a place. An entry of the cache is such a
//! hash, so a prompt that differs anywhere before a place cannot hit an entry at or after it.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use serde_json::Value;

/// Characters of a token, by the simple rule of all counts of the stand-in.
const TOKEN: u64 = 4;

/// Tokens of an image or a file, whose encoded bytes are no text.
const MEDIA: u64 = 1_000;

/// Places before a mark at which Anthropic looks for an earlier entry.
const LOOKBACK: usize = 20;

/// The lifetime of an entry that names none.
pub const FIVE_MINUTES: Duration = Duration::from_secs(5 * 60);
/// The lifetime of an entry with `"ttl": "1h"`.
pub const ONE_HOUR: Duration = Duration::from_secs(60 * 60);

/// Everything up to a place in a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix {
    hash: u64,
    tokens: u64,
}

/// A `cache_control` of a client: the index of its prefix, and the lifetime of the entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The index of the last prefix that it covers.
    pub at: usize,
    /// How long the entry lives after its last use.
    pub ttl: Duration,
}

/// Where the tokens of a prompt came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheUse {
    /// Read from the cache.
    pub read: u64,
    /// Written to it, for five minutes.
    pub written_5m: u64,
    /// Written to it, for an hour.
    pub written_1h: u64,
    /// Neither.
    pub fresh: u64,
}

impl CacheUse {
    /// Tokens written to the cache.
    pub fn written(self) -> u64 {
        self.written_5m + self.written_1h
    }

    /// All tokens of the prompt.
    pub fn prompt(self) -> u64 {
        self.read + self.written() + self.fresh
    }
}

/// Collects the prefixes of a prompt.
#[derive(Debug, Default)]
pub struct Prompt {
    hasher: DefaultHasher,
    tokens: u64,
    prefixes: Vec<Prefix>,
}

impl Prompt {
    /// Adds a block. Fields that only control the cache are no part of the prompt.
    pub fn add(&mut self, block: &Value) {
        let mut block = block.clone();
        if let Some(fields) = block.as_object_mut() {
            fields.shift_remove("cache_control");
        }
        block.to_string().hash(&mut self.hasher);
        self.tokens += tokens(&block);
        self.prefixes.push(Prefix { hash: self.hasher.finish(), tokens: self.tokens });
    }

    /// A prompt with a place every `step` tokens, for caches that compare tokens and not blocks.
    pub fn in_steps(values: &[&Value], step: u64) -> Prompt {
        let mut prompt = Prompt::default();
        let mut total = 0;
        let mut text = String::new();
        for value in values {
            total += tokens(value);
            // Without the bracket that ends a list, a longer list begins like a shorter one.
            text += value.to_string().trim_end_matches(']');
        }
        let characters: Vec<char> = text.chars().collect();
        let size = usize::try_from(step * TOKEN).unwrap_or(usize::MAX);
        for piece in characters.chunks_exact(size) {
            piece.hash(&mut prompt.hasher);
            let tokens = (prompt.tokens + step).min(total);
            prompt.tokens = tokens;
            prompt.prefixes.push(Prefix { hash: prompt.hasher.finish(), tokens });
        }
        prompt.tokens = total;
        prompt
    }

    /// Something that later prefixes depend on and that has no tokens: a setting which invalidates them when it changes.
    pub fn depends_on(&mut self, setting: &Value) {
        setting.to_string().hash(&mut self.hasher);
    }

    /// How many prefixes there are.
    pub fn len(&self) -> usize {
        self.prefixes.len()
    }
}

/// The tokens of a block.
pub fn tokens(value: &Value) -> u64 {
    fn characters(value: &Value, name: &str) -> u64 {
        let media = ["data", "image_url", "file_data"].contains(&name);
        match value {
            Value::String(text) if media && text.len() > 256 => MEDIA * TOKEN,
            Value::String(text) => text.chars().count() as u64,
            Value::Array(items) => items.iter().map(|item| characters(item, "")).sum(),
            Value::Object(fields) => {
                fields.iter().map(|(name, value)| name.len() as u64 + 4 + characters(value, name)).sum()
            }
            other => other.to_string().len() as u64,
        }
    }
    characters(value, "").div_ceil(TOKEN)
}

/// The entries of a server's cache.
#[derive(Debug, Default)]
pub struct PromptCache {
    /// (model and partition, hash of the prefix) → when it expires, and its lifetime.
    entries: HashMap<(String, u64), (Duration, Duration)>,
}

impl PromptCache {
    /// Anthropic's cache: only marked prefixes are written, and a mark finds an earlier entry within 20 places. A prefix
    /// with less than `least` tokens is not written, and nothing says so.
    pub fn marked(
        &mut self,
        model: &str,
        prompt: &Prompt,
        marks: &[Mark],
        least: u64,
        now: Duration,
    ) -> CacheUse {
        let prefix = |at: usize| prompt.prefixes.get(at).copied().unwrap_or(Prefix { hash: 0, tokens: 0 });
        let mut hit = None;
        for mark in marks.iter().rev() {
            let places = (mark.at.saturating_sub(LOOKBACK)..=mark.at).rev();
            hit = places.into_iter().find(|at| self.uses(model, prefix(*at).hash, now));
            if hit.is_some() {
                break;
            }
        }
        let mut cached = hit.map_or(0, |at| prefix(at).tokens);
        let mut used = CacheUse { read: cached, ..CacheUse::default() };
        for mark in marks.iter().filter(|mark| prefix(mark.at).tokens >= least) {
            let Prefix { hash, tokens } = prefix(mark.at);
            if tokens > cached {
                let written = tokens - cached;
                if mark.ttl > FIVE_MINUTES {
                    used.written_1h += written
                } else {
                    used.written_5m += written
                }
                cached = tokens;
                self.entries.insert((model.to_owned(), hash), (now + mark.ttl, mark.ttl));
            } else {
                self.uses(model, hash, now);
            }
        }
        used.fresh = prompt.tokens - cached;
        used
    }

    /// A cache without marks, as OpenAI and Google have it: every prefix of `least` tokens or more is written, for nothing,
    /// and read by the next prompt with the same `partition`.
    pub fn automatic(&mut self, partition: &str, prompt: &Prompt, least: u64, now: Duration) -> CacheUse {
        let long = prompt.prefixes.iter().filter(|prefix| prefix.tokens >= least);
        let mut read = 0;
        for prefix in long {
            if self.uses(partition, prefix.hash, now) {
                read = prefix.tokens;
            }
            self.entries.insert((partition.to_owned(), prefix.hash), (now + FIVE_MINUTES, FIVE_MINUTES));
        }
        CacheUse { read, fresh: prompt.tokens - read, ..CacheUse::default() }
    }

    /// Whether there is a live entry. Each use begins its lifetime anew.
    fn uses(&mut self, model: &str, hash: u64, now: Duration) -> bool {
        match self.entries.get_mut(&(model.to_owned(), hash)) {
            Some((expires, ttl)) if *expires > now => {
                *expires = now + *ttl;
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A prompt of blocks with 1,000 tokens each; `first` is the number of the first one.
    fn prompt(first: usize, count: usize) -> Prompt {
        let mut prompt = Prompt::default();
        for number in first..first + count {
            prompt.add(&Value::from(format!("{number:04000}")));
        }
        prompt
    }

    fn mark(at: usize) -> Mark {
        Mark { at, ttl: FIVE_MINUTES }
    }

    const NOW: Duration = Duration::ZERO;

    #[test]
    fn a_marked_prefix_is_written_once_and_then_read() {
        let mut cache = PromptCache::default();
        let used = cache.marked("a", &prompt(0, 3), &[mark(1)], 1024, NOW);
        assert_eq!(used, CacheUse { written_5m: 2000, fresh: 1000, ..CacheUse::default() });
        let used = cache.marked("a", &prompt(0, 5), &[mark(1), mark(4)], 1024, NOW);
        assert_eq!(used, CacheUse { read: 2000, written_5m: 3000, ..CacheUse::default() });
        let other = cache.marked("b", &prompt(0, 3), &[mark(1)], 1024, NOW);
        assert_eq!(other.read, 0, "each model has a cache of its own");
        let changed = cache.marked("a", &prompt(1, 3), &[mark(1)], 1024, NOW);
        assert_eq!(changed.read, 0);
    }

    #[test]
    fn a_mark_looks_back_twenty_places() {
        let mut cache = PromptCache::default();
        cache.marked("a", &prompt(0, 2), &[mark(1)], 1024, NOW);
        assert_eq!(cache.marked("a", &prompt(0, 22), &[mark(21)], 1024, NOW).read, 2000);
        let mut cache = PromptCache::default();
        cache.marked("a", &prompt(0, 2), &[mark(1)], 1024, NOW);
        assert_eq!(cache.marked("a", &prompt(0, 23), &[mark(22)], 1024, NOW).read, 0);
    }

    #[test]
    fn a_short_prefix_is_not_written() {
        let mut cache = PromptCache::default();
        let used = cache.marked("a", &prompt(0, 3), &[mark(0)], 1024, NOW);
        assert_eq!(used, CacheUse { fresh: 3000, ..CacheUse::default() });
    }

    #[test]
    fn an_entry_lives_for_its_time_after_its_last_use() {
        let mut cache = PromptCache::default();
        let minutes = |count: u64| Duration::from_secs(60 * count);
        let hour = [Mark { at: 0, ttl: ONE_HOUR }, mark(1)];
        let used = cache.marked("a", &prompt(0, 2), &hour, 512, minutes(0));
        assert_eq!((used.written_1h, used.written_5m), (1000, 1000));
        assert_eq!(cache.marked("a", &prompt(0, 2), &hour, 512, minutes(4)).read, 2000);
        assert_eq!(cache.marked("a", &prompt(0, 2), &hour, 512, minutes(8)).read, 2000);
        let used = cache.marked("a", &prompt(0, 2), &hour, 512, minutes(20));
        assert_eq!((used.read, used.written_5m), (1000, 1000));
        assert_eq!(cache.marked("a", &prompt(0, 2), &hour, 512, minutes(90)).read, 0);
    }

    #[test]
    fn an_automatic_cache_reads_the_longest_known_prefix() {
        let mut cache = PromptCache::default();
        assert_eq!(cache.automatic("a", &prompt(0, 3), 1024, NOW).read, 0);
        let used = cache.automatic("a", &prompt(0, 5), 1024, NOW);
        assert_eq!((used.read, used.fresh), (3000, 2000));
        assert_eq!(cache.automatic("a", &prompt(0, 5), 1024, FIVE_MINUTES * 2).read, 0);
    }

    #[test]
    fn marks_and_encoded_media_are_no_text() {
        let block = json!({ "type": "text", "text": "hello" });
        let marked = json!({ "type": "text", "text": "hello", "cache_control": { "type": "ephemeral" } });
        let (mut one, mut two) = (Prompt::default(), Prompt::default());
        one.add(&block);
        two.add(&marked);
        assert_eq!(one.prefixes, two.prefixes);
        assert_eq!(tokens(&json!({ "data": "A".repeat(100_000) })), 1_002);
    }
}
