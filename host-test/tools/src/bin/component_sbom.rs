//! Makes the list of what is in the component out of what cargo-cyclonedx lists: `scripts/sbom` runs it.
//!
//! ```text
//! component-sbom COMPONENT TOOLCHAIN PARTS < cargo-cyclonedx.json > sbom.json
//! ```
//!
//! PARTS is what `cargo tree --format {p}` prints, without macros: what only macros use is taken out of the
//! list. The component's digest and the standard library are put in, and the folder that it was made in
//! is taken out. A part that the list lacks is an error.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read as _};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

fn main() -> Result<()> {
    let [component, toolchain, parts]: [String; 3] = std::env::args()
        .skip(1)
        .collect::<Vec<_>>()
        .try_into()
        .ok()
        .context("three arguments: the component, its compiler, its parts")?;
    let mut text = String::new();
    io::stdin().read_to_string(&mut text)?;
    let bytes = fs::read(&component).with_context(|| component.clone())?;
    let list = describe(serde_json::from_str(&text)?, &parts, &toolchain, &bytes)?;
    println!("{}", serde_json::to_string_pretty(&list)?);
    Ok(())
}

/// The list of a component with these bytes.
fn describe(mut list: Value, parts: &str, toolchain: &str, component: &[u8]) -> Result<Value> {
    let parts = wanted(parts);
    let own = list["metadata"]["component"]["bom-ref"].as_str().context("the component's own reference")?;
    let (own, root) =
        (own.to_owned(), format!("cometapi-provider@{}", text(&list["metadata"]["component"], "version")));

    let mut kept = BTreeSet::from([own.clone()]);
    let mut found = BTreeSet::new();
    let components = list["components"].as_array_mut().context("a list of components")?;
    components.retain(|part| {
        let part_of = parts.contains(&name(part));
        if part_of {
            kept.insert(text(part, "bom-ref").to_owned());
            found.insert(name(part));
        }
        part_of
    });
    let missing: Vec<&String> = parts.difference(&found).filter(|part| **part != root).collect();
    ensure!(missing.is_empty(), "cargo-cyclonedx does not list {missing:?}");
    components.push(standard_library(toolchain)?);

    let dependencies = list["dependencies"].as_array_mut().context("a list of dependencies")?;
    dependencies.retain(|entry| kept.contains(text(entry, "ref")));
    for entry in dependencies.iter_mut() {
        if let Some(on) = entry.get_mut("dependsOn").and_then(Value::as_array_mut) {
            on.retain(|reference| reference.as_str().is_some_and(|reference| kept.contains(reference)));
        }
    }

    let subject = &mut list["metadata"]["component"];
    subject["hashes"] = json!([{ "alg": "SHA-256", "content": format!("{:x}", Sha256::digest(component)) }]);
    subject["purl"] = json!(format!("pkg:cargo/{root}"));
    Ok(serde_json::from_str(&list.to_string().replace(&own, &root))?)
}

/// `NAME@VERSION` of each line of `NAME vVERSION (…)`.
fn wanted(parts: &str) -> BTreeSet<String> {
    let words = parts.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    words
        .filter_map(|words| Some(format!("{}@{}", words.first()?, words.get(1)?.strip_prefix('v')?)))
        .collect()
}

/// What every Rust program has in it, beside its crates: from `rustc 1.95.0 (…)`.
fn standard_library(toolchain: &str) -> Result<Value> {
    let version = toolchain.split_whitespace().nth(1).context("the compiler's version")?;
    Ok(json!({
        "type": "library",
        "bom-ref": format!("rust-standard-library@{version}"),
        "name": "rust-standard-library",
        "version": version,
        "description": format!("core, alloc, compiler_builtins and the memory functions beside them, of {toolchain}"),
        "scope": "required",
        "licenses": [{ "expression": "MIT OR Apache-2.0" }],
    }))
}

fn name(part: &Value) -> String {
    format!("{}@{}", text(part, "name"), text(part, "version"))
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> Value {
        json!({
            "metadata": { "component": { "bom-ref": "path+file:///home/me#p@1.0.0", "version": "1.0.0" } },
            "components": [
                { "bom-ref": "r#serde@1.0.1", "name": "serde", "version": "1.0.1" },
                { "bom-ref": "r#syn@3.0.0", "name": "syn", "version": "3.0.0" },
            ],
            "dependencies": [
                { "ref": "path+file:///home/me#p@1.0.0", "dependsOn": ["r#serde@1.0.1", "r#syn@3.0.0"] },
                { "ref": "r#serde@1.0.1" },
                { "ref": "r#syn@3.0.0" },
            ],
        })
    }

    #[test]
    fn macros_go_the_standard_library_comes_and_no_folder_is_named() {
        let parts = "cometapi-provider v1.0.0 (/home/me)\nserde v1.0.1\nserde v1.0.1 (*)\n";
        let made = describe(list(), parts, "rustc 1.95.0 (x)", b"abc").unwrap();
        let names: Vec<String> = made["components"].as_array().unwrap().iter().map(name).collect();
        assert_eq!(names, ["serde@1.0.1", "rust-standard-library@1.95.0"]);
        assert_eq!(made["dependencies"][0]["dependsOn"], json!(["r#serde@1.0.1"]));
        assert_eq!(made["dependencies"].as_array().unwrap().len(), 2);
        let digest = made["metadata"]["component"]["hashes"][0]["content"].as_str().unwrap();
        assert!(digest.starts_with("ba7816bf8f01cfea"), "{digest}");
        assert!(!made.to_string().contains("/home/me"), "{made}");
    }

    #[test]
    fn a_part_that_the_list_lacks_is_an_error() {
        let error = describe(list(), "memchr v2.0.0\n", "rustc 1.95.0", b"").unwrap_err();
        assert!(error.to_string().contains("memchr@2.0.0"), "{error}");
    }
}
