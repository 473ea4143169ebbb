//! The only way out of the sandbox. Each request is checked against the policy, then gets the key, then is sent. The
//! key is added last, so that no request which is refused ever carries it.

use std::collections::VecDeque;
use std::future::{Future, ready};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::credential::Credential;
use super::limits::REQUESTS;
use super::policy::{Denial, Policy, destination};
use super::redact::Redaction;
use super::transport::{Destination, Failure, RequestBody, Transport, Waits};
use super::wasi::{ErrorCode as Error, Sending};

/// Denials that are kept to be shown. A component that tries for ever must not fill the memory.
const KEPT_DENIALS: usize = 32;

/// Decides about each request of one instance.
pub(super) struct OutboundGate {
    policy: Policy,
    credential: Option<Credential>,
    redaction: Redaction,
    transport: Transport,
    /// A permit for each request that is under way.
    room: Arc<Semaphore>,
    denials: Denials,
}

/// The latest denials. Some are found only when a name has been looked up, while the component runs on.
#[derive(Clone, Default)]
struct Denials(Arc<Mutex<VecDeque<Denial>>>);

impl OutboundGate {
    pub(super) fn new(
        policy: Policy,
        credential: Option<Credential>,
        redaction: Redaction,
        transport: Transport,
    ) -> OutboundGate {
        let room = Arc::new(Semaphore::new(REQUESTS));
        OutboundGate { policy, credential, redaction, transport, room, denials: Denials::default() }
    }

    /// Removes these keys from responses from now on.
    pub(super) fn redact(&mut self, redaction: Redaction) {
        self.redaction = redaction;
    }

    /// Connects to the origin of this address, if the policy allows requests to it. Returns whether there is a
    /// connection.
    pub(super) fn warm(&self, address: &http::Uri) -> impl Future<Output = bool> + Send + use<> {
        let origin = destination(address);
        let to = origin.and_then(|origin| Ok(Destination { reach: self.policy.decide(&origin)?, origin }));
        let transport = self.transport.clone();
        async move {
            match to {
                Ok(to) => transport.warm(&to).await.is_ok(),
                Err(_) => false,
            }
        }
    }

    /// The key that is added here, whose header a component cannot set.
    pub(super) fn credential(&self) -> Option<&Credential> {
        self.credential.as_ref()
    }

    /// The latest requests that were refused.
    pub(super) fn denials(&self) -> Vec<Denial> {
        self.denials.latest()
    }

    fn pass(
        &self,
        request: &mut http::Request<RequestBody>,
    ) -> Result<(Destination, OwnedSemaphorePermit), Denial> {
        let origin = destination(request.uri())?;
        let reach = self.policy.decide(&origin)?;
        let room = Arc::clone(&self.room).try_acquire_owned();
        let permit = room.map_err(|_| Denial::TooMany { to: origin.clone(), limit: REQUESTS })?;
        if let Some(credential) = &self.credential {
            let path = request.uri().path().to_owned();
            credential.apply(&origin, &path, request.headers_mut())?;
        }
        Ok((Destination { origin, reach }, permit))
    }
}

impl OutboundGate {
    /// Sends a request, if it may leave. The result has the response when its head has arrived, with the keys removed.
    pub(super) fn send(&mut self, mut request: http::Request<RequestBody>, options: Waits) -> Sending {
        let (to, permit) = match self.pass(&mut request) {
            Ok(passed) => passed,
            Err(denial) => {
                let code = code(&denial);
                self.denials.push(denial);
                return Box::pin(ready(Err(code)));
            }
        };
        let (transport, denials) = (self.transport.clone(), self.denials.clone());
        let redaction = self.redaction.clone();
        Box::pin(async move {
            let sent = transport.send(request, &to, options, permit).await;
            let response = sent.map_err(|failure| match failure {
                Failure::Http(error) => error,
                Failure::Prohibited(addresses) => {
                    let denial = Denial::AddressClass { origin: to.origin, addresses };
                    let code = code(&denial);
                    denials.push(denial);
                    code
                }
            })?;
            Ok(redaction.response(response))
        })
    }
}

/// The error that the component gets.
fn code(denial: &Denial) -> Error {
    match denial {
        Denial::AddressClass { .. } => Error::DestinationIpProhibited,
        Denial::TooMany { .. } => Error::ConnectionLimitReached,
        _ => Error::HttpRequestDenied,
    }
}

impl Denials {
    fn push(&self, denial: Denial) {
        let mut denials = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if denials.len() == KEPT_DENIALS {
            denials.pop_front();
        }
        denials.push_back(denial);
    }

    fn latest(&self) -> Vec<Denial> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

#[cfg(test)]
#[path = "outbound_gate_tests.rs"]
mod tests;
