//! The verdicts, from results whose figures are known.

use serde_json::{Value, json};

use super::*;

/// A client's line: delivery p50 and p99, first token and processor time a chunk, all in microseconds, of 10 requests
/// that took a second.
fn line([p50, p99, first, cpu]: [f64; 4]) -> Value {
    let phase = json!({
        "requests": 10, "chunks": 1000, "bytes": 0, "wall_s": 1.0, "ttft_us": first, "p50_us": p50,
        "p90_us": p50, "p99_us": p99, "max_us": p99, "cpu_user_s": cpu * 1000.0 / 1e6, "cpu_sys_s": 0.0,
    });
    let mut line = phase.clone();
    let more = json!({
        "client": "a", "start_us": 4000.0, "cold": phase, "warm": null, "maxrss_kb": 1, "failed": 0, "error": null,
    });
    line.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    line
}

/// The same line in three rounds of a workload.
fn with(mut results: Results, workload: &str, client: &str, line: &Value) -> Results {
    (0..3).for_each(|_| results.add(workload, client, line.clone()));
    results
}

/// Results in which a workload has these lines for the component, native and async-openai.
fn three(workload: &str, ours: &Value, native: &Value, library: &Value) -> Results {
    let results = with(Results::default(), workload, OURS, ours);
    with(with(results, workload, NATIVE, native), workload, ASYNC_OPENAI, library)
}

fn verdict(results: &Results, what: &str) -> Verdict {
    row(results, what).verdict
}

fn row(results: &Results, what: &str) -> Row {
    let found = rows(results).into_iter().find(|row| row.what == what);
    found.unwrap_or_else(|| panic!("no row {what}"))
}

#[test]
fn without_results_nothing_is_met_and_nothing_is_missed() {
    for row in rows(&Results::default()) {
        let expected = if row.target.is_empty() { Verdict::Reported } else { Verdict::NotMeasured };
        assert_eq!(row.verdict, expected, "{}", row.what);
        assert!(row.ours.contains("not measured"), "{}: {}", row.what, row.ours);
    }
}

#[test]
fn a_missed_part_decides_and_an_unknown_part_is_not_met() {
    let cases = [
        (vec![Some(true), Some(true)], Verdict::Met),
        (vec![Some(true), Some(false)], Verdict::Missed),
        (vec![None, Some(false)], Verdict::Missed),
        (vec![Some(true), None], Verdict::NotMeasured),
    ];
    for (parts, expected) in cases {
        assert_eq!(Verdict::of(&parts), expected, "{parts:?}");
    }
}

#[test]
fn delivery_has_to_be_near_the_floor_and_below_the_library() {
    let native = line([60.0, 150.0, 84.0, 30.0]);
    for (ours, library, p50, p99) in [
        ([85.0, 210.0], [86.0, 211.0], Verdict::Met, Verdict::Met),
        ([85.1, 210.1], [99.0, 299.0], Verdict::Missed, Verdict::Missed),
        // Near the floor and not below the library.
        ([70.0, 160.0], [70.0, 160.0], Verdict::Missed, Verdict::Missed),
    ] {
        let ours = line([ours[0], ours[1], 100.0, 30.0]);
        let library = line([library[0], library[1], 100.0, 30.0]);
        let results = three("latency", &ours, &native, &library);
        assert_eq!(verdict(&results, "delivery of a chunk, p50"), p50);
        assert_eq!(verdict(&results, "delivery of a chunk, p99"), p99);
    }
    let results = three("latency", &line([72.4, 200.0, 0.0, 54.0]), &native, &line([83.0, 205.0, 0.0, 56.0]));
    let shown = row(&results, "delivery of a chunk, p50");
    assert_eq!(
        (shown.ours.as_str(), shown.others.as_str()),
        ("72 µs (+12 µs)", "native 60 µs; async-openai 83 µs")
    );
    assert_eq!(verdict(&results, "chunks 2 ms apart: CPU a chunk"), Verdict::Met);
}

#[test]
fn the_first_token_may_take_as_long_as_that_of_the_library() {
    for (ours, library, expected) in [
        (140.0, 140.0, Verdict::Met),
        (144.0, 150.0, Verdict::Met),
        (144.1, 150.0, Verdict::Missed),
        (120.0, 119.0, Verdict::Missed),
    ] {
        let of = |first| line([1.0, 1.0, first, 1.0]);
        let results = three("first-token", &of(ours), &of(84.0), &of(library));
        assert_eq!(verdict(&results, "first token, p50"), expected, "{ours} {library}");
    }
}

