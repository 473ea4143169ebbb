//! The texts of JSONTestSuite in every place where the component reads JSON.

use std::path::PathBuf;
use std::time::Duration;

use conformance::{Hosting, Provider};
use provider_host::contract::{Discovery, Error, ErrorKind, ModelList, ToolArguments};
use provider_host::sandbox::KeyMode;

use super::server::{Framing, Served, Server};
use super::{answers, ask_for, client};
use crate::bench::provider_error;

/// The texts with their names; nothing where they are not there.
fn texts() -> Option<Vec<(String, Vec<u8>)>> {
    let root = std::env::var_os("CORPORA").map(PathBuf::from);
    let root = root.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora"));
    let folder = root.join("json/test_parsing");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("skipped: no corpora at {}; CORPORA may name them", root.display());
        return None;
    };
    let texts: Vec<_> = entries
        .map(|entry| entry.expect("a file").path())
        .map(|path| (path.file_name().expect("a name").to_string_lossy().into_owned(), path))
        .map(|(name, path)| (name, std::fs::read(path).expect("a file")))
        .collect();
    assert!(texts.len() > 300, "{} texts", texts.len());
    Some(texts)
}

/// The models of a server whose both lists are this body.
pub async fn models(server: &Server, provider: &mut Provider, body: &[u8]) -> Result<ModelList, Error> {
    for path in ["/v1/models", "/api/models"] {
        server.serve(path, Served::new(Framing::Length, [body]));
    }
    let asked = provider.instance.models(&provider.client, Discovery::Live, Duration::ZERO);
    tokio::time::timeout(crate::bench::PATIENCE, asked).await.expect("an end").map_err(provider_error)
}

#[tokio::test]
async fn as_a_body_each_text_is_an_answer_or_a_typed_error() {
    let Some(texts) = texts() else { return };
    let server = Server::start().await;
    let mut provider = client(&server, Hosting::Waits, KeyMode::Injected).await;
    for (name, text) in texts {
        let answer = ask_for(&server, &mut provider, Served::new(Framing::Length, [&text[..]])).await;
        let error = answer.error.unwrap_or_else(|| panic!("{name} is no answer"));
        let kinds = [ErrorKind::Protocol, ErrorKind::IncompleteStream, ErrorKind::Server];
        assert!(kinds.contains(&error.kind) && !error.partial, "{name}: {error:?}");
    }
}

#[tokio::test]
async fn as_the_arguments_of_a_tool_only_whole_objects_are_taken() {
    let Some(texts) = texts() else { return };
    let server = Server::start().await;
    let mut provider = client(&server, Hosting::Waits, KeyMode::Injected).await;
    for (name, text) in texts {
        // What is no UTF-8 cannot stand in a JSON string.
        let Ok(text) = String::from_utf8(text) else { continue };
        let body = answers::tool_call(&text);
        let answer = ask_for(&server, &mut provider, Served::new(Framing::Chunked, [body.as_bytes()])).await;
        let calls = answer.transcript.tool_calls();
        let taken = matches!(&calls[0].arguments, ToolArguments::Object(_));
        let is_object = serde_json::from_str::<&serde_json::value::RawValue>(&text)
            .is_ok_and(|json| json.get().starts_with('{'));
        // No arguments at all are the empty object.
        let none = matches!(text.trim_ascii(), "" | "null");
        assert_eq!(taken, is_object || none, "{name}");
        assert!(none || !(name.starts_with("n_") && taken), "{name}");
    }
}

#[tokio::test]
async fn as_a_list_or_in_a_row_of_one_each_text_costs_only_itself() {
    let Some(texts) = texts() else { return };
    let server = Server::start().await;
    let mut provider = client(&server, Hosting::Waits, KeyMode::Injected).await;
    for (name, text) in texts {
        if let Err(error) = models(&server, &mut provider, &text).await {
            assert!([ErrorKind::Protocol, ErrorKind::Server].contains(&error.kind), "{name}: {error:?}");
        }
        let row = [b"{\"data\":[{\"id\":\"a\",\"pricing\":", &text[..], b"},{\"id\":\"b\"}]}"].concat();
        match models(&server, &mut provider, &row).await {
            Ok(list) => assert!(list.models.iter().any(|model| model.id == "b"), "{name}"),
            Err(error) => {
                assert!(!name.starts_with("y_"), "{name}: {error:?}");
                assert_eq!(error.kind, ErrorKind::Protocol, "{name}");
            }
        }
    }
}
