//! The host and port of a base URL, in one canonical spelling, since allow-lists compare text.

use alloc::{format, string::String};

use super::address;
use crate::text_search::{after_last, split_once};

/// A checked host.
#[derive(Debug, PartialEq)]
pub(super) struct Host {
    /// In lower case; an address of version 6 in brackets and in its canonical form.
    pub name: String,
    /// Whether it can only be this machine.
    pub loopback: bool,
}

/// Reads `host`, `host:port`, `[v6]` or `[v6]:port`.
///
/// # Errors
/// A message for people.
pub(super) fn parse(authority: &str) -> Result<(Host, Option<u16>), &'static str> {
    let (host, port) = if authority.starts_with('[') {
        let (host, rest) = split_once(authority, "]").ok_or(BAD_ADDRESS)?;
        let host = host.strip_prefix('[').unwrap_or(host);
        if !rest.is_empty() && !rest.starts_with(':') {
            return Err(BAD_ADDRESS);
        }
        (version_6(host)?, rest.strip_prefix(':'))
    } else {
        match split_once(authority, ":") {
            Some((host, port)) => (name(host)?, Some(port)),
            None => (name(authority)?, None),
        }
    };
    Ok((host, port.map(parse_port).transpose()?))
}

fn version_6(text: &str) -> Result<Host, &'static str> {
    let address = address::version_6(text).ok_or(BAD_ADDRESS)?;
    // Mapped version 4 addresses do not count, because hosts route them differently.
    let loopback = address == [0, 0, 0, 0, 0, 0, 0, 1];
    Ok(Host { name: format!("[{}]", address::canonical(&address)), loopback })
}

fn name(text: &str) -> Result<Host, &'static str> {
    let name = text.to_ascii_lowercase();
    if name.is_empty() {
        return Err("the base URL has no host; write it as https://host/v1");
    }
    // Resolvers read 2130706433, 0x7f000001, 0177.0.0.1 and 127.1 as addresses, each in its own way, and policies
    // that compare text would not recognise them. A host that ends like a number must be a plain address.
    let last = after_last(&name, b'.');
    let numeric =
        last.starts_with("0x") || (!last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()));
    if numeric {
        let [first, ..] = address::version_4(&name).ok_or(BAD_ADDRESS)?;
        return Ok(Host { name, loopback: first == 127 });
    }
    // The limits of the DNS. A dot at the end is refused, since it names the same host in another spelling.
    let valid = |label: &[u8]| {
        (1..=63).contains(&label.len())
            && label.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte))
    };
    if name.len() > 253 || !name.as_bytes().split(|byte| *byte == b'.').all(valid) {
        return Err("the host of the base URL is not a name; use letters, digits, hyphens and single dots, \
                    without a dot at the end");
    }
    // Names below `localhost` do not count: resolvers differ in whether they are this machine, and plain http would
    // show the key to whichever machine they find.
    let loopback = name == "localhost";
    Ok(Host { name, loopback })
}

/// Only digits: `u16::from_str` would accept a plus sign, which URL libraries refuse.
fn parse_port(text: &str) -> Result<u16, &'static str> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(port) if digits && port != 0 => Ok(port),
        _ => Err("the port of the base URL is not a number from 1 to 65535; fix it, or leave it out"),
    }
}

const BAD_ADDRESS: &str = "the base URL has an address that is not written plainly; write 127.0.0.1 or [::1], \
                           four decimal numbers or hexadecimal groups in brackets";

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn each_host_has_one_spelling() {
        let cases = [
            ("API.CometAPI.com", "api.cometapi.com", None, false),
            ("localhost:8080", "localhost", Some(8080), true),
            ("LOCALHOST", "localhost", None, true),
            ("127.0.0.1:0080", "127.0.0.1", Some(80), true),
            ("127.255.0.1", "127.255.0.1", None, true),
            ("[0:0:0:0:0:0:0:1]:1", "[::1]", Some(1), true),
            ("[::ffff:127.0.0.1]", "[::ffff:127.0.0.1]", None, false),
            ("[2001:DB8::1]", "[2001:db8::1]", None, false),
            ("10.0.0.1", "10.0.0.1", None, false),
            ("app.localhost", "app.localhost", None, false),
            ("localhost.evil.example", "localhost.evil.example", None, false),
            ("127.0.0.1.example", "127.0.0.1.example", None, false),
            ("a_b-c", "a_b-c", None, false),
        ];
        for (text, name, port, loopback) in cases {
            assert_eq!(parse(text), Ok((Host { name: name.to_string(), loopback }, port)), "{text}");
        }
    }

    #[test]
    fn what_is_no_plain_host_is_refused() {
        let cases = [
            "",
            ":80",
            "host:",
            "host:0",
            "host:65536",
            "host:+80",
            "host:8 0",
            "host:80:80",
            "a..b",
            ".a",
            "a.",
            "localhost.",
            "127.0.0.1.",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "127.0.0.01",
            "127.0.0.0x1",
            "0x7F.1",
            "256.0.0.1",
            "1.2.3.4.5",
            "::1",
            "[::1",
            "[::1]x",
            "[]",
            "[::1%25lo]",
            "[127.0.0.1]",
            "[[::1]]",
            "ho%73t",
            "a b",
            "höst",
            "a/b",
            "a@b",
            "a\\b",
        ];
        for text in cases {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse(&"a".repeat(64)).is_err());
        assert!(parse(&"a.".repeat(127).trim_end_matches('.').replace('a', "ab")).is_err());
    }
}
