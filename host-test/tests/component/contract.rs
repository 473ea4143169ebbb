//! The component seen from outside: its interface, its imports and its size. Every import is something that a host has
//! to provide and to restrict, and every byte ships in each plugin.

use std::path::Path;

use wit_component::DecodedWasm;
use wit_parser::{Resolve, WorldKey};

use crate::bench::{bench, plugin};

/// All interfaces that the component may import: clocks, HTTP and polling, but no file, environment or random source.
const IMPORTS: [&str; 6] = [
    "wasi:clocks/monotonic-clock",
    "wasi:http/outgoing-handler",
    "wasi:http/types",
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
];

/// The largest component that passes, in bytes, with either toolchain.
///
/// Rustup's target makes it about 17 KB larger than Debian's compiler, which omits the messages of panics. The tables
/// of models and retired ids take 13 KB, the three routes beside chat completions a quarter of the code; see
/// `docs/performance.md`.
const MAX_SIZE: u64 = 494_000;

#[tokio::test]
async fn the_component_imports_exactly_six_interfaces_and_exports_two() {
    let inspection = bench().await.inspect();
    let mut imports: Vec<_> =
        inspection.imports.iter().map(|import| import.split('@').next().unwrap_or_default()).collect();
    imports.sort_unstable();
    assert_eq!(imports, IMPORTS);
    let mut exports = inspection.exports;
    exports.sort_unstable();
    assert_eq!(exports, ["agent:model-provider/embeddings@0.2.0", "agent:model-provider/provider@0.2.0"]);
}

#[tokio::test]
async fn the_component_is_within_its_size_limit() {
    let size = bench().await.inspect().size;
    println!("the component is {size} bytes");
    assert!(size <= MAX_SIZE, "the component is {size} bytes; {MAX_SIZE} are allowed");
}

/// The text of an exported interface, with types and functions but without documentation, which a component lacks.
fn interface(resolve: &Resolve, world: wit_parser::WorldId, name: &str) -> String {
    let exported = resolve.worlds[world].exports.keys().find_map(|key| match key {
        WorldKey::Interface(id) => {
            Some(*id).filter(|id| resolve.interfaces[*id].name.as_deref() == Some(name))
        }
        WorldKey::Name(_) => None,
    });
    let package = resolve.interfaces[exported.expect("an exported interface")].package.expect("a package");
    let mut printer = wit_component::WitPrinter::default();
    printer.emit_docs(false);
    printer.print_package(resolve, package, true).expect("a package that can be printed");
    let text = printer.output.to_string();
    let begin = text.find(&format!("interface {name} {{")).expect("the interface");
    let end = text[begin..].find("\n}").expect("its end") + begin;
    text[begin..end].to_owned()
}

#[test]
fn the_interfaces_of_the_component_equal_those_in_the_wit_folder() {
    let decoded = wit_component::decode(plugin().component()).expect("a component");
    let DecodedWasm::Component(built, built_world) = decoded else { panic!("no component") };
    let mut written = Resolve::default();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    let (package, _) = written.push_path(folder).expect("the contract parses");
    let world = Some("model-provider-with-embeddings");
    let written_world = written.select_world(&[package], world).expect("the larger world");
    for name in ["provider", "embeddings"] {
        assert_eq!(interface(&built, built_world, name), interface(&written, written_world, name));
    }
}
