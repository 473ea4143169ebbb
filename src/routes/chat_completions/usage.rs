//! Token counts, in the vendors' spellings [12].
//!
//! Counts may be numbers, floats or strings. A count that is missing stays unknown: 0 would look like a free request.

use alloc::string::String;

use super::usage_json;
use crate::contract::Usage;
use crate::json::{Raw, fields, float, parse, unsigned};

/// The counts of a usage object by their position in it: beside each other, or in one of the objects below.
const BESIDE: [&str; 13] = [
    "prompt_tokens",
    "input_tokens",
    "completion_tokens",
    "output_tokens",
    "total_tokens",
    "reasoning_tokens",
    "prompt_cache_hit_tokens",
    "cached_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "cache_write_tokens",
    "claude_cache_creation_5_m_tokens",
    "claude_cache_creation_1_h_tokens",
];
const OF_INPUT: [&str; 4] =
    ["cached_tokens", "cache_write_tokens", "cached_creation_tokens", "cache_creation_tokens"];
const OF_OUTPUT: [&str; 2] = ["reasoning_tokens", "thinking_tokens"];
const OF_WRITES: [&str; 2] = ["ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens"];

/// The objects, each in its spellings, and OpenRouter's charge, in its own credits.
const OBJECTS: [&str; 6] = [
    "prompt_tokens_details",
    "input_tokens_details",
    "completion_tokens_details",
    "output_tokens_details",
    "cache_creation",
    "cost",
];

/// The usage of a response, joined from all the usage objects that it contains.
#[derive(Debug, Default)]
pub(in crate::routes) struct UsageReport {
    /// The last object, which is read when it is known that no later one supersedes it: some vendors send usage in every
    /// chunk.
    latest: String,
    counts: Counts,
    /// The object to hand out; empty where there was none.
    json: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Counts {
    beside: [Option<u64>; 13],
    of_input: [Option<u64>; 4],
    of_output: [Option<u64>; 2],
    of_writes: [Option<u64>; 2],
    cost: Option<f64>,
}

impl UsageReport {
    /// Adds a usage object; any other JSON is ignored.
    ///
    /// Each object counts everything so far, so a later count replaces an earlier one. A count that is missing or 0 does
    /// not: gateways that translate from Anthropic report the input in the first chunk and the output in the last one,
    /// and others repeat the object with nothing but zeros at the end [65].
    pub(in crate::routes) fn add(&mut self, json: &str) {
        if !usage_json::supersedes(json, &self.latest) {
            self.read_latest();
        }
        // The buffer is reused.
        self.latest.clear();
        self.latest.push_str(json);
    }

    fn read_latest(&mut self) {
        let latest = core::mem::take(&mut self.latest);
        self.join(&latest);
        self.latest = latest;
        self.latest.clear();
    }

    fn join(&mut self, json: &str) {
        let Some(new) = Counts::read(json) else { return };
        let known = self.counts.has_counts();
        if known && !new.has_counts() {
            return;
        }
        let joined = self.counts.joined_with(&new);
        // A count that only the earlier object has would be missing from the later one.
        match known && joined != new.joined_with(&Counts::default()) {
            true => usage_json::join(&mut self.json, json),
            false => {
                self.json.clear();
                self.json.push_str(json);
            }
        }
        self.counts = joined;
    }

    /// Whether there was none.
    pub(in crate::routes) fn is_empty(&mut self) -> bool {
        self.read_latest();
        self.json.is_empty()
    }

    /// The usage in the contract's counts.
    pub(in crate::routes) fn take(&mut self) -> Option<Usage> {
        self.read_latest();
        let Self { counts, json, .. } = core::mem::take(self);
        // For counts that the contract has no field for. A host can then bill by what the vendor reported.
        (!json.is_empty()).then(|| Usage { raw_json: Some(json), ..counts.resolve() })
    }
}

impl Counts {
    fn read(json: &str) -> Option<Self> {
        let raw = parse(json).ok()?;
        let beside = fields(raw, BESIDE)?;
        let [prompt, input, completion, output, writes, cost] = fields(raw, OBJECTS)?;
        // An empty object has no counts, and must not replace earlier ones.
        (json != "{}").then(|| Self {
            beside: beside.map(unsigned),
            of_input: within([prompt, input], OF_INPUT),
            of_output: within([completion, output], OF_OUTPUT),
            of_writes: within([writes], OF_WRITES),
            cost: float(cost),
        })
    }

    fn has_counts(&self) -> bool {
        let mut all = self.beside.iter().chain(&self.of_input).chain(&self.of_output).chain(&self.of_writes);
        all.any(|count| count.is_some_and(|count| count > 0))
    }

    fn joined_with(&self, later: &Self) -> Self {
        Self {
            beside: joined(self.beside, later.beside),
            of_input: joined(self.of_input, later.of_input),
            of_output: joined(self.of_output, later.of_output),
            of_writes: joined(self.of_writes, later.of_writes),
            cost: later.cost.filter(|cost| *cost > 0.0).or(self.cost).or(later.cost),
        }
    }

