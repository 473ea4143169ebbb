//! Runs model-provider plugins: WebAssembly components that export `agent:model-provider`, the contract in
//! `wit/model-provider.wit`. An agent that depends on this crate gets models, streams and accounts from a plugin
//! that it need not trust.
//!
//! A plugin reaches nothing but the servers that its manifest declares *and* a person grants. It has memory, time and
//! connections of its own, up to limits. The host can add the key to requests after they leave the sandbox, so that
//! the plugin never holds it.
//!
//! # From a folder to an instance
//!
//! | step | type | how often |
//! |---|---|---|
//! | read a plugin and check its digest, its imports and, where wanted, its signature | [`plugin::Plugin`] | once |
//! | compile it, or find the machine code in a cache | [`sandbox::Host::prepare`] | once |
//! | start an instance with what it may reach and the key | [`sandbox::Prepared::instantiate`] | per user and task |
//! | configure a client | [`sandbox::Instance::open`] | per base URL |
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
//! # let (_server, mut instance, client) = setup().await?;
//! use std::time::Duration;
//! use provider_host::contract::Discovery;
//!
//! let five_minutes = Duration::from_secs(300);
//! let list = instance.models(&client, Discovery::BestEffort, five_minutes).await?;
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
//! A completion is a sequence of events: a response, blocks of text, reasoning and tool calls, a finish. Blocks may
//! interleave, so each delta names its block. [`Instance::next`] waits up to a given time for the first event and
//! returns what there is; an empty batch that is not done means "nothing yet".
//!
//! ```
//! # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/setup.rs"));
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn Error>> {
//! # let (_server, mut instance, client) = setup().await?;
//! use std::time::Duration;
//! use provider_host::contract::{Event, Request, ToolArguments};
//!
//! // The stand-in plays a tool call for a model of this name.
//! let request = Request::prompt("everything-at-once", "the weather");
//! let completion = instance.complete(&client, &request).await?;
//! let mut arguments = Vec::new();
//! loop {
//!     let batch = instance.next(&completion, 64, Duration::from_millis(200)).await?;
//!     for event in batch.events {
//!         if let Event::BlockEnd(end) = event {
//!             match end.arguments {
//!                 Some(ToolArguments::Object(json)) => arguments.push(json),
//!                 Some(ToolArguments::Malformed(bad)) => eprintln!("not JSON: {}", bad.reason),
//!                 None => {}
//!             }
//!         }
//!     }
//!     if batch.done {
//!         break;
//!     }
//! }
//! instance.cancel(completion).await?;
//! assert_eq!(arguments.len(), 1);
//! # Ok(()) }
//! ```
//!
//! # Cancelling
//!
//! [`Instance::cancel`] ends a completion at any point, and its connection closes. Call it between two calls of
//! [`Instance::next`], with a wait as long as a user should wait for the reaction. Do not drop the future of a call
//! to stop it: the component is then stopped in the middle of its code, and the instance is of no further use.
//!
//! ```
//! # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/setup.rs"));
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn Error>> {
//! # let (server, mut instance, client) = setup().await?;
//! use std::time::Duration;
//! use provider_host::contract::Request;
//!
//! // The stand-in streams without end for a model of this name.
//! let completion = instance.complete(&client, &Request::prompt("q25-never-ends", "hello")).await?;
//! while instance.next(&completion, 64, Duration::from_millis(50)).await?.events.is_empty() {}
//! instance.cancel(completion).await?;
//! # assert_eq!(server.ended(0).await, stand_in::Outcome::Aborted);
//!
//! // The instance goes on.
//! let again = instance.complete(&client, &Request::prompt("gpt-5.4-mini", "hello")).await?;
//! instance.cancel(again).await?;
//! # Ok(()) }
//! ```
//!
//! # Errors
//!
//! [`sandbox::CallError::Provider`] contains the contract's error: what happened, whether another try makes sense, and
//! after how many milliseconds. After any other error of a call the instance is broken: start a new one.
//!
//! ```
//! # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/setup.rs"));
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn Error>> {
//! # let (_server, mut instance, client) = setup().await?;
//! use std::time::Duration;
//! use provider_host::contract::{ErrorKind, Request};
//! use provider_host::sandbox::CallError;
//!
//! // For a model of this name, the stand-in requests a wait that is longer than the plugin's own limit.
//! let request = Request::prompt("q22-retry-after-too-long", "hello");
//! let completion = instance.complete(&client, &request).await?;
//! let error = loop {
//!     match instance.next(&completion, 64, Duration::from_secs(1)).await {
//!         Ok(batch) => assert!(!batch.done),
//!         Err(CallError::Provider(error)) => break error,
//!         Err(broken) => return Err(broken.into()),
//!     }
//! };
//! assert_eq!(error.kind, ErrorKind::RateLimited);
//! assert!(error.retryable && error.retry_after_ms > Some(60_000));
//! # Ok(()) }
//! ```
//!
//! [`Discovery::BestEffort`]: contract::Discovery::BestEffort
//! [`Instance::next`]: sandbox::Instance::next
//! [`Instance::cancel`]: sandbox::Instance::cancel

pub mod contract;
pub mod json;
pub mod plugin;
pub mod private_file;
pub mod sandbox;
