//! Vectors for texts, from a component that has them.

use std::time::Duration;

use wasmtime::component::ResourceAny;

use super::{ClientHandle, Instance, POLL, Running, milliseconds};
use crate::contract::embeddings::{Embedding, EmbeddingPoll, EmbeddingRequest, Guest};
use crate::contract::{Error, ErrorKind};
use crate::plugin::CONTRACT_PACKAGE;
use crate::sandbox::error::CallError;

impl Instance {
    /// Whether the component exports embeddings; [`Instance::embed`] fails otherwise.
    pub fn has_embeddings(&self) -> bool {
        self.bindings.embeddings.is_some()
    }

    /// Requests vectors and waits for all of them, at most as long as the client's own deadlines.
    ///
    /// # Errors
    /// The provider's, and `unsupported` when the component has no embeddings. Nothing is sent then, and the instance can be
    /// used further.
    pub async fn embed(
        &mut self,
        client: &ClientHandle,
        request: &EmbeddingRequest,
    ) -> Result<Embedding, CallError> {
        let guest = self.bindings.embeddings.as_ref().ok_or_else(without_embeddings)?;
        let query = call!(self.running, "embed", Duration::ZERO, |store| {
            guest.call_embed(store, client.0, request)
        })?
        .map_err(|error| self.scrubbed(error))?;
        let embedding = self.poll_embedding(query).await;
        let mut embedding = self.finish_query(query, embedding).await?;
        self.redaction.embedding(&mut embedding);
        Ok(embedding)
    }

    async fn poll_embedding(&mut self, query: ResourceAny) -> Result<Embedding, CallError> {
        loop {
            let wait = self.wait_of_call(POLL);
            let queries = self
                .bindings
                .embeddings
                .as_ref()
                .map(Guest::embedding_query)
                .ok_or_else(without_embeddings)?;
            let poll = call!(self.running, "embedding-query.poll", wait, |store| {
                queries.call_poll(store, query, milliseconds(wait))
            })??;
            match poll {
                EmbeddingPoll::Ready(embedding) => return Ok(embedding),
                EmbeddingPoll::Pending(pending) => self.pause(pending.wake_after_ms, POLL).await,
            }
        }
    }
}

/// In the words of the contract, so that a caller needs no second way to fail.
fn without_embeddings() -> CallError {
    CallError::Provider(Box::new(Error {
        kind: ErrorKind::Unsupported,
        message: format!(
            "this plugin has no embeddings: it does not export {CONTRACT_PACKAGE}/embeddings; \
             use a plugin of the world model-provider-with-embeddings"
        ),
        http_status: None,
        provider_code: None,
        request_id: None,
        retry_after_ms: None,
        retryable: false,
        request_sent: false,
        partial: false,
        suggested_model: None,
        details_json: None,
    }))
}
