//! The exports of the component: the contract's resources over the [`provider`](crate::provider).
//!
//! This file only translates: errors leave their boxes, and each resource holds the type of the same name. Everything
//! that can be tested without a WebAssembly engine lives below it.

mod runtime;

use core::cell::RefCell;

use crate::contract::embeddings::{
    self, EmbeddingPoll, EmbeddingQuery, EmbeddingRequest, GuestEmbeddingQuery,
};
use crate::contract::{
    AccountPoll, AccountQuery, Batch, Client, ClientBorrow, Completion, Config, Description, Discovery,
    Error, Guest, GuestAccountQuery, GuestClient, GuestCompletion, GuestModelQuery, ModelPoll, ModelQuery,
    Request,
};
use crate::provider;
use crate::transport::wasi_http::WasiHttp;

struct Component;

/// A client needs no cell: its methods take `&self`.
struct ClientResource(provider::Client<WasiHttp>);
/// The contract's methods take `&self`, while a completion and a query advance. The cells bridge the two.
struct CompletionResource(RefCell<provider::Completion<WasiHttp>>);
struct ModelQueryResource(RefCell<provider::ModelQuery<WasiHttp>>);
struct AccountQueryResource(RefCell<provider::AccountQuery<WasiHttp>>);
struct EmbeddingQueryResource(RefCell<provider::EmbeddingQuery<WasiHttp>>);

impl Guest for Component {
    type Client = ClientResource;
    type Completion = CompletionResource;
    type ModelQuery = ModelQueryResource;
    type AccountQuery = AccountQueryResource;

    fn describe() -> Description {
        provider::describe()
    }
}

impl embeddings::Guest for Component {
    type EmbeddingQuery = EmbeddingQueryResource;

    fn embed(client: ClientBorrow<'_>, request: EmbeddingRequest) -> Result<EmbeddingQuery, Error> {
        let query = client.get::<ClientResource>().0.embed(&request).map_err(|error| *error)?;
        Ok(EmbeddingQuery::new(EmbeddingQueryResource(RefCell::new(query))))
    }
}

impl GuestClient for ClientResource {
    fn open(config: Config) -> Result<Client, Error> {
        let client = provider::Client::open(WasiHttp::default(), config).map_err(|error| *error)?;
        Ok(Client::new(Self(client)))
    }

    fn complete(&self, request: Request) -> Result<Completion, Error> {
        let completion = self.0.complete(request).map_err(|error| *error)?;
        Ok(Completion::new(CompletionResource(RefCell::new(completion))))
    }

    // Inlined, so that the compiler drops the glue for an error that is never returned.
    #[inline(always)]
    fn models(&self, how: Discovery, max_age_ms: u64) -> Result<ModelQuery, Error> {
        let query = self.0.models(how, max_age_ms);
        Ok(ModelQuery::new(ModelQueryResource(RefCell::new(query))))
    }

    #[inline(always)]
    fn account(&self) -> Result<AccountQuery, Error> {
        Ok(AccountQuery::new(AccountQueryResource(RefCell::new(self.0.account()))))
    }
}

// The canonical ABI never enters a component twice at a time, so no borrow below can meet another one.

impl GuestCompletion for CompletionResource {
    fn next(&self, max_events: u32, wait_ms: u32) -> Result<Batch, Error> {
        self.0.borrow_mut().next(max_events, wait_ms).map_err(|error| *error)
    }
}

impl GuestModelQuery for ModelQueryResource {
    fn poll(&self, wait_ms: u32) -> Result<ModelPoll, Error> {
        self.0.borrow_mut().poll(wait_ms).map_err(|error| *error)
    }
}

impl GuestAccountQuery for AccountQueryResource {
    fn poll(&self, wait_ms: u32) -> Result<AccountPoll, Error> {
        self.0.borrow_mut().poll(wait_ms).map_err(|error| *error)
    }
}

impl GuestEmbeddingQuery for EmbeddingQueryResource {
    fn poll(&self, wait_ms: u32) -> Result<EmbeddingPoll, Error> {
        self.0.borrow_mut().poll(wait_ms).map_err(|error| *error)
    }
}

/// The generated glue, which is unsafe by nature.
#[allow(unsafe_code)]
mod glue {
    use super::Component;

    crate::contract::export!(Component with_types_in crate::contract);
}
