//! One after the other and many at once, in instances of their own or in one.

use std::time::Duration;

use provider_host::sandbox::{ClientHandle, Instance};
use tokio::runtime::{Builder, Runtime};

use crate::asking::{complete, open, prepared};
use crate::measuring::{
    Progress, connections_come_down_to, held, memory, memory_is_flat, nothing_is_left, turn,
};
use crate::serving::Server;

/// How much.
#[derive(Clone, Copy)]
struct Scale {
    completions: usize,
    /// The first ones, after which everything has its size.
    first: usize,
    at_once: usize,
}

const SHORT: Scale = Scale { completions: 300, first: 100, at_once: 50 };
const LONG: Scale = Scale { completions: 10_000, first: 100, at_once: 500 };

/// Completions in one instance before it gives way to the next.
#[derive(Clone, Copy, Debug)]
enum Instances {
    One,
    OneEach,
}

/// Connections that a host keeps for the next completion, at most. It is more than one where the next begins
/// before the last one's connection is back.
const KEPT_IDLE: usize = 64;

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

async fn one_after_the_other(scale: Scale, instances: Instances) {
    let server = Server::start();
    let before = held(&server);
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
    connections_come_down_to(KEPT_IDLE, &server).await;
    drop(open_one);
    // Connections close with the last instance under their grant, though the plugin is ready still.
    connections_come_down_to(0, &server).await;
    drop(prepared);
    nothing_is_left(&server, before).await;
    drop(progress);
    memory_is_flat(early, end);
}

/// A wave of completions at once, each in an instance of its own; the next wave begins when it is over.
async fn at_once(scale: Scale) {
    let server = Server::start();
    let before = held(&server);
    let prepared = prepared();
    let progress = Progress::new(&format!("{} at once", scale.at_once), scale.completions);
    let (mut memories, mut most) = (Vec::new(), 0);
    for wave in 0..scale.completions / scale.at_once {
        let mut tasks = Vec::new();
        for place in 1..=scale.at_once {
            let (base_url, key) = (server.base_url.clone(), server.key.clone());
            let (prepared, number) = (prepared.clone(), wave * scale.at_once + place);
            tasks.push(tokio::spawn(async move {
                let (mut instance, client) = open(&prepared, &base_url, &key).await;
                complete(&mut instance, &client, number).await;
            }));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        most = most.max(held(&server).connections);
        for task in tasks {
            task.await.expect("a completion as it should be");
        }
        // Connections close with the last instance under their grant, though the plugin is ready still.
        connections_come_down_to(0, &server).await;
        memories.push(memory());
        progress.reached((wave + 1) * scale.at_once);
    }
    println!("  connections seen at once: {most}");
    assert!(most <= scale.at_once, "{most} connections for {} completions", scale.at_once);
    drop(prepared);
    nothing_is_left(&server, before).await;
    drop(progress);
    // How many buffers are in use at once is chance, and the heap keeps the gaps of the worst wave so far. What
    // leaks makes the worst wave of the second half worse than that of the first.
    let (first, second) = memories.split_at(memories.len() / 2);
    let worst = |waves: &[u64]| waves.iter().copied().max().expect("some waves");
    memory_is_flat(worst(first), worst(second));
}

#[test]
fn hundreds_of_completions_in_one_instance_leave_nothing_behind() {
    let _turn = turn();
    runtime().block_on(one_after_the_other(SHORT, Instances::One));
}

#[test]
fn hundreds_of_completions_in_an_instance_each_leave_nothing_behind() {
    let _turn = turn();
    runtime().block_on(one_after_the_other(SHORT, Instances::OneEach));
}

#[test]
fn dozens_of_completions_at_once_leave_nothing_behind() {
    let _turn = turn();
    runtime().block_on(at_once(SHORT));
}

#[test]
#[ignore = "long: make soak"]
fn ten_thousand_completions_in_one_instance_leave_nothing_behind() {
    let _turn = turn();
    runtime().block_on(one_after_the_other(LONG, Instances::One));
}

#[test]
#[ignore = "long: make soak"]
fn ten_thousand_completions_in_an_instance_each_leave_nothing_behind() {
    let _turn = turn();
    runtime().block_on(one_after_the_other(LONG, Instances::OneEach));
}

#[test]
#[ignore = "long: make soak"]
fn five_hundred_completions_at_once_twenty_times_leave_nothing_behind() {
    let _turn = turn();
    runtime().block_on(at_once(LONG));
}
