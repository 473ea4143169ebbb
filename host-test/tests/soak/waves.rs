//! One after the other and many at once, in instances of their own or in one.

use std::sync::Arc;

use host_test::sandbox::{ClientHandle, Instance};
use tokio::runtime::{Builder, Runtime};

use crate::asking::{Reference, open};
use crate::measuring::{Progress, held, memory, memory_is_flat, nothing_is_left, turn};
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

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

async fn one_after_the_other(scale: Scale, instances: Instances) {
    let server = Server::start();
    let reference = Reference::take(&server).await;
    let before = held(&server);
    let progress =
        Progress::new(&format!("one after the other, instances: {instances:?}"), scale.completions);
    let mut early = 0;
    let mut open_one: Option<(Instance, ClientHandle)> = None;
    for number in 1..=scale.completions {
        let (mut instance, client) = match open_one.take() {
            Some(open) => open,
            None => open(&server.base_url, &server.key).await,
        };
        reference.check(&mut instance, &client, number).await;
        if let Instances::One = instances {
            open_one = Some((instance, client));
        }
        if number == scale.first {
            early = memory();
        }
        progress.reached(number);
    }
    let end = memory();
    drop(open_one);
    drop(progress);
    nothing_is_left(&server, before).await;
    memory_is_flat(early, end);
}

/// A wave of completions at once, each in an instance of its own; the next wave begins when it is over.
async fn at_once(scale: Scale) {
    let server = Server::start();
    let reference = Arc::new(Reference::take(&server).await);
    let before = held(&server);
    let progress = Progress::new(&format!("{} at once", scale.at_once), scale.completions);
    let mut early = 0;
    for wave in 0..scale.completions / scale.at_once {
        let mut tasks = Vec::new();
        for place in 1..=scale.at_once {
            let (base_url, key) = (server.base_url.clone(), server.key.clone());
            let (reference, number) = (Arc::clone(&reference), wave * scale.at_once + place);
            tasks.push(tokio::spawn(async move {
                let (mut instance, client) = open(&base_url, &key).await;
                reference.check(&mut instance, &client, number).await;
            }));
        }
        for task in tasks {
            task.await.expect("a completion as it should be");
        }
        // The first wave and the second: allocators settle when they give back for the first time.
        if wave < 2 {
            early = early.max(memory());
        }
        progress.reached((wave + 1) * scale.at_once);
    }
    let end = memory();
    drop(progress);
    nothing_is_left(&server, before).await;
    memory_is_flat(early, end);
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
