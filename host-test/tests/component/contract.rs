//! What the component is, seen from outside: its interface, its imports, its size.

use std::path::Path;

use wit_component::DecodedWasm;
use wit_parser::{Resolve, WorldKey};

use crate::bench::{bench, plugin};

/// Everything that the component may know of its host.
const IMPORTS: [&str; 6] = [
    "wasi:clocks/monotonic-clock",
    "wasi:http/outgoing-handler",
    "wasi:http/types",
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
];

/// Largest component, in bytes, of either toolchain.
///
/// With rustup's target it is about 17 KB larger than with Debian's compiler, which leaves out the texts of panics. The
/// tables of models and retired ids are 13 KB of it.
const MAX_SIZE: u64 = 282_000;

#[tokio::test]
async fn it_imports_exactly_six_interfaces_and_exports_one() {
    let seen = bench().await.inspect();
    let mut imports: Vec<_> =
        seen.imports.iter().map(|import| import.split('@').next().unwrap_or_default()).collect();
    imports.sort_unstable();
    assert_eq!(imports, IMPORTS);
    assert_eq!(seen.exports, ["agent:model-provider/provider@0.2.0"]);
}

#[tokio::test]
async fn it_is_small() {
    let size = bench().await.inspect().size;
    println!("the component is {size} bytes");
    assert!(size <= MAX_SIZE, "the component is {size} bytes; {MAX_SIZE} are allowed");
}

/// The text of the exported interface: types, functions and their documentation aside.
fn interface(resolve: &Resolve, world: wit_parser::WorldId) -> String {
    let (_, item) = resolve.worlds[world]
        .exports
        .iter()
        .find(|(key, _)| matches!(key, WorldKey::Interface(_)))
        .expect("an exported interface");
    let wit_parser::WorldItem::Interface { id, .. } = item else { panic!("no interface") };
    let package = resolve.interfaces[*id].package.expect("a package");
    let mut printer = wit_component::WitPrinter::default();
    printer.emit_docs(false);
    printer.print_package(resolve, package, true).expect("a package that can be printed");
    let text = printer.output.to_string();
    let begin = text.find("interface provider").expect("the interface");
    let end = text[begin..].find("\n}").expect("its end") + begin;
    text[begin..end].to_owned()
}

#[test]
fn its_interface_is_the_one_in_the_wit_folder() {
    let decoded = wit_component::decode(plugin().component()).expect("a component");
    let DecodedWasm::Component(built, built_world) = decoded else { panic!("no component") };
    let mut written = Resolve::default();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    let (package, _) = written.push_path(folder).expect("the contract parses");
    let written_world = written.select_world(&[package], None).expect("one world");
    assert_eq!(interface(&built, built_world), interface(&written, written_world));
}
