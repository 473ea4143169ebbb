//! What some cases need of a host beyond the contract, as `needs.json` lists it.
//!
//! The contract is about components, and a plain host keeps it without a policy, redaction or roots of its own. A case
//! about those is reported as not for such a host, with the reason.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

const FILE: &str = include_str!("needs.json");

/// One ability of a host that the contract does not require.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// Removes the key that the host adds from what a server sends.
    Redaction,
    /// Searches a component's memory.
    MemorySearch,
    /// Trusts the certificates of the cases, and reports why it does not trust another one.
    TestRoots,
    /// Ends a TLS handshake at the connect deadline.
    HandshakeDeadline,
}

impl Need {
    /// All of them.
    pub const ALL: [Need; 4] =
        [Need::Redaction, Need::MemorySearch, Need::TestRoots, Need::HandshakeDeadline];

    /// Its name, as the file writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Need::Redaction => "redaction",
            Need::MemorySearch => "memory-search",
            Need::TestRoots => "test-roots",
            Need::HandshakeDeadline => "handshake-deadline",
        }
    }

    /// The reason for which a case is not for a host without it.
    #[must_use]
    pub fn reason(self) -> &'static str {
        LIST.iter().find(|listed| listed.needs == self).map_or("", |listed| &listed.reason)
    }

    /// What this case needs. A case of the file has its name on the first route here, and needs the same on each.
    pub(super) fn of(case: &str) -> Option<Need> {
        let first = case.rsplit_once("-on-").map_or(case, |(first, _)| first);
        BY_CASE.get(case).or_else(|| BY_CASE.get(first)).copied()
    }
}

/// One entry of the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Listed {
    pub(super) needs: Need,
    pub(super) reason: String,
    pub(super) cases: Vec<String>,
}

/// The file. Reading it fails in every test where it is no list of needs.
pub(super) static LIST: LazyLock<Vec<Listed>> = LazyLock::new(|| {
    serde_json::from_str(FILE).unwrap_or_else(|error| panic!("conformance/needs.json: {error}"))
});

static BY_CASE: LazyLock<BTreeMap<&str, Need>> = LazyLock::new(|| {
    let names = LIST.iter().flat_map(|listed| listed.cases.iter().map(|case| (case.as_str(), listed.needs)));
    names.collect()
});
