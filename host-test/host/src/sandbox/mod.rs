//! Running components that are not trusted: what they may reach, use and see is decided here.
//!
//! [`Host`] compiles a plugin once ([`Prepared`]), and each [`Instance`] of it runs under one person's
//! [`Grant`] with memory, time and requests of its own.

mod arrivals;
mod cache;
mod credential;
mod engine;
mod error;
mod grant;
mod host;
mod http;
mod instance;
mod limits;
mod linker;
mod memory;
mod policy;
mod redact;
mod running;
mod transport;

pub use cache::CacheDir;
pub use credential::Credential;
pub use error::{CacheError, CallError, SandboxError};
pub use grant::{Grant, KeyMode, Secret};
pub use host::{Host, HostOptions, Inspection, Preparation, Prepared};
pub use instance::{ClientHandle, CompletionHandle, Instance};
pub use policy::{Denial, Policy, destination};
pub use transport::address::{Place, Reach};
