//! Runs components that are not trusted. What they can reach, use and see is decided here.
//!
//! [`Host`] compiles a plugin once ([`Prepared`]). Each [`Instance`] of it runs under one person's [`Grant`], with
//! limits for memory, time and requests of its own: a component that is hostile or broken can stop itself, and neither
//! the host nor another instance.

mod cache;
mod calls;
mod compiler;
mod credential;
mod engine;
mod error;
mod grant;
mod host;
mod instance;
mod interfaces;
mod limits;
mod memory;
mod outbound_gate;
mod policy;
mod query;
mod redact;
mod running;
mod session;
mod transport;
mod waiter;
mod wasi;

pub use cache::CacheDir;
pub use compiler::{Compiler, compile_worker};
pub use credential::Credential;
pub use error::{CacheError, CallError, SandboxError};
pub use grant::{Grant, KeyMode, Secret};
pub use host::{Host, HostOptions, Inspection, Preparation, Prepared};
pub use instance::{ClientHandle, CompletionHandle, Instance};
pub use policy::{Denial, Policy, destination};
pub use session::{Completion, Session};
pub use transport::address::{AddrClass, Reach};
pub(crate) use wasi::FORBIDDEN_HEADERS;
