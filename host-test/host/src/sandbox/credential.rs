//! The key that the host adds, so that it never enters the sandbox. No I/O.

use http::header::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::error::SandboxError;
use super::grant::{Grant, Secret};
use super::policy::Denial;
use crate::plugin::{CredentialKind, CredentialSpec, Manifest, Origin};

/// Headers that vendors take keys in. Where the host adds the key, the component sets none of them.
const KEY_HEADERS: [HeaderName; 3] = [
    http::header::AUTHORIZATION,
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("x-goog-api-key"),
];

/// Adds the key to the requests that are meant to carry it.
#[derive(Clone, Debug)]
pub struct Credential {
    header: HeaderName,
    value: HeaderValue,
    scope: Scope,
}

/// The requests that carry the key: one origin, and there only what lies below one path. The public
/// catalogue of a provider stands on the same origin, and must not be sent the key.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Scope {
    origin: Origin,
    /// Begins and ends with a slash.
    path: String,
}

impl Credential {
    /// The credential of a grant; `None` where the host adds no key.
    ///
    /// # Errors
    /// When the key cannot be part of a header, or when nothing says to whom it belongs.
    pub fn new(manifest: &Manifest, grant: &Grant) -> Result<Option<Credential>, SandboxError> {
        let Some(key) = &grant.key else { return Ok(None) };
        let base_url = grant.base_url.as_ref().or(manifest.network.base_url.as_ref());
        let scope = base_url.and_then(Scope::below).ok_or(SandboxError::NoBaseUrl)?;
        let header = HeaderName::from_bytes(manifest.credential.header.as_bytes())
            .map_err(|_| SandboxError::Key("the manifest's credential.header is no header name"))?;
        Ok(Some(Credential { header, value: value(&manifest.credential, key)?, scope }))
    }

    /// Adds the key where it belongs.
    ///
    /// # Errors
    /// When the component brought a credential of its own: it was given none, so this one is somebody
    /// else's, or stolen.
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
    // Marked, so that Debug of the headers does not show it and HTTP/2 would not index it.
    value.set_sensitive(true);
    Ok(value)
}

impl Scope {
    /// What lies below a base URL. The contract lets people write it with its `/v1`, without it, with
    /// slashes at its end, or as a whole endpoint; all mean the same base.
    ///
    /// The last segment that is `v1` ends the base, since no endpoint has one: of
    /// `https://host/v1/team/v1/models` the key goes to what lies below `/v1/team/v1/`, and not to what
    /// else there is below `/v1/`.
    fn below(base_url: &Url) -> Option<Scope> {
        let origin = Origin::of(base_url).ok()?;
        let path = base_url.path().trim_end_matches('/');
        let base = match path.strip_suffix("/v1") {
            Some(base) => base,
            None => path.rfind("/v1/").map_or(path, |at| path.get(..at).unwrap_or(path)),
        };
        Some(Scope { origin, path: format!("{base}/v1/") })
    }

    fn holds(&self, origin: &Origin, path: &str) -> bool {
        *origin == self.origin && path.starts_with(&self.path) && !climbs(path)
    }
}

/// Whether a path may mean another one once a server has tidied it: dot segments, plain or encoded,
/// backslashes, and encoded slashes.
fn climbs(path: &str) -> bool {
    let path = path.to_ascii_lowercase().replace("%2e", ".");
    path.contains('\\')
        || path.contains("%2f")
        || path.contains("%5c")
        || path.split('/').any(|segment| segment == "." || segment == "..")
}

#[cfg(test)]
#[path = "credential_tests.rs"]
mod tests;
