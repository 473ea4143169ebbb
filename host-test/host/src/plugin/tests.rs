//! Plugins on a disk: right ones, and each way in which one can be wrong.

use super::*;
use crate::contract::{AuthDescription, Description};

fn component(export: &str, import: &str) -> Vec<u8> {
    let import = match import {
        "" => String::new(),
        name => format!("(type $t (instance)) (import \"{name}\" (instance (type $t)))"),
    };
    let wat = format!("(component {import} (instance $i) (export \"{export}\" (instance $i)))");
    slim::without_names(&wat::parse_str(wat).unwrap())
}

pub(super) fn provider() -> Vec<u8> {
    component("agent:model-provider/provider@0.2.0", "wasi:http/types@0.2.12")
}

pub(super) fn description() -> Description {
    Description {
        id: "cometapi".to_owned(),
        name: "CometAPI".to_owned(),
        version: "1.2.3".to_owned(),
        homepage_url: String::new(),
        docs_url: String::new(),
        default_base_url: "https://api.cometapi.com/v1".to_owned(),
        origins: vec!["https://api.cometapi.com".to_owned()],
        auth: AuthDescription {
            env_vars: vec!["COMETAPI_KEY".to_owned()],
            key_hint: String::new(),
            console_url: String::new(),
        },
        capabilities: Vec::new(),
        default_model: String::new(),
        utility_model: None,
    }
}

pub(super) fn packed() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("deep/cometapi");
    pack(&provider(), &description(), &out).unwrap();
    (dir, out)
}

fn edit(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{from} is not in {text}");
    fs::write(path, text.replace(from, to)).unwrap();
}

#[test]
fn a_packed_component_is_a_plugin_by_its_folder_its_manifest_and_its_component() {
    let (_dir, out) = packed();
    for path in [out.clone(), out.join("plugin.toml"), out.join("cometapi.wasm")] {
        let plugin = Plugin::load(&path).unwrap();
        assert_eq!(plugin.directory, out);
        assert_eq!(plugin.component(), provider());
        assert_eq!(plugin.manifest.version.to_string(), "1.2.3");
        assert_eq!(plugin.manifest.contract, "agent:model-provider@0.2.0");
        assert_eq!(plugin.manifest.credential.env_vars, ["COMETAPI_KEY"]);
        assert_eq!(plugin.surface().imports, ["wasi:http/types@0.2.12"]);
    }
    let mut names: Vec<_> = fs::read_dir(&out).unwrap().map(|e| file_name(&e.unwrap().path())).collect();
    names.sort();
    assert_eq!(names, ["cometapi.wasm", "plugin.toml"], "no litter");
}

#[test]
fn a_changed_component_is_detected_by_its_size_and_by_its_digest() {
    let (_dir, out) = packed();
    let file = out.join("cometapi.wasm");
    let longer = component("agent:model-provider/provider@0.2.0", "");
    fs::write(&file, &longer).unwrap();
    let error = Plugin::load(&out).unwrap_err().to_string();
    assert!(error.contains(&format!("the component is {} bytes", longer.len())), "{error}");

    let mut flipped = provider();
    *flipped.last_mut().unwrap() ^= 1;
    fs::write(&file, flipped).unwrap();
    let error = Plugin::load(&out).unwrap_err().to_string();
    assert!(error.contains("the manifest says SHA-256"), "{error}");
    assert!(error.contains("the component is SHA-256"), "{error}");
}

#[test]
fn a_manifest_of_another_contract_than_its_component_is_refused() {
    let (_dir, out) = packed();
    edit(&out.join("plugin.toml"), "agent:model-provider@0.2.0", "agent:model-provider@0.1.0");
    let error = Plugin::load(&out).unwrap_err().to_string();
    assert!(error.contains("the manifest says agent:model-provider@0.1.0"), "{error}");
    assert!(error.contains("the component is agent:model-provider@0.2.0"), "{error}");
}

#[test]
fn an_error_about_a_missing_file_names_it_and_the_next_step() {
    let (_dir, out) = packed();
    fs::rename(out.join("cometapi.wasm"), out.join("other.wasm")).unwrap();
    let error = Plugin::load(&out.join("other.wasm")).unwrap_err().to_string();
    assert!(error.contains("the manifest says cometapi.wasm, the component is other.wasm"), "{error}");
    assert!(matches!(Plugin::load(&out), Err(LoadError::File { .. })));
    fs::remove_file(out.join("plugin.toml")).unwrap();
    let error = Plugin::load(&out).unwrap_err().to_string();
    assert!(error.contains("there is no plugin.toml"), "{error}");
    assert!(error.contains("it contains other.wasm") && error.contains("host-test pack"), "{error}");
    for name in (0..20).map(|n| format!("{n:02}")) {
        fs::write(out.join(name), "").unwrap();
    }
    let error = Plugin::load(&out).unwrap_err().to_string();
    assert!(error.contains("06, 07 and 13 more"), "{error}");
    assert!(matches!(Plugin::load(&out.join("nowhere")), Err(LoadError::File { .. })));
}

