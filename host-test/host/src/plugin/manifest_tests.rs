//! A manifest that is right, and one table of what can be wrong with it.

use super::*;

const DIGEST: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn right() -> String {
    format!(
        r#"id = "cometapi"
name = "CometAPI"
version = "0.1.0"
contract = "agent:model-provider@0.2.0"
component = "cometapi.wasm"
sha256 = "{DIGEST}"
size = 8

[network]
origins = ["https://api.cometapi.com"]
base-url = "https://api.cometapi.com/v1"
custom-base-url = true

[credential]
kind = "bearer"
header = "authorization"
env-vars = ["COMETAPI_KEY"]

[limits]
memory-mib = 64
call-seconds = 5
"#
    )
}

#[test]
fn every_field_of_a_manifest_is_read() {
    let manifest = Manifest::parse(&right()).unwrap();
    assert_eq!(manifest.id, "cometapi");
    assert_eq!(manifest.version, Version::new(0, 1, 0));
    assert_eq!(manifest.size, Some(8));
    assert_eq!(manifest.network.origins, ["https://api.cometapi.com".parse().unwrap()]);
    assert!(manifest.network.custom_base_url);
    assert_eq!(manifest.credential.env_vars, ["COMETAPI_KEY"]);
    assert_eq!(manifest.limits.memory_bytes(), 64 << 20);
    assert_eq!(manifest.limits.call(), Duration::from_secs(5));
}

#[test]
fn a_manifest_is_the_same_after_writing_and_reading() {
    let manifest = Manifest::parse(&right()).unwrap();
    assert_eq!(Manifest::parse(&manifest.to_toml().unwrap()).unwrap(), manifest);
}

#[test]
fn optional_fields_have_careful_defaults() {
    let text = right();
    let text = text.split("[limits]").next().unwrap();
    let text = text.replace("custom-base-url = true\n", "").replace("size = 8\n", "");
    let text = text.replace("kind = \"bearer\"\nheader = \"authorization\"\n", "");
    let manifest = Manifest::parse(&text).unwrap();
    assert!(!manifest.network.custom_base_url);
    assert_eq!(manifest.size, None);
    assert_eq!(manifest.limits, Limits::default());
    assert_eq!(manifest.credential.header, "authorization");
    assert_eq!(manifest.credential.kind, CredentialKind::Bearer);
}

#[test]
fn each_mistake_is_refused_with_the_name_of_the_key() {
    // What is replaced, by what, and a word that the message has to hold.
    let cases = [
        ("memory-mib = 64", "memory-mb = 64", "memory-mb"),
        ("custom-base-url", "custom_base_url", "custom_base_url"),
        ("name = \"CometAPI\"\n", "", "name"),
        ("id = \"cometapi\"", "id = \"../x\"", "lower-case letters"),
        ("id = \"cometapi\"", "id = \"\"", "lower-case letters"),
        ("\"cometapi.wasm\"", "\"../cometapi.wasm\"", "without a path"),
        ("\"cometapi.wasm\"", "\"/etc/passwd\"", "without a path"),
        ("\"cometapi.wasm\"", "\".wasm\"", "without a path"),
        ("\"0.1.0\"", "\"one\"", "version"),
        (DIGEST, "E3B0", "sha256"),
        (
            "[\"https://api.cometapi.com\"]",
            "[\"https://api.cometapi.com/v1\"]",
            "write https://api.cometapi.com",
        ),
        ("[\"https://api.cometapi.com\"]", "[\"http://api.cometapi.com\"]", "plain text"),
        ("[\"https://api.cometapi.com\"]", "[]", "not in network.origins"),
        ("\"https://api.cometapi.com/v1\"", "\"ftp://api.cometapi.com\"", "ftp"),
        ("kind = \"bearer\"", "kind = \"basic\"", "basic"),
        ("\"authorization\"", "\"two words\"", "header name"),
        ("memory-mib = 64", "memory-mib = 0", "1 to 4096"),
        ("memory-mib = 64", "memory-mib = -1", "memory-mib"),
        ("call-seconds = 5", "call-seconds = 601", "1 to 600"),
        ("call-seconds = 5", "call-seconds = 5\ncall-seconds = 6", "duplicate key"),
        ("\"cometapi.wasm\"", "\"sub/cometapi.wasm\"", "without a path"),
        ("\"cometapi.wasm\"", "\"..\\\\cometapi.wasm\"", "without a path"),
        ("\"cometapi.wasm\"", "\"C:cometapi.wasm\"", "without a path"),
        ("\"cometapi.wasm\"", "\"comet\\u0000api.wasm\"", "without a path"),
        ("\"cometapi.wasm\"", "\"plugin.toml\"", ".wasm file"),
        ("\"cometapi.wasm\"", "\"\"", ".wasm file"),
        ("id = \"cometapi\"", "id = \"Comet\"", "lower-case letters"),
        ("size = 8", "size = -8", "size"),
    ];
    for (from, to, word) in cases {
        let text = right().replace(from, to);
        assert_ne!(text, right(), "nothing replaced: {from}");
        let error = Manifest::parse(&text).unwrap_err().to_string();
        assert!(error.contains(word), "{to}: {error}");
    }
}

