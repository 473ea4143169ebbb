//! Which instances share connections: those of one plugin under one grant, and no others.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::pool::Pool;
use super::{Dialer, Transport};
use crate::sandbox::Grant;

/// The transports of one plugin.
pub(in crate::sandbox) struct Transports {
    dialer: Arc<Dialer>,
    /// The connections of each grant that an instance runs under. They close with the last instance.
    by_grant: Mutex<Vec<(Grant, Weak<Pool>)>>,
}

impl Transports {
    /// None yet; all will dial with this.
    pub(in crate::sandbox) fn new(dialer: Arc<Dialer>) -> Transports {
        Transports { dialer, by_grant: Mutex::default() }
    }

    /// The transport of a grant. Grants are the same when all that they say is, the key included.
    pub(in crate::sandbox) fn of(&self, grant: &Grant) -> Transport {
        let mut by_grant = self.by_grant.lock().unwrap_or_else(PoisonError::into_inner);
        by_grant.retain(|(_, pool)| pool.strong_count() > 0);
        let known = by_grant.iter().find(|(known, _)| known == grant);
        let pool = known.and_then(|(_, pool)| pool.upgrade()).unwrap_or_else(|| {
            let pool = Arc::new(Pool::default());
            by_grant.push((grant.clone(), Arc::downgrade(&pool)));
            pool
        });
        Transport { dialer: Arc::clone(&self.dialer), pool }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::Secret;

    #[test]
    fn connections_are_shared_under_an_equal_grant_while_somebody_uses_them() {
        let transports = Transports::new(Arc::new(Dialer::for_tests()));
        let grant = |key: &str| Grant { key: Some(Secret::new(key)), ..Grant::default() };
        let one = transports.of(&grant("sk-1"));
        assert!(Arc::ptr_eq(&one.pool, &transports.of(&grant("sk-1")).pool));
        assert!(!Arc::ptr_eq(&one.pool, &transports.of(&grant("sk-2")).pool));
        let base_url = "https://a.example/v1".parse().ok();
        let other = Grant { base_url, ..grant("sk-1") };
        assert!(!Arc::ptr_eq(&one.pool, &transports.of(&other).pool));
        let another_plugins = Transports::new(Arc::new(Dialer::for_tests()));
        assert!(!Arc::ptr_eq(&one.pool, &another_plugins.of(&grant("sk-1")).pool));
        let gone = Arc::downgrade(&one.pool);
        drop(one);
        assert!(gone.upgrade().is_none(), "nobody uses them any more");
        drop(transports.of(&grant("sk-1")));
        assert!(transports.by_grant.lock().unwrap().len() <= 1, "what is gone is forgotten");
    }
}
