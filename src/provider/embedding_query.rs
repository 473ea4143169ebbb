//! A query of vectors: one request, which may go out again in another encoding.

use alloc::{rc::Rc, string::String, vec::Vec};
use core::cell::Cell;

use super::outgoing;
use super::waiting::{Awaited, Wait};
use crate::catalogue::suggest_model;
use crate::config::Settings;
use crate::contract::Pending;
use crate::contract::embeddings::{Embedding, EmbeddingPoll, EmbeddingRequest};
use crate::embeddings::{self, Encoded, Encoding, Expected, in_next_encoding, refuses_encoding};
use crate::errors::{Error, from_response, invalid_request};
use crate::transport::{BodyRules, BufferedRequest, Fetched, Now, Outgoing, Transport};

static VECTORS: BodyRules = BodyRules {
    max: embeddings::MAX_BODY,
    too_large: embeddings::too_large,
    is_whole: embeddings::is_whole,
    has_remedy: refuses_encoding,
};

/// Vectors under way. Dropping it closes the connection.
pub struct EmbeddingQuery<T: Transport> {
    transport: Rc<T>,
    settings: Rc<Settings>,
    request: BufferedRequest<T>,
    /// The body of the last request, to be changed after a refusal. Shared with `request`.
    body: Rc<Vec<u8>>,
    /// What the body asks for; `None` where the caller has decided that.
    encoding: Option<Encoding>,
    /// What the server of this client takes, once it has refused something else.
    known_encoding: Rc<Cell<Encoding>>,
    expected: Expected,
    /// The requested model, for a hint where the provider does not have it.
    model: String,
    warnings: Vec<String>,
    /// The result was taken.
    is_returned: bool,
}

impl<T: Transport> EmbeddingQuery<T> {
    /// Checks and encodes a request. The first poll sends it.
    ///
    /// # Errors
    /// `invalid-request` for a request that cannot be sent.
    pub fn new(
        transport: Rc<T>,
        settings: Rc<Settings>,
        known_encoding: Rc<Cell<Encoding>>,
        request: &EmbeddingRequest,
    ) -> Result<Self, Error> {
        let encoding = known_encoding.get();
        let Encoded { body, warnings, own_encoding, dimensions } = embeddings::write(request, encoding)?;
        let body = Rc::new(body);
        let outgoing = post(&settings, &body);
        Ok(Self {
            request: BufferedRequest::new(transport.clone(), settings.clone(), outgoing, &VECTORS, None),
            body,
            encoding: (!own_encoding).then_some(encoding),
            known_encoding,
            expected: Expected { count: request.input.len(), dimensions },
            model: request.model.clone(),
            warnings,
            is_returned: false,
            transport,
            settings,
        })
    }

    /// The vectors, once all of them have arrived. Waits at most `wait_ms`.
    ///
    /// The result is returned once: it may have 48 MiB, and a copy for later calls would have to be kept.
    ///
    /// # Errors
    /// The provider's error, or `protocol` where the response does not fit the request.
    pub fn poll(&mut self, wait_ms: u32) -> Result<EmbeddingPoll, Error> {
        if self.is_returned {
            return Err(invalid_request("this query has returned its result; create a new query"));
        }
        let (wait, mut now) = Wait::new(&*self.transport, wait_ms);
        loop {
            if let Some(result) = self.step(&mut now) {
                self.is_returned = true;
                return result.map(EmbeddingPoll::Ready).map_err(|mut error| {
                    suggest_model(&mut error, &self.model);
                    error
                });
            }
            let mut awaited = Awaited::new();
            awaited.add(&self.request);
            if !wait.wait(&*self.transport, &mut now, &awaited.exchanges, awaited.until) {
                let wake_after_ms = Some(now.wake_after_ms(&*self.transport, awaited.until));
                return Ok(EmbeddingPoll::Pending(Pending { wake_after_ms }));
            }
        }
    }

    /// Makes all steps that are possible without waiting.
    fn step(&mut self, now: &mut Now) -> Option<Result<Embedding, Error>> {
        loop {
            let fetched = match self.request.step(now)? {
                Ok(fetched) => fetched,
                Err(error) => return Some(Err(error)),
            };
            let error = match self.read(&fetched) {
                Ok(mut embedding) => {
                    if let Some(encoding) = self.encoding {
                        self.known_encoding.set(encoding);
                    }
                    self.warnings.append(&mut embedding.warnings);
                    embedding.warnings = core::mem::take(&mut self.warnings);
                    return Some(Ok(embedding));
                }
                Err(error) => error,
            };
            // A gateway may send 200 before it knows whether the server will accept the request [78]. The details are
            // what the provider wrote, as far as it is known to be an error.
            let refusal = match fetched.head.is_success() {
                true => error.details_json.as_deref().unwrap_or_default().as_bytes(),
                false => &fetched.body,
            };
            if refuses_encoding(refusal) && self.changes_encoding() {
                continue;
            }
            match self.request.fail(error) {
                Some(Err(error)) => return Some(Err(error)),
                _ => continue,
            }
        }
    }

    fn read(&self, fetched: &Fetched) -> Result<Embedding, Error> {
        match fetched.head.is_success() {
            true => embeddings::read(fetched, self.expected, &self.settings.scrubber),
            false => Err(from_response(&fetched.head, &fetched.body, &self.settings.scrubber)),
        }
    }

    /// Sends the request in the next encoding, if there is one.
    fn changes_encoding(&mut self) -> bool {
        let next = self.encoding.and_then(|encoding| in_next_encoding(encoding, &self.body));
        let Some((encoding, body)) = next else { return false };
        self.encoding = Some(encoding);
        self.body = Rc::new(body);
        self.request.send_instead(post(&self.settings, &self.body));
        true
    }
}

fn post(settings: &Settings, body: &Rc<Vec<u8>>) -> Outgoing {
    let path = settings.base_url.endpoint(embeddings::PATH);
    outgoing::post_json(settings, path, body.clone())
}
