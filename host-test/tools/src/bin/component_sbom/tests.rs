//! The SBOM of a small dependency graph.

use super::*;

/// The component depends on serde (which depends on serde_core and a macro) and on base64, which it does not use.
fn graph() -> Graph {
    let package = |name: &str, kind: &str| {
        json!({
            "id": name, "name": name, "version": "1.0.0", "license": "MIT/Apache-2.0", "description": "A\nb",
            "repository": null, "targets": [{ "kind": [kind] }],
        })
    };
    let on = |name: &str, kind: Value| json!({ "pkg": name, "dep_kinds": [{ "kind": kind }] });
    let metadata = json!({
        "packages": [
            package(ROOT, "lib"), package("serde", "lib"), package("serde_core", "lib"), package("base64", "lib"),
            package("serde_derive", "proc-macro"), package("syn", "lib"), package("proptest", "lib"),
        ],
        "resolve": { "nodes": [
            { "id": ROOT, "deps": [on("serde", json!(null)), on("base64", json!(null)), on("proptest", json!("dev"))] },
            { "id": "serde", "deps": [on("serde_core", json!(null)), on("serde_derive", json!(null))] },
            { "id": "serde_derive", "deps": [on("syn", json!(null))] },
        ] },
    });
    let lock = "[[package]]\nname = \"serde_core\"\nversion = \"1.0.0\"\nchecksum = \"abcd\"\n";
    Graph::read(&metadata.to_string(), lock, ROOT).unwrap()
}

fn found(crates: &[&str]) -> Contributors {
    Contributors {
        crates: crates.iter().map(|name| format!("{name}-1.0.0")).collect(),
        standard: BTreeSet::from(["core".to_owned()]),
        libc: true,
    }
}

fn sbom(crates: &[&str]) -> Value {
    describe(&graph(), &found(crates), "rustc 1.95.0 (x)", b"abc").unwrap()
}

fn names(sbom: &Value) -> Vec<&str> {
    sbom["components"].as_array().unwrap().iter().map(|part| part["name"].as_str().unwrap()).collect()
}

#[test]
fn only_crates_with_code_are_listed_followed_by_the_standard_library() {
    let sbom = sbom(&["serde_core"]);
    assert_eq!(names(&sbom), ["serde_core", "core", "wasi-libc"]);
    assert_eq!(sbom["components"][0]["hashes"][0]["content"], "abcd");
    assert_eq!(sbom["components"][0]["licenses"][0]["expression"], "MIT OR Apache-2.0");
    assert_eq!(sbom["components"][1]["version"], "1.95.0");
    let digest = sbom["metadata"]["component"]["hashes"][0]["content"].as_str().unwrap();
    assert!(digest.starts_with("ba7816bf8f01cfea"), "{digest}");
}

#[test]
fn a_dependency_through_a_crate_without_code_is_kept() {
    let sbom = sbom(&["serde_core"]);
    let on = &sbom["dependencies"][0]["dependsOn"];
    assert_eq!(*on, json!(["pkg:cargo/serde_core@1.0.0", "core@1.95.0", "wasi-libc@1.95.0"]));
    assert_eq!(sbom["dependencies"].as_array().unwrap().len(), 2);
}

#[test]
fn macros_and_dependencies_that_only_they_or_tests_use_are_not_declared() {
    let graph = graph();
    let declared: Vec<&str> = graph.declared().iter().map(|package| package.name.as_str()).collect();
    assert_eq!(declared, ["base64", "serde", "serde_core"]);
}

#[test]
fn code_of_a_crate_that_is_not_in_the_graph_is_an_error() {
    let error = describe(&graph(), &found(&["syn"]), "rustc 1.95.0", b"").unwrap_err().to_string();
    assert!(error.contains("syn-1.0.0"), "{error}");
}

#[test]
fn an_sbom_passes_its_own_check() {
    check(&sbom(&["serde", "serde_core"]), &found(&["serde", "serde_core"]), b"abc").unwrap();
}

#[test]
fn a_listed_crate_without_code_fails_the_check() {
    let error =
        check(&sbom(&["base64", "serde_core"]), &found(&["serde_core"]), b"abc").unwrap_err().to_string();
    assert!(error.contains("lists [\"base64-1.0.0\"]"), "{error}");
}

#[test]
fn a_crate_with_code_that_is_not_listed_fails_the_check() {
    let error = check(&sbom(&["serde"]), &found(&["serde", "serde_core"]), b"abc").unwrap_err().to_string();
    assert!(error.contains("does not list [\"serde_core-1.0.0\"]"), "{error}");
}

#[test]
fn the_sbom_of_another_component_fails_the_check() {
    let error = check(&sbom(&["serde"]), &found(&["serde"]), b"abd").unwrap_err().to_string();
    assert!(error.contains("another component"), "{error}");
}
