//! A component that traps while its memory contains the key. The engine's error describes the trap, and must not quote
//! the arguments or the memory.

use provider_host::contract::{Config, Credential};
use provider_host::sandbox::{Grant, Host, HostOptions};

use super::{CANARY, holds_no_key, text_holds_no_key};
use crate::small_component as small;

/// The body of an allocator that never frees. The host copies arguments to the addresses that it returns.
const ALLOCATOR: &str = "global.get $top global.get $top local.get 3 i32.add i32.const 15 i32.add \
                         i32.const -8 i32.and global.set $top";

/// A component whose memory receives the arguments of a call, and whose functions all run `body`.
fn component(body: &str) -> Vec<u8> {
    small::from_module(|module| {
        let (_, export) = module.split_once("_realloc\" (func ").expect("an allocator");
        let (number, _) = export.split_once(')').expect("its number");
        let start = module.find(&format!("(func (;{number};)")).expect("its body");
        let (before, rest) = module.split_at(start);
        let (allocator, after) = rest.split_once("unreachable").expect("an empty body");
        let memory = "(memory (;0;) 2) (global $top (mut i32) (i32.const 1024))";
        let fill = |part: &str| part.replace("unreachable", &format!("{body}\n unreachable"));
        let module = format!("{}{allocator}{ALLOCATOR}{}", fill(before), fill(after));
        assert!(module.contains("(memory (;0;) 0)"), "the dummy has no memory of its own");
        module.replace("(memory (;0;) 0)", memory)
    })
}

/// An error in all forms in which it can be printed, with its causes.
fn shown(error: &(dyn std::error::Error + 'static)) -> String {
    let mut shown = format!("{error} {error:?} {error:#?}");
    let mut cause = error.source();
    while let Some(error) = cause {
        shown += &format!("\n{error} {error:?}");
        cause = error.source();
    }
    shown
}

#[tokio::test]
async fn a_component_that_traps_with_the_key_in_its_memory_does_not_reveal_it() {
    let folder = tempfile::tempdir().expect("a folder");
    // The key is an argument of the call that traps.
    for body in
        ["unreachable", "i32.const 1 i32.const 0 i32.div_u drop", "i32.const -1 i32.load drop", "(loop br 0)"]
    {
        let plugin = small::plugin(&folder.path().join("plugin"), &component(body), 16, 1);
        let options = HostOptions { readable_memory: true, ..HostOptions::default() };
        let host = Host::with_options(folder.path().join("cache"), options).expect("an engine");
        let prepared = host.prepare(&plugin, &mut |_| ()).expect("it compiles");
        let mut instance = prepared.instantiate(Grant::default()).await.expect("it starts");
        let config = Config { credential: Credential::Bearer(CANARY.to_owned()), ..Config::default() };
        for call in 0..2 {
            let error = instance.open(&config).await.expect_err("it traps");
            text_holds_no_key(&format!("{body}, call {call}"), &shown(&error), CANARY);
        }
        let found = instance.count_in_memory(CANARY.as_bytes()).expect("a readable memory");
        assert!(found > 0, "the key was in the component when it trapped");
        holds_no_key("the denials", &instance.denials(), CANARY);
    }
    for entry in files(folder.path()) {
        let bytes = std::fs::read(&entry).expect("a file");
        let holds = bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes());
        assert!(!holds, "the key is in {}", entry.display());
    }
}

/// All files below a folder.
pub fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .flat_map(|entry| if entry.path().is_dir() { files(&entry.path()) } else { vec![entry.path()] })
        .collect()
}
