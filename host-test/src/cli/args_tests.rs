use clap::CommandFactory as _;
use provider_host::contract::Discovery;

use super::*;

fn parse(line: &str) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(std::iter::once("host-test").chain(line.split_whitespace()))
}

#[test]
fn the_definition_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn valid_command_lines_are_accepted() {
    for line in [
        "models",
        "models --kind all --search gpt --limit 5",
        "models --live --json",
        "--json models --built-in",
        "chat",
        "chat hello",
        "chat - -m x -s y --image a.png --image https://x/b.png --reasoning high --max-tokens 5",
        "chat --tools t.json --schema s.json hello --json",
        "chat --request r.json -m x",
        "embed -m x hello world",
        "embed -m x --dimensions 256 --input - --json",
        "account --base-url http://127.0.0.1:1/v1 --key-mode bearer",
        "describe --plugin dir",
        "inspect",
        "stand-in --port 8080",
        "conformance --case tls imports --list",
        "pack c.wasm dir",
        "account --key-file k --trusted-key a.pub --trusted-key b.pub",
        "keygen signing.key --unlocked",
        "sign dir --signing-key signing.key",
    ] {
        assert!(parse(line).is_ok(), "{line}: {:?}", parse(line).err().map(|error| error.to_string()));
    }
}

#[test]
fn invalid_command_lines_are_wrong_usage() {
    for line in [
        "",
        "modles",
        "models --live --built-in",
        "models --kind cars",
        "chat --max-tokens 0 hello",
        "chat --request r.json hello",
        "chat --request r.json --system s",
        "chat --request r.json --image i.png",
        "chat --key sk-1234567890 hello",
        "chat hello world",
        "embed hello",
        "embed -m x",
        "embed -m x --dimensions 0 hello",
        "embed -m x --input f hello",
        "account --key-mode somewhere",
        "stand-in --port 70000",
        "pack c.wasm",
        "sign dir",
        "keygen",
        "account --key-file",
    ] {
        assert_eq!(parse(line).map(|_| ()).map_err(|error| error.exit_code()), Err(2), "{line}");
    }
}

#[test]
fn a_list_is_best_effort_by_default() {
    let cases = [
        ("models", Discovery::BestEffort),
        ("models --live", Discovery::Live),
        ("models --built-in", Discovery::BuiltIn),
    ];
    for (line, expected) in cases {
        match parse(line).unwrap().command {
            Command::Models(args) => assert_eq!(args.discovery(), expected),
            other => panic!("{other:?}"),
        }
    }
}
