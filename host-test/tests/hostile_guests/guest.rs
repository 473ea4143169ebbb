//! Builds hostile components from WebAssembly text. They have the world of the packed plugin, so the host offers them
//! everything that it offers the plugin.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;

use wit_component::{
    ComponentEncoder, DecodedWasm, StringEncoding, decode, dummy_module, embed_component_metadata,
};
use wit_parser::{ManglingAndAbi, Resolve, SizeAlign, Type, WorldKey};

/// The address of the results of the functions below. The memory is zero at first, and zeros are a valid text, list,
/// option and variant.
pub const RESULT: u32 = 4096;
/// The start of the memory that a guest may use. From 512 KiB on the host writes arguments.
pub const SCRATCH: u32 = 8192;

/// Headers without an entry. The world has the one constructor that the plugin uses, which takes a list.
const NO_FIELDS: &str = "(func $no-fields (result i32)
    (call $fields.from-list (i32.const 0) (i32.const 0) (i32.const 4160))
    (i32.load (i32.const 4164)))";

/// The bodies of a guest's functions by name: `describe`, `client.open`, `completion.next`, `initialize` and so on. A
/// function without a body returns the smallest valid result, or traps.
#[derive(Default)]
pub struct Guest {
    bodies: HashMap<&'static str, String>,
    extra: String,
    without_embeddings: bool,
}

impl Guest {
    /// A guest that opens clients and starts completions, and traps in every other function.
    pub fn new() -> Guest {
        Guest::default()
            .on("client.open", new_resource("client_new"))
            .on("client.complete", new_resource("completion_new"))
    }

    /// Sets the body of a function: WebAssembly text that leaves its result, if it has one, on the stack. Imports have
    /// the last part of their name, `$handle` or `$outgoing-body.write`.
    pub fn on(mut self, function: &'static str, body: impl Into<String>) -> Guest {
        self.bodies.insert(function, body.into());
        self
    }

    /// Adds fields to the module: data, globals, functions.
    pub fn with(mut self, fields: &str) -> Guest {
        self.extra.push_str(fields);
        self
    }

    /// The world without embeddings, as of a component that was built before the contract had them.
    pub fn without_embeddings(mut self) -> Guest {
        self.without_embeddings = true;
        self
    }

    /// The component.
    pub fn build(&self) -> Vec<u8> {
        let plugin = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dist/plugins/cometapi/cometapi.wasm");
        let bytes = std::fs::read(plugin).expect("the packed plugin; run 'make dist' first");
        let DecodedWasm::Component(mut resolve, world) = decode(&bytes).unwrap() else {
            panic!("the plugin is a component")
        };
        if self.without_embeddings {
            let exports = &mut resolve.worlds[world].exports;
            let (embeddings, _) = exports.pop().unwrap();
            let WorldKey::Interface(embeddings) = embeddings else { panic!("an interface") };
            assert_eq!(resolve.interfaces[embeddings].name.as_deref(), Some("embeddings"));
        }
        let dummy = dummy_module(&resolve, world, ManglingAndAbi::Standard32);
        let text = self.filled(&wasmprinter::print_bytes(dummy).unwrap());
        let mut module = wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}"));
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).unwrap();
        ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap()
    }

    /// The dummy module, with names for its imports and with the bodies instead of its traps.
    fn filled(&self, dummy: &str) -> String {
        let names: HashMap<&str, &str> = dummy.lines().filter_map(exported).collect();
        let mut text = String::new();
        let mut lines = dummy.lines();
        while let Some(line) = lines.next() {
            if let Some(line) = imported(line) {
                text.push_str(&line);
            } else if let Some(head) = line.strip_prefix("  (func (;") {
                let number = head.split(';').next().unwrap();
                // A function without instructions takes one line.
                let empty = line.matches('(').count() == line.matches(')').count();
                let head = if empty { line.strip_suffix(')').unwrap() } else { line };
                if !empty {
                    lines.by_ref().take_while(|line| *line != "  )").for_each(drop);
                }
                write!(text, "{head}\n{})", self.body(names[number])).unwrap();
            } else if line.contains("(memory (;0;) 0)") {
                text.push_str("(memory (;0;) 16)");
            } else {
                text.push_str(line);
            }
            text.push('\n');
        }
        // The additions come last, so that the numbers in the dummy stay valid.
        let end = text.rfind(')').unwrap();
        text.truncate(end);
        text + "(global $free (mut i32) (i32.const 524288))" + NO_FIELDS + &self.extra + ")"
    }

    fn body(&self, name: &str) -> &str {
        if let Some(body) = self.bodies.get(name) {
            return body;
        }
        match name {
            "realloc" => {
                "(global.set $free (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
                 (global.get $free)
                 (global.set $free (i32.add (global.get $free) (local.get 3)))"
            }
            "initialize" => "",
            name if name.ends_with("_post") || name.ends_with("_dtor") => "",
            _ => "unreachable",
        }
    }
}

/// `(export "…|[method]completion.next" (func 64))` as `("64", "completion.next")`.
fn exported(line: &str) -> Option<(&str, &str)> {
    let (name, rest) = line.trim().strip_prefix("(export \"")?.split_once('"')?;
    let number = rest.trim().strip_prefix("(func ")?.trim_end_matches(')');
    let name = name.rsplit(['|', ']']).next()?;
    Some((number, name.strip_prefix("cm32p2_").unwrap_or(name)))
}

/// An import with a name: `(func $completion_new (;48;)`.
fn imported(line: &str) -> Option<String> {
    let name = line.trim().strip_prefix("(import \"")?.split('"').nth(2)?;
    let name = name.rsplit(']').next()?;
    Some(line.replacen("(func (;", &format!("(func ${name} (;"), 1))
}

/// Creates a resource that the component exports, and returns it as `ok`.
fn new_resource(constructor: &str) -> String {
    format!("(i32.store (i32.const {}) (call ${constructor} (i32.const 1))) {}", RESULT + 8, ok())
}

/// Returns the value at [`RESULT`] plus 8 as `ok`.
fn ok() -> String {
    format!("(i32.store8 (i32.const {RESULT}) (i32.const 0)) (i32.const {RESULT})")
}

/// Returns a batch of the `count` events at `address`.
pub fn batch(address: u32, count: u32, done: u32) -> String {
    let (list, length, end) = (RESULT + 8, RESULT + 12, RESULT + 16);
    format!(
        "(i32.store (i32.const {list}) (i32.const {address}))
         (i32.store (i32.const {length}) (i32.const {count}))
         (i32.store8 (i32.const {end}) (i32.const {done}))
         {}",
        ok()
    )
}

/// The size of an event in a guest's memory, in bytes.
pub fn event_size() -> u32 {
    let mut resolve = Resolve::default();
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    resolve.push_path(wit).unwrap();
    let mut sizes = SizeAlign::default();
    sizes.fill(&resolve).unwrap();
    let (event, _) =
        resolve.types.iter().find(|(_, known)| known.name.as_deref() == Some("event")).expect("an event");
    u32::try_from(sizes.size(&Type::Id(event)).size_wasm32()).unwrap()
}
