//! The key that the host adds, so that it never enters the sandbox. No I/O.

use http::header::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::error::SandboxError;
use super::grant::{Grant, Secret};
use super::policy::Denial;
use crate::plugin::{CredentialKind, CredentialSpec, Manifest, Origin};

/// Headers in which vendors expect a key. If the host adds the key, the component may set none of them: a second key could
/// send the user's prompts to the account of somebody else.
const KEY_HEADERS: [HeaderName; 3] = [
    http::header::AUTHORIZATION,
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("x-goog-api-key"),
];

/// Adds the key to the requests below the base URL or the version beside it, and to no other. [`Instance`](super::Instance) applies it after the
/// [`Policy`](super::Policy) has allowed a request.
#[derive(Clone, Debug)]
pub struct Credential {
    header: HeaderName,
    value: HeaderValue,
    scope: Scope,
}

/// The versions of an API that one key is for. Gateways serve Google's shape where Google has it, beside `/v1`.
const VERSIONS: [&str; 2] = ["v1/", "v1beta/"];

/// The requests that carry the key: one origin, and there only the paths below some versions of the API. CometAPI's public
/// catalogue is on the same origin, outside of them, and needs no key.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Scope {
    origin: Origin,
    /// Where the versions stand. Begins and ends with a slash.
    base: String,
}

impl Credential {
    /// The credential of a grant; `None` if the host adds no key.
    ///
    /// # Errors
    /// [`SandboxError::Key`] when the key cannot be part of a header, and [`SandboxError::NoBaseUrl`] when neither the grant
    /// nor the manifest has a base URL: without one, the key would have to go to every origin.
    pub fn new(manifest: &Manifest, grant: &Grant) -> Result<Option<Credential>, SandboxError> {
        let Some(key) = &grant.key else { return Ok(None) };
        let base_url = grant.base_url.as_ref().or(manifest.network.base_url.as_ref());
        let scope = base_url.and_then(Scope::below).ok_or(SandboxError::NoBaseUrl)?;
        let header = HeaderName::from_bytes(manifest.credential.header.as_bytes())
            .map_err(|_| SandboxError::Key("the manifest's credential.header is no header name"))?;
        Ok(Some(Credential { header, value: value(&manifest.credential, key)?, scope }))
    }

    /// Adds the key, if the request is in its scope.
    ///
    /// # Errors
    /// [`Denial::OwnCredential`] when the component set such a header itself: it was given no key, so this one belongs to
    /// somebody else, or was stolen.
    pub fn apply(&self, origin: &Origin, path: &str, headers: &mut HeaderMap) -> Result<(), Denial> {
        if let Some(own) = headers.keys().find(|name| self.is_reserved(name)) {
            return Err(Denial::OwnCredential(own.clone()));
        }
        if self.scope.holds(origin, path) {
            headers.insert(self.header.clone(), self.value.clone());
        }
        Ok(())
    }

    /// Whether only the host may set this header.
    pub fn is_reserved(&self, name: &HeaderName) -> bool {
        *name == self.header || KEY_HEADERS.contains(name)
    }
}

fn value(spec: &CredentialSpec, key: &Secret) -> Result<HeaderValue, SandboxError> {
    let key = key.expose();
    if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(SandboxError::Key("the key is empty, or has blanks or other characters that no key has"));
    }
    let text = match spec.kind {
        CredentialKind::Bearer => format!("Bearer {key}"),
        CredentialKind::Plain => key.to_owned(),
    };
    let mut value =
        HeaderValue::try_from(text).map_err(|_| SandboxError::Key("the key fits into no header"))?;
    // Marked as sensitive: `Debug` of the headers does not show it, and HTTP/2 does not put it into its compression table,
    // whose state an attacker can probe (RFC 7541, 7.1).
    value.set_sensitive(true);
    Ok(value)
}

impl Scope {
    /// The paths below a base URL. The contract accepts it with its `/v1`, without it, with slashes at its end, or as a whole
    /// endpoint; all mean the same base.
    ///
    /// The last segment `v1` ends the base, since no endpoint has one. For `https://host/v1/team/v1/models` the key is sent
    /// below `/v1/team/v1/`, and not to other paths below `/v1/`, which may belong to another team.
    fn below(base_url: &Url) -> Option<Scope> {
        let origin = Origin::of(base_url).ok()?;
        let path = base_url.path().trim_end_matches('/');
        let base = match path.strip_suffix("/v1") {
            Some(base) => base,
            None => path.rfind("/v1/").map_or(path, |at| path.get(..at).unwrap_or(path)),
        };
        Some(Scope { origin, base: format!("{base}/") })
    }

    fn holds(&self, origin: &Origin, path: &str) -> bool {
        let below = path.strip_prefix(&self.base).unwrap_or_default();
        let is_version = VERSIONS.iter().any(|version| below.starts_with(version));
        *origin == self.origin && is_version && !climbs(path)
    }
}

/// Whether a server may normalise a path to another one, outside of the base: dot segments and backslashes, plain or encoded,
/// also between encoded slashes. An encoded slash alone is a part of a model's id, and leads nowhere else.
fn climbs(path: &str) -> bool {
    let path = path.to_ascii_lowercase().replace("%2e", ".").replace("%2f", "/").replace("%5c", "\\");
    path.contains('\\') || path.split('/').any(|segment| segment == "." || segment == "..")
}

#[cfg(test)]
#[path = "credential_tests.rs"]
mod tests;
