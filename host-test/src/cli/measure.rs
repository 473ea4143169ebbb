//! `host-test measure`: measures the latency that the plugin adds to a stream, and prints one line of JSON, or a table.
//!
//! The latency server writes the send time into each chunk, so one clock measures both ends and no client needs
//! changes.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use futures_util::StreamExt as _;
use meter::{Client, Sample, Spread};
use provider_host::contract::{Discovery, Event, Request};
use provider_host::plugin::Plugin;
use provider_host::sandbox::{ClientHandle, Grant, HostOptions, Instance, KeyMode, Prepared, Session};
use serde_json::{Value, json};

use super::access::Access;
use super::args::Common;
use super::failure::Failure;
use super::request::user_message;
use super::terminal::Screen;
use super::{fuel, loading, session};

/// The name of this client in a comparison with others.
const NAME: &str = "host-test";

/// The longest wait in one call. A call returns at the first event, so the value does not influence the result.
const WAIT: Duration = Duration::from_secs(10);

/// The most events in one call.
const MOST_EVENTS: u32 = 256;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  host-test stand-in --stamped --port 8080 &
  host-test measure --base-url http://127.0.0.1:8080/v1 -m stamped-text-c500-g2000 --requests 5
  host-test measure --base-url http://127.0.0.1:8080/v1 -m stamped-text-c200-g5000 -r 400 -c 200
  host-test measure --base-url http://127.0.0.1:8080/v1 --what models -r 20
  host-test measure --what start -r 20
  host-test measure --what fuel
  host-test measure --what caching -r 40

The output is a table for fuel and caching, and else one line of JSON: times in microseconds, for all responses, for
the first one of each new connection (\"cold\") and for the later ones (\"warm\"). Responses can only be measured with a server such as
'host-test stand-in --stamped': each of its chunks begins with the time at which it was sent, CLOCK_MONOTONIC of
this machine in nanoseconds as 16 hexadecimal digits.")]
pub(crate) struct MeasureArgs {
    /// Request this model; the latency server derives the chunks to send from its name.
    #[arg(short, long, value_name = "MODEL", required_if_eq_any([("what", "responses"), ("what", "answers")]))]
    model: Option<String>,
    /// Measure this many responses in total.
    #[arg(short, long, value_name = "R", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    requests: u32,
    /// Run this many at the same time, each with its own connection.
    #[arg(short, long, value_name = "C", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    concurrency: u32,
    /// Choose what to measure.
    #[arg(long, value_enum, default_value_t)]
    what: What,
    /// Let at most this many streams share an instance of the plugin, from 1, an instance for each, to 256.
    // The host shares no more. It would need more instances than are reserved below.
    #[arg(long, value_name = "N", default_value_t = HostOptions::default().streams_per_instance,
        value_parser = clap::value_parser!(u32).range(1..=256))]
    streams_per_instance: u32,
    /// Create a new session, and with it a new instance, for each response.
    #[arg(long)]
    fresh: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum What {
    /// Streamed responses.
    // The alias is the former name, which scripts may still use.
    #[default]
    #[value(alias = "answers")]
    Responses,
    /// The list of models, merged from the provider's two lists.
    Models,
    /// Loading the plugin from the cache, instantiating it, and its first call; nothing is sent.
    Start,
    /// The WebAssembly instructions that a chunk takes on each wire route, at equal text; a table.
    Fuel,
    /// How much of an agent's prompts simulated caches of the vendors serve, in as many turns as --requests; a table.
    Caching,
}

/// Measures, and prints the line. The report is printed even if a request failed: it has the error in it, and a comparison
/// of many clients must not lose the others because of one.
pub(crate) async fn run(common: &Common, args: &MeasureArgs, screen: Screen) -> Result<(), Failure> {
    let plugin = loading::load(common)?;
    if args.what == What::Caching {
        return super::caching::run(&plugin, args.requests, common.json, screen).await;
    }
    if args.what == What::Fuel {
        return fuel::run(&plugin, common.json, screen).await;
    }
    if args.what == What::Start {
        return screen.print_json(&start(&plugin, args.requests, screen).await?);
    }
    // No more lanes than requests: an idle one would only cost an instance.
    let lanes = args.concurrency.min(args.requests);
    let streams_per_instance = args.streams_per_instance;
    // The engine has room for one more, since the instance of the last response may not have ended.
    let instances = lanes.div_ceil(streams_per_instance).saturating_add(1);
    let options = HostOptions { instances, streams_per_instance, ..HostOptions::default() };
    let prepared = loading::prepare_with(options, &plugin, screen)?;
    let opening = Opening::new(common, &plugin, prepared)?;
    let shared = Arc::default();
    let lanes = 0..lanes;
    let report = match args.what {
        What::Models => {
            let clients = lanes.map(|_| Lister { opening: opening.clone(), open: None }).collect();
            meter::run(NAME, args.requests, clients).await
        }
        _ => {
            let mut request = Request::new(args.model.clone().unwrap_or_default());
            request.messages.push(user_message(Vec::new(), "Count.".to_owned()));
            let lane = |_| Lane {
                opening: opening.clone(),
                shared: Arc::clone(&shared),
                request: request.clone(),
                fresh: args.fresh,
            };
            meter::run(NAME, args.requests, lanes.map(lane).collect()).await
        }
    };
    screen.print_json(&serde_json::to_value(&report).unwrap_or_default())?;
    match report.error {
        Some(why) => Err(Failure::Host { cause: "measure", message: why }),
        None => Ok(()),
    }
}

