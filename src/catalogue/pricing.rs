//! The `pricing` of a row of the public catalogue.

use alloc::{string::String, vec::Vec};

use crate::contract::Price;
use crate::json::lenient::{amount, text};
use crate::json::{Raw, structure};
use crate::text_search::split_once;

/// What a row says of money.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pricing {
    /// As listed, in the contract's units; `None` if no number of it is known.
    pub price: Option<ListedPrice>,
    /// The factor between list price and what is charged.
    ///
    /// It is published beside the price and not applied to it: by one account it is a discount still to
    /// come, by another the listed price has it already. Prices here are estimates either way.
    pub ratio: Option<f64>,
    /// Price of a second of video, which the contract has no field for.
    pub per_second: Option<f64>,
}

/// A price of the catalogue. Its currency is no string, so that a list of hundreds needs none for it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ListedPrice {
    /// A code of three letters, in upper case.
    currency: [u8; 3],
    pub(super) input: Option<f64>,
    pub(super) output: Option<f64>,
    cache_read: Option<f64>,
    cache_write: Option<f64>,
    per_request: Option<f64>,
}

impl ListedPrice {
    fn currency(&self) -> String {
        self.currency.iter().map(|letter| char::from(*letter)).collect()
    }

    /// The contract's record of it.
    pub(super) fn price(&self) -> Price {
        Price {
            currency: self.currency(),
            input: self.input,
            output: self.output,
            cache_read: self.cache_read,
            cache_write: self.cache_write,
            cache_write_long: None,
            per_request: self.per_request,
            tiers: Vec::new(),
        }
    }

    /// Whether another price has the same input and output, and nothing that contradicts this one.
    ///
    /// Prices are compared exactly. Both sides are decimal numbers of a few digits that were read in the same way.
    pub(super) fn agrees_with(&self, other: &Price) -> bool {
        let allowed = |listed: Option<f64>, other: Option<f64>| listed.is_none() || listed == other;
        self.input.is_some()
            && self.input == other.input
            && self.output.is_some()
            && self.output == other.output
            && allowed(self.cache_read, other.cache_read)
            && allowed(self.cache_write, other.cache_write)
            && self.per_request.is_none()
            && self.currency.as_slice() == other.currency.as_bytes()
    }
}

/// The fields of the object; none of them where something else stands.
#[derive(Default)]
pub(super) struct PricingFields<'a> {
    currency: Raw<'a>,
    input: Raw<'a>,
    output: Raw<'a>,
    cache_read: Raw<'a>,
    cache_write: Raw<'a>,
    per_request: Raw<'a>,
    per_second: Raw<'a>,
    ratio: Raw<'a>,
}

structure!(PricingFields forgetful {
    "currency" => currency,
    "input" => input,
    "output" => output,
    "cache_read" => cache_read,
    "cache_write" => cache_write,
    "per_request" => per_request,
    "per_second" => per_second,
    "ratio" => ratio,
});

impl Pricing {
    /// What the fields say. A number that is negative or not finite is unknown, never free.
    pub(super) fn read(fields: &PricingFields<'_>) -> Self {
        let &PricingFields { input, output, cache_read, cache_write, ratio, .. } = fields;
        let words = fields.currency.and_then(text).unwrap_or_default();
        let (currency, unit) = currency_and_unit(&words);
        let per_request = fields.per_request.and_then(amount).filter(|price| *price > 0.0);
        let per_second = fields.per_second.and_then(amount).filter(|price| *price > 0.0);
        let by_token = |field: Raw<'_>| {
            let price = field.and_then(amount).filter(|_| unit == Unit::MillionTokens)?;
            // Beside a price by call or second, 0 fills a column: the model is not free by token.
            (price > 0.0 || (per_request.is_none() && per_second.is_none())).then_some(price)
        };
        let [input, output, cache_read, cache_write] = [input, output, cache_read, cache_write].map(by_token);
        let known = [input, output, cache_read, cache_write, per_request].iter().any(Option::is_some);
        Self {
            price: known.then(|| ListedPrice {
                currency: currency_code(currency),
                input,
                output,
                cache_read,
                cache_write,
                per_request,
            }),
            ratio: ratio.and_then(amount).filter(|ratio| *ratio > 0.0),
            per_second,
        }
    }
}

