//! Tokens, cost and time of a response, in one line.

use std::time::Duration;

use provider_host::contract::{Price, Usage};

use super::stream::Timing;
use super::terminal::line;

/// The price of a model, and the source that it is taken from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Priced {
    /// The id, so that a conversation notices that `/model` changed it.
    pub(crate) model: String,
    pub(crate) price: Price,
    /// Printed with the estimate: a price of the built-in table may be older than the vendor's.
    pub(crate) source: Option<String>,
}

/// A sum of money and how it is known.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cost {
    pub(crate) amount: f64,
    pub(crate) currency: String,
    /// `billed` by the provider, or the source of the price that the estimate is made with.
    pub(crate) source: String,
    pub(crate) bound: Bound,
}

/// The relation between an estimate and the true cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Bound {
    /// All needed rates are known.
    About,
    /// A rate is unknown, and a higher one was used instead.
    AtMost,
    /// A rate is unknown, and a lower one was used instead.
    AtLeast,
}

/// The cost of a response: the amount that the provider reports, or else an estimate from the price.
///
/// `None` if neither is known: an amount without one of its parts would be wrong and look right.
pub(crate) fn cost(usage: &Usage, priced: Option<&Priced>) -> Option<Cost> {
    if let Some(amount) = usage.billed {
        let currency = usage.currency.clone().unwrap_or_default();
        return Some(Cost { amount, currency, source: "billed".to_owned(), bound: Bound::About });
    }
    let Priced { price, source, .. } = priced?;
    let (amount, bound) = estimate(usage, price)?;
    let source = source.clone().unwrap_or_else(|| "unknown source".to_owned());
    Some(Cost { amount, currency: price.currency.clone(), source, bound })
}

fn estimate(usage: &Usage, price: &Price) -> Option<(f64, Bound)> {
    let per_request = price.per_request.unwrap_or(0.0);
    // A model without token rates is one that is sold per request, such as an image model.
    let (Some(input_rate), Some(output_rate)) = (price.input, price.output) else {
        return price.per_request.map(|amount| (amount, Bound::About));
    };
    let (input, output) = (usage.input?, usage.output?);
    // The whole request is charged at the rates of its length, not only the tokens beyond the threshold. An estimate
    // without tiers was half of the true price beyond 200K tokens.
    let tier = price.tiers.iter().rfind(|tier| input > tier.above_input_tokens);
    let mut at_most = false;
    let mut at_least = false;
    // A long request costs more, so the rate of a short one is a lower bound where the tier does not have its own.
    let mut of_tier = |rate: Option<f64>, base: f64| {
        at_least |= rate.is_none();
        rate.unwrap_or(base)
    };
    let (input_rate, output_rate) = match tier {
        Some(tier) => (of_tier(tier.input, input_rate), of_tier(tier.output, output_rate)),
        None => (input_rate, output_rate),
    };
    // Cache rates come from the same row as the others. An estimate at the input rate was up to 40 times too high for
    // a request that was nearly all cached.
    let (read_rate, write_rate) = match tier {
        Some(tier) => (tier.cache_read, tier.cache_write),
        None => (price.cache_read, price.cache_write),
    };
    // Cached tokens are counted within the input. A provider whose counts do not add up must not make the cost negative.
    let read = usage.cache_read.unwrap_or(0).min(input);
    let written = usage.cache_write.unwrap_or(0).min(input - read);
    // No vendor charges more for reading the cache than for fresh input, nor less for writing to it.
    at_most |= read > 0 && read_rate.is_none();
    at_least |= written > 0 && write_rate.is_none();
    let plain = input - read - written;
    let millionths = plain as f64 * input_rate
        + read as f64 * read_rate.unwrap_or(input_rate)
        + written as f64 * write_rate.unwrap_or(input_rate)
        + output as f64 * output_rate;
    let bound = match (at_most, at_least) {
        (false, false) => Bound::About,
        (true, false) => Bound::AtMost,
        (false, true) => Bound::AtLeast,
        // Errors in both directions: neither bound holds, so there is no honest figure.
        (true, true) => return None,
    };
    Some((per_request + millionths / 1e6, bound))
}

/// The parts of the line after a response, as far as they are known. A missing part is left out: a zero would be read as
/// a count or a price of zero.
pub(crate) fn summary(usage: Option<&Usage>, cost: Option<&Cost>, timing: Timing) -> Vec<String> {
    let mut parts = Vec::new();
    if let Some(usage) = usage {
        parts.extend(tokens(
            "in",
            usage.input,
            &[("cached", usage.cache_read), ("written", usage.cache_write)],
        ));
        parts.extend(tokens("out", usage.output, &[("reasoning", usage.reasoning)]));
    }
    if let Some(cost) = cost {
        let about = match cost.bound {
            _ if cost.source == "billed" => "billed",
            Bound::About => "about",
            Bound::AtMost => "at most",
            Bound::AtLeast => "at least",
        };
        let by =
            if cost.source == "billed" { String::new() } else { format!(" ({} price)", line(&cost.source)) };
        parts.push(format!("{about} {}{by}", money(cost.amount, &cost.currency)));
    }
    if let Some(first) = timing.first {
        parts.push(format!("first token {}", seconds(first)));
    }
    if let Some(speed) = speed(usage.and_then(|usage| usage.output), timing) {
        parts.push(format!("{speed:.0} tokens/s"));
    }
    parts
}

/// A count, and the part of it that has a rate of its own: `1,200 in (1,000 cached)`.
fn tokens(word: &str, count: Option<u64>, among: &[(&str, Option<u64>)]) -> Option<String> {
    let known =
        among.iter().filter_map(|(word, count)| count.filter(|count| *count > 0).map(|count| (word, count)));
    let known: Vec<String> = known.map(|(word, count)| format!("{} {word}", grouped(count))).collect();
    let among = if known.is_empty() { String::new() } else { format!(" ({})", known.join(", ")) };
    count.map(|count| format!("{} {word}{among}", grouped(count)))
}

/// Tokens per second between the first and the last delta.
///
/// `None` below 50 ms. The deltas of a short response often arrive in one read and come out of one batch: the time
/// between them is then what printing takes, and says nothing about the model.
fn speed(output: Option<u64>, timing: Timing) -> Option<f64> {
    let span = timing.last?.checked_sub(timing.first?)?;
    let output = output.filter(|count| *count > 1)?;
    (span >= Duration::from_millis(50)).then(|| output as f64 / span.as_secs_f64())
}

/// An amount with as many digits as it needs: most responses cost a fraction of a cent, and $0.00 would be misleading.
pub(crate) fn money(amount: f64, currency: &str) -> String {
    let digits = if amount == 0.0 || amount.abs() >= 1.0 {
        2
    } else if amount.abs() >= 0.01 {
        4
    } else {
        6
    };
    match currency {
        "USD" if amount < 0.0 => format!("-${:.digits$}", -amount),
        "USD" => format!("${amount:.digits$}"),
        "" => format!("{amount:.digits$}"),
        other => format!("{amount:.digits$} {}", line(other)),
    }
}

/// A count with commas between the thousands: counts of tokens reach millions, and digits in a row are misread.
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

fn seconds(span: Duration) -> String {
    if span < Duration::from_secs(1) {
        format!("{} ms", span.as_millis())
    } else {
        format!("{:.1} s", span.as_secs_f64())
    }
}

#[cfg(test)]
#[path = "cost_tests.rs"]
mod tests;
