//! Load tests: after many completions no memory, descriptor, task or connection is left, and every event is correct.
//!
//! `make test` runs the short versions, `make soak` the long ones. The server is a separate process, because the tests
//! measure the memory of this one. They run one at a time, since they share this process.

mod back_pressure;
mod completions;
mod leaks;
// Only the tests of the component use the whole module.
#[allow(dead_code)]
#[path = "../component/raw.rs"]
mod raw;
mod resources;
mod server;
