//! A client of the packed plugin, in one of two hosts, for one server.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use conformance::grammar::Grammar;
use conformance::transcript::Transcript;
use provider_host::contract::{
    Config, Credential, Error, Event, Message, Part, Request, Role, TextPart, Timeouts,
};
use provider_host::json::request;
use provider_host::plugin::Plugin;
use provider_host::sandbox::{
    CallError, ClientHandle, CompletionHandle, Grant, Host, HostOptions, Instance, KeyMode, Prepared, Secret,
};
use stand_in::StandIn;

/// No test waits longer than this for anything.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// How the host lets the component wait.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Waiting {
    /// In `poll`, as long as it is told.
    Allowed,
    /// `poll` and `block` trap: every step is made with a wait of 0.
    Traps,
}

/// The folder of the packed plugin.
pub fn plugin_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../dist/plugins/cometapi")
}

/// The packed plugin.
pub fn plugin() -> Plugin {
    Plugin::load(&plugin_folder()).unwrap_or_else(|error| panic!("{error}; run 'make dist' first"))
}

/// The plugin, ready to run; compiled once for all tests.
pub fn prepared(waiting: Waiting) -> &'static Prepared {
    static ALLOWED: OnceLock<Prepared> = OnceLock::new();
    static TRAPS: OnceLock<Prepared> = OnceLock::new();
    let cell = match waiting {
        Waiting::Allowed => &ALLOWED,
        Waiting::Traps => &TRAPS,
    };
    cell.get_or_init(|| {
        let options = HostOptions {
            trap_on_block: waiting == Waiting::Traps,
            readable_memory: true,
            ..HostOptions::default()
        };
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled");
        let host = Host::with_options(cache, options).expect("an engine");
        host.prepare(&plugin(), &mut |_| ()).expect("a component that compiles")
    })
}

/// A configured client in an instance of its own.
pub struct Provider {
    pub instance: Instance,
    pub client: ClientHandle,
}

/// What a completion came to.
pub struct Answer {
    pub transcript: Transcript,
    pub events: Vec<Event>,
    pub error: Option<Error>,
}

/// Deadlines short enough for tests.
pub fn timeouts() -> Timeouts {
    Timeouts {
        connect_ms: Some(5_000),
        first_byte_ms: Some(1_500),
        idle_ms: Some(1_500),
        total_ms: Some(20_000),
    }
}

/// A configuration for a server.
pub fn config(base_url: &str) -> Config {
    Config {
        base_url: Some(base_url.to_owned()),
        credential: Credential::HostInjected,
        timeouts: timeouts(),
        max_retries: None,
        headers: Vec::new(),
    }
}

/// A client of the stand-in, its key added by the host.
pub async fn provider(stand_in: &StandIn, waiting: Waiting) -> Provider {
    open(stand_in, waiting, KeyMode::Injected, config(&stand_in.base_url())).await
}

/// A client with this configuration.
pub async fn open(stand_in: &StandIn, waiting: Waiting, mode: KeyMode, config: Config) -> Provider {
    let (key, credential) = match mode {
        KeyMode::Injected => (Some(Secret::new(stand_in.key())), Credential::HostInjected),
        KeyMode::Bearer => (None, Credential::Bearer(stand_in.key().to_owned())),
    };
    let mut instance = instance(&stand_in.base_url(), waiting, key).await;
    let client = instance.open(&Config { credential, ..config }).await.expect("a good configuration");
    Provider { instance, client }
}

/// An instance that may talk to this server.
pub async fn instance(base_url: &str, waiting: Waiting, key: Option<Secret>) -> Instance {
    let base_url = Some(base_url.parse().expect("a URL"));
    let grant = Grant { loopback: true, base_url, key, ..Grant::default() };
    prepared(waiting).instantiate(grant).await.expect("an instance")
}

/// A request to this model with one word from the user.
pub fn ask(model: &str, text: &str) -> Request {
    let part = Part::Text(TextPart { text: text.to_owned(), replay: None });
    let message = Message { role: Role::User, content: vec![part], cache_here: false };
    Request { messages: vec![message], ..request::empty(model.to_owned()) }
}

impl Provider {
    /// Runs a completion to its end; every event is held against the grammar.
    pub async fn answer(&mut self, request: &Request) -> Answer {
        let completion = match self.instance.complete(&self.client, request).await {
            Ok(completion) => completion,
            Err(error) => {
                let error = Some(provider_error(error));
                return Answer { transcript: Transcript::new(), events: Vec::new(), error };
            }
        };
        let answer = tokio::time::timeout(PATIENCE, self.drain(&completion)).await.expect("an end");
        self.instance.cancel(completion).await.expect("a completion can be dropped");
        answer
    }

    async fn drain(&mut self, completion: &CompletionHandle) -> Answer {
        let mut answer = Answer { transcript: Transcript::new(), events: Vec::new(), error: None };
        let mut grammar = Grammar::default();
        loop {
            match self.instance.next(completion, 64, Duration::from_millis(500)).await {
                Ok(batch) => {
                    for event in batch.events {
                        grammar.read(&event).expect("an event in its place");
                        answer.transcript.push(&event);
                        answer.events.push(event);
                    }
                    if batch.done {
                        assert!(grammar.is_finished(), "done without a finish");
                        return answer;
                    }
                }
                Err(error) => {
                    assert!(!grammar.is_finished(), "an error behind the finish");
                    answer.error = Some(provider_error(error));
                    return answer;
                }
            }
        }
    }
}

/// The provider's own error; anything else is a defect of the component.
pub fn provider_error(error: CallError) -> Error {
    match error {
        CallError::Provider(error) => *error,
        other => panic!("{other}"),
    }
}
