//! Which server, and with which key: from the command line and the environment, and nothing else.

use provider_host::contract::Credential;
use provider_host::plugin::{Manifest, Origin};
use provider_host::sandbox::{KeyMode, Secret};
use url::Url;

use super::args::Common;
use super::failure::Failure;
use super::key::{self, Key};

/// Environment variables that a base URL is read from, the preferred one first.
const BASE_URL_VARIABLES: [&str; 2] = ["COMETAPI_BASE_URL", "COMETAPI_API_BASE"];

/// The provider to talk to.
#[derive(Debug, Clone)]
pub(crate) enum Access {
    /// The provider itself, or another server in its place. `base_url: None` is the provider's own.
    Server {
        base_url: Option<Url>,
        /// `None`: a local server that needs none.
        key: Option<Key>,
    },
    /// Nobody named a server or a key: the stand-in on this machine.
    StandIn,
}

/// Decides by what was given.
///
/// # Errors
/// Wrong usage: a base URL that is none, or a server that needs a key where there is none.
pub(crate) fn choose(
    common: &Common,
    manifest: &Manifest,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Access, Failure> {
    let read =
        |name: &str| variable(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
    let key = key::find(common.key_file.as_deref(), manifest, !common.trusted_key.is_empty(), variable)?;
    let from_environment = || {
        let mut found = BASE_URL_VARIABLES.iter().filter_map(|name| read(name).map(|value| (*name, value)));
        found.next()
    };
    let chosen = match &common.base_url {
        Some(text) => Some(("--base-url", text.clone())),
        None => from_environment(),
    };
    let Some((source, text)) = chosen else {
        return Ok(match key {
            Some(key) => Access::Server { base_url: None, key: Some(key) },
            None => Access::StandIn,
        });
    };
    // The text is not repeated: people paste addresses with a user and a password in them.
    let base_url = Url::parse(&text)
        .map_err(|why| Failure::usage(format!("{source} is no URL: {why}; write https://HOST/v1")))?;
    let origin = Origin::of(&base_url).map_err(|why| Failure::usage(format!("{source}: {why}")))?;
    let wanted = manifest.credential.env_vars.first().map_or("the key's variable", String::as_str);
    if key.is_none() && !origin.is_loopback() {
        return Err(Failure::usage(format!(
            "{origin} needs a key; put it into the environment variable {wanted}, or name its file with --key-file"
        )));
    }
    if key.is_none() && common.key_mode == KeyMode::Bearer {
        let message =
            format!("--key-mode bearer hands a key in, and there is none; set {wanted}, or leave it out");
        return Err(Failure::usage(message));
    }
    Ok(Access::Server { base_url: Some(base_url), key })
}

/// How the component gets the key.
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
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        match choose(&common, &manifest(), &variable) {
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
    fn the_server_follows_from_what_was_given() {
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
    fn what_is_missing_or_wrong_is_named() {
        let cases = [
            (decide(Some("https://example.org/v1"), KeyMode::Injected, &[]), "variable COMETAPI_KEY"),
            (decide(Some("example.org"), KeyMode::Injected, &[]), "--base-url is no URL"),
            (decide(Some("ftp://u:secret@h"), KeyMode::Injected, &[]), "--base-url"),
            (decide(None, KeyMode::Injected, &[("COMETAPI_API_BASE", "x y")]), "COMETAPI_API_BASE is no URL"),
            (decide(Some("http://localhost:1"), KeyMode::Bearer, &[]), "--key-mode bearer"),
        ];
        for (given, expected) in cases {
            let message = given.unwrap_err();
            assert!(message.contains(expected) && !message.contains("secret"), "{message}");
        }
    }

    #[test]
    fn the_component_is_given_a_key_only_where_it_was_asked_to_have_it() {
        let key = Secret::new("sk-1");
        assert!(matches!(credential(KeyMode::Injected, Some(&key)), Credential::HostInjected));
        assert!(matches!(credential(KeyMode::Injected, None), Credential::HostInjected));
        assert!(
            matches!(credential(KeyMode::Bearer, Some(&key)), Credential::Bearer(text) if text == "sk-1")
        );
    }
}
