//! Cases that no scenario of a server can express: what a component is, how it waits, how it is dropped, where the key
//! is, what it refuses, what it repairs.

mod cancelling;
mod key;
mod refusing;
mod repairs;
mod surface;
mod waiting;

use std::future::Future;
use std::pin::Pin;

use super::bench::Bench;
use super::case::{Case, Check, Verdict};
use super::promise::Promise;

/// The outcome of a case in a few words, or why it failed.
pub(super) type CaseResult = Result<String, Box<Verdict>>;

/// A check.
pub(super) type Run = fn(&Bench) -> Pin<Box<dyn Future<Output = CaseResult> + Send + '_>>;

struct Code {
    name: &'static str,
    plays: &'static str,
    promises: &'static [Promise],
    expected: &'static str,
    run: Run,
}

/// A case that fails for one reason.
impl From<String> for Box<Verdict> {
    fn from(reason: String) -> Self {
        Box::new(Verdict::Failed { got: String::new(), reasons: vec![reason] })
    }
}

/// Passed, if there are no reasons against it.
fn case_result(got: String, reasons: Vec<String>) -> CaseResult {
    match Verdict::of(got, reasons) {
        Verdict::Passed(got) => Ok(got),
        other => Err(Box::new(other)),
    }
}

/// All of them.
pub(super) fn cases() -> impl Iterator<Item = Case> {
    let all =
        [surface::CASES, waiting::CASES, cancelling::CASES, key::CASES, refusing::CASES, repairs::CASES];
    all.into_iter().flatten().map(|code| Case {
        name: code.name.to_owned(),
        plays: code.plays.to_owned(),
        promises: code.promises.to_vec(),
        expected: code.expected.to_owned(),
        check: Check::Code(code.run),
    })
}
