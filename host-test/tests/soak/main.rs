//! Many completions: nothing of them stays behind, and each of their events is right.
//!
//! `make test` runs the short versions, `make soak` the long ones. The server is a process of its own, so
//! what is measured is the host's. The tests take turns: they share one process, and its memory is what
//! they look at.

mod asking;
mod measuring;
// The tests of the component use more of it.
#[allow(dead_code)]
#[path = "../component/raw.rs"]
mod raw;
mod serving;
mod waiting;
mod waves;
