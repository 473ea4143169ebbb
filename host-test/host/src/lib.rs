//! Runs model-provider plugins: WebAssembly components that export `agent:model-provider`, the contract in
//! `wit/model-provider.wit`. An agent that depends on this crate gets models, streams and accounts from a plugin
//! that it need not trust.
//!
//! A plugin reaches nothing but the servers that its manifest declares *and* a person grants. It has memory, time and
//! connections of its own, up to limits. The host can add the key to requests after they leave the sandbox, so that
//! the plugin never holds it.
//!
//! # From a folder to a stream
//!
//! | step | type | how often |
//! |---|---|---|
//! | read a plugin and check its digest, its imports and, where wanted, its signature | [`plugin::Plugin`] | once |
//! | compile it, or find the machine code in a cache | [`sandbox::Host::prepare`] | once |
//! | decide what it may reach, and pass the key and the base URL | [`sandbox::Prepared::session`] | per user |
//! | send a request and read its events | [`sandbox::Session::complete`] | per request |
//!
//! The whole of it, which is `examples/embed.rs`:
//!
//! ```
#![doc = include_str!("../examples/embed.rs")]
//! ```
//!
//! # Models
//!
//! The list joins the models that the key may use with the known facts about each. With [`Discovery::BestEffort`] there is
//! always a list: if the live one cannot be read, it is an older one or the plugin's own table, and `degraded` has the
//! reason.
//!
//! ```
//! # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/setup.rs"));
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn Error>> {
//! # let (_server, session) = session().await?;
//! use std::time::Duration;
//! use provider_host::contract::Discovery;
//!
//! let five_minutes = Duration::from_secs(300);
//! let list = session.models(Discovery::BestEffort, five_minutes).await?;
//! if let Some(reason) = &list.degraded {
//!     eprintln!("this list may be out of date: {}", reason.message);
//! }
//! let large = list.models.iter().filter(|model| model.context_window >= Some(200_000));
//! assert!(large.count() > 10);
//! # Ok(()) }
//! ```
//!
//! # Streams
//!
//! A [`Completion`] is a stream of batches of events: a response, blocks of text, reasoning and tool calls, a finish.
//! Blocks may interleave, so each delta names its block. A batch has all that has arrived since the one before.
//!
//! ```
//! # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/setup.rs"));
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn Error>> {
//! # let (_server, session) = session().await?;
//! use futures_util::TryStreamExt;
//! use provider_host::contract::{Event, Request, ToolArguments};
//!
//! // The stand-in plays a tool call for a model of this name.
//! let mut completion = session.complete(&Request::prompt("everything-at-once", "the weather"))?;
//! let mut arguments = Vec::new();
//! while let Some(batch) = completion.try_next().await? {
//!     for event in batch.events {
//!         if let Event::BlockEnd(end) = event {
//!             match end.arguments {
//!                 Some(ToolArguments::Object(json)) => arguments.push(json),
//!                 Some(ToolArguments::Malformed(bad)) => eprintln!("not JSON: {}", bad.reason),
//!                 None => {}
//!             }
//!         }
//!     }
//! }
//! assert_eq!(arguments.len(), 1);
//! # Ok(()) }
//! ```
//!
//! # Cancelling
//!
//! Dropping a completion ends it at any point, and its connection closes. The same holds for the future of any call: a
//! call of the component itself takes microseconds and is never interrupted by a drop.
//!
//! ```
//! # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/setup.rs"));
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn Error>> {
//! # let (server, session) = session().await?;
//! use futures_util::TryStreamExt;
//! use provider_host::contract::Request;
//!
//! // The stand-in streams without end for a model of this name.
//! let mut completion = session.complete(&Request::prompt("q25-never-ends", "hello"))?;
//! assert!(completion.try_next().await?.is_some());
//! drop(completion);
//! # assert_eq!(server.ended(0).await, stand_in::Outcome::Aborted);
//! # Ok(()) }
//! ```
//!
//! # Errors
//!
//! [`sandbox::CallError::Provider`] contains the contract's error: what happened, whether another try makes sense, and
//! after how many milliseconds. Any other error means that the component is broken or does not start; a session starts
//! a fresh instance for the next request.
//!
//! ```
//! # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/setup.rs"));
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn Error>> {
//! # let (_server, session) = session().await?;
//! use futures_util::TryStreamExt;
//! use provider_host::contract::{ErrorKind, Request};
//! use provider_host::sandbox::CallError;
//!
//! // For a model of this name, the stand-in requests a wait that is longer than the plugin's own limit.
//! let mut completion = session.complete(&Request::prompt("q22-retry-after-too-long", "hello"))?;
//! let error = match completion.try_next().await {
//!     Err(CallError::Provider(error)) => error,
//!     other => panic!("{other:?}"),
//! };
//! assert_eq!(error.kind, ErrorKind::RateLimited);
//! assert!(error.retryable && error.retry_after_ms > Some(60_000));
//! # Ok(()) }
//! ```
//!
//! # One instance for one caller
//!
//! [`sandbox::Instance`] is the layer below: one instance, called function by function, with a bounded wait for each
//! batch. Tests and tools use it. It shares nothing with other callers.
//!
//! [`Discovery::BestEffort`]: contract::Discovery::BestEffort
//! [`Completion`]: sandbox::Completion

pub mod contract;
pub mod json;
pub mod plugin;
pub mod private_file;
pub mod sandbox;
