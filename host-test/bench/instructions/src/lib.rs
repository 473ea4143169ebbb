//! Instruction counts of the hot path: what is counted, the table that is checked in, and the judging.
//!
//! Seconds differ from run to run and from machine to machine; counts do not, so that a change of a few per cent
//! is seen. `benches/hot_path.rs` runs under callgrind, the program `judge` reads what came of it.

pub mod inputs;
pub mod judgement;
pub mod report;
pub mod summaries;
pub mod table;

#[cfg(test)]
mod same_code_tests;
