//! Cases that are no answer of a server: what a component is, how it waits, how it is dropped, where the key
//! is, what it refuses.

mod cancelling;
mod key;
mod refusing;
mod surface;
mod waiting;

use std::future::Future;
use std::pin::Pin;

use super::bench::Bench;
use super::case::{Case, Check, Verdict};
use super::promise::Promise;

/// What a case came to, in a few words, or why it is not as it should be.
pub(super) type Told = Result<String, Box<Verdict>>;

/// A check.
pub(super) type Run = fn(&Bench) -> Pin<Box<dyn Future<Output = Told> + Send + '_>>;

struct Code {
    name: &'static str,
    plays: &'static str,
    promises: &'static [Promise],
    expected: &'static str,
    run: Run,
}

/// Something is not as it should be.
impl From<String> for Box<Verdict> {
    fn from(reason: String) -> Self {
        Box::new(Verdict::Failed { got: String::new(), reasons: vec![reason] })
    }
}

/// As it should be, where nothing is wrong.
fn told(got: String, reasons: Vec<String>) -> Told {
    match Verdict::of(got, reasons) {
        Verdict::Passed(got) => Ok(got),
        other => Err(Box::new(other)),
    }
}

/// All of them.
pub(super) fn cases() -> impl Iterator<Item = Case> {
    let all = [surface::CASES, waiting::CASES, cancelling::CASES, key::CASES, refusing::CASES];
    all.into_iter().flatten().map(|code| Case {
        name: code.name.to_owned(),
        plays: code.plays.to_owned(),
        promises: code.promises.to_vec(),
        expected: code.expected.to_owned(),
        check: Check::Code(code.run),
    })
}
