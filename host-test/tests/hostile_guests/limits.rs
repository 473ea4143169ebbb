//! Guests that take without end: time, memory, handles, depth.

use super::guest::{Guest, SCRATCH, batch, event_size};
use super::*;
use futures_util::future::join_all;
use provider_host::contract::Discovery;
use provider_host::sandbox::SandboxError;

const LOOP: &str = "(loop br 0) unreachable";

/// Calls a function of the contract by its name.
async fn call(instance: &mut Instance, function: &str) -> Result<(), CallError> {
    match function {
        "describe" => instance.describe().await.map(drop),
        "client.open" => instance.open(&Config::default()).await.map(drop),
        "client.complete" | "completion.next" => first_events(instance).await.map(drop),
        _ => {
            let client = instance.open(&Config::default()).await?;
            instance.models(&client, Discovery::Live, Duration::ZERO).await.map(drop)
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_loops_for_ever_in_any_call_is_stopped_and_named() {
    let house = &House::new().await;
    let functions = ["describe", "client.open", "client.complete", "completion.next", "client.models"];
    let stopped = functions.map(|function| async move {
        let mut instance = house.instance(&Guest::new().on(function, LOOP), None).await;
        let begun = Instant::now();
        let error = call(&mut instance, function).await.unwrap_err();
        let told = error.to_string();
        assert!(told.starts_with(&format!("the plugin did not return from {function} within")), "{told}");
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
        assert!(matches!(call(&mut instance, function).await, Err(CallError::Poisoned(_))));
    });
    house.beside(join_all(stopped)).await;
}

#[tokio::test]
async fn one_that_loops_for_ever_as_it_starts_does_not_start() {
    let house = House::new().await;
    let prepared = house.prepared(&Guest::new().on("initialize", "(loop br 0)"));
    let error = house.beside(prepared.instantiate(Grant::default())).await.err().unwrap();
    assert!(matches!(&error, SandboxError::Start { reason, .. } if reason.contains("too long")), "{error}");
}

/// What a guest does for ever in `describe`, and what the host says of it.
const FOR_EVER: [(&str, &str, &str); 9] = [
    ("looks at the clock", "(loop (drop (call $now)) br 0)", "did not return from describe"),
    ("allocates", "(loop (drop (memory.grow (i32.const 16))) br 0)", "memory"),
    ("makes timers", "(loop (drop (call $subscribe-instant (i64.const -1))) br 0)", "resources"),
    ("makes headers", "(loop (drop (call $fields)) br 0)", "resources"),
    ("makes clients", "(loop (drop (call $client_new (i32.const 1))) br 0)", "handle"),
    ("makes options", "(loop (drop (call $request-options)) br 0)", "resources"),
    ("calls itself", "(call $again)", "stack"),
    ("traps", "", "unreachable"),
    (
        "waits",
        "(i32.store (i32.const 8192) (call $subscribe-instant (i64.const -1)))
         (call $poll (i32.const 8192) (i32.const 1) (i32.const 8200))",
        "did not return from describe",
    ),
];

#[tokio::test]
async fn whatever_one_does_without_end_is_stopped_with_a_word_about_it() {
    let house = House::new().await;
    for (what, body, reason) in FOR_EVER {
        let guest =
            Guest::new().on("describe", format!("{body} unreachable")).with("(func $again (call $again))");
        let mut instance = house.instance(&guest, None).await;
        let begun = Instant::now();
        let error = house.beside(instance.describe()).await.unwrap_err();
        println!("one that {what}: {error}");
        assert!(error.to_string().contains(reason), "one that {what}: {error}");
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn one_that_hands_out_the_same_text_again_and_again_costs_no_more_than_a_call_may() {
    let house = House::new().await;
    // Every event is a warning of the same quarter of a megabyte: five gigabytes to copy.
    let (size, count, text) = (event_size(), 20_000, 1 << 18);
    let events = format!(
        "(local $at i32)
         (drop (memory.grow (i32.const 256)))
         (local.set $at (i32.const 1048576))
         (loop
             (i32.store8 (local.get $at) (i32.const 4))
             (i32.store (i32.add (local.get $at) (i32.const 8)) (i32.const {SCRATCH}))
             (i32.store (i32.add (local.get $at) (i32.const 12)) (i32.const {text}))
             (local.set $at (i32.add (local.get $at) (i32.const {size})))
             (br_if 0 (i32.lt_u (local.get $at) (i32.const {}))))
         {}",
        1_048_576 + count * size,
        batch(1_048_576, count, 0)
    );
    let mut instance = house.instance(&Guest::new().on("completion.next", events), None).await;
    let begun = Instant::now();
    let error = house.beside(first_events(&mut instance)).await.unwrap_err();
    println!("{error}");
    assert!(error.to_string().contains("more than a call may"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn one_that_never_ends_its_answer_can_be_left_at_any_time() {
    let house = House::new().await;
    let event = format!("(i32.store8 (i32.const {SCRATCH}) (i32.const 4)) {}", batch(SCRATCH, 1, 0));
    let mut instance = house.instance(&Guest::new().on("completion.next", event), None).await;
    let endless = async {
        let completion = started(&mut instance).await.unwrap();
        for _ in 0..10_000 {
            let batch = instance.next(&completion, 64, Duration::ZERO).await.unwrap();
            assert!(batch.events.len() == 1 && !batch.done);
        }
        instance.cancel(completion).await
    };
    house.beside(endless).await.unwrap();
}
