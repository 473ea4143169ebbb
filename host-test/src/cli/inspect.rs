//! `host-test describe`, `inspect` and `pack`: show or make a plugin. Nothing is sent.
//!
//! A user can check here what a plugin may do before giving it a key.

use std::fs;

use provider_host::contract::Description;
use provider_host::json;
use provider_host::plugin::{Limits, Plugin, pack as write_plugin};
use provider_host::sandbox::Prepared;
use serde_json::{Value, json};

use super::args::{Common, PackArgs};
use super::cost::grouped;
use super::failure::Failure;
use super::key;
use super::terminal::{Screen, Style, line};
use super::{loading, session};

/// Prints the component's description of its provider. It runs the component, but in an instance without network access
/// and key.
pub(crate) async fn describe(common: &Common, screen: Screen) -> Result<(), Failure> {
    let plugin = loading::load(common)?;
    let description = session::describe(&plugin, screen).await?;
    match common.json {
        true => screen.print_json(&json::provider::description(&description)),
        false => screen.print(&facts(screen, &described(&description))),
    }
}

/// Prints facts about the plugin's files: size, imports, exports, permissions. The component is compiled and does not run, so
/// it cannot influence what is shown of its imports and exports.
pub(crate) fn inspect(common: &Common, screen: Screen) -> Result<(), Failure> {
    let plugin = loading::load(common)?;
    let prepared = loading::prepare(&plugin, screen)?;
    match common.json {
        true => screen.print_json(&inspected_json(&plugin, &prepared)?),
        false => screen.print(&facts(screen, &inspected(&plugin, &prepared))),
    }
}

/// Makes a plugin from a component: reads the component's description and writes both files. The manifest is derived and
/// not typed, so that its origins and variables cannot differ from what the component declares.
pub(crate) async fn pack(common: &Common, args: &PackArgs, screen: Screen) -> Result<(), Failure> {
    let unusable = |why: String| Failure::usage(why);
    let bytes = fs::read(&args.component).map_err(|why| {
        unusable(format!("{}: {why}; pass a component, a .wasm file", args.component.display()))
    })?;
    let bare = Plugin::bare(bytes).map_err(|why| unusable(format!("{}: {why}", args.component.display())))?;
    let description = session::describe(&bare, screen).await?;
    let plugin =
        write_plugin(bare.component(), &description, &args.dir).map_err(|why| unusable(why.to_string()))?;
    let manifest = &plugin.manifest;
    let size = plugin.component().len();
    if common.json {
        return screen.print_json(&json!({
            "directory": plugin.directory.to_string_lossy(),
            "id": manifest.id,
            "version": manifest.version.to_string(),
            "component": manifest.component,
            "sha256": manifest.sha256,
            "size": size,
        }));
    }
    let made =
        format!("{} {} ({} KB)", line(&manifest.name), manifest.version, grouped(size.div_ceil(1000) as u64));
    screen.print(&format!("{made} in {}\n", line(&plugin.directory.to_string_lossy())))
}

