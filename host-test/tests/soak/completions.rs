//! Completions of which every event is checked. Under load, events of one stream must not be lost, and not appear in
//! another stream.

use std::path::Path;
use std::time::Duration;

use conformance::grammar::Grammar;
use conformance::transcript::Transcript;
use provider_host::contract::{BlockKind, Config, Event, FinishReason, Request, Timeouts, ToolArguments};
use provider_host::plugin::Plugin;
use provider_host::sandbox::{ClientHandle, Grant, Host, Instance, Prepared, Secret};

/// A scenario of the stand-in: reasoning, a text, a tool call and usage, without pauses.
const MODEL: &str = "everything-at-once";

/// The packed plugin in a host with the default options. Each test prepares its own, and checks that nothing is left
/// after it was dropped.
pub fn prepared() -> Prepared {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dist/plugins/cometapi");
    let plugin = Plugin::load(&folder).unwrap_or_else(|error| panic!("{error}; run 'make dist' first"));
    let host = Host::new(Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled")).expect("an engine");
    host.prepare(&plugin, &mut |_| ()).expect("a component that compiles")
}

/// An instance that is granted this server, and a client in it.
pub async fn open(prepared: &Prepared, base_url: &str, key: &str) -> (Instance, ClientHandle) {
    let url = Some(base_url.parse().expect("a URL"));
    let grant = Grant { loopback: true, base_url: url, key: Some(Secret::new(key)), ..Grant::default() };
    let mut instance = prepared.instantiate(grant).await.expect("an instance");
    // With 500 completions at the same time a busy machine is slow, which is not a failure.
    let timeouts = Timeouts {
        connect_ms: Some(60_000),
        first_byte_ms: Some(120_000),
        idle_ms: Some(120_000),
        total_ms: Some(600_000),
    };
    let config =
        Config { base_url: Some(base_url.to_owned()), timeouts, max_retries: Some(0), ..Config::default() };
    let client = instance.open(&config).await.expect("a good configuration");
    (instance, client)
}

/// Runs one completion. Its prompt contains a number, which the stand-in repeats in every part of the response, so that
/// events of another stream are noticed.
pub async fn complete(instance: &mut Instance, client: &ClientHandle, number: usize) {
    let prompt = format!("number {number}");
    let completion = instance.complete(client, &Request::prompt(MODEL, &prompt)).await.expect("a request");
    let (mut grammar, mut received) = (Grammar::default(), Vec::new());
    loop {
        let batch = instance.next(&completion, 64, Duration::from_secs(5)).await;
        let batch = batch.unwrap_or_else(|error| panic!("{prompt}: {error}"));
        for event in batch.events {
            grammar.read(&event).unwrap_or_else(|error| panic!("{prompt}: {error}"));
            received.push(event);
        }
        if batch.done {
            break;
        }
    }
    assert!(grammar.is_finished(), "{prompt} is done without a finish");
    instance.cancel(completion).await.expect("a completion can be dropped");
    check(&received, &prompt);
}

fn check(events: &[Event], prompt: &str) {
    let mut transcript = Transcript::new();
    for event in events {
        assert!(!matches!(event, Event::Warning(_)), "{prompt}: {event:?}");
        transcript.push(event);
    }
    assert_eq!(text_of(events, &BlockKind::Reasoning), format!("They say: {prompt}."));
    assert_eq!(text_of(events, &BlockKind::Text), format!("You said: {prompt}, and I look it up."));
    assert_eq!(events.iter().filter(|event| matches!(event, Event::BlockStart(_))).count(), 3, "{prompt}");
    let calls = transcript.tool_calls();
    let [call] = calls.as_slice() else { panic!("{prompt}: {calls:?}") };
    let arguments = format!(r#"{{"what":"{prompt}","where":["here","there"]}}"#);
    assert_eq!((call.name.as_str(), &call.arguments), ("look_up", &ToolArguments::Object(arguments)));
    let response = transcript.response().expect("the response event");
    assert_eq!(response.model.as_deref(), Some(MODEL), "{prompt}");
    let finish = transcript.finish().expect("a finish");
    assert_eq!(finish.reason, FinishReason::ToolCalls, "{prompt}");
    let usage = finish.usage.as_ref().expect("usage");
    assert_eq!(
        (usage.input, usage.output, usage.total, usage.cache_read, usage.reasoning),
        (Some(120), Some(40), Some(160), Some(100), Some(15)),
        "{prompt}"
    );
}

/// The joined deltas of all blocks of a kind.
fn text_of(events: &[Event], kind: &BlockKind) -> String {
    let mut blocks = Vec::new();
    let mut text = String::new();
    for event in events {
        match event {
            Event::BlockStart(start) if start.kind == *kind => blocks.push(start.index),
            Event::BlockDelta(delta) if blocks.contains(&delta.index) => text.push_str(&delta.text),
            _ => {}
        }
    }
    text
}
