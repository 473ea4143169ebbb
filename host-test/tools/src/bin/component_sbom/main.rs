//! Writes and checks the SBOM of the component in the format CycloneDX. `scripts/sbom` runs it.
//!
//! ```text
//! component_sbom make  COMPONENT WITH_LINES TOOLCHAIN METADATA LOCK > sbom.json
//! component_sbom check COMPONENT WITH_LINES SBOM
//! ```
//!
//! WITH_LINES is a build of the same code with line tables, which show the crates that are in the component. METADATA
//! is the output of `cargo metadata`. `check` fails if the SBOM lists a crate of which the component has no
//! instruction, or does not list one of which it has.
//!
//! A crate that contributes only constants has no line in the tables and is not listed. No dependency does that.

mod contributors;
mod graph;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use contributors::{Contributors, contributors, same_code};
use graph::{Graph, Package};

/// The package of the component.
const ROOT: &str = "cometapi-provider";
/// The C library of the target, of which rustup's toolchain links some functions.
const LIBC: &str = "wasi-libc";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["make", component, with_lines, toolchain, metadata, lock] => {
            let (component, with_lines) = (read(component)?, read(with_lines)?);
            // The shipped component has no line tables. The other build stands for it only if its code is the same.
            same_code(&component, &with_lines)?;
            let graph = Graph::read(&text(metadata)?, &text(lock)?, ROOT)?;
            let found = contributors(&with_lines)?;
            for package in graph.declared() {
                if !found.crates.contains(&package.folder()) {
                    eprintln!(
                        "in the dependency graph, but not in the component: {} {}",
                        package.name, package.version
                    );
                }
            }
            println!("{}", serde_json::to_string_pretty(&describe(&graph, &found, toolchain, &component)?)?);
            Ok(())
        }
        ["check", component, with_lines, sbom] => {
            let (component, with_lines) = (read(component)?, read(with_lines)?);
            same_code(&component, &with_lines)?;
            let sbom = serde_json::from_str(&text(sbom)?).context("the SBOM is not JSON")?;
            check(&sbom, &contributors(&with_lines)?, &component)
        }
        _ => bail!("usage: component_sbom make|check …; see the first lines of its main.rs"),
    }
}

/// Reads a file; the error names it.
fn read(path: &str) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {path}"))
}

fn text(path: &str) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {path}"))
}

/// The SBOM of a component. It has no date, so that the same component has the same SBOM.
fn describe(graph: &Graph, found: &Contributors, toolchain: &str, component: &[u8]) -> Result<Value> {
    let root = graph.root()?;
    let kept = |package: &Package| found.crates.contains(&package.folder());
    let packages: Vec<&Package> = graph.declared().into_iter().filter(|package| kept(package)).collect();

    // Code of a crate that cargo does not know, such as a vendored one, must not be left out of the SBOM.
    let known: BTreeSet<String> = packages.iter().map(|package| package.folder()).collect();
    let unknown: Vec<&String> = found.crates.difference(&known).collect();
    ensure!(
        unknown.is_empty(),
        "the component has code of {unknown:?}, which are not in cargo's graph of {ROOT}"
    );

    // Code of the standard library has no dependency edge in cargo's graph, so the component depends on it directly.
    let standard = standard_library(found, toolchain)?;
    let always: Vec<Value> = standard.iter().map(|part| part["bom-ref"].clone()).collect();
    let dependencies = std::iter::once(root).chain(packages.iter().copied()).map(|package| {
        let mut on: Vec<Value> =
            graph.dependencies(package, &kept).iter().map(|package| json!(package.purl())).collect();
        if package.name == ROOT {
            on.extend(always.iter().cloned());
        }
        json!({ "ref": package.purl(), "dependsOn": on })
    });
    let dependencies: Vec<Value> = dependencies.collect();

    let mut subject = part(root, "application");
    subject["hashes"] = json!([{ "alg": "SHA-256", "content": digest(component) }]);
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": subject },
        "components": packages.iter().map(|package| part(package, "library")).chain(standard).collect::<Vec<_>>(),
        "dependencies": dependencies,
    }))
}

/// The entry of a package. Its reference is the package URL, which scanners for vulnerabilities look up.
fn part(package: &Package, kind: &str) -> Value {
    let mut part = json!({
        "type": kind,
        "bom-ref": package.purl(),
        "name": package.name,
        "version": package.version,
        "scope": "required",
        "purl": package.purl(),
    });
    if let Some(description) = &package.description {
        part["description"] = json!(description.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    if let Some(license) = &package.license {
        // Cargo still accepts the old form 'MIT/Apache-2.0', which is not a valid SPDX expression.
        part["licenses"] = json!([{ "expression": license.replace('/', " OR ") }]);
    }
    if let Some(checksum) = &package.checksum {
        part["hashes"] = json!([{ "alg": "SHA-256", "content": checksum }]);
    }
    if let Some(repository) = &package.repository {
        part["externalReferences"] = json!([{ "type": "vcs", "url": repository }]);
    }
    part
}

/// The parts of the toolchain that are in the component, with the version from `rustc 1.95.0 (…)`. They are in no lock
/// file and have no package URL.
fn standard_library(found: &Contributors, toolchain: &str) -> Result<Vec<Value>> {
    let version = toolchain.split_whitespace().nth(1).context("the toolchain has no version")?;
    let entry = |name: &str, license: &str| {
        json!({
            "type": "library",
            "bom-ref": format!("{name}@{version}"),
            "name": name,
            "version": version,
            "description": format!("as it comes with {toolchain}"),
            "scope": "required",
            "licenses": [{ "expression": license }],
        })
    };
    let mut parts: Vec<Value> = found.standard.iter().map(|name| entry(name, "MIT OR Apache-2.0")).collect();
    if found.libc {
        parts.push(entry(LIBC, "MIT OR Apache-2.0 WITH LLVM-exception"));
    }
    Ok(parts)
}

/// The SHA-256 of the component, which ties the SBOM to this build.
fn digest(component: &[u8]) -> String {
    format!("{:x}", Sha256::digest(component))
}

/// Fails unless the SBOM is that of this component and lists exactly what is in it.
fn check(sbom: &Value, found: &Contributors, component: &[u8]) -> Result<()> {
    let subject = &sbom["metadata"]["component"]["hashes"][0]["content"];
    ensure!(*subject == json!(digest(component)), "the SBOM describes another component; run 'make sbom'");
    let mut listed = BTreeSet::new();
    for part in sbom["components"].as_array().context("the SBOM has no list of components")? {
        let (name, version) =
            (part["name"].as_str().unwrap_or_default(), part["version"].as_str().unwrap_or_default());
        let registry = part["purl"].is_string();
        if part["scope"] != "excluded" {
            listed.insert(if registry { format!("{name}-{version}") } else { name.to_owned() });
        }
    }
    let mut wanted: BTreeSet<String> = found.crates.union(&found.standard).cloned().collect();
    wanted.extend(found.libc.then(|| LIBC.to_owned()));
    let missing: Vec<&String> = wanted.difference(&listed).collect();
    ensure!(missing.is_empty(), "the SBOM does not list {missing:?}, of which the component has code");
    let absent: Vec<&String> = listed.difference(&wanted).collect();
    ensure!(absent.is_empty(), "the SBOM lists {absent:?}, of which the component has no code");
    Ok(())
}
