//! A host of nothing but counters and a scripted response. So the counts are exact, and the clock stands still unless a
//! test moves it.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::OnceLock;

use exports::agent::model_provider::provider::{
    Batch, Config, Credential, Error, Message, Part, Request, Role, TextPart,
};
pub use exports::agent::model_provider::provider::{ErrorKind, Timeouts};
use wasmtime::component::{Component, Linker, Resource, ResourceAny, ResourceType, Val};
use wasmtime::{Engine, Store, StoreContextMut};

wasmtime::component::bindgen!({
    world: "model-provider",
    path: "../../wit",
    additional_derives: [PartialEq],
});

/// What the host has, and what it was called for.
#[derive(Default)]
pub struct World {
    /// Calls by the function's name.
    calls: BTreeMap<String, u32>,
    /// Drops of resources, which are calls as well.
    pub drops: u32,
    /// The clock, in nanoseconds.
    pub now: u64,
    /// The last timer that was created.
    timer: u64,
    /// How many bytes of a request each permission covers.
    permit: u64,
    /// How many bytes of the request were written.
    pub uploaded: usize,
    /// The status of the response, once it has arrived.
    pub status: Option<u16>,
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
pub struct Counted {
    store: Store<World>,
    bindings: ModelProvider,
    completion: ResourceAny,
}

impl Counted {
    /// A completion of this prompt, whose request the host takes in pieces of `permit` bytes.
    pub fn start(timeouts: Timeouts, prompt: &str, permit: u64) -> Self {
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
    pub fn next(&mut self, after_ms: u64, wait_ms: u32) -> Result<Batch, Error> {
        self.world().now += after_ms * 1_000_000;
        let completions = self.bindings.agent_model_provider_provider().completion();
        completions.call_next(&mut self.store, self.completion, 64, wait_ms).expect("no trap")
    }

    /// These bytes arrive.
    pub fn receives(&mut self, bytes: &str) {
        self.world().reads.push_back(bytes.to_owned());
    }

    /// A chunk arrives, and the component is called for it.
    pub fn chunk(&mut self) -> Batch {
        self.receives("data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n");
        let batch = self.next(5, 0).expect("a chunk");
        assert!(!batch.events.is_empty());
        batch
    }

    /// The host's state.
    pub fn world(&mut self) -> &mut World {
        self.store.data_mut()
    }

    /// The calls since the last time, with their number for each function.
    pub fn take(&mut self) -> (u32, BTreeMap<String, u32>) {
        let calls = std::mem::take(&mut self.world().calls);
        (calls.values().sum(), calls)
    }
}
