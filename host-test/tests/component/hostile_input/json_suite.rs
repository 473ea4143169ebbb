//! The texts of JSONTestSuite, wherever the component parses JSON: as a body, as tool arguments, as a list of models
//! and in one of its rows. The guest has its own parser, which has to accept and reject what the standard does.

use std::path::PathBuf;
use std::time::Duration;

use conformance::Provider;
use provider_host::contract::{Discovery, Error, ErrorKind, ModelList, ToolArguments};
use provider_host::sandbox::KeyMode;

use super::server::{Framing, Served, Server};
use super::{client, complete, generated};
use crate::bench::provider_error;

/// The texts with their names; `None` where the suite is missing.
fn texts() -> Option<Vec<(String, Vec<u8>)>> {
    let root = std::env::var_os("CORPORA").map(PathBuf::from);
    let root = root.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora"));
    let folder = root.join("json/test_parsing");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("skipped: no corpora at {}; set CORPORA to their folder", root.display());
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

/// The models that the component reads if the server sends this body for both lists.
pub async fn models(server: &Server, provider: &mut Provider, body: &[u8]) -> Result<ModelList, Error> {
    for path in ["/v1/models", "/api/models"] {
        server.serve(path, Served::new(Framing::Length, [body]));
    }
    let query = provider.instance.models(&provider.client, Discovery::Live, Duration::ZERO);
    tokio::time::timeout(crate::bench::PATIENCE, query).await.expect("an end").map_err(provider_error)
}

#[tokio::test]
async fn each_text_as_a_body_is_a_typed_error() {
    let Some(texts) = texts() else { return };
    let server = Server::start().await;
    let mut provider = client(&server, KeyMode::Injected).await;
    for (name, text) in texts {
        let response = complete(&server, &mut provider, Served::new(Framing::Length, [&text[..]])).await;
        let error = response.error.unwrap_or_else(|| panic!("{name} was accepted as a response"));
        let kinds = [ErrorKind::Protocol, ErrorKind::IncompleteStream, ErrorKind::Server];
        assert!(kinds.contains(&error.kind) && !error.partial, "{name}: {error:?}");
    }
}

#[tokio::test]
async fn only_texts_that_are_objects_are_accepted_as_tool_arguments() {
    let Some(texts) = texts() else { return };
    let server = Server::start().await;
    let mut provider = client(&server, KeyMode::Injected).await;
    for (name, text) in texts {
        // A JSON string cannot contain invalid UTF-8.
        let Ok(text) = String::from_utf8(text) else { continue };
        let body = generated::tool_call(&text);
        let response =
            complete(&server, &mut provider, Served::new(Framing::Chunked, [body.as_bytes()])).await;
        let calls = response.transcript.tool_calls();
        let accepted = matches!(&calls[0].arguments, ToolArguments::Object(_));
        // Some servers encode the arguments once more, as a string.
        let decoded = serde_json::from_str::<String>(&text).unwrap_or_else(|_| text.clone());
        let is_object = serde_json::from_str::<&serde_json::value::RawValue>(&decoded)
            .is_ok_and(|json| json.get().starts_with('{'));
        // Missing arguments count as the empty object.
        let none = matches!(decoded.trim_ascii(), "" | "null");
        assert_eq!(accepted, is_object || none, "{name}");
        assert!(none || !(name.starts_with("n_") && accepted), "{name}");
    }
}

#[tokio::test]
async fn a_valid_text_in_a_row_of_a_list_does_not_cost_the_other_rows() {
    let Some(texts) = texts() else { return };
    let server = Server::start().await;
    let mut provider = client(&server, KeyMode::Injected).await;
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