/// In upper case. CometAPI charges in US dollars where a list names no other currency.
fn currency_code(currency: &str) -> [u8; 3] {
    let code = currency.as_bytes().first_chunk().copied();
    code.map_or(*b"USD", |code: [u8; 3]| code.map(|letter| letter.to_ascii_uppercase()))
}

#[derive(PartialEq)]
enum Unit {
    MillionTokens,
    Other,
}

/// `"USD / M Tokens"` → USD by million tokens. CometAPI charges in US dollars, so that is the currency
/// where none is given; a unit that is not understood makes the numbers of `input` and `output` unusable.
fn currency_and_unit(words: &str) -> (&str, Unit) {
    let (currency, unit) = split_once(words, "/").unwrap_or((words, "m tokens"));
    let (currency, unit) = (currency.trim_ascii(), unit.trim_ascii());
    let is_code = currency.len() == 3 && currency.bytes().all(|b| b.is_ascii_alphabetic());
    let by_million = MILLION_TOKENS.iter().any(|known| known.eq_ignore_ascii_case(unit));
    let unit = if by_million { Unit::MillionTokens } else { Unit::Other };
    match currency {
        "" | "$" => ("USD", unit),
        code if is_code => (code, unit),
        // Not a code: in what the numbers are counted is not known, so neither are they.
        _ => ("USD", Unit::Other),
    }
}

const MILLION_TOKENS: [&str; 5] = ["m tokens", "1m tokens", "m token", "million tokens", "mtok"];

#[cfg(test)]
mod tests {
    use super::*;

    type Numbers = (Option<f64>, Option<f64>, Option<f64>);

    fn read(json: &str) -> Pricing {
        let mut fields = PricingFields::default();
        crate::json::read(json, &mut fields).expect(json);
        Pricing::read(&fields)
    }

    #[test]
    fn prices_are_what_is_listed_or_unknown() {
        let cases: [(&str, Option<Numbers>); 15] = [
            (r#"{"input":5,"output":25}"#, Some((Some(5.0), Some(25.0), None))),
            (r#"{"input":"1.25","output":null}"#, Some((Some(1.25), None, None))),
            (r#"{"currency":"USD / M Tokens","input":0,"output":0}"#, Some((Some(0.0), Some(0.0), None))),
            (r#"{"input":1e999,"output":25,"ratio":0.8}"#, Some((None, Some(25.0), None))),
            (r#"{"input":-1,"output":2}"#, Some((None, Some(2.0), None))),
            (r#"{"input":5,"output":25,"ratio":0.8}"#, Some((Some(5.0), Some(25.0), None))),
            (r#"{"currency":"USD / Request","per_request":0.04}"#, Some((None, None, Some(0.04)))),
            (r#"{"input":0,"output":0,"per_request":0.04}"#, Some((None, None, Some(0.04)))),
            (r#"{"input":1,"output":2,"per_request":0}"#, Some((Some(1.0), Some(2.0), None))),
            (r#"{"currency":"USD / Second","input":9,"per_second":0.1}"#, None),
            (r#"{"currency":"USD / K Tokens","input":9}"#, None),
            (r#"{"currency":"points","input":9}"#, None),
            (r#"{"ratio":0.8}"#, None),
            (r#"{"input":"NaN","output":"inf"}"#, None),
            ("null", None),
        ];
        for (json, expected) in cases {
            let price = read(json).price;
            assert_eq!(price.map(|p| (p.input, p.output, p.per_request)), expected, "{json}");
        }
    }

    #[test]
    fn the_ratio_stands_beside_the_price() {
        let pricing = read(r#"{"currency":"CNY / M Tokens","input":5,"ratio":0.8,"per_second":0.1}"#);
        assert_eq!(pricing.ratio, Some(0.8));
        assert_eq!(pricing.per_second, Some(0.1));
        assert_eq!(pricing.price.unwrap().currency(), "CNY");
        assert_eq!(read(r#"{"ratio":-1}"#).ratio, None);
    }
}
