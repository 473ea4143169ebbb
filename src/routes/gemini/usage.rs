//! Token counts. Google sends them with nearly every chunk, as totals so far.

use alloc::{string::String, vec::Vec};

use crate::contract::Usage;
use crate::json::{fields, parse, unsigned};
use crate::text_search::contains;

/// The counts, each apart from the others: thoughts are not among the candidates' tokens, and results of Google's own
/// tools are not in the prompt. Cached tokens are a part of the prompt.
const COUNTS: [&str; 6] = [
    "promptTokenCount",
    "toolUsePromptTokenCount",
    "candidatesTokenCount",
    "thoughtsTokenCount",
    "cachedContentTokenCount",
    "totalTokenCount",
];

/// Whether a usage is an object with counts. The first chunks of Vertex have nothing but the type of the traffic.
pub(super) fn has_counts(json: &str) -> bool {
    json.starts_with('{') && contains(json, "TokenCount\"")
}

/// The last usage object that has counts, as it was received.
#[derive(Debug, Default)]
pub(super) struct UsageReport {
    json: Vec<u8>,
}

impl UsageReport {
    /// Keeps an object. It is read at the end, since each one replaces the one before.
    pub(super) fn note(&mut self, json: &str) {
        if has_counts(json) || self.json.is_empty() {
            self.replace(json.as_bytes());
        }
    }

    /// Keeps an object that differs from the last one in its numbers alone.
    pub(super) fn replace(&mut self, json: &[u8]) {
        // The buffer is reused.
        self.json.clear();
        self.json.extend_from_slice(json);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.json.is_empty()
    }

    /// The usage in the contract's counts.
    pub(super) fn take(&mut self) -> Option<Usage> {
        let json = String::from_utf8(core::mem::take(&mut self.json)).ok()?;
        let counts = fields(parse(&json).ok()?, COUNTS)?.map(unsigned);
        let [prompt, tool_use, candidates, thoughts, cached, total] = counts;
        // Google leaves out zeros, so that a count which is missing beside others is none. Without any, all are unknown.
        let is_counted = counts.iter().any(Option::is_some);
        let sum = |one: Option<u64>, other: Option<u64>| {
            is_counted.then(|| one.unwrap_or(0).saturating_add(other.unwrap_or(0)))
        };
        Some(Usage {
            input: sum(prompt, tool_use),
            output: sum(candidates, thoughts),
            reasoning: thoughts,
            cache_read: cached,
            cache_write: None,
            total,
            billed: None,
            currency: None,
            raw_json: Some(json),
        })
    }
}
