//! `host-test embed`, with the packed plugin and a server of its own, and with a plugin that has no embeddings.

mod support;

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// Responds to each request with two numbers for each text: its length in bytes, and a half.
fn server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
    std::thread::spawn(move || listener.incoming().flatten().for_each(respond));
    base_url
}

fn respond(mut stream: TcpStream) {
    let mut bytes = Vec::new();
    let body = loop {
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(length) => bytes.extend_from_slice(&buffer[..length]),
        }
        // The body is one JSON object, so it is complete when it can be parsed.
        let text = String::from_utf8_lossy(&bytes);
        if let Some(body) =
            text.split_once("\r\n\r\n").and_then(|(_, body)| serde_json::from_str::<Value>(body).ok())
        {
            break body;
        }
    };
    let rows: Vec<String> = body["input"]
        .as_array()
        .unwrap()
        .iter()
        .enumerate()
        .map(|(index, text)| {
            format!(r#"{{"index":{index},"embedding":[{},0.5]}}"#, text.as_str().unwrap().len())
        })
        .collect();
    let body = format!(
        r#"{{"data":[{}],"model":"m-1","usage":{{"prompt_tokens":1234,"total_tokens":1234}}}}"#,
        rows.join(",")
    );
    let _ = write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
}

fn command(plugin: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_host-test"));
    command.args(arguments).arg("--plugin").arg(plugin).env_clear().stdin(Stdio::null());
    command.env("HOST_TEST_CACHE_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled"));
    command
}

/// Runs the program with the packed plugin and a server.
fn embed(arguments: &[&str], stdin: &str) -> Output {
    let plugin = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dist/plugins/cometapi");
    assert!(plugin.join("plugin.toml").is_file(), "there is no packed plugin; run 'make dist'");
    let mut command = command(&plugin, &[&["embed", "-m", "m"], arguments].concat());
    command.env("COMETAPI_BASE_URL", server()).env("COMETAPI_KEY", "sk-embed-0123456789");
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // The program need not read stdin.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn people_get_a_table_and_programs_get_all_numbers() {
    let output = embed(&["a cat", "it"], "");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let lines: Vec<&str> = text(&output.stdout).lines().collect();
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert!(lines[1].contains("5.00000  0.50000") && lines[1].ends_with("a cat"), "{lines:?}");
    assert!(lines[2].contains("2.00000  0.50000") && lines[2].ends_with("it"), "{lines:?}");
    assert_eq!(lines[3], "2 vectors · m-1 · 1,234 tokens");

    let output = embed(&["--json", "--input", "-"], "a cat\n\nit\n");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(printed["vectors"].to_string(), "[[5.0,0.5],[2.0,0.5]]");
    assert_eq!(printed["usage"]["input"], 1234);
}

#[test]
fn dimensions_that_the_model_ignores_are_a_warning_beside_the_vectors() {
    let output = embed(&["--dimensions", "1", "--json", "a"], "");
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stderr).contains("ignored dimensions"), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("ignored dimensions"), "a program gets it as well");
}

#[test]
fn a_plugin_without_embeddings_is_named_as_the_cause_before_anything_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let plugin = folder.path().join("plugin");
    support::plugin(&plugin, &support::component(""), 64, 10);
    let output = command(&plugin, &["embed", "-m", "m", "a"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("has no embeddings"), "{}", text(&output.stderr));
    // The same plugin with embeddings gets further: its functions trap.
    support::plugin(&plugin, &support::component_with_embeddings(""), 64, 10);
    let output = command(&plugin, &["embed", "-m", "m", "a"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("broke down"), "{}", text(&output.stderr));
}
