//! How often the component calls its host, counted for each imported function. The host here is made of nothing but
//! counters and a scripted response, so the counts are exact, and the clock stands still unless a test moves it.
#![allow(missing_docs)]

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::OnceLock;

use exports::agent::model_provider::provider::{
    Batch, Config, Credential, Error, ErrorKind, Message, Part, Request, Role, TextPart, Timeouts,
};
use wasmtime::component::{Component, Linker, Resource, ResourceAny, ResourceType, Val};
use wasmtime::{Engine, Store, StoreContextMut};

wasmtime::component::bindgen!({
    world: "model-provider",
    path: "../../wit",
    additional_derives: [PartialEq],
});

/// What the host has, and what it was called for.
#[derive(Default)]
struct World {
    /// Calls by the function's name.
    calls: BTreeMap<String, u32>,
    /// Drops of resources, which are calls as well.
    drops: u32,
    now: u64,
    /// The last timer that was created.
    timer: u64,
    /// How many bytes of a request each permission covers.
    permit: u64,
    uploaded: usize,
    /// The status of the response, once it has arrived.
    status: Option<u16>,
    /// What the next reads return. Nothing has arrived where this is empty.
    reads: VecDeque<String>,
}

struct Thing;

/// The functions of the component's world, without their versions.
const FUNCTIONS: [(&str, &[&str]); 6] = [
    ("wasi:clocks/monotonic-clock", &["now", "subscribe-instant"]),
    ("wasi:io/poll", &["poll", "[method]pollable.ready"]),
    (
        "wasi:io/streams",
        &[
            "[method]input-stream.read",
            "[method]input-stream.subscribe",
            "[method]output-stream.check-write",
            "[method]output-stream.write",
            "[method]output-stream.flush",
            "[method]output-stream.subscribe",
        ],
    ),
    (
        "wasi:http/types",
        &[
            "[constructor]fields",
            "[static]fields.from-list",
            "[method]fields.append",
            "[method]fields.entries",
            "[constructor]outgoing-request",
            "[method]outgoing-request.set-method",
            "[method]outgoing-request.set-scheme",
            "[method]outgoing-request.set-authority",
            "[method]outgoing-request.set-path-with-query",
            "[method]outgoing-request.body",
            "[method]outgoing-body.write",
            "[static]outgoing-body.finish",
            "[constructor]request-options",
            "[method]request-options.set-connect-timeout",
            "[method]request-options.set-first-byte-timeout",
            "[method]request-options.set-between-bytes-timeout",
            "[method]future-incoming-response.subscribe",
            "[method]future-incoming-response.get",
            "[method]incoming-response.status",
            "[method]incoming-response.headers",
            "[method]incoming-response.consume",
            "[method]incoming-body.stream",
        ],
    ),
    ("wasi:http/outgoing-handler", &["handle"]),
    ("wasi:io/error", &[]),
];

/// The resources of each interface, and those that it uses of others.
const RESOURCES: [(&str, &[&str]); 6] = [
    ("wasi:io/poll", &["pollable"]),
    ("wasi:io/error", &["error"]),
    ("wasi:io/streams", &["input-stream", "output-stream", "error", "pollable"]),
    ("wasi:clocks/monotonic-clock", &["pollable"]),
    (
        "wasi:http/types",
        &[
            "fields",
            "headers",
            "trailers",
            "io-error",
            "outgoing-request",
            "request-options",
            "outgoing-body",
            "future-incoming-response",
            "incoming-response",
            "incoming-body",
            "input-stream",
            "output-stream",
            "pollable",
        ],
    ),
    ("wasi:http/outgoing-handler", &["outgoing-request", "request-options", "future-incoming-response"]),
];

fn ok(value: Option<Val>) -> Val {
    Val::Result(Ok(value.map(Box::new)))
}

