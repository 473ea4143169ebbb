//! The base URL, checked strictly because its server receives the key.

use alloc::{borrow::ToOwned, format, string::String};

use super::host;
use crate::text_search::{contains, find, hex, split_once};

/// The base URL where the host names none.
pub const DEFAULT_BASE_URL: &str = "https://api.cometapi.com/v1";
/// The host of the default base URL.
const DEFAULT_HOST: &str = "api.cometapi.com";
/// In bytes. No base URL comes near it; a longer text is a pasted file.
const LONGEST: usize = 2048;

/// What the path of a base URL ends in.
const VERSION: &str = "/v1";

/// The endpoints that people leave after `/v1` when they paste a whole URL from documentation.
const ENDPOINTS: &[&str] = &[
    "/audio/speech",
    "/audio/transcriptions",
    "/audio/translations",
    "/chat/completions",
    "/completions",
    "/dashboard/billing/subscription",
    "/dashboard/billing/usage",
    "/embeddings",
    "/images/edits",
    "/images/generations",
    "/messages",
    "/models",
    "/moderations",
    "/rerank",
    "/responses",
];

/// The scheme of a base URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Plain HTTP, only to this machine: over a network it would show the key.
    Http,
    /// HTTP over TLS.
    Https,
}

impl Scheme {
    /// `http` or `https`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// A base URL whose path ends in `/v1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    /// The scheme.
    pub scheme: Scheme,
    /// `host` or `host:port`, the host in lower case and the port only where it is not the scheme's own.
    pub authority: String,
    /// Begins with a slash and ends in `/v1`, without a slash at the end.
    pub path: String,
}

impl BaseUrl {
    /// Reads a base URL with or without `/v1`, with slashes at its end, or with a whole endpoint. `None` is
    /// [`DEFAULT_BASE_URL`].
    ///
    /// # Errors
    /// A message for people. It repeats nothing of the URL, which may contain a password.
    pub fn parse(given: Option<&str>) -> Result<Self, &'static str> {
        let given = given.unwrap_or(DEFAULT_BASE_URL);
        refuse_what_has_no_place(given)?;
        let (scheme, rest) = split_scheme(given)?;
        let (authority, path) =
            rest.split_at_checked(find(rest, "/").unwrap_or(rest.len())).unwrap_or((rest, ""));
        // The part before an @ is a common disguise: `https://api.cometapi.com@other.example` leads to the other
        // host.
        if contains(authority, "@") {
            return Err("the base URL contains a user name or a password before an @; remove it, \
                        and give the key as the credential");
        }
        let (host, port) = host::parse(authority)?;
        if scheme == Scheme::Http && !host.loopback {
            return Err("the base URL is plain http, which would show the key to the network; use https \
                        (http only for localhost, 127.0.0.1 and [::1])");
        }
        // The port of the scheme is left out, so that one server has one spelling.
        let authority = match port.filter(|port| *port != scheme.default_port()) {
            Some(port) => format!("{}:{}", host.name, u32::from(port)),
            None => host.name,
        };
        Ok(Self { scheme, authority, path: base_path(path)? })
    }

    /// `scheme://host[:port]`, as in a host's allow-list.
    pub fn origin(&self) -> String {
        format!("{}://{}", self.scheme.as_str(), self.authority)
    }

    /// The path of an endpoint: `/chat/completions` gives `/v1/chat/completions`.
    pub fn endpoint(&self, path: &str) -> String {
        format!("{}/{}", self.path, path.strip_prefix('/').unwrap_or(path))
    }

    /// The path of the public catalogue, which stands beside `/v1`: `/api/models`.
    pub fn catalogue_path(&self) -> String {
        self.beside_version("/api/models")
    }

    /// The path of an endpoint that stands beside `/v1` and not below it.
    pub fn beside_version(&self, path: &str) -> String {
        format!("{}{path}", self.path.strip_suffix(VERSION).unwrap_or_default())
    }

    /// Whether requests go to CometAPI itself, and not to another server or a proxy.
    ///
    /// The form of a key is checked only then: other servers have keys of other forms.
    pub fn is_default(&self) -> bool {
        self.scheme == Scheme::Https && self.authority == DEFAULT_HOST
    }
}

fn refuse_what_has_no_place(given: &str) -> Result<(), &'static str> {
    // URL libraries disagree about each of these: one reads a backslash as a slash, another as a part of the host.
    // The host's policy and its connection must see the same server as this check.
    let problem = if given.is_empty() {
        "the base URL is empty; leave it out for the default"
    } else if given.len() > LONGEST {
        "the base URL is longer than 2048 bytes; give only the base, as https://host/v1"
    } else if !given.bytes().all(|byte| byte.is_ascii_graphic()) {
        "the base URL contains white space or characters beyond ASCII; remove them, \
         and write an international name in its xn-- form"
    } else if contains(given, "\\") {
        "the base URL contains a backslash; use forward slashes"
    } else if contains(given, "?") || contains(given, "#") {
        "the base URL contains a query or a fragment; end it at /v1"
    } else {
        return Ok(());
    };
    Err(problem)
}

/// The scheme is not guessed where it is missing: `http` would show the key, and `https` may not be what a local
/// server speaks.
fn split_scheme(given: &str) -> Result<(Scheme, &str), &'static str> {
    let (scheme, rest) = split_once(given, "://").unwrap_or_default();
    match scheme {
        scheme if scheme.eq_ignore_ascii_case("https") => Ok((Scheme::Https, rest)),
        scheme if scheme.eq_ignore_ascii_case("http") => Ok((Scheme::Http, rest)),
        _ => Err("the base URL does not start with https://; write it as https://host/v1"),
    }
}

/// The path up to `/v1`. An unknown path is rejected and not guessed: a wrong guess would send the key and the
/// conversation to another service of the same host.
fn base_path(path: &str) -> Result<String, &'static str> {
    let mut path = path;
    while let Some(shorter) = path.strip_suffix('/') {
        path = shorter;
    }
    if path.is_empty() {
        return Ok(VERSION.to_owned());
    }
    if !path.as_bytes().split(|byte| *byte == b'/').skip(1).all(is_plain_segment) {
        return Err(
            "the path of the base URL contains an empty, a \".\" or a \"..\" segment, or an escape that \
                    hides one; write it plainly, as https://host/v1",
        );
    }
    // An endpoint is removed only as a whole and only from the end. What remains must end in `/v1` all the same.
    let base = ENDPOINTS.iter().filter_map(|endpoint| path.strip_suffix(endpoint));
    let base = base.chain([path]).find(|base| base.ends_with(VERSION));
    base.map(ToOwned::to_owned).ok_or(
        "the path of the base URL does not end in /v1; write it as https://host/v1 \
         (v1beta and other versions are other interfaces)",
    )
}

fn is_plain_segment(segment: &[u8]) -> bool {
    let escapes = segment.iter().enumerate().filter(|(_, byte)| **byte == b'%');
    // An escape must not hide `.`, `/`, `\`, `%` or a control character. A proxy that unescapes the path would see
    // another one than the host's policy did.
    let mut values = escapes.map(|(at, _)| hex(segment, at.saturating_add(1), 2));
    let escapes_are_plain = values
        .all(|value| value.is_some_and(|byte| !matches!(byte, 0..0x20 | 0x7F | 0x2E | 0x2F | 0x5C | 0x25)));
    let in_path = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@%".contains(byte);
    !matches!(segment, b"" | b"." | b"..") && segment.iter().all(in_path) && escapes_are_plain
}
