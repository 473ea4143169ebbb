//! Token counts.
//!
//! `message_start` has the counts of the input, and `message_delta` totals that replace them: they are no increments,
//! and a response whose tools ran at the vendor's has many times the input that was announced.

use alloc::{borrow::ToOwned, string::String};

use crate::contract::Usage;
use crate::json::{Json, Raw, Slot, Structure, fields, parse, read, unsigned};

/// Larger objects are not joined, and the later one stands alone. A vendor's has about a kilobyte.
const MAX_BYTES: usize = 16 << 10;

/// So many objects are joined one by one; of more, only the last one counts beside them. A server that sends one in every
/// event must not make the work quadratic.
const MAX_JOINED: u32 = 16;

/// Counts of the input. All of them are zero only where a relay knows none [44].
const OF_INPUT: [&str; 3] = ["input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"];

/// The usage of a response, joined from all objects that it contains.
#[derive(Debug, Default)]
pub(super) struct UsageReport {
    /// The objects so far, as one.
    joined: String,
    /// The last object, which is joined when it is known that another one follows, or that none does.
    latest: String,
    count: u32,
}

impl UsageReport {
    /// Adds a usage object; other JSON is ignored.
    pub(super) fn add(&mut self, raw: Raw<'_>) {
        let Some(json) = raw.map(|raw| raw.get()).filter(|json| json.starts_with('{') && *json != "{}")
        else {
            return;
        };
        if self.count < MAX_JOINED {
            self.count = self.count.saturating_add(1);
            self.join_latest();
        }
        self.latest.clear();
        self.latest.push_str(json);
    }

    fn join_latest(&mut self) {
        if !self.latest.is_empty() {
            self.joined = joined(&self.joined, &self.latest).unwrap_or_else(|| self.latest.clone());
            self.latest.clear();
        }
    }

    /// Whether there was none.
    pub(super) fn is_empty(&self) -> bool {
        self.joined.is_empty() && self.latest.is_empty()
    }

    /// The usage in the contract's counts.
    pub(super) fn take(&mut self) -> Option<Usage> {
        self.join_latest();
        let json = core::mem::take(&mut self.joined);
        let counts = counts(&json)?;
        Some(Usage { raw_json: Some(json), ..counts })
    }
}

/// The fields of an object, in their order.
#[derive(Default)]
struct Fields<'a>(alloc::vec::Vec<(String, Raw<'a>)>);

impl<'a> Structure<'a> for Fields<'a> {
    fn field(&mut self, name: &str) -> Option<Slot<'_, 'a>> {
        // A few dozen are known. A cap, since each is compared with all.
        if self.0.len() >= 64 {
            return None;
        }
        self.0.push((name.to_owned(), None));
        self.0.last_mut().map(|(_, value)| Slot::Raw(value))
    }
}

/// The earlier object with the fields of the later one in it, except for those that say nothing: nulls, and an input of
/// zero tokens, which no request has [44]. No output at all is a count: a refusal may have none.
fn joined(earlier: &str, later: &str) -> Option<String> {
    if earlier.len().saturating_add(later.len()) > MAX_BYTES || earlier.is_empty() {
        return None;
    }
    let (mut all, mut new) = (Fields::default(), Fields::default());
    read(earlier, &mut all)?;
    read(later, &mut new)?;
    let is_zero = |value: Raw<'_>| unsigned(value) == Some(0);
    let is_input = |name: &str| OF_INPUT.contains(&name);
    let no_input = new.0.iter().all(|(name, value)| !is_input(name) || unsigned(*value).unwrap_or(0) == 0);
    for (name, value) in new.0 {
        let says_nothing =
            value.is_none_or(|value| value.get() == "null") || is_zero(value) && no_input && is_input(&name);
        match all.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) if !says_nothing || known.is_none_or(|known| known.get() == "null") => {
                *known = value;
            }
            Some(_) => {}
            None => all.0.push((name, value)),
        }
    }
    let mut json = Json::default();
    json.raw("{");
    for (name, value) in &all.0 {
        json.key(name);
        json.raw(value.map_or("null", |value| value.get()));
    }
    json.raw("}");
    Some(json.into_string())
}

/// Anthropic's input is the part that is neither read from the cache nor written to it; the contract's is all of it.
fn counts(json: &str) -> Option<Usage> {
    let names = [
        OF_INPUT[0],
        OF_INPUT[1],
        OF_INPUT[2],
        "output_tokens",
        "cache_creation",
        "output_tokens_details",
        AGE_5M,
        AGE_1H,
    ];
    let [input, read, written, output, by_age, details, age_5m, age_1h] = fields(parse(json).ok()?, names)?;
    let names = ["ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens"];
    let [ephemeral_5m, ephemeral_1h] = by_age.and_then(|raw| fields(raw, names)).unwrap_or_default();
    let [thinking] = details.and_then(|raw| fields(raw, ["thinking_tokens"])).unwrap_or_default();
    let [input, cache_read, output] = [input, read, output].map(unsigned);
    let written = [unsigned(written), sum([ephemeral_5m, ephemeral_1h]), sum([age_5m, age_1h])];
    // The same under three names; where they differ, a relay has left some at 0.
    let cache_write = written.into_iter().flatten().max();
    let input = [input, cache_read, cache_write].into_iter().flatten().reduce(u64::saturating_add);
    let total = input.zip(output).map(|(input, output)| input.saturating_add(output));
    let reasoning = unsigned(thinking);
    Some(Usage {
        input,
        output,
        total,
        cache_read,
        cache_write,
        reasoning,
        billed: None,
        currency: None,
        raw_json: None,
    })
}

/// The gateway's names for the parts of the writes.
const AGE_5M: &str = "claude_cache_creation_5_m_tokens";
const AGE_1H: &str = "claude_cache_creation_1_h_tokens";

fn sum(counts: [Raw<'_>; 2]) -> Option<u64> {
    counts.into_iter().filter_map(unsigned).reduce(u64::saturating_add)
}
