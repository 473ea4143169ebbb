//! Components of either world: one without embeddings runs as before, and says what it lacks.

use provider_host::contract::embeddings::EmbeddingRequest;
use provider_host::contract::{Config, ErrorKind};
use provider_host::sandbox::CallError;

use crate::guest::Guest;
use crate::{Bench, started};

#[tokio::test]
async fn a_component_without_embeddings_runs_and_reports_that_it_has_none() {
    let bench = Bench::new().await;
    for (guest, has_embeddings) in [(Guest::new().without_embeddings(), false), (Guest::new(), true)] {
        let prepared = bench.prepared(&guest);
        let exports = prepared.inspect().exports;
        assert_eq!(exports.len(), if has_embeddings { 2 } else { 1 }, "{exports:?}");
        let mut instance = bench.instance(&guest, None).await;
        assert_eq!(instance.has_embeddings(), has_embeddings);
        let client = instance.open(&Config::default()).await.unwrap();
        let error = instance.embed(&client, &EmbeddingRequest::new("m", ["a"])).await.unwrap_err();
        match error {
            CallError::Provider(error) if !has_embeddings => {
                assert_eq!((error.kind, error.request_sent), (ErrorKind::Unsupported, false));
                assert!(error.message.contains("agent:model-provider/embeddings"), "{}", error.message);
                // Nothing was called, so the instance goes on.
                assert!(started(&mut instance).await.is_ok());
            }
            // The guest has the interface, and no body for its function.
            CallError::Trapped(_) if has_embeddings => {}
            other => panic!("{other}"),
        }
    }
}
