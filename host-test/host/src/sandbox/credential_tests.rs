//! Which requests carry the key, and which never may.

use super::*;
use crate::plugin::{Limits, Network};

const KEY: &str = "sk-test-0123456789";
const API: &str = "https://api.cometapi.com";

fn manifest() -> Manifest {
    Manifest {
        id: "cometapi".to_owned(),
        name: "CometAPI".to_owned(),
        version: semver::Version::new(0, 1, 0),
        contract: crate::plugin::contract(),
        component: "cometapi.wasm".to_owned(),
        sha256: String::new(),
        size: None,
        network: Network {
            origins: vec![API.parse().unwrap()],
            base_url: Some("https://api.cometapi.com/v1".parse().unwrap()),
            custom_base_url: true,
        },
        credential: CredentialSpec::default(),
        limits: Limits::default(),
    }
}

fn credential(base_url: Option<&str>) -> Credential {
    let base_url = base_url.map(|url| url.parse().unwrap());
    let grant = Grant { base_url, key: Some(Secret::new(KEY)), ..Grant::default() };
    Credential::new(&manifest(), &grant).unwrap().unwrap()
}

/// The value of the authorization header of a request to `origin` and `path`.
fn sent(credential: &Credential, origin: &str, path: &str) -> Option<String> {
    let mut headers = HeaderMap::new();
    credential.apply(&origin.parse().unwrap(), path, &mut headers).unwrap();
    Some(headers.get("authorization")?.to_str().unwrap().to_owned())
}

#[test]
fn the_key_goes_below_the_versions_of_the_api_and_nowhere_else() {
    let credential = credential(None);
    for (origin, path, carries) in [
        (API, "/v1/chat/completions", true),
        (API, "/v1/models", true),
        (API, "/v1/models/a.b..c", true),
        (API, "/api/models", false),
        (API, "/v1", false),
        (API, "/v1x/models", false),
        (API, "/v10/models", false),
        (API, "/v1beta/models/google%2Fgemini-3:streamGenerateContent", true),
        (API, "/v1beta", false),
        (API, "/v1beta2/models", false),
        (API, "/v1beta/..%2Fapi/models", false),
        (API, "/v1beta/..%5Capi", false),
        (API, "/v2/models", false),
        (API, "/V1/models", false),
        (API, "//v1/models", false),
        (API, "/", false),
        (API, "/v1/../api/models", false),
        (API, "/v1/%2e%2E/api/models", false),
        (API, "/v1/./models", false),
        (API, "/v1/..%2fapi/models", false),
        (API, "/v1/..\\api", false),
        ("https://api.cometapi.com:8443", "/v1/models", false),
        ("http://api.cometapi.com", "/v1/models", false),
        ("https://evil.example", "/v1/models", false),
    ] {
        let expected = carries.then(|| format!("Bearer {KEY}"));
        assert_eq!(sent(&credential, origin, path), expected, "{origin}{path}");
    }
}

#[test]
fn a_chosen_base_url_takes_the_keys_scope_along() {
    // The base URL as people write it, the path that carries the key, one that does not.
    for (base_url, below, beside) in [
        ("http://127.0.0.1:8080/v1", "/v1/models", "/api/models"),
        ("http://127.0.0.1:8080/v1/", "/v1/models", "/api/models"),
        ("http://127.0.0.1:8080", "/v1/models", "/api/models"),
        ("http://127.0.0.1:8080/v1/chat/completions", "/v1/models", "/v1x"),
        ("http://127.0.0.1:8080/openai/v1", "/openai/v1/models", "/v1/models"),
        ("http://127.0.0.1:8080/openai", "/openai/v1/models", "/openai/models"),
        ("http://127.0.0.1:8080/openai", "/openai/v1beta/models/m", "/v1beta/models/m"),
        ("http://127.0.0.1:8080/v1/team/v1", "/v1/team/v1/models", "/v1/models"),
        ("http://127.0.0.1:8080/v1/team/v1", "/v1/team/v1/models", "/v1/team/api/models"),
        ("http://127.0.0.1:8080/v1/team/v1/chat/completions", "/v1/team/v1/models", "/v1/chat/completions"),
        ("http://127.0.0.1:8080/v1/v1", "/v1/v1/models", "/v1/models"),
        ("http://127.0.0.1:8080/xv1", "/xv1/v1/models", "/xv1/models"),
    ] {
        let credential = credential(Some(base_url));
        let origin = "http://127.0.0.1:8080";
        assert!(sent(&credential, origin, below).is_some(), "{base_url} {below}");
        assert!(sent(&credential, origin, beside).is_none(), "{base_url} {beside}");
        assert!(sent(&credential, API, "/v1/models").is_none(), "{base_url}: the default origin got the key");
    }
}

