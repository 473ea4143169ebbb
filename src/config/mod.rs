//! Checks the host's configuration once, so that no later code has to.
//!
//! Every message says what is wrong and how to fix it. No message repeats the key, or a value that could contain it.

use alloc::{string::String, vec::Vec};

use crate::{
    contract::{Config, Credential},
    errors::{self, Error, Scrubber},
};
pub use base_url::{BaseUrl, Scheme};
pub use deadlines::Deadlines;
pub use key::Key;

mod address;
pub mod base_url;
#[cfg(test)]
mod base_url_tests;
pub mod deadlines;
pub mod headers;
mod host;
pub mod key;

/// Retries where the host sets no number.
pub const DEFAULT_MAX_RETRIES: u32 = 2;
/// A larger number is taken for a mistake: with their back-offs, so many retries would outlast any deadline.
pub const MOST_RETRIES: u32 = 10;

/// A valid configuration.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where requests go.
    pub base_url: BaseUrl,
    /// The key; `None` where the host adds it to each request itself.
    pub key: Option<Key>,
    /// How long each step may take.
    pub deadlines: Deadlines,
    /// Retries, at most [`MOST_RETRIES`].
    pub max_retries: u32,
    /// The host's additional request headers, names in lower case. None of them is set by the provider.
    pub headers: Vec<(String, String)>,
    /// Removes the key from texts of the server.
    pub scrubber: Scrubber,
}

impl Settings {
    /// Checks a configuration. Sends nothing.
    ///
    /// # Errors
    /// Of kind `configuration`, for the first thing that is wrong.
    pub fn check(config: Config) -> Result<Self, Error> {
        let key = match &config.credential {
            Credential::HostInjected => None,
            Credential::Bearer(key) => Some(key.as_str()),
        };
        // Made from the key as given: a key that is rejected below must not appear in a message either.
        let scrubber = Scrubber::new(key.map(str::trim_ascii));
        Self::build(&config, key, &scrubber)
            .map_err(|message| errors::configuration(scrubber.scrub(&message)))
    }

    fn build(config: &Config, key: Option<&str>, scrubber: &Scrubber) -> Result<Self, String> {
        let base_url = BaseUrl::parse(config.base_url.as_deref())?;
        Ok(Self {
            key: key.map(|key| Key::check(key, base_url.is_default())).transpose()?,
            deadlines: Deadlines::check(&config.timeouts)?,
            max_retries: max_retries(config.max_retries)?,
            headers: headers::check(&config.headers)?,
            scrubber: scrubber.clone(),
            base_url,
        })
    }
}

fn max_retries(given: Option<u32>) -> Result<u32, String> {
    match given.unwrap_or(DEFAULT_MAX_RETRIES) {
        retries if retries <= MOST_RETRIES => Ok(retries),
        _ => Err(alloc::format!(
            "max-retries is larger than {MOST_RETRIES}; give 0 to {MOST_RETRIES}, or none for 2"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{ErrorKind, Timeouts};
    use alloc::{format, string::ToString, vec};

    fn config(credential: Credential) -> Config {
        let timeouts = Timeouts { connect_ms: None, first_byte_ms: None, idle_ms: None, total_ms: None };
        Config { base_url: None, credential, timeouts, max_retries: None, headers: vec![] }
    }

    fn bearer(key: &str) -> Config {
        config(Credential::Bearer(key.to_string()))
    }

    #[test]
    fn a_key_alone_is_a_whole_configuration() {
        let settings = Settings::check(bearer("sk-abcdefg")).unwrap();
        assert_eq!(settings.base_url.endpoint("/models"), "/v1/models");
        assert_eq!(settings.base_url.origin(), "https://api.cometapi.com");
        assert_eq!(settings.key.as_ref().map(Key::expose), Some("sk-abcdefg"));
        assert_eq!(settings.max_retries, 2);
        assert!(settings.headers.is_empty());
        assert_eq!(settings.scrubber.scrub("sk-abcdefg"), "[redacted]");
        assert!(!format!("{settings:?}").contains("abcdefg"));
    }

    #[test]
    fn the_key_may_stay_with_the_host() {
        assert!(Settings::check(config(Credential::HostInjected)).unwrap().key.is_none());
    }

    #[test]
    fn what_is_wrong_is_a_configuration_error_that_sends_nothing() {
        let base = |url: &str| Config { base_url: Some(url.to_string()), ..bearer("sk-abcdefg") };
        let header = |name: &str, value: &str| Config {
            headers: vec![(name.to_string(), value.to_string())],
            ..bearer("sk-abcdefg")
        };
        let cases = [
            (bearer(""), "key"),
            (bearer(" sk-abcdefg"), "white space"),
            (base("https://sk-abcdefg@host.example/v1"), "user"),
            (base("https://host.example/v2"), "/v1"),
            (header("authorization", "x"), "authorization"),
            (header("sk-abcdefg", "a\nb"), "control"),
            (Config { max_retries: Some(11), ..bearer("sk-abcdefg") }, "max-retries"),
        ];
        for (config, hint) in cases {
            let error = Settings::check(config).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Configuration);
            assert!(!error.request_sent && !error.retryable);
            assert!(error.message.contains(hint), "{}", error.message);
            assert!(!error.message.contains("abcdefg"), "{}", error.message);
        }
    }

    #[test]
    fn other_servers_may_have_other_keys() {
        let local = |key: &str| Config { base_url: Some("http://127.0.0.1:8080".to_string()), ..bearer(key) };
        assert!(Settings::check(local("ollama")).is_ok());
        assert!(Settings::check(bearer("ollama")).is_err());
    }

    #[test]
    fn retries_are_counted_from_none_to_ten() {
        for (given, taken) in [(None, Some(2)), (Some(0), Some(0)), (Some(10), Some(10)), (Some(11), None)] {
            assert_eq!(max_retries(given).ok(), taken, "{given:?}");
        }
    }
}
