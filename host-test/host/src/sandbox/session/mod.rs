//! Streams of one grant, on instances that they share.

mod completion;
mod slot;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use url::Url;

use super::calls::Core;
use super::error::CallError;
use super::grant::Grant;
use super::host::Prepared;
use super::instance::milliseconds;
use super::policy::Denial;
use super::query::query;
use crate::contract::embeddings::{Embedding, EmbeddingRequest};
use crate::contract::{Account, Config, Description, Discovery, ModelList, Request};

pub use completion::Completion;
use slot::{Lease, Slot};

/// A plugin under one grant and one configuration, for any number of requests at once. Clones are the same session.
///
/// Streams share instances, up to [`streams_per_instance`](super::HostOptions::streams_per_instance) of them each, since
/// an instance costs memory and a start. Two sessions never share an instance, so neither do two keys or two users. If
/// a component breaks down, the streams of its instance end with [`CallError::InstanceLost`], the next request gets a
/// fresh instance, and the other instances do not notice.
///
/// A session can be used from any thread and in either kind of tokio runtime. The component's code runs on the thread
/// that polls a stream, for some microseconds at a time.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/setup.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn Error>> {
/// # let (_server, session) = session().await?;
/// use futures_util::StreamExt;
/// use provider_host::contract::{Event, Request};
///
/// let mut completion = session.complete(&Request::prompt("gpt-5.4-mini", "hello"))?;
/// let mut text = String::new();
/// while let Some(batch) = completion.next().await {
///     for event in batch?.events {
///         if let Event::BlockDelta(delta) = event {
///             text.push_str(&delta.text);
///         }
///     }
/// }
/// assert!(!text.is_empty());
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Session(Arc<Shared>);

struct Shared {
    prepared: Prepared,
    grant: Grant,
    config: Config,
    slots: Mutex<Vec<Arc<Slot>>>,
}

impl Session {
    pub(super) fn new(prepared: Prepared, grant: Grant, config: Config) -> Result<Session, CallError> {
        let session = Session(Arc::new(Shared { prepared, grant, config, slots: Mutex::default() }));
        // The first instance, so that mistakes in the grant and in the configuration are found here.
        drop(session.lease()?);
        Ok(session)
    }

    /// What the provider is: its name, origins, capabilities and default model. Sends nothing.
    ///
    /// # Errors
    /// When the component is broken.
    pub fn describe(&self) -> Result<Description, CallError> {
        self.lease()?.slot().with(|core, _| core.describe())
    }

    /// Starts a completion. Nothing is sent before the stream is polled; dropping it cancels the request.
    ///
    /// # Errors
    /// [`CallError::Provider`] when the request itself is invalid, for example without a message.
    pub fn complete(&self, request: &Request) -> Result<Completion, CallError> {
        Completion::start(self.lease()?, request)
    }

    /// Requests the models and waits for the list, at most as long as the configuration's deadlines. A list no older
    /// than `max_age` may be taken from memory.
    ///
    /// # Errors
    /// The provider's, when there is no list.
    pub async fn models(&self, how: Discovery, max_age: Duration) -> Result<ModelList, CallError> {
        let max_age = milliseconds(max_age);
        let lease = self.lease()?;
        query(&lease, |core, client| core.models(client, how, max_age), Core::poll_models).await
    }

    /// Requests the account and waits for it, at most as long as the configuration's deadlines.
    ///
    /// # Errors
    /// The provider's, when the key is not accepted or the provider does not respond.
    pub async fn account(&self) -> Result<Account, CallError> {
        query(&self.lease()?, Core::account, Core::poll_account).await
    }

    /// Requests vectors and waits for all of them, at most as long as the configuration's deadlines.
    ///
    /// # Errors
    /// The provider's, and `unsupported` when the component has no embeddings.
    pub async fn embed(&self, request: &EmbeddingRequest) -> Result<Embedding, CallError> {
        let lease = self.lease()?;
        query(&lease, |core, client| core.embed(client, request), Core::poll_embedding).await
    }

    /// Connects to a base URL ahead of the first request, which then does not wait for DNS, TCP and TLS. Returns
    /// whether there is a connection now. Nothing is sent over it.
    pub async fn warm(&self, base_url: &Url) -> bool {
        let Ok(address) = base_url.as_str().parse() else { return false };
        let Ok(lease) = self.lease() else { return false };
        let warmed = lease.slot().with(|core, _| core.gate().warm(&address));
        warmed.await
    }

    /// How many instances there are. One is kept for the next request.
    pub fn instances(&self) -> usize {
        self.0.slots().len()
    }

    /// Why requests were refused by the host: the latest ones of each instance.
    pub fn denials(&self) -> Vec<Denial> {
        let slots = self.0.slots().clone();
        slots.iter().flat_map(|slot| slot.with(|core, _| core.denials())).collect()
    }

    /// A place on an instance that has room for one more stream, or on a new one.
    fn lease(&self) -> Result<Lease, CallError> {
        let mut slots = self.0.slots();
        let lost: Vec<_> = slots.extract_if(.., |slot| slot.lost().is_some()).collect();
        let most = self.0.prepared.streams_per_instance;
        let free = slots.iter().find(|slot| slot.streams() < most).map(Arc::clone);
        let slot = match free {
            Some(slot) => slot,
            None => {
                let slot = Arc::new(Slot::start(&self.0.prepared, &self.0.grant, &self.0.config)?);
                slots.push(Arc::clone(&slot));
                slot
            }
        };
        // Counted while the list is locked, or two callers would take the last place.
        let lease = Lease::new(slot, Arc::clone(&self.0));
        // Ending an instance takes longer than the list should be locked.
        drop(slots);
        drop(lost);
        Ok(lease)
    }
}

impl Shared {
    fn slots(&self) -> MutexGuard<'_, Vec<Arc<Slot>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the instances that nobody uses, except one, and those that are broken.
    fn trim(&self) {
        let mut idle = 0;
        let mut over = Vec::new();
        let mut slots = self.slots();
        slots.retain(|slot| {
            idle += usize::from(slot.streams() == 0);
            let keep = slot.lost().is_none() && (slot.streams() > 0 || idle <= 1);
            if !keep {
                over.push(Arc::clone(slot));
            }
            keep
        });
        // Ending an instance takes longer than the list should be locked.
        drop(slots);
        drop(over);
    }
}
