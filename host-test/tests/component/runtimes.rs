//! A session in each kind of runtime, and what of it can change threads.

use std::time::Duration;

use futures_util::TryStreamExt as _;
use provider_host::contract::embeddings::EmbeddingRequest;
use provider_host::contract::{Discovery, Request};
use provider_host::plugin::{LoadError, Plugin};
use provider_host::sandbox::{
    CallError, Completion, Grant, Host, HostOptions, Instance, Prepared, SandboxError, Secret, Session,
};
use stand_in::{Outcome, StandIn};
use tokio::runtime::{Builder, Runtime};

use crate::bench::PATIENCE;
use crate::sessions::{hello, session, text};

fn runtimes() -> [(&'static str, Runtime); 2] {
    let several = Builder::new_multi_thread().worker_threads(3).enable_all().build().expect("a runtime");
    let single = Builder::new_current_thread().enable_all().build().expect("a runtime");
    [("one thread", single), ("several threads", several)]
}

/// Fails to compile where one of these loses the property: a field that is not `Send` is enough.
#[test]
fn what_an_agent_keeps_can_change_threads() {
    fn is_shared<T: Send + Sync + 'static>() {}
    // As a field of a struct, in a task, and read with `StreamExt::next` without pinning.
    fn is_moved<T: Send + Unpin + 'static>() {}
    fn is_error<T: std::error::Error + Send + Sync + 'static>() {}
    fn is_cloned<T: Clone + Send + Sync + 'static>() {}
    is_shared::<(Host, Plugin)>();
    is_cloned::<(HostOptions, Grant, Secret, Prepared, Session)>();
    is_moved::<(Completion, Instance)>();
    is_error::<LoadError>();
    is_error::<SandboxError>();
    is_error::<CallError>();
}

/// Each call of a session, and the end of one by a drop.
async fn every_call(session: Session, stand_in: StandIn) {
    assert_eq!(session.describe().expect("a description").id, "cometapi");
    assert!(session.warm(&stand_in.base_url().parse().expect("a URL")).await);
    assert!(!text(session.complete(&hello()).expect("a request")).await.is_empty());
    let list = session.models(Discovery::Live, Duration::ZERO).await.expect("a list");
    assert!(list.models.len() > 10);
    session.account().await.expect("an account");
    let request = EmbeddingRequest::new("text-embedding-3-small", ["a cat"]);
    assert_eq!(session.embed(&request).await.expect("vectors").vectors.len(), 1);
    let before = stand_in.requests().len();
    let mut endless = session.complete(&Request::prompt("q25-never-ends", "hello")).expect("a request");
    assert!(endless.try_next().await.expect("no error").is_some());
    drop(endless);
    let ended = tokio::time::timeout(PATIENCE, stand_in.ended(before)).await;
    assert_eq!(ended.expect("the server sees the drop"), Outcome::Aborted);
}

#[test]
fn every_call_works_in_a_task_of_each_kind_of_runtime() {
    for (name, runtime) in runtimes() {
        let run = async {
            let stand_in = StandIn::start(0).await.expect("a stand-in");
            let session = session(&stand_in, 64).await;
            // `spawn` takes only futures that can change threads.
            tokio::spawn(every_call(session, stand_in)).await
        };
        runtime.block_on(run).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

/// Agents hand a stream over: one task starts it, and another one reads it.
#[test]
fn a_stream_goes_on_in_another_task_and_on_another_thread() {
    for (name, runtime) in runtimes() {
        let stand_in = runtime.block_on(StandIn::start(0)).expect("a stand-in");
        let session = runtime.block_on(session(&stand_in, 64));
        let mut completion = session.complete(&hello()).expect("a request");
        let begun = async move {
            let first = completion.try_next().await.expect("no error");
            assert!(first.is_some());
            completion
        };
        let completion = runtime.block_on(async { tokio::spawn(begun).await }).expect("no panic");
        let rest = std::thread::spawn(move || runtime.block_on(text(completion))).join().expect("no panic");
        assert!(!rest.is_empty(), "{name}");
    }
}

/// Programs without a runtime of their own start one for each call. A connection that waits for the next request
/// belongs to the runtime that opened it, and is of no use after that one's end.
#[test]
fn a_session_goes_on_in_a_new_runtime_after_its_first_one_has_ended() {
    let server = Runtime::new().expect("a runtime");
    let stand_in = server.block_on(StandIn::start(0)).expect("a stand-in");
    let session = server.block_on(session(&stand_in, 64));
    for (name, runtime) in runtimes().into_iter().chain(runtimes()) {
        let response = runtime.block_on(text(session.complete(&hello()).expect("a request")));
        assert!(!response.is_empty(), "{name}");
    }
}
