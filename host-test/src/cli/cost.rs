//! What an answer took: tokens, money, time, in one line.

use std::time::Duration;

use provider_host::contract::{Price, Usage};

use super::stream::Timing;
use super::terminal::line;

/// The price of a model, and the source that it is taken from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Priced {
    pub(crate) model: String,
    pub(crate) price: Price,
    pub(crate) source: Option<String>,
}

/// A sum of money and how it is known.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cost {
    pub(crate) amount: f64,
    pub(crate) currency: String,
    /// `billed` by the provider, or the source of the price that it is reckoned with.
    pub(crate) source: String,
}

/// The cost of an answer: what the provider says that it charges, or else its price times its tokens.
///
/// `None` where either is unknown: a sum with a part left out would be wrong, and look right.
pub(crate) fn cost(usage: &Usage, priced: Option<&Priced>) -> Option<Cost> {
    if let Some(amount) = usage.billed {
        let currency = usage.currency.clone().unwrap_or_default();
        return Some(Cost { amount, currency, source: "billed".to_owned() });
    }
    let Priced { price, source, .. } = priced?;
    let amount = reckon(usage, price)?;
    let source = source.clone().unwrap_or_else(|| "unknown source".to_owned());
    Some(Cost { amount, currency: price.currency.clone(), source })
}

fn reckon(usage: &Usage, price: &Price) -> Option<f64> {
    let per_call = price.per_request.unwrap_or(0.0);
    let (Some(input_price), Some(output_price)) = (price.input, price.output) else {
        return price.per_request;
    };
    let (input, output) = (usage.input?, usage.output?);
    // Cached tokens are counted within the input; where they have no price of their own, they cost as much.
    let read = usage.cache_read.unwrap_or(0).min(input);
    let written = usage.cache_write.unwrap_or(0).min(input - read);
    let plain = input - read - written;
    let millionths = plain as f64 * input_price
        + read as f64 * price.cache_read.unwrap_or(input_price)
        + written as f64 * price.cache_write.unwrap_or(input_price)
        + output as f64 * output_price;
    Some(per_call + millionths / 1e6)
}

/// The parts of the line below an answer, those that are known.
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
        let about = if cost.source == "billed" { "billed" } else { "about" };
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

fn tokens(word: &str, count: Option<u64>, among: &[(&str, Option<u64>)]) -> Option<String> {
    let known =
        among.iter().filter_map(|(word, count)| count.filter(|count| *count > 0).map(|count| (word, count)));
    let known: Vec<String> = known.map(|(word, count)| format!("{} {word}", grouped(count))).collect();
    let among = if known.is_empty() { String::new() } else { format!(" ({})", known.join(", ")) };
    count.map(|count| format!("{} {word}{among}", grouped(count)))
}

/// Tokens a second between the first piece and the last; none where that is too short to mean anything.
fn speed(output: Option<u64>, timing: Timing) -> Option<f64> {
    let span = timing.last?.checked_sub(timing.first?)?;
    let output = output.filter(|count| *count > 1)?;
    (span >= Duration::from_millis(50)).then(|| output as f64 / span.as_secs_f64())
}

/// A sum with as many digits as tell something: fractions of a cent are what most answers cost.
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

/// A count with commas between the thousands.
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