#[test]
fn an_error_about_a_file_that_is_not_a_plugin_has_the_path_as_it_was_given() {
    let (_dir, out) = packed();
    fs::write(out.join("Cargo.toml"), "").unwrap();
    let error = Plugin::load(&out.join("Cargo.toml")).unwrap_err();
    assert!(matches!(&error, LoadError::NoPlugin { path } if path.ends_with("Cargo.toml")), "{error}");
    // A path without a folder is of the current one, which is written as a dot and not as nothing.
    assert_eq!(shown(Path::new("plugin.toml").parent().unwrap()), Path::new("."));
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_in_a_plugins_folder_is_refused() {
    use std::os::unix::fs::symlink;
    for name in ["plugin.toml", "cometapi.wasm"] {
        let (dir, out) = packed();
        let elsewhere = dir.path().join("elsewhere");
        fs::rename(out.join(name), &elsewhere).unwrap();
        symlink(&elsewhere, out.join(name)).unwrap();
        let error = Plugin::load(&out).unwrap_err();
        assert!(matches!(error, LoadError::NotAFile(_)), "{name}: {error}");
        assert!(error.to_string().contains("symbolic link"), "{name}: {error}");
    }
    // The folder as a whole may lie where it likes.
    let (dir, out) = packed();
    symlink(&out, dir.path().join("link")).unwrap();
    assert!(Plugin::load(&dir.path().join("link")).is_ok());
}

#[test]
fn a_file_that_is_too_long_is_not_read_to_its_end() {
    let (_dir, out) = packed();
    fs::File::create(out.join("cometapi.wasm")).unwrap().set_len(LONGEST_COMPONENT + 1).unwrap();
    let error = Plugin::load(&out).unwrap_err();
    assert!(matches!(error, LoadError::NotAFile(_)) && error.to_string().contains("more than"), "{error}");
    fs::write(out.join("plugin.toml"), vec![b'#'; 64 * 1024 + 1]).unwrap();
    assert!(matches!(Plugin::load(&out).unwrap_err(), LoadError::NotAFile(_)));
}

/// The check compares the two versions and knows no order of them, so each direction is the same code: a host of
/// 0.1 that meets a component of 0.2 is what this host is that meets one of a later version.
#[test]
fn a_host_and_a_component_of_different_contracts_refuse_each_other_naming_both() {
    for theirs in ["0.1.0", "0.3.0", "1.0.0"] {
        let bytes = component(&format!("agent:model-provider/provider@{theirs}"), "");
        let error = Plugin::bare(bytes).unwrap_err().to_string();
        for version in [theirs, CONTRACT_VERSION] {
            assert!(error.contains(&format!("agent:model-provider@{version}")), "{version}: {error}");
        }
    }
}

#[test]
fn a_component_that_does_not_implement_this_contract_is_refused_with_the_reason() {
    let ours = "agent:model-provider/provider@0.2.0";
    // The component, and what the refusal has to name.
    let cases = [
        (component("wasi:cli/run@0.2.0", ""), "wasi:cli/run@0.2.0"),
        (component("wasi:cli/run@0.2.0", ""), "a plugin that is built for agent:model-provider@0.2.0"),
        (
            component("agent:model-provider/provider@0.1.0", ""),
            "speaks agent:model-provider@0.1.0, this harness speaks agent:model-provider@0.2.0",
        ),
        (component(ours, "wasi:cli/environment@0.2.0"), "imports wasi:cli/environment@0.2.0"),
        (
            component(ours, "wasi:cli/environment@0.2.0"),
            "may import only wasi:http/types, wasi:http/outgoing",
        ),
        (component(ours, "wasi:http/types@0.3.0"), "imports wasi:http/types@0.3.0"),
        (component(ours, "wasi:sockets/tcp@0.2.0"), "imports wasi:sockets/tcp@0.2.0"),
        (component(ours, "wasi:clocks/wall-clock@0.2.0"), "imports wasi:clocks/wall-clock@0.2.0"),
        (wat::parse_str("(module)").unwrap(), "core module"),
        (b"\x7fELF".to_vec(), "is not a WebAssembly component"),
    ];
    for (bytes, word) in cases {
        for error in [
            Plugin::bare(bytes.clone()).unwrap_err(),
            pack(&bytes, &description(), Path::new("/nonexistent")).unwrap_err(),
        ] {
            assert!(error.to_string().contains(word), "{word}: {error}");
        }
    }
}

#[test]
fn an_invalid_description_is_refused_with_the_name_of_the_field() {
    let dir = tempfile::tempdir().unwrap();
    let with = |change: fn(&mut Description)| {
        let mut description = description();
        change(&mut description);
        pack(&provider(), &description, dir.path()).unwrap_err().to_string()
    };
    assert!(with(|d| d.version = "one".to_owned()).contains("version"));
    assert!(with(|d| d.default_base_url = "api".to_owned()).contains("default-base-url"));
    assert!(with(|d| d.origins = vec!["https://a.example/path".to_owned()]).contains("origins"));
    assert!(with(|d| d.origins.clear()).contains("add it there"));
    assert!(with(|d| d.id = "../../etc".to_owned()).contains("lower-case"));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "nothing was written");
}

#[test]
fn a_component_without_a_manifest_may_reach_no_server() {
    let plugin = Plugin::bare(provider()).unwrap();
    assert_eq!(plugin.manifest.network, Network::default());
    assert!(!plugin.manifest.network.custom_base_url);
}

#[test]
fn discovery_lists_the_folders_in_order_and_a_broken_plugin_does_not_hide_the_others() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["b", "c"] {
        pack(&provider(), &description(), &dir.path().join(name)).unwrap();
    }
    fs::create_dir(dir.path().join("a")).unwrap();
    fs::create_dir(dir.path().join(".hidden")).unwrap();
    fs::write(dir.path().join("README"), "no plugin").unwrap();
    let found = discover(dir.path()).unwrap();
    let signers: Vec<_> =
        found.iter().map(|found| found.as_ref().map(|p| file_name(&p.directory)).ok()).collect();
    assert_eq!(signers, [None, Some("b".to_owned()), Some("c".to_owned())]);
    assert!(matches!(found.first(), Some(Err(LoadError::NoManifest { .. }))));
    assert!(discover(&dir.path().join("nowhere")).is_err());
}
