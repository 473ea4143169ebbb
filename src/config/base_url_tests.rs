//! Base URLs taken and refused.

use super::base_url::*;
use alloc::{format, string::String};

use crate::corpora;

fn whole(given: Option<&str>) -> Result<String, &'static str> {
    BaseUrl::parse(given).map(|url| format!("{}{}", url.origin(), url.path))
}

#[test]
fn every_way_to_write_a_base_gives_the_base() {
    let comet = DEFAULT_BASE_URL;
    let cases = [
        ("https://api.cometapi.com", comet),
        ("https://api.cometapi.com/", comet),
        ("https://api.cometapi.com/v1", comet),
        ("https://api.cometapi.com/v1///", comet),
        ("HTTPS://API.CometAPI.com:443/v1/", comet),
        ("https://api.cometapi.com/v1/chat/completions", comet),
        ("https://api.cometapi.com/v1/chat/completions/", comet),
        ("https://api.cometapi.com/v1/completions", comet),
        ("https://api.cometapi.com/v1/models", comet),
        ("https://api.cometapi.com/v1/responses", comet),
        ("https://api.cometapi.com/v1/messages", comet),
        ("https://api.cometapi.com/v1/embeddings", comet),
        ("https://proxy.example:8443/a/v2/b%20c/v1", "https://proxy.example:8443/a/v2/b%20c/v1"),
        ("http://localhost:8080", "http://localhost:8080/v1"),
        ("http://127.0.0.1:80/v1", "http://127.0.0.1/v1"),
        ("http://[::1]:8080/v1/models", "http://[::1]:8080/v1"),
        ("https://host:80", "https://host:80/v1"),
    ];
    for (given, base) in cases {
        assert_eq!(whole(Some(given)).as_deref(), Ok(base), "{given}");
    }
    assert_eq!(whole(None).as_deref(), Ok(comet));
}

#[test]
fn what_is_no_base_is_refused() {
    let cases = [
        "",
        " ",
        "api.cometapi.com",
        "api.cometapi.com/v1",
        "//host/v1",
        "://host/v1",
        "https:/host/v1",
        "https:host/v1",
        "https://",
        "https:///v1",
        "https://:443/v1",
        "ftp://host/v1",
        "file:///v1",
        "javascript:alert(1)",
        "data:text/plain,x",
        "wss://host/v1",
        "https://host/v1beta",
        "https://host/v10",
        "https://host/V1",
        "https://host/xv1/",
        "https://host/v2",
        "https://host/openai/embeddings",
        "https://host/chat/completions",
        "https://host/v1/v1beta",
        "https://host/v1/models/x",
        "https://host/v1/unknown",
        "https://host/xv1/models",
        "https://host/v1?x=1",
        "https://host/v1#x",
        "https://host?",
        "https://host#",
        "https://user@host/v1",
        "https://user:pass@host/v1",
        "https://@host/v1",
        "https://api.cometapi.com@evil/v1",
        "https://host/../v1",
        "https://host/a/../v1",
        "https://host/./v1",
        "https://host//v1",
        "https://host/..",
        "https://host/%2e%2e/v1",
        "https://host/%2E/v1",
        "https://host/.%2e/v1",
        "https://host/%252e/v1",
        "https://host/a%2fb/v1",
        "https://host/a%5Cb/v1",
        "https://host/a%00/v1",
        "https://host/a%/v1",
        "https://host/a%zz/v1",
        "https://host/a%2",
        "https://host/<x>/v1",
        "https://host\\v1",
        "https:\\\\host\\v1",
        "https://host/ v1",
        "https://host/v1\n",
        "\thttps://host/v1",
        "https://host\u{0}/v1",
        "https://höst/v1",
        "https://host/v１",
        "https://host:99999/v1",
        "https://host:/v1",
        "http://api.cometapi.com/v1",
        "http://10.0.0.1/v1",
        "http://app.localhost/v1",
        "http://localhost./v1",
        "http://127.1/v1",
        "http://2130706433/v1",
        "http://0x7f000001/v1",
        "http://0177.0.0.1/v1",
        "http://0.0.0.0/v1",
        "http://[::]/v1",
        "http://[::ffff:127.0.0.1]/v1",
        "http://127.0.0.1.evil.example/v1",
        "http://localhost@evil.example/v1",
    ];
    for given in cases {
        assert!(whole(Some(given)).is_err(), "{given:?} gave {:?}", whole(Some(given)));
    }
    assert!(whole(Some(&format!("https://host/{}/v1", "a".repeat(2048)))).is_err());
}

#[test]
fn a_refusal_repeats_nothing_of_the_url() {
    for given in ["https://user:SECRET@host/v1", "https://host/SECRET", "SECRET://x", "https://h:SECRET/v1"] {
        assert!(!whole(Some(given)).unwrap_err().contains("SECRET"));
    }
}

#[test]
fn paths_are_made_from_the_base() {
    let comet = BaseUrl::parse(None).unwrap();
    assert_eq!(comet.endpoint("/chat/completions"), "/v1/chat/completions");
    assert_eq!(comet.endpoint("models"), "/v1/models");
    assert_eq!(comet.catalogue_path(), "/api/models");
    assert!(comet.is_default());
    let proxy = BaseUrl::parse(Some("https://proxy.example/openai/v1")).unwrap();
    assert_eq!(proxy.endpoint("/models"), "/openai/v1/models");
    assert_eq!(proxy.catalogue_path(), "/openai/api/models");
    assert!(!proxy.is_default());
    assert!(!BaseUrl::parse(Some("https://api.cometapi.com:8443")).unwrap().is_default());
    assert!(!BaseUrl::parse(Some("https://api.cometapi.com.evil.example")).unwrap().is_default());
}

#[test]
fn the_recorded_bases_are_read_as_recorded() {
    let Some(corpus) = corpora::json("tables/cometapi-base-url.json") else { return };
    let fill = |text: &str, endpoint: &str| text.replace("{endpoint}", endpoint);
    for endpoint in ["embeddings", "chat/completions", "images/generations"] {
        for case in corpus["cases"].as_array().unwrap() {
            let given = case["api_base"].as_str().map(|base| fill(base, endpoint));
            let url = BaseUrl::parse(given.as_deref()).unwrap();
            assert_eq!(format!("{}{}", url.origin(), url.path), case["normalised_base"], "{case}");
            let expected = fill(case["url"].as_str().unwrap(), endpoint);
            assert_eq!(format!("{}{}", url.origin(), url.endpoint(endpoint)), expected);
        }
    }
    let rejected = corpus["rejected_base"].as_array().unwrap();
    assert!(rejected.len() >= 6);
    for case in rejected {
        assert!(whole(case["api_base"].as_str()).is_err(), "{case}");
    }
}

#[test]
fn plain_http_reaches_none_of_the_recorded_addresses_but_loopback() {
    let Some(corpus) = corpora::json("tables/ssrf-urls.json") else { return };
    for case in corpus["cases"].as_array().unwrap() {
        let url = case["url"].as_str().unwrap();
        let base = url.strip_suffix("/file").unwrap_or(url);
        let loopback = [
            "http://localhost",
            "http://localhost:3000",
            "http://127.0.0.1",
            "http://127.255.0.1",
            "http://[::1]",
        ];
        if base.starts_with("http:") {
            assert_eq!(whole(Some(base)).is_ok(), loopback.contains(&base), "{url}");
        }
    }
}
