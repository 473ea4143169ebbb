//! Token counts. Google sends them with nearly every chunk, as totals so far.

use alloc::string::String;

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

/// The last usage object that has counts.
#[derive(Debug, Default)]
pub(super) struct UsageReport {
    json: String,
}

impl UsageReport {
    /// Keeps an object. It is read at the end, since each one replaces the one before.
    pub(super) fn note(&mut self, json: &str) {
        // The first chunks of Vertex have nothing but the type of the traffic.
        if contains(json, "TokenCount\"") || self.json.is_empty() {
            // The buffer is reused.
            self.json.clear();
            self.json.push_str(json);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.json.is_empty()
    }

    /// The usage in the contract's counts.
    pub(super) fn take(&mut self) -> Option<Usage> {
        let json = core::mem::take(&mut self.json);
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
