//! Chooses the server and the key from the command line and the environment.
//!
//! Nothing else is read, such as a file in the current folder: a cloned repository could use it to send the user's key to
//! a server of its author.

use provider_host::contract::Credential;
use provider_host::plugin::{Manifest, Origin};
use provider_host::sandbox::{KeyMode, Secret};
use url::Url;

use super::args::Common;
use super::environment::{self, Variables};
use super::failure::Failure;
use super::key::{self, Key};

/// Environment variables for the base URL, the preferred one first. `COMETAPI_BASE_URL` is the one that CometAPI documents.
const BASE_URL_VARIABLES: [&str; 2] = ["COMETAPI_BASE_URL", "COMETAPI_API_BASE"];

/// The provider to talk to.
#[derive(Debug, Clone)]
pub(crate) enum Access {
    /// The provider or another server. `base_url: None` is the provider's own.
    Server {
        base_url: Option<Url>,
        /// `None` for a local server that needs no key.
        key: Option<Key>,
    },
    /// Neither a server nor a key is configured: use the stand-in on this machine.
    StandIn,
}

/// Chooses the server and the key for a plugin, which is `signed` if its signature was checked. An option wins over an
/// environment variable.
///
/// # Errors
/// Wrong usage: an invalid base URL, or no key for a server that needs one.
pub(crate) fn choose(
    common: &Common,
    manifest: &Manifest,
    signed: bool,
    variable: Variables<'_>,
) -> Result<Access, Failure> {
    let key = key::find(common.key_file.as_deref(), manifest, signed, variable)?;
    let chosen = match &common.base_url {
        Some(text) => Some(("--base-url", text.clone())),
        None => environment::first(BASE_URL_VARIABLES, variable)?,
    };
    let Some((source, text)) = chosen else {
        // With a key, the user means the real service; without one, only the stand-in can respond.
        return Ok(match key {
            Some(key) => Access::Server { base_url: None, key: Some(key) },
            None => Access::StandIn,
        });
    };
    // The message does not repeat the URL: people paste URLs that contain a user name and a password.
    let base_url = Url::parse(&text).map_err(|why| {
        Failure::usage(format!("{source} is not a valid URL: {why}; use the form https://HOST/v1"))
    })?;
    // The sandbox would refuse such an address too, but only after compiling, and without the name of the option.
    let origin = Origin::of(&base_url).map_err(|why| Failure::usage(format!("{source}: {why}")))?;
    // A request without a key would reach a remote server and fail there. A local server often needs no key.
    let wanted = manifest.credential.env_vars.first().map_or("the key's variable", String::as_str);
    if key.is_none() && !origin.is_loopback() {
        return Err(Failure::usage(format!(
            "{origin} needs a key; set the environment variable {wanted}, or pass a file with --key-file"
        )));
    }
    // The contract's credential `bearer` contains a key, so there is nothing that could be passed to the plugin.
    if key.is_none() && common.key_mode == KeyMode::Bearer {
        let message =
            format!("--key-mode bearer needs a key, and none is set; set {wanted}, or leave the option out");
        return Err(Failure::usage(message));
    }
    Ok(Access::Server { base_url: Some(base_url), key })
}