/// The result of a call, where the function has one.
fn respond(mut store: StoreContextMut<'_, World>, function: &str, params: &[Val]) -> wasmtime::Result<Val> {
    let inside = |param: &Val| match param {
        Val::Option(Some(value)) => vec![value.as_ref().clone()],
        Val::List(values) if function == "poll" => values.clone(),
        param => vec![param.clone()],
    };
    for param in params.iter().flat_map(inside) {
        match param {
            Val::Resource(given) if given.owned() => {
                let _: Resource<Thing> = given.try_into_resource(&mut store)?;
            }
            // The host has to give back what it borrowed.
            Val::Resource(borrowed) => borrowed.resource_drop(&mut store)?,
            _ => {}
        }
    }
    let resource = Val::Resource(ResourceAny::try_from_resource(Resource::<Thing>::new_own(0), &mut store)?);
    let world = store.data_mut();
    *world.calls.entry(function.to_owned()).or_default() += 1;
    let name = function.rsplit(['.', ']']).next().unwrap_or(function);
    Ok(match name {
        "now" => Val::U64(world.now),
        "subscribe-instant" => {
            let [Val::U64(at)] = params else { panic!("{params:?}") };
            world.timer = *at;
            resource
        }
        // Nothing arrives during a wait here, so it ends with its timer.
        "poll" => {
            world.now = world.now.max(world.timer);
            Val::List(vec![Val::U32(0)])
        }
        "ready" => Val::Bool(world.status.is_some()),
        "subscribe" | "fields" | "outgoing-request" | "request-options" | "headers" => resource,
        "from-list" | "body" | "stream" | "consume" | "handle" => ok(Some(resource)),
        "write" if function.contains("outgoing-body") => ok(Some(resource)),
        "write" => {
            let [_, Val::List(bytes)] = params else { panic!("{params:?}") };
            assert!(bytes.len() as u64 <= world.permit);
            world.uploaded += bytes.len();
            ok(None)
        }
        "check-write" => ok(Some(Val::U64(world.permit))),
        "get" => match world.status {
            Some(_) => Val::Option(Some(Box::new(ok(Some(ok(Some(resource))))))),
            None => Val::Option(None),
        },
        "status" => Val::U16(world.status.unwrap_or_default()),
        "entries" => Val::List(Vec::new()),
        "read" => {
            let bytes = world.reads.pop_front().unwrap_or_default();
            ok(Some(Val::List(bytes.bytes().map(Val::U8).collect())))
        }
        _ => ok(None),
    })
}

fn component() -> &'static (Engine, Component) {
    static COMPONENT: OnceLock<(Engine, Component)> = OnceLock::new();
    COMPONENT.get_or_init(|| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dist/plugins/cometapi/cometapi.wasm");
        let bytes = std::fs::read(path).expect("the packed plugin; run 'make dist' first");
        let engine = Engine::default();
        let component = Component::from_binary(&engine, &bytes).expect("a component");
        (engine, component)
    })
}

/// A client over such a host, with one completion.
struct Counted {
    store: Store<World>,
    bindings: ModelProvider,
    completion: ResourceAny,
}