/// Everything that is needed to instantiate the plugin and open the provider, so that a lane can do both within the time
/// that is measured.
#[derive(Clone)]
pub(super) struct Opening {
    pub(super) prepared: Prepared,
    pub(super) grant: Grant,
    pub(super) config: provider_host::contract::Config,
}

pub(super) struct Open {
    pub(super) instance: Instance,
    client: ClientHandle,
}

impl Opening {
    fn new(common: &Common, plugin: &Plugin, prepared: Prepared) -> Result<Opening, Failure> {
        let access = session::access(common, plugin)?;
        let Access::Server { base_url: Some(base_url), key } = access else {
            return Err(Failure::usage(
                "there is no latency server to measure; start one with 'host-test stand-in --stamped', and pass its URL with --base-url",
            ));
        };
        let (base_url, secret) = (Some(base_url), key.map(|key| key.secret));
        let grant = session::grant(prepared.manifest(), common.key_mode, &base_url, &secret);
        let config = session::config(common.key_mode, base_url.as_ref(), secret.as_ref());
        Ok(Opening { prepared, grant, config })
    }

    pub(super) async fn open(&self) -> Result<Open, String> {
        let mut instance = self.prepared.instantiate(self.grant.clone()).await.map_err(error_text)?;
        let client = instance.open(&self.config).await.map_err(error_text)?;
        Ok(Open { instance, client })
    }
}

fn error_text(why: impl std::fmt::Display) -> String {
    why.to_string()
}

/// One response after the other.
struct Lane {
    opening: Opening,
    /// The session of all lanes; empty before the first response, whose time includes opening it.
    shared: Arc<OnceLock<Session>>,
    request: Request,
    fresh: bool,
}

impl Lane {
    fn session(&self) -> Result<Session, String> {
        match self.shared.get() {
            Some(session) if !self.fresh => Ok(session.clone()),
            _ => {
                let Opening { prepared, grant, config } = self.opening.clone();
                let session = prepared.session(grant, config).map_err(error_text)?;
                Ok(if self.fresh { session } else { self.shared.get_or_init(|| session).clone() })
            }
        }
    }
}

impl Client for Lane {
    async fn exchange(&mut self, sample: &mut Sample) -> Result<(), String> {
        let completion = self.session()?.complete(&self.request).map_err(error_text)?;
        let mut completion = completion.with_max_events(MOST_EVENTS);
        while let Some(batch) = completion.next().await {
            for event in batch.map_err(error_text)?.events {
                if let Event::BlockDelta(delta) = event {
                    sample.text(&delta.text);
                }
            }
        }
        Ok(())
    }
}

/// Requests a response of an instance and reads it to its end.
pub(super) async fn read(open: &mut Open, request: &Request, sample: &mut Sample) -> Result<(), String> {
    let Open { instance, client } = open;
    let completion = instance.complete(client, request).await.map_err(error_text)?;
    loop {
        let batch = instance.next(&completion, MOST_EVENTS, WAIT).await.map_err(error_text)?;
        for event in &batch.events {
            if let Event::BlockDelta(delta) = event {
                sample.text(&delta.text);
            }
        }
        if batch.done {
            break;
        }
    }
    instance.cancel(completion).await.map_err(error_text)
}

/// Requests the list of models repeatedly. The maximum age of zero keeps the component from returning a cached list,
/// which would measure nothing.
struct Lister {
    opening: Opening,
    open: Option<Open>,
}

impl Client for Lister {
    async fn exchange(&mut self, _: &mut Sample) -> Result<(), String> {
        let mut open = match self.open.take() {
            Some(open) => open,
            None => self.opening.open().await?,
        };
        let list =
            open.instance.models(&open.client, Discovery::Live, Duration::ZERO).await.map_err(error_text)?;
        if list.models.is_empty() {
            return Err("the list of models is empty".to_owned());
        }
        self.open = Some(open);
        Ok(())
    }
}

/// Measures the time from the compiled plugin in the cache to the return of the first call.
async fn start(plugin: &Plugin, times: u32, screen: Screen) -> Result<Value, Failure> {
    // Compiles the plugin if the cache does not contain it: the loop measures loading only.
    loading::prepare(plugin, screen)?;
    let (mut load, mut instantiate, mut first_call) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..times {
        let host = loading::host(HostOptions::default()).map_err(loading::host_failure)?;
        let begun = Instant::now();
        let prepared = host.prepare(plugin, &mut |_| {}).map_err(loading::host_failure)?;
        load.push(begun.elapsed());
        // The first instance of an engine also allocates the engine's pools, so two are measured.
        for _ in 0..2 {
            let begun = Instant::now();
            let mut instance = prepared.instantiate(Grant::default()).await.map_err(loading::host_failure)?;
            instantiate.push(begun.elapsed());
            let config = session::config(KeyMode::Injected, None, None);
            let begun = Instant::now();
            instance.open(&config).await?;
            first_call.push(begun.elapsed());
        }
    }
    Ok(json!({
        "client": NAME, "requests": times, "fuel_per_chunk": fuel::of_chat(plugin, screen).await?,
        "load_us": Spread::of(&load), "instantiate_us": Spread::of(&instantiate),
        "first_call_us": Spread::of(&first_call),
    }))
}
