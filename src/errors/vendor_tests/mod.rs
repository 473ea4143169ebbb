//! Error responses in the shapes that vendors and gateways send, and the kind each must get.
//!
//! Written for this test after the vendors' public documentation and public bug reports; names, ids and
//! figures are invented.

mod anthropic;
mod gateways;
mod google;
mod openai;

use super::ErrorKind as Kind;
use super::classify_tests::{classify, in_body};

/// Status, body, kind, and whether another try may help.
type Case = (u16, &'static str, Kind, bool);

/// Status 0 stands for an error inside a response with status 200.
fn check(cases: &[Case]) {
    for (status, body, kind, retryable) in cases {
        let error = if *status == 0 { in_body(body) } else { classify(*status, body) };
        assert_eq!((&error.kind, error.retryable), (kind, *retryable), "{status} {body}");
    }
}