#[test]
fn a_header_that_http_itself_uses_cannot_carry_the_key() {
    let with = |header: &str| Manifest::parse(&right().replace("\"authorization\"", &format!("{header:?}")));
    for header in ["host", "Host", "content-length", "Transfer-Encoding", "content-type", "connection"] {
        let error = with(header).unwrap_err().to_string();
        assert!(error.contains(header) && error.contains("no key can be sent"), "{error}");
    }
    for header in crate::sandbox::FORBIDDEN_HEADERS {
        assert!(with(header.as_str()).is_err(), "{header}");
    }
    for header in ["x-api-key", "api-key", "Authorization"] {
        assert_eq!(with(header).unwrap().credential.header, header);
    }
}

#[test]
fn an_error_is_one_short_line_with_the_position_of_the_mistake() {
    let long = "x".repeat(60_000);
    // What is replaced, by what, and what the message has to begin with.
    let cases = [
        ("size = 8", "size = -8".to_owned(), "line 7, column 8: size: "),
        ("size = 8", format!("size = \"{long}\""), "line 7, column 8: size: "),
        ("size = 8", format!("{long} = 8"), "line 7, column 1: unknown field `xxx"),
        ("size = 8", format!("\"a\\n{long}\" = 8"), "line 7, column 1: unknown field `a "),
        ("size = 8", format!("size = {long}"), "line 7, column 8: "),
        ("id = \"cometapi\"", format!("id = \"Ü{long}\""), "id = \"Üxxx"),
        ("\"cometapi.wasm\"", format!("\"/{long}\""), "component = \"/xxx"),
        ("\"authorization\"", format!("\" {long}\""), "credential.header = \" xxx"),
        (
            "https://api.cometapi.com/v1",
            format!("https://{long}/"),
            "network.base-url: its origin https://xxx",
        ),
        ("\"https://api.cometapi.com\"", format!("\"https://api.cometapi.com/{long}\""), "line 10"),
    ];
    for (from, to, start) in cases {
        let text = right().replacen(from, &to, 1);
        assert_ne!(text, right(), "nothing replaced: {from}");
        let error = Manifest::parse(&text).unwrap_err().to_string();
        assert!(error.chars().count() < 300 && !error.contains('\n'), "{error}");
        assert!(error.starts_with(start), "{start}: {error}");
    }
}

#[test]
fn an_unknown_key_is_refused_at_every_level_with_a_list_of_the_known_ones() {
    // Behind which line it is added, and names that the message has to hold.
    let cases = [
        ("size = 8\n", "surprise", ["component", "sha256"]),
        ("custom-base-url = true\n", "origin", ["origins", "base-url"]),
        ("header = \"authorization\"\n", "env_vars", ["env-vars", "kind"]),
        ("memory-mib = 64\n", "cpu", ["memory-mib", "call-seconds"]),
    ];
    for (line, key, known) in cases {
        let text = right().replace(line, &format!("{line}{key} = 1\n"));
        assert_ne!(text, right(), "{line}");
        let error = Manifest::parse(&text).unwrap_err().to_string();
        assert!(error.contains(&format!("unknown field `{key}`")), "{error}");
        assert!(known.iter().all(|name| error.contains(name)), "{error}");
    }
    let error = Manifest::parse(&format!("{}[grants]\nall = true\n", right())).unwrap_err().to_string();
    assert!(error.contains("unknown field `grants`") && error.contains("limits"), "{error}");
}