impl Counted {
    fn start(timeouts: Timeouts, prompt: &str, permit: u64) -> Self {
        let (engine, component) = component();
        let mut linker = Linker::<World>::new(engine);
        let names: Vec<String> =
            component.component_type().imports(engine).map(|(name, _)| name.to_owned()).collect();
        let full = |name: &str| names.iter().find(|known| known.split('@').next() == Some(name)).cloned();
        for (interface, resources) in RESOURCES {
            let mut instance = linker.instance(&full(interface).expect("an import")).expect("an instance");
            for resource in resources {
                let count = |mut store: StoreContextMut<'_, World>, _| {
                    store.data_mut().drops += 1;
                    Ok(())
                };
                instance.resource(resource, ResourceType::host::<Thing>(), count).expect("a resource");
            }
        }
        for (interface, functions) in FUNCTIONS {
            let mut instance = linker.instance(&full(interface).expect("an import")).expect("an instance");
            for function in functions {
                let respond =
                    move |store: StoreContextMut<'_, World>, _, params: &[Val], results: &mut [Val]| {
                        results[0] = respond(store, function, params)?;
                        Ok(())
                    };
                instance.func_new(function, respond).expect("a function");
            }
        }
        linker.define_unknown_imports_as_traps(component).expect("traps");
        let mut store = Store::new(engine, World { permit, ..World::default() });
        let bindings = ModelProvider::instantiate(&mut store, component, &linker).expect("an instance");
        let provider = bindings.agent_model_provider_provider();
        let config = Config {
            base_url: Some("http://127.0.0.1:8080/v1".to_owned()),
            credential: Credential::HostInjected,
            timeouts,
            max_retries: None,
            headers: Vec::new(),
        };
        let client = provider.client().call_open(&mut store, &config).unwrap().expect("a configuration");
        let text = Part::Text(TextPart { text: prompt.to_owned(), replay: None });
        let request = Request {
            model: "m".to_owned(),
            messages: vec![Message { role: Role::User, content: vec![text], cache_here: false }],
            tools: Vec::new(),
            tool_choice: None,
            parallel_tool_calls: None,
            response_format: None,
            max_output_tokens: None,
            temperature: None,
            top_p: None,
            frequency_penalty: None,
            presence_penalty: None,
            stop: Vec::new(),
            seed: None,
            reasoning: None,
            cache_key: None,
            user: None,
            route: Some("chat-completions".to_owned()),
            extra_json: None,
        };
        let completion =
            provider.client().call_complete(&mut store, client, &request).unwrap().expect("a request");
        Counted { store, bindings, completion }
    }

    /// Advances the clock, and calls the component.
    fn next(&mut self, after_ms: u64, wait_ms: u32) -> Result<Batch, Error> {
        self.store.data_mut().now += after_ms * 1_000_000;
        let completions = self.bindings.agent_model_provider_provider().completion();
        completions.call_next(&mut self.store, self.completion, 64, wait_ms).expect("no trap")
    }

    fn receives(&mut self, bytes: &str) {
        self.store.data_mut().reads.push_back(bytes.to_owned());
    }

    fn chunk(&mut self) -> Batch {
        self.receives("data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n");
        let batch = self.next(5, 0).expect("a chunk");
        assert!(!batch.events.is_empty());
        batch
    }

    /// The calls since the last time, with their number for each function.
    fn take(&mut self) -> (u32, BTreeMap<String, u32>) {
        let calls = std::mem::take(&mut self.store.data_mut().calls);
        (calls.values().sum(), calls)
    }
}

const DEFAULT: Timeouts = Timeouts { connect_ms: None, first_byte_ms: None, idle_ms: None, total_ms: None };
const LAST: &str = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
/// Enough for the body of a short request.
const ALL: u64 = 1 << 20;

/// A stream whose head and first chunk have been read.
fn streaming(timeouts: Timeouts) -> Counted {
    let mut counted = Counted::start(timeouts, "hello", ALL);
    counted.next(0, 0).expect("it is sent");
    counted.store.data_mut().status = Some(200);
    counted.chunk();
    counted
}

#[test]
fn a_whole_request_makes_twenty_calls_and_one_for_each_chunk() {
    let mut counted = Counted::start(DEFAULT, "hello", ALL);
    assert!(counted.next(0, 0).expect("it is sent").events.is_empty());
    counted.store.data_mut().status = Some(200);
    for _ in 0..3 {
        counted.chunk();
    }
    counted.receives(LAST);
    assert!(counted.next(5, 0).expect("the end").done);
    let (all, calls) = counted.take();
    let reads = calls["[method]input-stream.read"];
    assert_eq!(reads, 4, "one for each chunk");
    // The clock: at the request, at the response, and at the second chunk to see the pace.
    assert!(all - reads <= 21, "{all} calls: {calls:#?}");
    assert!(calls["now"] <= 3 && calls.values().all(|count| *count <= 4), "{calls:#?}");
    // The completion's own resources are dropped with its attempt, before the host drops the completion.
    assert_eq!(
        counted.store.data().drops,
        6,
        "stream, body and response; the request's stream; fields; future"
    );
}

#[test]
fn a_connect_deadline_costs_two_calls() {
    let mut counted = Counted::start(Timeouts { connect_ms: Some(700), ..DEFAULT }, "hello", ALL);
    counted.next(0, 0).expect("it is sent");
    let (_, calls) = counted.take();
    let options: Vec<&str> =
        calls.keys().filter(|name| name.contains("options")).map(String::as_str).collect();
    assert_eq!(options, ["[constructor]request-options", "[method]request-options.set-connect-timeout"]);
}

