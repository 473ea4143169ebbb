//! Guests that use resources without end: time, memory, handles, stack. The bounds on the time are [`PATIENCE`], far
//! above the limit of a second for each call, because a busy machine is slow in everything.

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
async fn an_endless_loop_in_any_function_is_stopped_and_the_error_names_the_function() {
    let bench = &Bench::new().await;
    let functions = ["describe", "client.open", "client.complete", "completion.next", "client.models"];
    let stopped = functions.map(|function| async move {
        let mut instance = bench.instance(&Guest::new().on(function, LOOP), None).await;
        let error = call(&mut instance, function).await.unwrap_err().to_string();
        assert!(error.starts_with(&format!("the plugin did not return from {function} within")), "{error}");
        assert!(matches!(call(&mut instance, function).await, Err(CallError::Poisoned(_))));
    });
    bench.with_good_plugin(join_all(stopped)).await;
}

#[tokio::test]
async fn an_endless_loop_in_the_initialization_fails_the_start() {
    let bench = Bench::new().await;
    let prepared = bench.prepared(&Guest::new().on("initialize", "(loop br 0)"));
    let error = bench.with_good_plugin(prepared.instantiate(Grant::default())).await.err().unwrap();
    assert!(matches!(&error, SandboxError::Start { reason, .. } if reason.contains("too long")), "{error}");
}

/// What a guest does in `describe`, the code, and a part of the host's error.
const ENDLESS: [(&str, &str, &str); 9] = [
    ("reads the clock", "(loop (drop (call $now)) br 0)", "did not return from describe"),
    ("allocates", "(loop (drop (memory.grow (i32.const 16))) br 0)", "memory"),
    ("creates timers", "(loop (drop (call $subscribe-instant (i64.const -1))) br 0)", "resources"),
    ("creates headers", "(loop (drop (call $no-fields)) br 0)", "resources"),
    ("creates clients", "(loop (drop (call $client_new (i32.const 1))) br 0)", "handle"),
    ("creates options", "(loop (drop (call $request-options)) br 0)", "resources"),
    ("calls itself", "(call $again)", "stack"),
    ("traps", "", "unreachable"),
    (
        "waits",
        "(i32.store (i32.const 8192) (call $subscribe-instant (i64.const -1)))
         (call $poll (i32.const 8192) (i32.const 1) (i32.const 8200))",
        "which waits, in a host that must not",
    ),
];

#[tokio::test]
async fn every_endless_use_of_a_resource_is_stopped_with_an_error_that_names_it() {
    let bench = Bench::new().await;
    for (what, body, reason) in ENDLESS {
        let guest =
            Guest::new().on("describe", format!("{body} unreachable")).with("(func $again (call $again))");
        let mut instance = bench.instance(&guest, None).await;
        let error = bench.with_good_plugin(instance.describe()).await.unwrap_err();
        println!("a guest that {what}: {error}");
        assert!(error.to_string().contains(reason), "a guest that {what}: {error}");
    }
}

/// The limit on the guest's memory does not limit the copies in the host.
#[tokio::test]
async fn a_batch_that_repeats_one_text_is_limited_by_the_bytes_that_the_host_copies() {
    let bench = Bench::new().await;
    // All 20,000 events are warnings with the same text of 256 KiB, so that the host would copy five gigabytes.
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
    let mut instance = bench.instance(&Guest::new().on("completion.next", events), None).await;
    let error = bench.with_good_plugin(first_events(&mut instance)).await.unwrap_err();
    println!("{error}");
    assert!(error.to_string().contains("more data than a call may"), "{error}");
}

#[tokio::test]
async fn a_completion_that_never_ends_can_be_cancelled() {
    let bench = Bench::new().await;
    let event = format!("(i32.store8 (i32.const {SCRATCH}) (i32.const 4)) {}", batch(SCRATCH, 1, 0));
    let mut instance = bench.instance(&Guest::new().on("completion.next", event), None).await;
    let endless = async {
        let completion = started(&mut instance).await.unwrap();
        for _ in 0..10_000 {
            let batch = instance.next(&completion, 64, Duration::ZERO).await.unwrap();
            assert!(batch.events.len() == 1 && !batch.done);
        }
        instance.cancel(completion).await
    };
    bench.with_good_plugin(endless).await.unwrap();
}
