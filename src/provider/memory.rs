//! What a client remembers between its calls.

use alloc::{borrow::ToOwned, string::String, vec::Vec};
use core::time::Duration;

use super::model_query::list;
use crate::catalogue::{BuiltIn, KeyList, Merged, PublicList, merge, routes_of};
use crate::contract::{ListOrigin, ModelList};
use crate::transport::Instant;

/// How long a list without the catalogue's facts is returned from memory, even if the host accepts older lists. The
/// catalogue may be back in a moment, and until then the models have hardly any limits and prices.
const FACTLESS_TIME: Duration = Duration::from_secs(60);

/// Most refusals that are remembered. A conversation has one model, and an agent a handful.
const MOST_REFUSALS: usize = 64;

/// What was received.
#[derive(Debug, Default)]
pub struct Memory {
    /// The lists that were received last.
    pub(super) received: Option<Received>,
    /// Models, each with a route that turned out not to serve it.
    refused: Vec<(String, &'static str)>,
}

#[derive(Debug)]
pub(super) struct Received {
    pub(super) at: Instant,
    pub(super) lists: Lists,
    /// Returned with each copy from memory too: the faults of a list do not go away with time.
    pub(super) warnings: Vec<String>,
}

/// The parsed lists. The models are made from them each time they are returned: that takes no longer than a copy of
/// the models, and less memory.
#[derive(Debug)]
pub(super) struct Lists {
    /// Which models can be called.
    pub(super) key_list: KeyList,
    /// Facts about models. `None` where the catalogue could not be read.
    pub(super) catalogue: Option<PublicList>,
}

impl Lists {
    pub(super) fn merged(&self) -> Merged {
        merge(Some(&self.key_list), self.catalogue.as_ref(), &BuiltIn::load())
    }
}

impl Memory {
    /// The names of the routes that serve a model, best first. One that has refused it is not among them.
    pub(super) fn routes_of(&self, model: &str) -> Vec<String> {
        let lists = self.received.as_ref().map(|received| &received.lists);
        let public = lists.and_then(|lists| lists.catalogue.as_ref());
        let mut routes = routes_of(model, lists.map(|lists| &lists.key_list), public);
        let is_refused = |route: &String| self.refused.iter().any(|(id, name)| id == model && name == route);
        // A list without any would say that nothing is known.
        if !routes.iter().all(is_refused) {
            routes.retain(|route| !is_refused(route));
        }
        routes
    }

    /// Whether the key may call a model, as far as is known.
    pub(super) fn is_callable(&self, model: &str) -> bool {
        self.received.as_ref().is_some_and(|received| received.lists.key_list.models.get(model).is_some())
    }

    /// Remembers that a route does not serve a model, so that the next request goes elsewhere at once.
    pub(super) fn note_refused(&mut self, model: &str, route: &'static str) {
        if self.refused.len() < MOST_REFUSALS {
            self.refused.push((model.to_owned(), route));
        }
    }

    /// The list that was received last, if it is not older than `max_age`.
    ///
    /// `None` as the maximum age accepts a list of any age, for the fallback. A maximum age of 0 accepts none, even
    /// where the clock has not moved since the last list: it demands a fresh one.
    pub(super) fn recall(&self, now: Instant, max_age: Option<Duration>) -> Option<ModelList> {
        let received = self.received.as_ref()?;
        let age = received.at.until(now);
        if max_age.is_some_and(|max_age| age > max_age || max_age.is_zero()) {
            return None;
        }
        if max_age.is_some() && received.lists.catalogue.is_none() && age > FACTLESS_TIME {
            return None;
        }
        let mut list = list(received.lists.merged(), ListOrigin::Cached, received.warnings.clone());
        list.age_ms = Some(u64::try_from(age.as_millis()).unwrap_or(u64::MAX));
        Some(list)
    }
}
