//! `plugin.toml`: what a plugin is, and what it needs.
//!
//! The manifest is written by the plugin's author and read by a host that does not trust the author. Every rule below
//! either keeps the plugin from reaching more than it declares, or turns a mistake into a message.

use std::time::Duration;

use semver::Version;
use serde::{Deserialize, Serialize};
use url::Url;

use super::error::ManifestError;
use super::origin::{Origin, Scheme};

/// The name of the manifest in a plugin's folder.
pub const FILE_NAME: &str = "plugin.toml";

/// The manifest. Unknown keys are refused: a misspelt limit must not turn into no limit.
///
/// ```
/// use provider_host::plugin::Manifest;
///
/// let text = r#"
/// id = "example"
/// name = "Example"
/// version = "1.0.0"
/// contract = "agent:model-provider@0.2.0"
/// component = "example.wasm"
/// sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
/// [network]
/// origins = ["https://api.example.com"]
/// [credential]
/// env-vars = ["EXAMPLE_KEY"]
/// "#;
/// let manifest = Manifest::parse(text)?;
/// assert_eq!(manifest.limits.memory_mib, 256);
///
/// let error = Manifest::parse(&text.replace("origins", "origin")).unwrap_err();
/// assert!(error.to_string().contains("unknown field `origin`"));
/// # Ok::<(), provider_host::plugin::ManifestError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Manifest {
    /// The plugin's name for programs: 1 to 64 lower-case letters, digits and hyphens. It is also part of file names.
    pub id: String,
    /// The plugin's name for people.
    pub name: String,
    /// The plugin's own version.
    pub version: Version,
    /// `agent:model-provider@VERSION`.
    pub contract: String,
    /// The component's file, in the same folder.
    pub component: String,
    /// SHA-256 of the component, 64 lower-case hexadecimal digits. It detects a damaged or mixed-up file. It is no
    /// signature: an attacker who can replace the component can replace the manifest too.
    pub sha256: String,
    /// Length of the component in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Where the plugin may send requests.
    pub network: Network,
    /// How the key is sent there.
    pub credential: CredentialSpec,
    /// How much of this machine it may use.
    #[serde(default)]
    pub limits: Limits,
}

/// Where a plugin may send requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Network {
    /// The origins that it talks to by default. A grant can leave some out, and cannot add any.
    pub origins: Vec<Origin>,
    /// The base URL where a person chose none; its origin is among `origins`. The host adds the key to requests below
    /// it and to no others, so that a page on the same host which anybody can write to never sees it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_url: Option<Url>,
    /// Whether a person may choose another base URL, and so allow its origin.
    #[serde(default)]
    pub custom_base_url: bool,
}

/// How a plugin authenticates to its servers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CredentialSpec {
    /// How the key is written into a request.
    #[serde(default)]
    pub kind: CredentialKind,
    /// The header that carries the key.
    #[serde(default = "authorization")]
    pub header: String,
    /// Environment variables that a host reads the key from, the preferred one first.
    #[serde(default)]
    pub env_vars: Vec<String>,
}

/// How a key is written into its header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CredentialKind {
    /// `Bearer KEY`.
    #[default]
    Bearer,
    /// The key alone.
    Plain,
}

/// How much of this machine a plugin may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Limits {
    /// Linear memory of one instance, in MiB: 1 to 4096. A component that allocates more is stopped.
    pub memory_mib: u32,
    /// How long a call may take in addition to the wait that the host passes to it, in seconds: 1 to 600. A component
    /// that takes longer is stopped.
    pub call_seconds: u32,
}

impl Default for Limits {
    /// Enough for a request with tens of megabytes of images, and for a slow machine.
    fn default() -> Limits {
        Limits { memory_mib: 256, call_seconds: 10 }
    }
}

impl Limits {
    /// The smaller of each limit.
    pub fn at_most(&self, other: &Limits) -> Limits {
        Limits {
            memory_mib: self.memory_mib.min(other.memory_mib),
            call_seconds: self.call_seconds.min(other.call_seconds),
        }
    }

    /// Linear memory of one instance, in bytes.
    pub fn memory_bytes(&self) -> usize {
        usize::try_from(self.memory_mib).unwrap_or(usize::MAX).saturating_mul(1024 * 1024)
    }

    /// How long a call may take in addition to the wait that the host passes to it.
    pub fn call(&self) -> Duration {
        Duration::from_secs(u64::from(self.call_seconds))
    }
}

impl Default for CredentialSpec {
    fn default() -> CredentialSpec {
        CredentialSpec { kind: CredentialKind::Bearer, header: authorization(), env_vars: Vec::new() }
    }
}

