//! The events of an answer, whatever wire route it came by.
//!
//! A decoder tells the [`Assembler`] what it read, in the order in which it read it; the assembler keeps
//! the grammar: `response` first, each block started once and ended once, `finish` last, and no tool call
//! handed out as whole whose arguments were not looked at.

mod assembler;
mod call_assembly;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod grammar;
#[cfg(test)]
mod tests;
mod tool_arguments;

pub use assembler::{Assembler, MAX_CALL_BYTES, MAX_CALLS, TextKind};
pub use call_assembly::CallHandle;
