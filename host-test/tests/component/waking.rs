//! `wake-after-ms` of the built component, and the calls that the host saves with it. Without it a host has to call
//! every idle stream several times a second.

use std::path::Path;
use std::time::{Duration, Instant};

use provider_host::contract::{Config, Credential, Event, Request, Timeouts};
use provider_host::sandbox::{CompletionHandle, Grant, Host, HostOptions, Instance, Secret};
use stand_in::StandIn;

use crate::bench::{PATIENCE, config, plugin};

const INSTANCES: usize = 2;
const STREAMS: usize = 64;

/// An idle deadline that no machine reaches during the test.
const IDLE_MS: u32 = 600_000;

struct Streams {
    instance: Instance,
    /// Each completion with the text that it has received.
    completions: Vec<(CompletionHandle, String)>,
}

impl Streams {
    /// Calls each stream once, without waiting. Returns the smallest `wake-after-ms`.
    async fn round(&mut self) -> Option<u32> {
        let mut least = None;
        for (completion, text) in &mut self.completions {
            let batch = self.instance.next(completion, 64, Duration::ZERO).await.expect("no error");
            assert!(!batch.done, "this server never ends a response");
            text.extend(batch.events.iter().filter_map(|event| match event {
                Event::BlockDelta(delta) => Some(delta.text.as_str()),
                _ => None,
            }));
            let wake_after = batch.wake_after_ms.expect("there is always a deadline");
            least = Some(least.unwrap_or(u32::MAX).min(wake_after));
        }
        least
    }

    fn fuel(&self) -> u64 {
        self.instance.fuel_used().expect("fuel is counted")
    }
}

#[tokio::test]
async fn idle_streams_make_no_calls_into_the_component_until_their_wake_time() {
    let stand_in = StandIn::start(0).await.expect("a server");
    {
        let options = HostOptions { count_fuel: true, ..HostOptions::default() };
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled");
        let host = Host::with_options(cache, options).expect("an engine");
        let prepared = host.prepare(&plugin(), &mut |_| ()).expect("a component that compiles");
        let mut all = Vec::new();
        for _ in 0..INSTANCES {
            let base_url = Some(stand_in.base_url().parse().expect("a URL"));
            let key = Some(Secret::new(stand_in.key()));
            let grant = Grant { loopback: true, base_url, key, ..Grant::default() };
            let mut instance = prepared.instantiate(grant).await.expect("an instance");
            let limit = Some(IDLE_MS);
            let timeouts = Timeouts {
                connect_ms: limit,
                first_byte_ms: limit,
                idle_ms: limit,
                total_ms: Some(u32::MAX),
            };
            let config =
                Config { credential: Credential::HostInjected, timeouts, ..config(&stand_in.base_url()) };
            let client = instance.open(&config).await.expect("a good configuration");
            let mut completions = Vec::new();
            for _ in 0..STREAMS {
                let request = Request::prompt("q25-silent-in-the-middle", "hello");
                let completion = instance.complete(&client, &request).await.expect("a good request");
                completions.push((completion, String::new()));
            }
            all.push(Streams { instance, completions });
        }
        let begun = Instant::now();
        for streams in &mut all {
            while streams.completions.iter().any(|(_, text)| text != "Hello, world.") {
                streams.round().await;
                assert!(begun.elapsed() < PATIENCE, "the texts do not arrive");
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            streams.round().await;
        }
        for streams in &mut all {
            let before = streams.fuel();
            for _ in 0..20 {
                let least = streams.round().await.expect("streams");
                assert!((1..=IDLE_MS).contains(&least), "{least} ms");
            }
            // The host waits on its own as well, without running the component.
            let (completion, _) = streams.completions.first().expect("a stream");
            let wait = Duration::from_millis(300);
            let batch = streams.instance.next(completion, 64, wait).await.expect("no error");
            assert!(batch.events.is_empty() && batch.wake_after_ms > Some(0));
            assert_eq!(streams.fuel(), before, "the component ran while its streams were idle");
        }
    }
}
