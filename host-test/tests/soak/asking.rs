//! Completions whose every event is checked.

use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use host_test::contract::{
    Config, Credential, Event, FinishReason, Message, Part, Request, Role, TextPart, Timeouts, Usage,
};
use host_test::grammar::Grammar;
use host_test::json::request;
use host_test::plugin::Plugin;
use host_test::sandbox::{ClientHandle, Grant, Host, Instance, Prepared, Secret};
use host_test::transcript::Transcript;

use crate::serving::Server;

const MODEL: &str = "gpt-5.4-mini";

/// The packed plugin in a host for people, with none of the modes for tests.
pub fn prepared() -> &'static Prepared {
    static PREPARED: OnceLock<Prepared> = OnceLock::new();
    PREPARED.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dist/plugins/cometapi");
        let plugin = Plugin::load(&folder).unwrap_or_else(|error| panic!("{error}; run 'make dist' first"));
        let host = Host::new(Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled")).expect("an engine");
        host.prepare(&plugin, &mut |_| ()).expect("a component that compiles")
    })
}

/// An instance that may talk to a server, and a client of it.
pub async fn open(base_url: &str, key: &str) -> (Instance, ClientHandle) {
    let url = Some(base_url.parse().expect("a URL"));
    let grant = Grant { loopback: true, base_url: url, key: Some(Secret::new(key)), ..Grant::default() };
    let mut instance = prepared().instantiate(grant).await.expect("an instance");
    // Long ones: 500 at once on a busy machine are slow, and that is no failure.
    let timeouts = Timeouts {
        connect_ms: Some(60_000),
        first_byte_ms: Some(120_000),
        idle_ms: Some(120_000),
        total_ms: Some(600_000),
    };
    let config = Config {
        base_url: Some(base_url.to_owned()),
        credential: Credential::HostInjected,
        timeouts,
        max_retries: Some(0),
        headers: Vec::new(),
    };
    let client = instance.open(&config).await.expect("a good configuration");
    (instance, client)
}

/// A request with one word of the user's.
pub fn ask(model: &str, text: &str) -> Request {
    let part = Part::Text(TextPart { text: text.to_owned(), replay: None });
    let message = Message { role: Role::User, content: vec![part], cache_here: false };
    Request { messages: vec![message], ..request::empty(model.to_owned()) }
}

/// What each answer has to be, but for the number in it.
#[derive(Debug)]
pub struct Reference {
    text: String,
    usage: Usage,
}

/// The prompt of that number; all are of one length, so that all cost as many tokens.
fn prompt(number: usize) -> String {
    format!("number {number:06}")
}

impl Reference {
    /// Asks once, and holds the answer against what the stand-in is known to say.
    pub async fn take(server: &Server) -> Reference {
        let (mut instance, client) = open(&server.base_url, &server.key).await;
        let (text, usage) = complete(&mut instance, &client, 0).await;
        assert!(text.starts_with("You said: “number 000000”. I am the stand-in"), "{text}");
        assert!(text.ends_with("streams here just like this one."), "{text}");
        let tokens = u64::try_from(text.chars().count().div_ceil(4)).expect("a short text");
        assert_eq!(usage.output, Some(tokens), "four characters are a token");
        Reference { text, usage }
    }

    /// Completes once, and checks everything that comes.
    pub async fn check(&self, instance: &mut Instance, client: &ClientHandle, number: usize) {
        let (text, usage) = complete(instance, client, number).await;
        assert_eq!(text, self.text.replace(&prompt(0), &prompt(number)));
        assert_eq!(usage, self.usage, "number {number}");
    }
}

async fn complete(instance: &mut Instance, client: &ClientHandle, number: usize) -> (String, Usage) {
    let request = ask(MODEL, &prompt(number));
    let completion = instance.complete(client, &request).await.expect("a request");
    let (mut grammar, mut transcript) = (Grammar::default(), Transcript::new());
    loop {
        let batch = instance.next(&completion, 64, Duration::from_secs(5)).await;
        let batch = batch.unwrap_or_else(|error| panic!("number {number}: {error}"));
        for event in &batch.events {
            grammar.read(event).unwrap_or_else(|error| panic!("number {number}: {error}"));
            assert!(!matches!(event, Event::Warning(_)), "number {number}: {event:?}");
            transcript.push(event);
        }
        if batch.done {
            break;
        }
    }
    assert!(grammar.is_finished(), "number {number} is done without a finish");
    instance.cancel(completion).await.expect("a completion can be dropped");
    let finish = transcript.finish().expect("a finish");
    assert_eq!(finish.reason, FinishReason::Stop, "number {number}");
    (transcript.text(), finish.usage.clone().expect("usage"))
}
