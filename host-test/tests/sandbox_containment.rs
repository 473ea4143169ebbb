//! What a broken or hostile component can do to its host: nothing that lasts.

mod support;

use std::time::{Duration, Instant};

use provider_host::contract::Config;
use provider_host::sandbox::{
    CallError, Grant, Host, HostOptions, Instance, Preparation, SandboxError, Secret,
};
use support::{component, from_module, plugin};
use tempfile::TempDir;

const LOOP: &str = "(loop br 0)";
const GROW: &str = "(loop i32.const 100 memory.grow drop br 0)";
const TRAP: &str = "";

/// An instance whose functions all run `body`, with 8 MiB and one second.
async fn instance(dir: &TempDir, body: &str) -> Instance {
    let plugin = plugin(&dir.path().join("plugin"), &component(body), 8, 1);
    let host = Host::new(dir.path().join("cache")).unwrap();
    let prepared = host.prepare(&plugin, &mut |_| ()).unwrap();
    prepared.instantiate(Grant::default()).await.unwrap()
}

fn dir() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[tokio::test]
async fn a_component_that_traps_says_so_once_and_is_poisoned_from_then_on() {
    let dir = dir();
    let mut instance = instance(&dir, TRAP).await;
    let first = instance.describe().await.unwrap_err();
    assert!(matches!(&first, CallError::Trapped(why) if why.contains("unreachable")), "{first}");
    for _ in 0..2 {
        let later = instance.open(&Config::default()).await.unwrap_err();
        assert!(matches!(&later, CallError::Poisoned(why) if why.contains("describe")), "{later}");
    }
}

#[tokio::test]
async fn a_component_that_loops_for_ever_is_stopped_and_lets_other_tasks_run_meanwhile() {
    let dir = dir();
    let mut instance = instance(&dir, LOOP).await;
    let begun = Instant::now();
    // On one thread: were the component not interrupted, this would never tick.
    let ticks = async {
        let mut ticks = 0;
        while begun.elapsed() < Duration::from_millis(500) {
            tokio::time::sleep(Duration::from_millis(10)).await;
            ticks += 1;
        }
        ticks
    };
    let (outcome, ticks) = tokio::join!(instance.describe(), ticks);
    assert!(matches!(outcome, Err(CallError::Deadline { call: "describe", .. })), "{outcome:?}");
    assert!(begun.elapsed() >= Duration::from_secs(1), "before its deadline");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert!(ticks >= 5, "{ticks} ticks");
    assert!(matches!(instance.describe().await, Err(CallError::Poisoned(_))));
}