fn authorization() -> String {
    "authorization".to_owned()
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// Names the line or the key, and what would be right.
    pub fn parse(text: &str) -> Result<Manifest, ManifestError> {
        let manifest: Manifest =
            toml::from_str(text).map_err(|error| ManifestError(located(text, &error)))?;
        manifest.check().map_err(|reason| ManifestError(clipped(&reason, LONGEST_REASON)))?;
        Ok(manifest)
    }

    /// The manifest as TOML.
    ///
    /// # Errors
    /// Names the key that cannot be written.
    pub fn to_toml(&self) -> Result<String, ManifestError> {
        self.check().map_err(ManifestError)?;
        toml::to_string(self).map_err(|error| ManifestError(error.to_string()))
    }

    fn check(&self) -> Result<(), String> {
        if !is_id(&self.id) {
            return Err(format!("id = {}: use lower-case letters, digits and hyphens", quoted(&self.id)));
        }
        if !is_file_name(&self.component) {
            let hint = "name a .wasm file in the same folder, without a path";
            return Err(format!("component = {}: {hint}", quoted(&self.component)));
        }
        // Upper case would be the same digest in another spelling. Refusing it lets digests be compared as text.
        if self.sha256.len() != 64 || !self.sha256.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err("sha256: write 64 lower-case hexadecimal digits, as sha256sum prints them".to_owned());
        }
        check_header(&self.credential.header)?;
        check_network(&self.network)?;
        check_limits(&self.limits)
    }
}

/// The longest part of a value that a message repeats, in characters. Values come from the plugin's author, and one of
/// megabytes would push the reason out of sight.
const LONGEST_VALUE: usize = 60;

/// The longest reason, in characters. The TOML reader's own messages repeat keys of the file, which have no limit.
const LONGEST_REASON: usize = 200;

/// An error of the TOML reader in one line. The reader would print the whole line of the file with it, whose length
/// has no limit.
fn located(text: &str, error: &toml::de::Error) -> String {
    let reason = clipped(error.message(), LONGEST_REASON);
    let Some(before) = error.span().and_then(|span| text.get(..span.start)) else { return reason };
    let line = before.matches('\n').count() + 1;
    let head = before.rsplit('\n').next().unwrap_or_default();
    let column = head.chars().count() + 1;
    match head.split_once('=') {
        // The error is in a value, and the reader's message does not name its key.
        Some((key, _)) => {
            format!("line {line}, column {column}: {}: {reason}", clipped(key.trim(), LONGEST_VALUE))
        }
        None => format!("line {line}, column {column}: {reason}"),
    }
}

fn quoted(value: &str) -> String {
    format!("{:?}", clipped(value, LONGEST_VALUE))
}

/// The beginning of a text, in one line, with `…` where it was cut.
fn clipped(text: &str, limit: usize) -> String {
    let mut shown: String =
        text.trim_end().chars().take(limit).map(|c| if c == '\n' { ' ' } else { c }).collect();
    if text.trim_end().chars().nth(limit).is_some() {
        shown.push('…');
    }
    shown
}

/// Refuses headers that cannot carry a key. In some, such as `content-length`, the key would change how a server reads
/// the request; others are forbidden to components, and the HTTP layer would drop them.
fn check_header(header: &str) -> Result<(), String> {
    let wrong = |reason| Err(format!("credential.header = {}: {reason}", quoted(header)));
    let Ok(name) = http::HeaderName::from_bytes(header.as_bytes()) else {
        return wrong("it is not a header name; write one such as authorization or x-api-key");
    };
    let framing = [http::header::CONTENT_LENGTH, http::header::CONTENT_TYPE, http::header::TRANSFER_ENCODING];
    if framing.contains(&name) || crate::sandbox::FORBIDDEN_HEADERS.contains(&name) {
        return wrong("no key can be sent in this header; name the one that the service reads it from");
    }
    Ok(())
}

/// Whether a text can be an id. Ids become file names and command-line arguments, so they contain nothing that a file
/// system or a shell interprets, and do not begin like an option.
fn is_id(id: &str) -> bool {
    let plain = id.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    plain && !id.is_empty() && id.len() <= 64 && !id.starts_with('-')
}

/// Whether a name is a plain file name. With a slash or `..` in it, the manifest could make the host read a file
/// outside of the plugin's folder.
fn is_file_name(name: &str) -> bool {
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    plain && name.ends_with(".wasm") && !name.starts_with('.')
}

fn check_network(network: &Network) -> Result<(), String> {
    if let Some(plain) = network.origins.iter().find(|o| o.scheme() == Scheme::Http && !o.is_loopback()) {
        return Err(format!("network.origins: {plain} would receive the key in plain text; write https"));
    }
    // The host adds the key below the base URL. If that origin were not declared, a person who reads `origins` would not
    // see where the key goes.
    let Some(base_url) = &network.base_url else { return Ok(()) };
    let origin = Origin::of(base_url).map_err(|error| format!("network.base-url: {error}"))?;
    if network.origins.contains(&origin) {
        Ok(())
    } else {
        Err(format!("network.base-url: its origin {origin} is not in network.origins; add it there"))
    }
}

fn check_limits(limits: &Limits) -> Result<(), String> {
    if !(1..=4096).contains(&limits.memory_mib) {
        return Err(format!("limits.memory-mib = {}: choose 1 to 4096", limits.memory_mib));
    }
    if !(1..=600).contains(&limits.call_seconds) {
        return Err(format!("limits.call-seconds = {}: choose 1 to 600", limits.call_seconds));
    }
    Ok(())
}

#[cfg(test)]
#[path = "manifest_tests.rs"]
mod tests;