#[test]
fn a_chunk_makes_one_call() {
    let mut counted = streaming(DEFAULT);
    counted.take();
    let mut clock = 0;
    for _ in 0..200 {
        let batch = counted.chunk();
        // The idle deadline is long; a second's silence is enough to time a chunk that was not timed.
        assert_eq!(batch.wake_after_ms, Some(1_001));
        let (all, calls) = counted.take();
        let now = calls.get("now").copied().unwrap_or_default();
        assert_eq!((all, calls["[method]input-stream.read"]), (1 + now, 1), "{calls:?}");
        clock += now;
    }
    // One chunk in 32 sees how far away the total deadline is.
    assert!(clock <= 7, "{clock}");
}

#[test]
fn a_stall_makes_two_calls_and_ends_at_its_deadline() {
    // After more of them the clock is read, and 32 chunks have taken longer than the silence.
    for chunks in 1..30 {
        let mut counted = streaming(Timeouts { idle_ms: Some(1_000), ..DEFAULT });
        let mut silence = 0;
        for _ in 0..chunks {
            silence = counted.chunk().wake_after_ms.expect("a silence");
        }
        assert_eq!(silence, 126, "an eighth of the deadline");
        counted.take();
        // The first call finds out when the last chunk arrived, and the second one ends the stream.
        let batch = counted.next(silence.into(), 0).expect("the deadline has not passed");
        let (all, calls) = counted.take();
        assert_eq!((all, calls["now"], calls["[method]input-stream.read"]), (2, 1, 1));
        let wake = batch.wake_after_ms.expect("the idle deadline");
        assert_eq!(silence + wake, 1_000);
        let error = counted.next(wake.into(), 0).expect_err("the deadline has passed");
        assert!(error.kind == ErrorKind::Timeout && error.message.contains("idle"), "{}", error.message);
        let (all, calls) = counted.take();
        assert_eq!((all, calls["now"], calls["[method]input-stream.read"]), (2, 1, 1));
    }
    // One that waits inside the component wakes itself.
    let mut counted = streaming(Timeouts { idle_ms: Some(1_000), ..DEFAULT });
    let last = counted.store.data().now;
    counted.take();
    assert_eq!(counted.next(0, 60_000).expect_err("it has passed").kind, ErrorKind::Timeout);
    assert_eq!(counted.store.data().now - last, 1_000_000_000);
}

#[test]
fn an_upload_of_a_megabyte_makes_three_calls_a_piece() {
    const MEGABYTE: usize = 1 << 20;
    for (permit, pieces) in [(4 << 20, 1), (64 << 10, 17)] {
        let mut counted = Counted::start(DEFAULT, &"x".repeat(MEGABYTE), permit);
        while counted.store.data().uploaded <= MEGABYTE {
            counted.next(1, 0).expect("it is sent");
        }
        let (all, calls) = counted.take();
        assert_eq!(calls["[method]output-stream.write"], pieces);
        assert_eq!(calls["[method]output-stream.check-write"], pieces);
        assert_eq!(calls.get("[method]output-stream.flush").copied().unwrap_or_default(), pieces - 1);
        // A response that comes early is looked for between the pieces: two calls each.
        assert!(all <= 16 + 5 * pieces, "{all}: {calls:#?}");
    }
}

#[test]
fn a_retry_makes_as_many_calls_as_a_request() {
    let mut counted = Counted::start(DEFAULT, "hello", ALL);
    counted.next(0, 0).expect("it is sent");
    counted.store.data_mut().status = Some(503);
    counted.receives("{\"error\":{\"message\":\"overloaded\"}}");
    let wake = counted.next(5, 0).expect("it waits for the rest").wake_after_ms.expect("a deadline");
    // The body's end does not come, so that the error is read for five seconds.
    let wake = counted.next(wake.into(), 0).expect("a back-off").wake_after_ms.expect("its end");
    assert!((1..=500).contains(&wake), "{wake}");
    counted.take();
    counted.store.data_mut().status = None;
    counted.next(wake.into(), 0).expect("it is sent again");
    counted.store.data_mut().status = Some(200);
    counted.receives(LAST);
    assert!(counted.next(5, 0).expect("the end").done);
    let (all, calls) = counted.take();
    assert!(all <= 21, "{all}: {calls:#?}");
}
