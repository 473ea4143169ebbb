//! Base URLs.

use crate::config::{BaseUrl, Scheme};

/// A base URL that is taken is one plain place: it reads the same again, holds nothing that another reader
/// could take for another place, and never carries a key in the clear to another machine.
pub fn base_url(data: &[u8]) {
    let Ok(given) = std::str::from_utf8(data) else { return };
    let url = match BaseUrl::parse(Some(given)) {
        Ok(url) => url,
        // Fixed sentences: they can repeat nothing.
        Err(why) => return assert!((20..=256).contains(&why.len()), "{why}"),
    };
    let whole = format!("{}{}", url.origin(), url.path);
    assert_eq!(BaseUrl::parse(Some(&whole)).as_ref(), Ok(&url), "{given:?} is read in another way again");
    assert!(whole.len() <= given.len() + "/v1".len() + "::".len() * 8, "{whole}");
    assert!(url.path.starts_with('/') && url.path.ends_with("/v1"), "{whole}");
    assert!(whole.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#\\".contains(&byte)), "{whole}");
    assert!(!url.authority.contains('@'), "{whole}");
    let plain = |segment: &str| !segment.is_empty() && segment != "." && segment != "..";
    assert!(url.path.split('/').skip(1).all(plain), "{whole}");
    let escapes = url.path.to_ascii_lowercase();
    assert!(!["%2e", "%2f", "%5c", "%25", "%00"].iter().any(|escape| escapes.contains(escape)), "{whole}");
    assert!(!url.authority.bytes().any(|byte| byte.is_ascii_uppercase()), "{whole}");
    let host = url.authority.rsplit_once(':').map_or(url.authority.as_str(), |(host, _)| host);
    let host = if url.authority.ends_with(']') { url.authority.as_str() } else { host };
    let loopback = host == "localhost" || host == "[::1]" || is_loopback(host);
    assert!(url.scheme == Scheme::Https || loopback, "{whole}");
    assert_eq!(url.endpoint("/models"), format!("{}/models", url.path));
    assert!(url.catalogue_path().ends_with("/api/models"));
}

fn is_loopback(host: &str) -> bool {
    host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}
