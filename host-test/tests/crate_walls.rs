//! The dependencies that the crates may have. The compiler rejects code that uses a crate that the manifest does not
//! declare; this test rejects manifests that declare too much.

/// The names of a manifest's dependencies, including those for tests.
fn dependencies(manifest: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut inside = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.trim_end_matches(']').ends_with("dependencies");
        } else if inside && let Some((name, _)) = line.split_once('=') {
            names.push(name.trim().trim_end_matches(".workspace"));
        }
    }
    names
}

#[test]
fn no_library_depends_on_the_bench_and_the_stand_in_does_not_depend_on_wasmtime() {
    let host = dependencies(include_str!("../host/Cargo.toml"));
    let stand_in = dependencies(include_str!("../stand-in/Cargo.toml"));
    let conformance = dependencies(include_str!("../conformance/Cargo.toml"));
    for (name, found) in [("host", &host), ("stand-in", &stand_in), ("conformance", &conformance)] {
        assert!(found.len() > 5, "{name}: {found:?}");
        for refused in ["latency-server", "meter", "tools", "anyhow"] {
            assert!(!found.contains(&refused), "{name} depends on {refused}");
        }
    }
    // It is a feature of the command, so that a release does not contain it.
    let stock_host = dependencies(include_str!("../conformance/stock-host/Cargo.toml"));
    for (name, found) in [("host", &host), ("conformance", &conformance), ("stand-in", &stand_in)] {
        assert!(!found.contains(&"stock-host"), "{name} depends on the stock host");
    }
    assert!(stock_host.contains(&"wasmtime-wasi-http") && stock_host.contains(&"conformance"));
    // If the search found no dependency at all, the checks would pass for that reason.
    assert!(host.contains(&"wasmtime"), "the search misses a dependency: {host:?}");
    for refused in ["wasmtime", "provider-host", "conformance"] {
        assert!(!stand_in.contains(&refused), "the stand-in depends on {refused}");
    }
    for refused in ["clap", "conformance"] {
        assert!(!host.contains(&refused), "the host depends on {refused}");
    }
}
