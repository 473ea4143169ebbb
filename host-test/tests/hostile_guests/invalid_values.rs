//! Guests that return values that the contract does not allow.

use super::guest::{Guest, RESULT, SCRATCH, batch};
use super::*;

/// A description, the code that writes an invalid event to [`SCRATCH`], and a part of the host's error.
const EVENTS: [(&str, &str, &str); 4] = [
    ("an unknown case of the variant", "(i32.store8 (i32.const 8192) (i32.const 99))", "discriminant"),
    (
        "a text of invalid UTF-8",
        "(i32.store8 (i32.const 8192) (i32.const 4))
         (i32.store (i32.const 8200) (i32.const 9000)) (i32.store (i32.const 8204) (i32.const 2))
         (i32.store16 (i32.const 9000) (i32.const 0xffff))",
        "utf-8",
    ),
    (
        "a text beyond the memory",
        "(i32.store8 (i32.const 8192) (i32.const 4))
         (i32.store (i32.const 8200) (i32.const -16)) (i32.store (i32.const 8204) (i32.const 1024))",
        "out of bounds",
    ),
    (
        "a text longer than the memory",
        "(i32.store8 (i32.const 8192) (i32.const 4))
         (i32.store (i32.const 8200) (i32.const 16)) (i32.store (i32.const 8204) (i32.const -1))",
        "out of bounds",
    ),
];

#[tokio::test]
async fn an_invalid_event_is_an_error_and_ends_the_instance() {
    let bench = Bench::new().await;
    for (what, event, reason) in EVENTS {
        let body = format!("{event} {}", batch(SCRATCH, 1, 0));
        let mut instance = bench.instance(&Guest::new().on("completion.next", body), None).await;
        let error = bench.with_good_plugin(first_events(&mut instance)).await.unwrap_err();
        println!("{what}: {error}");
        assert!(matches!(&error, CallError::Trapped(why) if why.to_lowercase().contains(reason)), "{error}");
        assert!(matches!(started(&mut instance).await, Err(CallError::Poisoned(_))));
    }
}

#[tokio::test]
async fn an_invalid_list_or_handle_is_an_error() {
    let bench = Bench::new().await;
    let handle = format!(
        "(i32.store (i32.const {}) (i32.const 12345)) (i32.store8 (i32.const {RESULT}) (i32.const 0))
         (i32.const {RESULT})",
        RESULT + 8
    );
    let guests = [
        ("out of bounds", Guest::new().on("completion.next", batch(u32::MAX - 7, 1, 0))),
        ("out of bounds", Guest::new().on("completion.next", batch(SCRATCH, u32::MAX / 2, 0))),
        ("not aligned", Guest::new().on("completion.next", batch(SCRATCH + 1, 1, 0))),
        ("out of bounds", Guest::new().on("completion.next", "(i32.const -8)")),
        ("handle", Guest::new().on("client.open", handle.clone())),
        ("handle", Guest::new().on("client.complete", handle)),
    ];
    for (reason, guest) in guests {
        let mut instance = bench.instance(&guest, None).await;
        let error = bench.with_good_plugin(first_events(&mut instance)).await.unwrap_err();
        println!("{error}");
        assert!(matches!(&error, CallError::Trapped(why) if why.contains(reason)), "{error}");
    }
}

#[tokio::test]
async fn the_grammar_rejects_events_out_of_order() {
    let bench = Bench::new().await;
    // A delta of block 7 before the response event and without a start of the block; and the response event twice.
    let delta = "(i32.store8 (i32.const 8192) (i32.const 2)) (i32.store (i32.const 8200) (i32.const 7))";
    for (event, reason) in [(delta, "before the response"), ("", "a second response")] {
        let body = format!("{event} {}", batch(SCRATCH, 1, 0));
        let mut instance = bench.instance(&Guest::new().on("completion.next", body), None).await;
        let completion = started(&mut instance).await.unwrap();
        let mut grammar = Grammar::default();
        let mut outcome = Ok(());
        for _ in 0..2 {
            let batch = instance.next(&completion, 64, Duration::ZERO).await.unwrap();
            outcome = batch.events.iter().try_for_each(|event| grammar.read(event));
        }
        assert!(outcome.unwrap_err().contains(reason));
    }
}