#[test]
fn a_credential_of_the_components_own_stops_the_request() {
    let credential = credential(None);
    for header in ["authorization", "x-api-key", "x-goog-api-key"] {
        for (origin, path) in [(API, "/v1/models"), (API, "/api/models"), ("https://b.example", "/")] {
            let mut headers = HeaderMap::new();
            headers.insert(header, HeaderValue::from_static("Bearer mine"));
            let denied = credential.apply(&origin.parse().unwrap(), path, &mut headers);
            assert!(matches!(denied, Err(Denial::OwnCredential(name)) if name == header), "{header}");
        }
    }
}

#[test]
fn headers_that_hold_no_credential_are_the_components_to_set() {
    let credential = credential(None);
    for name in ["accept", "content-type", "user-agent", "x-request-id"] {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_static("text/plain"));
        credential.apply(&API.parse().unwrap(), "/v1/models", &mut headers).unwrap();
        assert_eq!((headers.len(), &headers[name]), (2, &HeaderValue::from_static("text/plain")), "{name}");
    }
}

#[test]
fn a_plain_credential_is_the_key_alone_in_its_own_header() {
    let mut manifest = manifest();
    manifest.credential.kind = CredentialKind::Plain;
    manifest.credential.header = "x-provider-key".to_owned();
    let grant = Grant { key: Some(Secret::new(KEY)), ..Grant::default() };
    let credential = Credential::new(&manifest, &grant).unwrap().unwrap();
    let mut headers = HeaderMap::new();
    credential.apply(&API.parse().unwrap(), "/v1/models", &mut headers).unwrap();
    assert_eq!(headers.get("x-provider-key").unwrap(), KEY);
    assert_eq!(headers.len(), 1);
    assert!(credential.is_reserved(&HeaderName::from_static("x-provider-key")));
}

#[test]
fn without_a_key_there_is_no_credential_and_a_key_without_a_home_is_refused() {
    assert!(Credential::new(&manifest(), &Grant::default()).unwrap().is_none());
    let mut no_base_url = manifest();
    no_base_url.network.base_url = None;
    let grant = Grant { key: Some(Secret::new(KEY)), ..Grant::default() };
    assert!(matches!(Credential::new(&no_base_url, &grant), Err(SandboxError::NoBaseUrl)));
}

#[test]
fn a_key_that_no_header_can_carry_is_refused_without_being_shown() {
    for key in ["", "sk-two words", "sk-line\r\nx-evil: 1", "sk-naïve", "sk-nul\0"] {
        let grant = Grant { key: Some(Secret::new(key)), ..Grant::default() };
        let error = Credential::new(&manifest(), &grant).unwrap_err().to_string();
        assert!(!error.contains("sk-"), "{error}");
    }
}

#[test]
fn nobody_reads_the_key_out_of_debug_output() {
    let credential = credential(None);
    let mut headers = HeaderMap::new();
    credential.apply(&API.parse().unwrap(), "/v1/models", &mut headers).unwrap();
    let shown = format!("{credential:?} {headers:?}");
    assert!(!shown.contains(KEY), "{shown}");
}
