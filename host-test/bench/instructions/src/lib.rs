//! Instruction counts of the hot path: the inputs, the committed table of counts, and the comparison.
//!
//! Times differ from run to run and from machine to machine. Counts do not, so they show a change of a few per cent.
//! `benches/hot_path.rs` runs under callgrind, and the program `judge` reads its output.

pub mod inputs;
pub mod judgement;
pub mod report;
pub mod summaries;
pub mod table;

#[cfg(test)]
mod same_code_tests;
