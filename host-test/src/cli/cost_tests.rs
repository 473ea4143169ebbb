use provider_host::contract::PriceTier;

use super::*;

fn usage(input: Option<u64>, output: Option<u64>) -> Usage {
    Usage {
        input,
        output,
        total: None,
        cache_read: None,
        cache_write: None,
        reasoning: None,
        billed: None,
        currency: None,
        raw_json: None,
    }
}

fn price() -> Price {
    Price {
        currency: "USD".into(),
        input: Some(2.0),
        output: Some(10.0),
        cache_read: Some(0.5),
        cache_write: None,
        cache_write_long: None,
        per_request: None,
        tiers: vec![],
    }
}

fn priced(price: Price, source: &str) -> Priced {
    Priced { model: "m".into(), price, source: Some(source.into()) }
}

fn about(amount: f64) -> Option<(f64, Bound)> {
    Some((amount, Bound::About))
}

/// Rates and a tier like those of a cheap model with a long window.
fn tiered() -> Price {
    Price {
        input: Some(0.1),
        output: Some(0.5),
        cache_read: Some(0.01),
        cache_write: Some(0.125),
        tiers: vec![PriceTier {
            above_input_tokens: 100_000,
            input: Some(0.5),
            output: Some(2.5),
            cache_read: Some(0.05),
            cache_write: Some(0.625),
        }],
        ..price()
    }
}

fn assert_about(found: Option<(f64, Bound)>, expected: f64) {
    let (amount, bound) = found.expect("an estimate");
    assert!((amount - expected).abs() < 1e-12 && bound == Bound::About, "{amount} {bound:?}, not {expected}");
}

#[test]
fn cached_tokens_cost_their_own_rate() {
    let mut given = usage(Some(1_000_000), Some(100_000));
    assert_eq!(estimate(&given, &price()), about(3.0));
    given.cache_read = Some(400_000);
    // 600,000 at 2, 400,000 at 0.5, and 100,000 at 10.
    assert_about(estimate(&given, &price()), 1.2 + 0.2 + 1.0);
    given.cache_write = Some(100_000);
    let with_write = Price { cache_write: Some(2.5), ..price() };
    // 500,000 at 2, 400,000 at 0.5, 100,000 at 2.5, and 100,000 at 10.
    assert_about(estimate(&given, &with_write), 1.0 + 0.2 + 0.25 + 1.0);
    // More cached than there was: the provider's counts are wrong, and must not make the cost negative.
    given.cache_read = Some(u64::MAX);
    assert_eq!(estimate(&given, &price()), about(0.5 + 1.0));
}

#[test]
fn a_long_request_is_charged_at_its_tier_as_a_whole() {
    let mut given = usage(Some(100_000), Some(2_000));
    // At the threshold the rates are still the base: 100,000 at 0.1 and 2,000 at 0.5.
    assert_about(estimate(&given, &tiered()), 0.011);
    given.input = Some(100_001);
    // One token more, and all of them cost five times as much, output included.
    assert_about(estimate(&given, &tiered()), 0.050_000_5 + 0.005);
    given = usage(Some(150_000), Some(2_000));
    given.cache_read = Some(100_000);
    given.cache_write = Some(20_000);
    // 30,000 at 0.5, 100,000 at 0.05, 20,000 at 0.625, and 2,000 at 2.5.
    assert_about(estimate(&given, &tiered()), 0.015 + 0.005 + 0.0125 + 0.005);
    let mut two = tiered();
    two.tiers.push(PriceTier { above_input_tokens: 140_000, input: Some(1.0), ..two.tiers[0] });
    assert_about(estimate(&given, &two), 0.03 + 0.005 + 0.0125 + 0.005);
}

#[test]
fn an_unknown_rate_makes_a_bound_of_the_estimate() {
    let mut given = usage(Some(1_000_000), Some(0));
    given.cache_read = Some(900_000);
    let no_cache = Price { cache_read: None, ..price() };
    // All of it at the rate of fresh input: up to 40 times too much, so it is no estimate.
    assert_eq!(estimate(&given, &no_cache), Some((2.0, Bound::AtMost)));
    given.cache_write = Some(100_000);
    assert_eq!(estimate(&given, &no_cache), None);
    given.cache_read = Some(0);
    assert_eq!(estimate(&given, &price()), Some((2.0, Bound::AtLeast)));

    let mut partial = tiered();
    partial.tiers[0].output = None;
    // 200,000 at 0.5, and 10,000 at no less than 0.5.
    assert_eq!(estimate(&usage(Some(200_000), Some(10_000)), &partial), Some((0.105, Bound::AtLeast)));
}

