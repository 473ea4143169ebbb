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

#[test]
fn cached_tokens_cost_their_own_price_where_they_have_one() {
    let mut given = usage(Some(1_000_000), Some(100_000));
    assert_eq!(reckon(&given, &price()), Some(3.0));
    given.cache_read = Some(400_000);
    given.cache_write = Some(100_000);
    assert_eq!(reckon(&given, &price()), Some(0.5 * 2.0 + 0.4 * 0.5 + 0.1 * 2.0 + 1.0));
    // More cached than there was: the provider's counting is off, and must not make the cost negative.
    given.cache_read = Some(u64::MAX);
    assert_eq!(reckon(&given, &price()), Some(0.5 + 1.0));
}

#[test]
fn an_unknown_part_makes_the_whole_unknown() {
    assert_eq!(reckon(&usage(None, Some(1)), &price()), None);
    assert_eq!(reckon(&usage(Some(1), None), &price()), None);
    assert_eq!(reckon(&usage(Some(1), Some(1)), &Price { output: None, ..price() }), None);
    let by_call = Price { input: None, output: None, per_request: Some(0.25), ..price() };
    assert_eq!(reckon(&usage(None, None), &by_call), Some(0.25));
    assert_eq!(cost(&usage(Some(1), Some(1)), None), None);
    let unknown = priced(Price { output: None, ..price() }, "catalogue");
    assert_eq!(cost(&usage(Some(1), Some(1)), Some(&unknown)), None);
}

#[test]
fn what_was_billed_counts_more_than_what_is_reckoned() {
    let mut given = usage(Some(1_000_000), Some(0));
    let listed = priced(price(), "catalogue");
    let reckoned = Cost { amount: 2.0, currency: "USD".into(), source: "catalogue".into() };
    assert_eq!(cost(&given, Some(&listed)), Some(reckoned));
    given.billed = Some(1.5);
    given.currency = Some("USD".into());
    let billed = Cost { amount: 1.5, currency: "USD".into(), source: "billed".into() };
    assert_eq!(cost(&given, Some(&listed)), Some(billed));
}

#[test]
fn the_line_tells_what_is_known_and_nothing_else() {
    let timing = Timing { first: Some(Duration::from_millis(420)), last: Some(Duration::from_millis(1420)) };
    let mut given = usage(Some(1234), Some(56));
    given.cache_read = Some(1000);
    given.reasoning = Some(20);
    let cost = Cost { amount: 0.0012, currency: "USD".into(), source: "catalogue".into() };
    assert_eq!(
        summary(Some(&given), Some(&cost), timing).join(" · "),
        "1,234 in (1,000 cached) · 56 out (20 reasoning) · about $0.001200 (catalogue price) · first token 420 ms · 56 tokens/s"
    );
    assert_eq!(summary(None, None, Timing::default()), Vec::<String>::new());
    assert_eq!(summary(Some(&usage(None, Some(0))), None, Timing::default()), ["0 out"]);
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
