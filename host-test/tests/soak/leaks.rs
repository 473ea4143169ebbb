//! Completions one after the other and many at the same time, each in its own instance or all in one. Both kinds leak
//! in different places: in the component's memory, and in the host's.

use std::time::Duration;

use provider_host::sandbox::{ClientHandle, Instance};
use tokio::runtime::{Builder, Runtime};

use crate::completions::{complete, open, prepared};
use crate::resources::{
    Progress, check_memory_growth, exclusive, in_use, memory, wait_for_connections,
    wait_until_nothing_is_left,
};
use crate::server::Server;

/// The size of a test.
#[derive(Clone, Copy)]
struct Scale {
    completions: usize,
    /// The number of completions after which pools and caches have reached their size, so that the memory is compared
    /// with that after them.
    first: usize,
    at_once: usize,
}

const SHORT: Scale = Scale { completions: 300, first: 100, at_once: 50 };
const LONG: Scale = Scale { completions: 10_000, first: 100, at_once: 500 };

/// How many instances the completions use.
#[derive(Clone, Copy, Debug)]
enum Instances {
    One,
    OneEach,
}

/// The most connections that a host keeps for later completions. It keeps more than one if a completion begins before
/// the connection of the last one is free.
const KEPT_IDLE: usize = 64;

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

async fn one_after_the_other(scale: Scale, instances: Instances) {
    let server = Server::start();
    let before = in_use(&server);
    let prepared = prepared();
    let progress =
        Progress::new(&format!("one after the other, instances: {instances:?}"), scale.completions);
    let mut early = 0;
    let mut open_one: Option<(Instance, ClientHandle)> = None;
    for number in 1..=scale.completions {
        let (mut instance, client) = match open_one.take() {
            Some(open) => open,
            None => open(&prepared, &server.base_url, &server.key).await,
        };
        complete(&mut instance, &client, number).await;
        if let Instances::One = instances {
            open_one = Some((instance, client));
        }
        if number == scale.first {
            early = memory();
        }
        progress.reached(number);
    }
    let end = memory();
    wait_for_connections(KEPT_IDLE, &server).await;
    drop(open_one);
    // Connections close with the last instance of their grant, although the prepared plugin still exists.
    wait_for_connections(0, &server).await;
    drop(prepared);
    wait_until_nothing_is_left(&server, before).await;
    drop(progress);
    check_memory_growth(early, end);
}

/// Runs waves of completions, each in its own instance. A wave begins when the one before has ended.
async fn at_the_same_time(scale: Scale) {
    let server = Server::start();
    let before = in_use(&server);
    let prepared = prepared();
    let progress = Progress::new(&format!("{} at the same time", scale.at_once), scale.completions);
    let (mut memories, mut most) = (Vec::new(), 0);
    for wave in 0..scale.completions / scale.at_once {
        let mut tasks = Vec::new();
        for position in 1..=scale.at_once {
            let (base_url, key) = (server.base_url.clone(), server.key.clone());
            let (prepared, number) = (prepared.clone(), wave * scale.at_once + position);
            tasks.push(tokio::spawn(async move {
                let (mut instance, client) = open(&prepared, &base_url, &key).await;
                complete(&mut instance, &client, number).await;
            }));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        most = most.max(in_use(&server).connections);
        for task in tasks {
            task.await.expect("a correct completion");
        }
        // Connections close with the last instance of their grant, although the prepared plugin still exists.
        wait_for_connections(0, &server).await;
        memories.push(memory());
        progress.reached((wave + 1) * scale.at_once);
    }
    println!("  most connections at the same time: {most}");
    assert!(most <= scale.at_once, "{most} connections for {} completions", scale.at_once);
    drop(prepared);
    wait_until_nothing_is_left(&server, before).await;
    drop(progress);
    // The number of buffers in use at the same time is random, and the heap keeps the gaps of the largest wave so far.
    // So the test compares the largest waves of both halves: only a leak makes that of the second half larger.
    let (first, second) = memories.split_at(memories.len() / 2);
    let largest = |waves: &[u64]| waves.iter().copied().max().expect("some waves");
    check_memory_growth(largest(first), largest(second));
}

#[test]
fn hundreds_of_completions_in_one_instance_leak_nothing() {
    let _exclusive = exclusive();
    runtime().block_on(one_after_the_other(SHORT, Instances::One));
}

#[test]
fn hundreds_of_completions_in_an_instance_each_leak_nothing() {
    let _exclusive = exclusive();
    runtime().block_on(one_after_the_other(SHORT, Instances::OneEach));
}

#[test]
fn dozens_of_completions_at_the_same_time_leak_nothing() {
    let _exclusive = exclusive();
    runtime().block_on(at_the_same_time(SHORT));
}

#[test]
#[ignore = "long: make soak"]
fn ten_thousand_completions_in_one_instance_leak_nothing() {
    let _exclusive = exclusive();
    runtime().block_on(one_after_the_other(LONG, Instances::One));
}

#[test]
#[ignore = "long: make soak"]
fn ten_thousand_completions_in_an_instance_each_leak_nothing() {
    let _exclusive = exclusive();
    runtime().block_on(one_after_the_other(LONG, Instances::OneEach));
}

#[test]
#[ignore = "long: make soak"]
fn twenty_waves_of_five_hundred_completions_leak_nothing() {
    let _exclusive = exclusive();
    runtime().block_on(at_the_same_time(LONG));
}
