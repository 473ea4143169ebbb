//! A component that breaks down in one stream of a session: which streams end with it, and which go on.

use futures_util::StreamExt;
use provider_host::sandbox::Session;

use super::guest::{Guest, SCRATCH, batch};
use super::*;

/// Batches of this many events make the guest trap; others are empty.
const TRAPS: u32 = 7;
/// And these make it loop.
const LOOPS: u32 = 9;

fn guest() -> Guest {
    let body = format!(
        "(if (i32.eq (local.get 1) (i32.const {TRAPS})) (then unreachable))
         (if (i32.eq (local.get 1) (i32.const {LOOPS})) (then (loop br 0)))
         {}",
        batch(SCRATCH, 0, 0)
    );
    Guest::new().on("completion.next", body)
}

fn session(prepared: &Prepared, key: &str) -> Session {
    let base_url = "https://api.example.com/v1".parse().ok();
    let grant = Grant { base_url, key: Some(Secret::new(key)), ..Grant::default() };
    prepared.session(grant, Config::default()).unwrap()
}

fn request() -> Request {
    Request::prompt("gpt-5.4-mini", "hello")
}

#[tokio::test]
async fn a_breakdown_ends_the_streams_of_its_instance_and_no_others() {
    let bench = Bench::new().await;
    let prepared = bench.prepared(&guest());
    for (max_events, cause) in [(TRAPS, "broke down"), (LOOPS, "did not return in time")] {
        let (session, other) = (session(&prepared, "sk-0123456789"), session(&prepared, "sk-9876543210"));
        let mut neighbour = session.complete(&request()).unwrap();
        let mut elsewhere = other.complete(&request()).unwrap();
        let mut breaking = session.complete(&request()).unwrap().with_max_events(max_events);
        assert_eq!((session.instances(), other.instances()), (1, 1));
        // Both wait when the third breaks their instance.
        let (own, shared) = tokio::join!(breaking.next(), neighbour.next());
        let own = own.unwrap().unwrap_err();
        assert!(matches!(own, CallError::Trapped(_) | CallError::Deadline { .. }), "{own}");
        let shared = shared.unwrap().unwrap_err();
        assert!(matches!(&shared, CallError::InstanceLost(why) if why.contains(cause)), "{shared}");
        assert!(neighbour.next().await.is_none() && breaking.next().await.is_none(), "they are over");
        // The next request has a fresh instance, and the other grant's stream waits as before.
        let mut next = session.complete(&request()).unwrap();
        let waiting = tokio::time::timeout(Duration::from_millis(150), next.next()).await;
        assert!(waiting.is_err(), "{waiting:?}");
        let waiting = tokio::time::timeout(Duration::from_millis(150), elsewhere.next()).await;
        assert!(waiting.is_err(), "{waiting:?}");
        drop((neighbour, breaking));
        assert_eq!(session.instances(), 1);
    }
}

#[tokio::test]
async fn a_stream_that_was_dropped_is_released_when_the_instance_is_free() {
    let bench = Bench::new().await;
    // The destructor of a completion traps, which shows that it ran.
    let guest = guest().on("completion_dtor", "unreachable");
    let session = session(&bench.prepared(&guest), "sk-0123456789");
    let completion = session.complete(&request()).unwrap();
    let mut neighbour = session.complete(&request()).unwrap();
    drop(completion);
    let error = neighbour.next().await.unwrap().unwrap_err();
    assert!(matches!(&error, CallError::InstanceLost(why) if why.contains("drop")), "{error}");
}
