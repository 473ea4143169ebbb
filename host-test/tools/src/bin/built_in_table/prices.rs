//! Prices: rates in US dollars per million tokens.

use serde_json::{Map, Value, json};

use super::sources::source;

/// The names of the rates: in the seed, in `facts_source`, and in the contract.
const RATES: [[&str; 3]; 5] = [
    ["input", "in_price", "input"],
    ["output", "out_price", "output"],
    ["cache_read", "cache_read", "cache-read"],
    ["cache_write", "cache_write", "cache-write"],
    ["cache_write_1h", "cache_write_1h", "cache-write-long"],
];

/// The price of a model and its sources. Without both an input and an output rate there is no price, because a cost
/// estimate from half of the rates would be wrong.
pub fn price(row: &Value) -> (Option<Value>, Option<String>) {
    let listed = &row["price_usd_per_mtok"];
    let mut price = Map::new();
    let mut sources: Vec<String> = Vec::new();
    let mut add_source = |source: String| {
        if !sources.contains(&source) {
            sources.push(source);
        }
    };
    for [name, fact, wire] in RATES {
        if let Some((rate, name)) = rate(listed, name).zip(source(row, fact)) {
            price.insert(wire.to_owned(), rate);
            add_source(name);
        }
    }
    if let Some((tiers, name)) = tiers(&listed["tiers"]).zip(source(row, "tiers")) {
        price.insert("tiers".to_owned(), tiers);
        add_source(name);
    }
    let whole = price.contains_key("input") && price.contains_key("output");
    (whole.then_some(Value::Object(price)), whole.then(|| sources.join(", ")))
}

/// A rate that is above zero. Any other value counts as unknown.
fn rate(rates: &Value, name: &str) -> Option<Value> {
    rates[name].as_f64().filter(|rate| *rate > 0.0).map(compact)
}

/// The rates for long requests, in the order of their length.
fn tiers(value: &Value) -> Option<Value> {
    let mut tiers: Vec<(u64, Value)> = Vec::new();
    for tier in value.as_array()? {
        let above = tier["above_input_tokens"].as_u64()?;
        let mut rates = Map::from_iter([("above-input-tokens".to_owned(), json!(above))]);
        for [name, _, wire] in &RATES[..4] {
            rates.extend(rate(tier, name).map(|rate| ((*wire).to_owned(), rate)));
        }
        tiers.push((above, Value::Object(rates)));
    }
    tiers.sort_by_key(|(above, _)| *above);
    (!tiers.is_empty()).then(|| tiers.into_iter().map(|(_, tier)| tier).collect())
}

/// A number in its shortest form; any other value unchanged.
pub fn plain(value: &Value) -> Value {
    value.as_f64().map_or_else(|| value.clone(), compact)
}

/// A number without a needless fraction: 2.0 becomes 2.
fn compact(number: f64) -> Value {
    if number.fract() == 0.0 && number < 1e9 { json!(number as u64) } else { json!(number) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_and_tiers_keep_their_sources() {
        let row = json!({"price_usd_per_mtok":{"input":1.0,"output":2.5,"cache_read":0.1,"cache_write":null,
                "cache_write_1h":2.0,
                "tiers":[{"above_input_tokens":9,"input":2.0,"output":5,"cache_read":0.2,"cache_write":null}],
                "peak":{"input":2.0,"output":5.0,"cache_read":null,"when":"at noon","source":"V page; other"}},
            "facts_source":{"in_price":"A 1.0.1 x","out_price":"A 1.0.1 x","cache_read":"B 2.0.2 y","tiers":"A 1.0.1 x"}});
        let (price, sources) = price(&row);
        let tier = json!({"above-input-tokens":9,"input":2,"output":5,"cache-read":0.2});
        // The longer cache write has no source, so it is left out.
        assert_eq!(price, Some(json!({"input":1,"output":2.5,"cache-read":0.1,"tiers":[tier]})));
        assert_eq!(sources.as_deref(), Some("A 1.0.1, B 2.0.2"));
    }
}