#[test]
fn an_unknown_part_makes_the_whole_unknown() {
    assert_eq!(estimate(&usage(None, Some(1)), &price()), None);
    assert_eq!(estimate(&usage(Some(1), None), &price()), None);
    assert_eq!(estimate(&usage(Some(1), Some(1)), &Price { output: None, ..price() }), None);
    let by_request = Price { input: None, output: None, per_request: Some(0.25), ..price() };
    assert_eq!(estimate(&usage(None, None), &by_request), about(0.25));
    assert_eq!(cost(&usage(Some(1), Some(1)), None), None);
    let unknown = priced(Price { output: None, ..price() }, "catalogue");
    assert_eq!(cost(&usage(Some(1), Some(1)), Some(&unknown)), None);
}

#[test]
fn a_bill_counts_more_than_an_estimate() {
    let mut given = usage(Some(1_000_000), Some(0));
    let listed = priced(price(), "catalogue");
    let estimated =
        Cost { amount: 2.0, currency: "USD".into(), source: "catalogue".into(), bound: Bound::About };
    assert_eq!(cost(&given, Some(&listed)), Some(estimated));
    given.billed = Some(1.5);
    given.currency = Some("USD".into());
    let billed = Cost { amount: 1.5, currency: "USD".into(), source: "billed".into(), bound: Bound::About };
    assert_eq!(cost(&given, Some(&listed)), Some(billed));
}

#[test]
fn the_line_has_what_is_known_and_nothing_else() {
    let timing = Timing { first: Some(Duration::from_millis(420)), last: Some(Duration::from_millis(1420)) };
    let mut given = usage(Some(1234), Some(56));
    given.cache_read = Some(1000);
    given.reasoning = Some(20);
    let cost =
        Cost { amount: 0.0012, currency: "USD".into(), source: "catalogue".into(), bound: Bound::About };
    assert_eq!(
        summary(Some(&given), Some(&cost), timing).join(" · "),
        "1,234 in (1,000 cached) · 56 out (20 reasoning) · about $0.001200 (catalogue price) · first token 420 ms · 56 tokens/s"
    );
    assert_eq!(summary(None, None, Timing::default()), Vec::<String>::new());
    assert_eq!(summary(Some(&usage(None, Some(0))), None, Timing::default()), ["0 out"]);
    let at_most = Cost { bound: Bound::AtMost, ..cost.clone() };
    assert_eq!(summary(None, Some(&at_most), Timing::default()), ["at most $0.001200 (catalogue price)"]);
    let at_least = Cost { bound: Bound::AtLeast, ..cost.clone() };
    assert_eq!(summary(None, Some(&at_least), Timing::default()), ["at least $0.001200 (catalogue price)"]);
    let billed = Cost { source: "billed".into(), ..cost };
    assert_eq!(summary(None, Some(&billed), Timing::default()), ["billed $0.001200"]);
}

#[test]
fn a_speed_needs_a_span_to_be_measured_over() {
    let timing = |first, last| Timing {
        first: Some(Duration::from_millis(first)),
        last: Some(Duration::from_millis(last)),
    };
    assert_eq!(speed(Some(100), timing(0, 2000)), Some(50.0));
    assert_eq!(speed(Some(100), timing(5, 5)), None);
    assert_eq!(speed(Some(1), timing(0, 2000)), None);
    assert_eq!(speed(None, timing(0, 2000)), None);
    assert_eq!(speed(Some(100), Timing::default()), None);
}

#[test]
fn money_and_counts_are_readable() {
    let cases =
        [(0.0, "$0.00"), (12.345, "$12.35"), (0.0456, "$0.0456"), (0.000_042, "$0.000042"), (-1.5, "-$1.50")];
    for (amount, expected) in cases {
        assert_eq!(money(amount, "USD"), expected);
    }
    assert_eq!(money(2.0, "CNY"), "2.00 CNY");
    assert_eq!(money(2.0, ""), "2.00");
    let cases = [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")];
    for (count, expected) in cases {
        assert_eq!(grouped(count), expected);
    }
}