/// The credential for the component. In the injected mode it contains no key, so a bug in the component or a malicious
/// component cannot leak it.
pub(crate) fn credential(mode: KeyMode, key: Option<&Secret>) -> Credential {
    match (mode, key) {
        (KeyMode::Bearer, Some(key)) => Credential::Bearer(key.expose().to_owned()),
        _ => Credential::HostInjected,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn manifest() -> Manifest {
        Manifest::parse(&format!(
            "id = \"p\"\nname = \"P\"\nversion = \"0.1.0\"\ncontract = \"agent:model-provider@0.2.0\"\n\
             component = \"p.wasm\"\nsha256 = \"{}\"\n\
             [network]\norigins = [\"https://api.example.com\"]\ncustom-base-url = true\n\
             [credential]\nenv-vars = [\"COMETAPI_KEY\", \"COMET_API_KEY\"]\n",
            "0".repeat(64)
        ))
        .unwrap()
    }

    /// Variables as [`environment::variable`](super::super::environment::variable) reads them.
    pub(in super::super) fn fake(
        variables: &[(&str, &str)],
    ) -> impl Fn(&str) -> Result<Option<String>, Failure> {
        let variables: Vec<_> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), value.trim().to_owned())).collect();
        move |wanted| {
            let found = variables.iter().find(|(name, value)| name == wanted && !value.is_empty());
            Ok(found.map(|(_, value)| value.clone()))
        }
    }

    fn decide(
        base_url: Option<&str>,
        key_mode: KeyMode,
        variables: &[(&str, &str)],
    ) -> Result<String, String> {
        let common = Common {
            plugin: None,
            base_url: base_url.map(str::to_owned),
            key_mode,
            key_file: None,
            trusted_key: Vec::new(),
            json: false,
        };
        match choose(&common, &manifest(), false, &fake(variables)) {
            Ok(Access::StandIn) => Ok("stand-in".to_owned()),
            Ok(Access::Server { base_url, key }) => {
                let base_url = base_url.map_or("default".to_owned(), |url| url.to_string());
                Ok(format!("{base_url} with {}", key.as_ref().map_or("none", |key| key.secret.expose())))
            }
            Err(Failure::Usage(message)) => Err(message),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn options_win_over_variables_and_the_stand_in_is_the_fallback() {
        const KEY: (&str, &str) = ("COMETAPI_KEY", "sk-1");
        const LOCAL: &str = "http://127.0.0.1:8080/v1";
        let injected = |base_url, variables: &[_]| decide(base_url, KeyMode::Injected, variables);
        let cases = [
            (injected(None, &[]), "stand-in"),
            (injected(None, &[("COMETAPI_KEY", " "), ("COMETAPI_BASE_URL", "")]), "stand-in"),
            (injected(None, &[KEY]), "default with sk-1"),
            (injected(None, &[("COMET_API_KEY", "sk-2\n")]), "default with sk-2"),
            (injected(None, &[("COMET_API_KEY", "sk-2"), KEY]), "default with sk-1"),
            (injected(Some(LOCAL), &[]), "http://127.0.0.1:8080/v1 with none"),
            (injected(None, &[("COMETAPI_API_BASE", LOCAL)]), "http://127.0.0.1:8080/v1 with none"),
            (
                injected(None, &[("COMETAPI_BASE_URL", LOCAL), ("COMETAPI_API_BASE", "https://x")]),
                "http://127.0.0.1:8080/v1 with none",
            ),
            (
                injected(Some("https://example.org/v1"), &[KEY, ("COMETAPI_BASE_URL", LOCAL)]),
                "https://example.org/v1 with sk-1",
            ),
            (decide(Some(LOCAL), KeyMode::Bearer, &[KEY]), "http://127.0.0.1:8080/v1 with sk-1"),
        ];
        for (given, expected) in cases {
            assert_eq!(given.as_deref(), Ok(expected));
        }
    }

    #[test]
    fn an_error_names_the_missing_or_invalid_setting() {
        let cases = [
            (decide(Some("https://example.org/v1"), KeyMode::Injected, &[]), "variable COMETAPI_KEY"),
            (decide(Some("example.org"), KeyMode::Injected, &[]), "--base-url is not a valid URL"),
            (decide(Some("ftp://u:secret@h"), KeyMode::Injected, &[]), "--base-url"),
            (
                decide(None, KeyMode::Injected, &[("COMETAPI_API_BASE", "x y")]),
                "COMETAPI_API_BASE is not a valid URL",
            ),
            (decide(Some("http://localhost:1"), KeyMode::Bearer, &[]), "--key-mode bearer"),
        ];
        for (given, expected) in cases {
            let message = given.unwrap_err();
            assert!(message.contains(expected) && !message.contains("secret"), "{message}");
        }
    }

    #[test]
    fn the_component_gets_the_key_only_in_bearer_mode() {
        let key = Secret::new("sk-1");
        assert!(matches!(credential(KeyMode::Injected, Some(&key)), Credential::HostInjected));
        assert!(matches!(credential(KeyMode::Injected, None), Credential::HostInjected));
        assert!(
            matches!(credential(KeyMode::Bearer, Some(&key)), Credential::Bearer(text) if text == "sk-1")
        );
    }
}