#[tokio::test]
async fn a_component_that_takes_more_memory_than_its_manifest_says_is_stopped() {
    let dir = dir();
    let begun = Instant::now();
    let outcome = instance(&dir, GROW).await.describe().await;
    let Err(CallError::Trapped(reason)) = outcome else { panic!("{outcome:?}") };
    assert!(reason.contains("memory"), "{reason}");
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_component_that_starts_with_too_much_memory_does_not_start() {
    let dir = dir();
    let large = from_module(|module| {
        let changed = module.replace("(memory (;0;) 0)", "(memory (;0;) 200)");
        assert_ne!(changed, module, "{module}");
        changed
    });
    let plugin = plugin(&dir.path().join("plugin"), &large, 8, 1);
    let prepared = Host::new(dir.path().join("cache")).unwrap().prepare(&plugin, &mut |_| ()).unwrap();
    let error = prepared.instantiate(Grant::default()).await.err().unwrap();
    assert!(matches!(error, SandboxError::Start { .. }), "{error}");
}

#[tokio::test]
async fn a_call_that_is_dropped_before_it_ends_poisons_the_instance_and_names_itself() {
    let dir = dir();
    let mut instance = instance(&dir, LOOP).await;
    let dropped = tokio::time::timeout(Duration::from_millis(50), instance.describe()).await;
    assert!(dropped.is_err());
    let later = instance.describe().await.unwrap_err();
    assert!(matches!(&later, CallError::Poisoned(why) if why.contains("describe was abandoned")), "{later}");
}

#[tokio::test]
async fn instances_of_one_component_do_not_share_their_fate() {
    let dir = dir();
    let plugin = plugin(&dir.path().join("plugin"), &component(TRAP), 8, 1);
    let prepared = Host::new(dir.path().join("cache")).unwrap().prepare(&plugin, &mut |_| ()).unwrap();
    let mut broken = prepared.instantiate(Grant::default()).await.unwrap();
    let _ = broken.describe().await;
    let mut fresh = prepared.instantiate(Grant::default()).await.unwrap();
    assert!(matches!(fresh.describe().await, Err(CallError::Trapped(_))), "it was entered, not refused");
}

#[test]
fn a_component_is_compiled_once_and_again_when_its_compiled_form_was_tampered_with() {
    let dir = dir();
    let plugin = plugin(&dir.path().join("plugin"), &component(TRAP), 8, 1);
    let cache = dir.path().join("cache");
    let prepare = || {
        let mut steps = Vec::new();
        // A new host each time, as in a new process.
        let host = Host::new(cache.clone()).unwrap();
        host.prepare(&plugin, &mut |step| steps.push(format!("{step:?}"))).unwrap();
        steps
    };
    assert_eq!(prepare(), ["Compiling"]);
    assert_eq!(prepare(), ["FromCache"]);
    let mut files = std::fs::read_dir(&cache).unwrap().map(|entry| entry.unwrap().path());
    let file = files.find(|path| path.extension().is_some_and(|extension| extension == "cwasm")).unwrap();
    let mut code = std::fs::read(&file).unwrap();
    let middle = code.len() / 2;
    code[middle] ^= 1;
    std::fs::write(&file, code).unwrap();
    assert_eq!(prepare(), ["Compiling"]);
    assert_eq!(prepare(), ["FromCache"], "and the whole one was kept");
}

#[test]
fn a_cache_that_cannot_be_used_costs_time_and_nothing_else() {
    let dir = dir();
    let plugin = plugin(&dir.path().join("plugin"), &component(TRAP), 8, 1);
    let in_the_way = dir.path().join("file");
    std::fs::write(&in_the_way, "").unwrap();
    let mut told = false;
    let host = Host::new(in_the_way.join("cache")).unwrap();
    host.prepare(&plugin, &mut |step| told |= matches!(step, Preparation::NotKept(_))).unwrap();
    assert!(told);
}

#[test]
fn a_provider_of_another_shape_under_the_same_name_does_not_fit() {
    let dir = dir();
    let wat = "(component (instance $i) (export \"agent:model-provider/provider@0.2.0\" (instance $i)))";
    let plugin = plugin(&dir.path().join("plugin"), &wat::parse_str(wat).unwrap(), 8, 1);
    let error = Host::new(dir.path().join("cache")).unwrap().prepare(&plugin, &mut |_| ()).err().unwrap();
    assert!(error.to_string().contains("agent:model-provider@0.2.0"), "{error}");
}

#[tokio::test]
async fn the_host_finds_what_stands_in_a_components_memory_and_only_where_it_was_asked_to_look() {
    let dir = dir();
    let marked = from_module(|module| {
        let memory = "(memory (;0;) 0)";
        assert!(module.contains(memory), "{module}");
        let data = "(memory (;0;) 1) (data (i32.const 65530) \"needle\") (data (i32.const 8) \"needle\")";
        module.replace(memory, data)
    });
    let plugin = plugin(&dir.path().join("plugin"), &marked, 8, 1);
    for readable in [true, false] {
        let options = HostOptions { readable_memory: readable, ..HostOptions::default() };
        let host = Host::with_options(dir.path().join("cache"), options).unwrap();
        let prepared = host.prepare(&plugin, &mut |_| ()).unwrap();
        let mut instance = prepared.instantiate(Grant::default()).await.unwrap();
        assert_eq!(instance.count_in_memory(b"needle"), readable.then_some(2));
        assert_eq!(instance.count_in_memory(b"haystack"), readable.then_some(0));
    }
}

#[tokio::test]
async fn a_key_that_no_header_can_carry_stops_the_start_and_is_not_shown() {
    let dir = dir();
    let plugin = plugin(&dir.path().join("plugin"), &component(TRAP), 8, 1);
    let prepared = Host::new(dir.path().join("cache")).unwrap().prepare(&plugin, &mut |_| ()).unwrap();
    let grant = Grant { key: Some(Secret::new("sk-line\nbreak")), ..Grant::default() };
    let error = prepared.instantiate(grant).await.err().unwrap();
    assert!(matches!(error, SandboxError::Key(_)));
    assert!(!error.to_string().contains("sk-line"), "{error}");
}

#[test]
fn a_root_certificate_that_is_none_stops_the_start_of_the_host_and_says_which() {
    let extra_roots = vec![b"no certificate".to_vec().into()];
    let options = HostOptions { extra_roots, ..HostOptions::default() };
    let error = Host::with_options(dir().path().join("cache"), options).err().unwrap();
    assert!(error.to_string().contains("root certificate 1 cannot be used"), "{error}");
}
