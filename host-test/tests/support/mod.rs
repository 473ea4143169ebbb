//! Small components for the tests of the sandbox. They export the whole contract, and all its functions run the same
//! body. They compile in milliseconds, unlike the plugin.
#![allow(dead_code)]

use std::path::Path;

use provider_host::contract::{AuthDescription, Description};
use provider_host::plugin::{Plugin, pack};
use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{ManglingAndAbi, Resolve};

/// A component without imports, in which every function of the contract runs `body`: WebAssembly text without a result.
pub fn component(body: &str) -> Vec<u8> {
    from_module(|module| replace_bodies(module, body))
}

/// The same of a component that also has embeddings.
pub fn component_with_embeddings(body: &str) -> Vec<u8> {
    of_world("model-provider-with-embeddings", |module| replace_bodies(module, body))
}

/// A component made from the contract's dummy module, whose text `change` edits.
pub fn from_module(change: impl FnOnce(&str) -> String) -> Vec<u8> {
    of_world("model-provider", change)
}

fn of_world(world: &str, change: impl FnOnce(&str) -> String) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    let (package, _) = resolve.push_path(wit).unwrap();
    let world = resolve.select_world(&[package], Some(world)).unwrap();
    let dummy = dummy_module(&resolve, world, ManglingAndAbi::Standard32);
    let text = change(&wasmprinter::print_bytes(dummy).unwrap());
    let mut module = wat::parse_str(text).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).unwrap();
    ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap()
}

fn replace_bodies(module: &str, body: &str) -> String {
    let changed = module.replace("unreachable", &format!("{body}\n unreachable"));
    assert_ne!(changed, module, "the dummy has bodies to replace");
    changed
}

/// The description of the test plugin.
pub fn description() -> Description {
    Description {
        id: "dummy".to_owned(),
        name: "Dummy".to_owned(),
        version: "0.1.0".to_owned(),
        homepage_url: String::new(),
        docs_url: String::new(),
        default_base_url: "https://provider.example/v1".to_owned(),
        origins: vec!["https://provider.example".to_owned()],
        auth: AuthDescription { env_vars: Vec::new(), key_hint: String::new(), console_url: String::new() },
        capabilities: Vec::new(),
        default_model: String::new(),
        utility_model: None,
    }
}

/// Packs the component as a plugin in a folder, and sets its limits.
pub fn plugin(folder: &Path, component: &[u8], memory_mib: u32, call_seconds: u32) -> Plugin {
    let mut plugin = pack(component, &description(), folder).unwrap();
    plugin.manifest.limits.memory_mib = memory_mib;
    plugin.manifest.limits.call_seconds = call_seconds;
    plugin
}
