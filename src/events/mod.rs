//! The events of a response, for every wire route.
//!
//! A decoder hands what it reads to the [`Assembler`], in the order of the stream. The assembler keeps the grammar of
//! the contract: `response` first, each block started once and ended once, `finish` last, and no tool call that counts
//! as whole before its arguments were checked. So a decoder cannot break the grammar, however odd the stream is.

mod assembler;
mod blocks;
mod call_assembly;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod grammar;
mod pending;
#[cfg(test)]
mod tests;
mod tool_arguments;
mod value_end;

pub use assembler::{Assembler, MAX_CALL_BYTES, MAX_CALLS, TextKind, too_many_calls};
pub use blocks::{BlockHandle, MAX_OPEN_BLOCKS};
pub use call_assembly::{CallHandle, CallSoFar};
pub use pending::MAX_BATCH;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use pending::size as event_size;
pub use tool_arguments::is_placeholder;
