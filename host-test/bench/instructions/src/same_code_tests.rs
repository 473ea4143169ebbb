//! The counted code is the code that ships: the same profile, the same versions of dependencies, the same allocator.
//! Otherwise the counts would say nothing about the component.

use std::collections::BTreeSet;
use std::path::Path;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The settings in a manifest, each with its heading.
fn settings(manifest: &str) -> Vec<(&str, &str)> {
    let mut heading = "";
    let mut settings = Vec::new();
    for line in manifest.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            Some(name) => heading = name,
            None => settings.push((heading, line)),
        }
    }
    settings
}

/// The release profile without two settings that a benchmark cannot have: cargo builds benchmarks with unwinding, and
/// callgrind finds functions by their symbols, which `strip` removes.
fn release(manifest: &str) -> BTreeSet<(String, String)> {
    settings(manifest)
        .into_iter()
        .filter(|(heading, _)| heading.starts_with("profile.release"))
        .filter(|(_, line)| !line.starts_with("panic ") && !line.starts_with("strip "))
        .map(|(heading, line)| (heading.to_owned(), line.to_owned()))
        .collect()
}

#[test]
fn the_release_profile_equals_that_of_the_component() {
    let component = release(&read("../../../Cargo.toml"));
    assert!(component.iter().any(|(_, line)| line.starts_with("opt-level ")), "{component:?}");
    let why = "copy [profile.release] of the component, without panic and strip, and run 'make instructions UPDATE=1'";
    assert_eq!(release(&read("Cargo.toml")), component, "{why}");
}

/// The versions of a package in a lock file.
fn versions<'a>(lock: &'a str, package: &str) -> BTreeSet<&'a str> {
    let name = format!("name = \"{package}\"");
    lock.split("[[package]]")
        .filter(|block| block.lines().any(|line| line == name))
        .filter_map(|block| block.lines().find_map(|line| line.strip_prefix("version = ")))
        .collect()
}

#[test]
fn the_dependencies_have_the_versions_of_the_component() {
    let (manifest, lock, own) =
        (read("../../../Cargo.toml"), read("../../../Cargo.lock"), read("Cargo.lock"));
    let dependencies = settings(&manifest)
        .into_iter()
        .filter(|(heading, _)| *heading == "dependencies" || heading.ends_with("'.dependencies"))
        .filter_map(|(_, line)| line.split_once(" = ").map(|(name, _)| name));
    let mut compared = 0;
    for name in dependencies {
        let (own, shipped) = (versions(&own, name), versions(&lock, name));
        let why = format!("run 'cargo update -p {name} --precise VERSION' in host-test/bench/instructions");
        assert!(own.is_subset(&shipped), "{name}: {own:?} here, {shipped:?} in the component; {why}");
        compared += own.len();
    }
    assert!(compared >= 3, "only {compared} dependencies of the component were found in both lock files");
}

#[test]
fn the_allocator_is_that_of_the_component() {
    let allocator = |source: &str| {
        let line = source.lines().find(|line| line.starts_with("static ALLOCATOR: ")).map(str::to_owned);
        line.unwrap_or_else(|| panic!("there is no allocator in {source}"))
    };
    let component = allocator(&read("../../../src/component/runtime.rs"));
    let why = "use the allocator of the component, and run 'make instructions UPDATE=1'";
    assert_eq!(allocator(&read("benches/hot_path.rs")), component, "{why}");
}
