//! Sessions of the packed plugin: streams that share instances.

use std::path::Path;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::{StreamExt, TryStreamExt};
use provider_host::contract::embeddings::EmbeddingRequest;
use provider_host::contract::{Discovery, Event, Request};
use provider_host::sandbox::{Completion, Grant, Host, HostOptions, Secret, Session};
use stand_in::{Outcome, StandIn};

use crate::bench::{PATIENCE, config, plugin};

/// A session with this number of streams for each instance.
pub async fn session(stand_in: &StandIn, streams_per_instance: u32) -> Session {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled");
    let options = HostOptions { streams_per_instance, ..HostOptions::default() };
    let host = Host::with_options(cache, options).expect("an engine");
    let prepared = host.prepare(&plugin(), &mut |_| ()).expect("a component that compiles");
    let base_url = stand_in.base_url();
    let grant = Grant {
        loopback: true,
        base_url: base_url.parse().ok(),
        key: Some(Secret::new(stand_in.key())),
        ..Grant::default()
    };
    prepared.session(grant, config(&base_url)).expect("a good configuration")
}

/// The text of a response, which has to finish.
pub async fn text(mut completion: Completion) -> String {
    let (mut text, mut is_finished) = (String::new(), false);
    while let Some(batch) = completion.next().await {
        for event in batch.expect("no error").events {
            match event {
                Event::BlockDelta(delta) => text.push_str(&delta.text),
                Event::Finish(_) => is_finished = true,
                _ => {}
            }
        }
    }
    assert!(is_finished, "{text}");
    text
}

pub fn hello() -> Request {
    Request::prompt("gpt-5.4-mini", "hello")
}

#[tokio::test]
async fn streams_share_instances_up_to_the_bound_and_one_instance_stays() {
    let stand_in = StandIn::start(0).await.unwrap();
    for (bound, expected) in [(1, 10), (4, 3), (64, 1)] {
        let session = session(&stand_in, bound).await;
        let completions: Vec<_> = (0..10).map(|_| session.complete(&hello()).unwrap()).collect();
        assert_eq!(session.instances(), expected, "{bound} for each instance");
        let texts = join_all(completions.into_iter().map(text)).await;
        assert!(texts.iter().all(|text| !text.is_empty() && *text == texts[0]), "{texts:?}");
        assert_eq!(session.instances(), 1);
    }
}

#[tokio::test]
async fn dropping_a_stream_closes_its_connection_and_its_neighbours_go_on() {
    let stand_in = StandIn::start(0).await.unwrap();
    let session = session(&stand_in, 64).await;
    let mut endless = session.complete(&Request::prompt("q25-never-ends", "hello")).unwrap();
    let mut neighbour = session.complete(&Request::prompt("q25-never-ends", "hello")).unwrap();
    assert!(endless.try_next().await.unwrap().is_some());
    assert!(neighbour.try_next().await.unwrap().is_some());
    drop(endless);
    let ended = tokio::time::timeout(PATIENCE, stand_in.ended(0)).await.expect("the server sees it");
    assert_eq!(ended, Outcome::Aborted);
    let mut batches = 0;
    while batches < 5 {
        batches += usize::from(neighbour.try_next().await.unwrap().is_some());
    }
    // Before its first poll nothing was sent.
    let before = stand_in.requests().len();
    drop(session.complete(&hello()).unwrap());
    assert_eq!(stand_in.requests().len(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn streams_of_one_instance_run_on_several_threads() {
    let stand_in = StandIn::start(0).await.unwrap();
    let session = session(&stand_in, 64).await;
    let tasks: Vec<_> = (0..60)
        .map(|number| {
            let session = session.clone();
            tokio::spawn(async move {
                if number % 3 == 0 {
                    // Dropped in the middle, while other threads may be in the instance.
                    let mut endless = session.complete(&Request::prompt("q25-never-ends", "hello")).unwrap();
                    assert!(endless.try_next().await.unwrap().is_some());
                    return String::from("dropped");
                }
                text(session.complete(&hello()).unwrap()).await
            })
        })
        .collect();
    for task in join_all(tasks).await {
        assert!(!task.unwrap().is_empty());
    }
    assert_eq!(session.instances(), 1);
}

#[tokio::test]
async fn queries_run_beside_streams_and_can_be_dropped() {
    let stand_in = StandIn::start(0).await.unwrap();
    let session = session(&stand_in, 64).await;
    assert_eq!(session.describe().unwrap().id, "cometapi");
    let queries = async {
        let list = session.models(Discovery::Live, Duration::ZERO).await.unwrap();
        assert!(list.models.len() > 10);
        session.account().await.unwrap();
        let request = EmbeddingRequest::new("text-embedding-3-small", ["a cat"]);
        assert_eq!(session.embed(&request).await.unwrap().vectors.len(), 1);
    };
    let (text, ()) = tokio::join!(text(session.complete(&hello()).unwrap()), queries);
    assert!(!text.is_empty());
    let dropped = session.models(Discovery::Live, Duration::ZERO);
    assert!(tokio::time::timeout(Duration::ZERO, dropped).await.is_err());
    assert_eq!(session.instances(), 1);
}