    /// The contract's counts, in which the input includes cached tokens and the output includes reasoning.
    ///
    /// Vendors count both ways, under the same names. The total decides: it is the sum of everything, once. Without a
    /// total that fits, a part that is greater than the whole shows that it was counted apart. A host that shows costs
    /// would otherwise leave out most of a bill: with a cached prefix the uncached rest may be 10 tokens of 100,000.
    fn resolve(self) -> Usage {
        let [
            prompt,
            input_tokens,
            completion,
            output_tokens,
            total,
            reasoning,
            hit,
            cached,
            read,
            created,
            written,
            age_5m,
            age_1h,
        ] = self.beside;
        let [cached_in_input, written_in_input @ ..] = self.of_input;
        let [details, thinking] = self.of_output;
        let [ephemeral_5m, ephemeral_1h] = self.of_writes;
        // Under two names of one count, the greater is the real one: gateways fill the other with 0.
        let cache_read = greatest([cached_in_input, hit, cached, read]);
        let by_age = sum([age_5m, age_1h]).max(sum([ephemeral_5m, ephemeral_1h]));
        let cache_write = greatest(written_in_input).max(greatest([created, written, by_age]));
        let reasoning = greatest([details, thinking, reasoning]);
        let received = Sums {
            input: greatest([prompt, input_tokens]),
            output: greatest([completion, output_tokens]),
            total,
        };
        // Anthropic's names stand for Anthropic's way to count, as long as the total does not contradict.
        let anthropic =
            prompt.unwrap_or(0) == 0 && greatest([read, created]).is_some() && cached_in_input.is_none();
        let Sums { input, output, total } = received.resolve(cache_read, cache_write, reasoning, anthropic);
        Usage {
            input,
            output,
            total,
            cache_read,
            cache_write,
            reasoning,
            billed: self.cost,
            currency: None,
            raw_json: None,
        }
    }
}

/// What a vendor counted, or what the contract counts.
#[derive(Clone, Copy)]
struct Sums {
    input: Option<u64>,
    output: Option<u64>,
    total: Option<u64>,
}

impl Sums {
    fn resolve(self, read: Option<u64>, write: Option<u64>, reasoning: Option<u64>, anthropic: bool) -> Self {
        let (read, write, reasoning) = (read.unwrap_or(0), write.unwrap_or(0), reasoning.unwrap_or(0));
        let cached = read.saturating_add(write);
        // The smallest addition first: where a total fits two readings, nothing was counted apart.
        let additions = [0, write, read, cached];
        let input_with = |addition| self.input.map(|input| input.saturating_add(addition));
        let output_with = |addition| self.output.map(|output| output.saturating_add(addition));
        let holds_cached = |input: Option<u64>| input.is_none_or(|input| input >= cached);
        let holds_reasoning = |output: Option<u64>| output.is_none_or(|output| output >= reasoning);
        for addition in additions {
            for thought in [0, reasoning] {
                let (input, output) = (input_with(addition), output_with(thought));
                if self.total.is_some()
                    && sum_of_both(input, output) == self.total
                    && holds_cached(input)
                    && holds_reasoning(output)
                {
                    return Self { input, output, total: self.total };
                }
            }
        }
        let input = match anthropic {
            true => input_with(cached),
            false => additions.into_iter().map(input_with).find(|input| holds_cached(*input)).flatten(),
        };
        let output =
            [0, reasoning].into_iter().map(output_with).find(|output| holds_reasoning(*output)).flatten();
        // A total below its parts was made of some of them: of the uncached input, or of one of two usage objects.
        let total = self.total.map(|total| total.max(sum_of_both(input, output).unwrap_or(0)));
        Self { input, output, total }
    }
}

fn sum_of_both(input: Option<u64>, output: Option<u64>) -> Option<u64> {
    input?.checked_add(output?)
}

/// The counts of an object that may have several names.
fn within<const M: usize, const N: usize>(objects: [Raw<'_>; M], names: [&str; N]) -> [Option<u64>; N] {
    let counts = |raw: Raw<'_>| raw.and_then(|raw| fields(raw, names)).unwrap_or([None; N]).map(unsigned);
    objects.into_iter().map(counts).fold([None; N], joined)
}

fn joined<const N: usize>(earlier: [Option<u64>; N], later: [Option<u64>; N]) -> [Option<u64>; N] {
    let mut counts = later;
    for (count, earlier) in counts.iter_mut().zip(earlier) {
        // 0 is a number, so it stands where there is no other.
        *count = count.filter(|count| *count > 0).or(earlier).or(*count);
    }
    counts
}

fn greatest<const N: usize>(counts: [Option<u64>; N]) -> Option<u64> {
    counts.into_iter().flatten().max()
}

fn sum<const N: usize>(counts: [Option<u64>; N]) -> Option<u64> {
    counts.into_iter().flatten().reduce(u64::saturating_add)
}

#[cfg(test)]
#[path = "usage_tests.rs"]
mod tests;
