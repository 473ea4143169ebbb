//! A host that was compiled before the contract had embeddings, with a component that has them. The bindings here are
//! generated from the world without them, as those of such a host are.
#![allow(missing_docs)]

use std::path::Path;

use exports::agent::model_provider::provider::{Config, Credential, Timeouts};
use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, Store};

wasmtime::component::bindgen!({
    world: "model-provider",
    path: "../../wit",
});

#[test]
fn it_loads_the_component_and_calls_the_provider() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dist/plugins/cometapi/cometapi.wasm");
    let bytes = std::fs::read(path).expect("the packed plugin; run 'make dist' first");
    let engine = Engine::default();
    let component = Component::from_binary(&engine, &bytes).unwrap();
    let mut linker = Linker::new(&engine);
    // Nothing is sent here, so no import is called.
    linker.define_unknown_imports_as_traps(&component).unwrap();
    let mut store = Store::new(&engine, ());
    let bindings = ModelProvider::instantiate(&mut store, &component, &linker).unwrap();
    let provider = bindings.agent_model_provider_provider();
    assert_eq!(provider.call_describe(&mut store).unwrap().id, "cometapi");
    let config = Config {
        base_url: None,
        credential: Credential::HostInjected,
        timeouts: Timeouts { connect_ms: None, first_byte_ms: None, idle_ms: None, total_ms: None },
        max_retries: None,
        headers: Vec::new(),
    };
    let client = provider.client().call_open(&mut store, &config).unwrap().unwrap();
    client.resource_drop(&mut store).unwrap();
}