/// Names and values for people, in the order in which they are printed.
type Facts = Vec<(&'static str, String)>;

/// The description in the order of a user's questions: what it is, where it sends requests, what it needs, what it can do.
fn described(description: &Description) -> Facts {
    vec![
        ("id", description.id.clone()),
        ("name", description.name.clone()),
        ("version", description.version.clone()),
        ("homepage", description.homepage_url.clone()),
        ("docs", description.docs_url.clone()),
        ("base URL", description.default_base_url.clone()),
        ("origins", description.origins.join(", ")),
        ("key from", description.auth.env_vars.join(", ")),
        ("key looks like", description.auth.key_hint.clone()),
        ("get a key at", description.auth.console_url.clone()),
        ("can", description.capabilities.join(", ")),
        ("default model", description.default_model.clone()),
    ]
}

/// The permissions are those that the manifest declares and this host allows. What a user grants may only be less.
fn inspected(plugin: &Plugin, prepared: &Prepared) -> Facts {
    let (manifest, inspection) = (prepared.manifest(), prepared.inspect());
    let Limits { memory_mib, call_seconds } = manifest.limits;
    let lowered = |given: u32, limit: u32, unit: &str| match given > limit {
        true => format!(" (the manifest has {given} {unit}, which only a checked signature allows)"),
        false => String::new(),
    };
    let origins: Vec<String> = manifest.network.origins.iter().map(ToString::to_string).collect();
    let custom = if manifest.network.custom_base_url { " and any base URL that you set" } else { "" };
    vec![
        ("plugin", format!("{} {} ({})", manifest.name, manifest.version, manifest.id)),
        ("contract", manifest.contract.clone()),
        ("component", manifest.component.clone()),
        (
            "size",
            format!("{} bytes, {} as machine code", grouped(inspection.size), grouped(inspection.code_size)),
        ),
        ("sha256", inspection.sha256.clone()),
        // A signature is only worth something against a key that the user trusts, so nothing is claimed without one.
        (
            "signed by",
            plugin.signer().unwrap_or("not checked; pass --trusted-key to check the signature").to_owned(),
        ),
        ("imports", inspection.imports.join("\n")),
        ("exports", inspection.exports.join("\n")),
        ("may talk to", format!("{}{custom}", origins.join(", "))),
        ("key from", key_from(plugin)),
        (
            "memory",
            format!("{memory_mib} MiB{}", lowered(plugin.manifest.limits.memory_mib, memory_mib, "MiB")),
        ),
        (
            "time",
            format!(
                "{call_seconds} s per call, in addition to the requested wait{}",
                lowered(plugin.manifest.limits.call_seconds, call_seconds, "s")
            ),
        ),
    ]
}

/// The variables that the key would be read from. Other variables that the manifest names are not shown: a user might
/// believe that the plugin needs `AWS_SECRET_ACCESS_KEY`, and set it.
fn key_from(plugin: &Plugin) -> String {
    let signed = plugin.signer().is_some();
    let read: Vec<&str> = key::variables(&plugin.manifest, signed).collect();
    let ignored = plugin.manifest.credential.env_vars.len() - read.len();
    match (read.is_empty(), ignored) {
        (_, 0) => read.join(", "),
        (true, _) => "no variable; other names count only in a plugin with a checked signature".to_owned(),
        (false, _) => {
            format!("{}; other names count only in a plugin with a checked signature", read.join(", "))
        }
    }
}

/// The facts of the files as JSON. The names are those of the manifest, so that a script can compare the two.
fn inspected_json(plugin: &Plugin, prepared: &Prepared) -> Result<Value, Failure> {
    let inspection = prepared.inspect();
    let manifest = serde_json::to_value(&plugin.manifest)
        .map_err(|why| Failure::Host { cause: "host", message: format!("the manifest: {why}") })?;
    Ok(json!({
        "manifest": manifest,
        "imports": inspection.imports,
        "exports": inspection.exports,
        "size": inspection.size,
        "code-size": inspection.code_size,
        "sha256": inspection.sha256,
        "signed-by": plugin.signer(),
        // What holds here, where the manifest has more than this host allows.
        "limits": prepared.manifest().limits,
        "key-from": key::variables(&plugin.manifest, plugin.signer().is_some()).collect::<Vec<_>>(),
    }))
}

/// Prints names and values in two columns. Values come from the plugin, so control characters are escaped.
fn facts(screen: Screen, facts: &[(&str, String)]) -> String {
    let width = facts.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for (name, value) in facts {
        let mut name = *name;
        for part in value.split('\n') {
            let column = screen.styled(Style::Bold, &format!("{name:width$}"));
            text.push_str(&format!("{column}  {}\n", line(part)));
            name = "";
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_printed_in_columns_without_control_characters() {
        let given = [("id", "x\u{1b}[2J".to_owned()), ("imports", "a\nb".to_owned())];
        assert_eq!(facts(Screen::plain(), &given), "id       x\\x1b[2J\nimports  a\n         b\n");
    }
}
