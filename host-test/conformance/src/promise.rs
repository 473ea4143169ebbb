//! The promises of the contract, as `docs/contract.md` numbers them.

use std::fmt;

/// One promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Promise {
    /// One export, exactly six imports.
    Surface = 1,
    /// No call waits longer than it is allowed to.
    Waits,
    /// Dropping is cancelling.
    Cancels,
    /// Nothing that the server sent is lost.
    LosesNothing,
    /// A finish is proof.
    Finish,
    /// An error contains what a host needs to decide what to do.
    Errors,
    /// A provider tries again only before it has returned anything.
    Retries,
    /// The key stays outside of the sandbox, and is sent to its own origin only.
    Key,
    /// No panic on any input.
    NoPanic,
    /// The contract can grow: the version is in the name.
    Grows,
}

impl Promise {
    /// All of them, in their order.
    pub const ALL: [Promise; 10] = [
        Promise::Surface,
        Promise::Waits,
        Promise::Cancels,
        Promise::LosesNothing,
        Promise::Finish,
        Promise::Errors,
        Promise::Retries,
        Promise::Key,
        Promise::NoPanic,
        Promise::Grows,
    ];

    /// Its number, from 1.
    #[must_use]
    pub fn number(self) -> u8 {
        self as u8
    }

    /// Its name in a few words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Promise::Surface => "one export, six imports",
            Promise::Waits => "no call waits longer than its wait-ms",
            Promise::Cancels => "dropping cancels",
            Promise::LosesNothing => "nothing is lost",
            Promise::Finish => "a finish is proof",
            Promise::Errors => "errors contain what a host needs",
            Promise::Retries => "no retry after the first event",
            Promise::Key => "the key stays outside the sandbox",
            Promise::NoPanic => "no panic on any input",
            Promise::Grows => "the contract can grow",
        }
    }
}

impl fmt::Display for Promise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number(), self.name())
    }
}