#[test]
fn many_streams_are_compared_by_their_processor_time() {
    for (ours, native, library, expected) in [
        (10.3, 8.0, 12.0, Verdict::Met),
        (10.5, 8.0, 12.0, Verdict::Missed),
        (10.0, 8.0, 9.9, Verdict::Missed),
    ] {
        let of = |cpu| line([1.0, 9_999.0, 1.0, cpu]);
        let results = three("at-once-1000", &of(ours), &of(native), &of(library));
        assert_eq!(verdict(&results, "1,000 streams at once: CPU a chunk"), expected, "{ours}");
        assert_eq!(verdict(&results, "200 streams at once: CPU a chunk"), Verdict::NotMeasured);
        assert_eq!(verdict(&results, "the same: delivery p99"), Verdict::Met);
    }
    let late = line([1.0, 10_001.0, 1.0, 1.0]);
    assert_eq!(
        verdict(&three("at-once-1000", &late, &late, &late), "the same: delivery p99"),
        Verdict::Missed
    );
}

#[test]
fn memory_is_that_of_a_thousand_streams_less_that_of_one() {
    let with_peak = |requests: u64, anonymous: u64| {
        let mut line = line([1.0; 4]);
        line["requests"] = json!(requests);
        line["peak_kb"] = json!({ "resident": anonymous * 2, "anonymous": anonymous });
        line
    };
    for (many, expected) in [(4_000 + 16 * 999, Verdict::Met), (4_000 + 16 * 999 + 1, Verdict::Missed)] {
        let results = with(Results::default(), "at-once-1000", OURS, &with_peak(1000, many));
        let results = with(results, "one-stream", OURS, &with_peak(1, 4_000));
        assert_eq!(verdict(&results, "memory a stream at 1,000, shared instance"), expected);
        assert_eq!(verdict(&results, "memory a stream at 1,000, instance each"), Verdict::NotMeasured);
    }
}

#[test]
fn lists_instances_and_node_have_limits_of_their_own() {
    let of_wall = |seconds: f64| {
        let mut line = line([1.0; 4]);
        line["cold"]["wall_s"] = json!(seconds);
        line
    };
    // 10 requests: 5.2 and 5.4 ms each for the component, 0.3 ms for the network.
    for (ours, expected) in [(0.052, Verdict::Met), (0.054, Verdict::Missed)] {
        let results = three("models", &of_wall(ours), &of_wall(0.003), &of_wall(0.004));
        assert_eq!(verdict(&results, "both lists of 600 models, beyond the network"), expected);
    }
    let sandbox = json!({ "instantiate_us": { "p50": 50.0 }, "first_call_us": { "p50": 50.1 }, "fuel_per_chunk": 6098 });
    let results = with(Results::default(), "sandbox", OURS, &sandbox);
    assert_eq!(verdict(&results, "make an instance"), Verdict::Met);
    assert_eq!(verdict(&results, "its first call"), Verdict::Missed);
    assert!(row(&results, "component; fuel a chunk").ours.ends_with("; 6098"));
    for (ours, expected) in [(86.0, Verdict::Met), (87.0, Verdict::Missed)] {
        let of = |cpu| line([1.0, 1.0, 1.0, cpu]);
        let results = with(Results::default(), "node-50", IN_NODE, &of(ours));
        let results = with(results, "node-50", FETCH, &of(72.0));
        assert_eq!(verdict(&results, "Node, 50 streams 5 ms apart: CPU a chunk"), expected, "{ours}");
    }
}

#[test]
fn a_host_without_a_shared_instance_is_judged_by_the_lane_that_it_has() {
    let results = with(Results::default(), "latency", EACH, &line([70.0, 150.0, 100.0, 30.0]));
    let results = with(results, "latency", NATIVE, &line([60.0, 140.0, 90.0, 20.0]));
    assert_eq!(row(&results, "delivery of a chunk, p50").ours, "70 µs (+10 µs)");
    // A library that was not measured cannot be beaten.
    assert_eq!(verdict(&results, "delivery of a chunk, p50"), Verdict::NotMeasured);
}
