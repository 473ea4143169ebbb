//! Errors before a component runs, and of a call.

use std::path::PathBuf;
use std::time::Duration;

use wasmtime::Trap;
use wasmtime::component::ResourceTableError;

use crate::contract;
use crate::private_file::PrivateFileError;

/// Why a component cannot be made to run.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The WebAssembly engine does not start on this machine.
    #[error("the WebAssembly engine cannot start: {0}")]
    Engine(String),
    /// A certificate that the host should trust cannot be read.
    #[error("{0}; give it as one certificate in DER")]
    Root(String),
    /// The component cannot be compiled.
    #[error("{plugin} cannot be compiled: {reason}; build or install it anew")]
    Compile {
        /// The plugin's id.
        plugin: String,
        /// What the compiler says.
        reason: String,
    },
    /// The component's imports or exports have the right names and another shape.
    #[error("{plugin} does not fit this harness: {reason}; take a plugin built for {contract}")]
    Link {
        /// The plugin's id.
        plugin: String,
        /// What does not fit.
        reason: String,
        /// The contract of this harness.
        contract: String,
    },
    /// The component cannot be brought up within its limits.
    #[error("{plugin} cannot be started: {reason}")]
    Start {
        /// The plugin's id.
        plugin: String,
        /// What stopped it.
        reason: String,
    },
    /// The key cannot be sent. Never holds the key.
    #[error("the key cannot be used: {0}; copy it anew")]
    Key(&'static str),
    /// A key, and nothing that says to whom it belongs.
    #[error("there is a key, but neither a base URL nor network.base-url in plugin.toml says whose it is")]
    NoBaseUrl,
}

/// Why a call to a component failed.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The component returned an error of the contract. The instance can be used further.
    #[error("{}", .0.message)]
    Provider(Box<contract::Error>),
    /// The component broke off: it is of no further use.
    #[error("the plugin broke down: {0}; start a new instance, and report this to the plugin's author")]
    Trapped(String),
    /// The component did not return in time: it is of no further use.
    #[error("the plugin did not return from {call} within {limit:?}; start a new instance")]
    Deadline {
        /// The function of the contract.
        call: &'static str,
        /// The wait that was passed to it plus what the manifest allows beyond.
        limit: Duration,
    },
    /// An earlier call broke this instance.
    #[error("this instance cannot be used any more, since {0}; start a new one")]
    Poisoned(String),
}

impl From<contract::Error> for CallError {
    fn from(error: contract::Error) -> CallError {
        CallError::Provider(Box::new(error))
    }
}

/// A component ran past its deadline; raised into the component as a trap.
#[derive(Debug, thiserror::Error)]
#[error("the call took too long")]
pub(super) struct Overdue;

/// What stopped a component, in one line. The backtrace is left out: it names functions of the component by number.
pub(super) fn reason(error: &wasmtime::Error) -> String {
    if let Some(trap) = error.downcast_ref::<Trap>() {
        return trap.to_string();
    }
    if let Some(ResourceTableError::Full) = error.downcast_ref() {
        return "it holds more resources of the host than an instance may".to_owned();
    }
    let message = error.root_cause().to_string();
    // The engine's error has no type to match on, and its text mentions fuel, which would confuse people.
    if message.contains("allocated for hostcalls") {
        return "it handed out more than a call may carry".to_owned();
    }
    message
}

/// The chain of causes of an error, for what only a developer can fix.
pub(super) fn causes(error: &wasmtime::Error) -> String {
    error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Why a folder for compiled code is not used.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// It cannot be made, read or written.
    #[error("{path}: {source}", path = .path.display())]
    File {
        /// The folder or file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is not this user's alone: what lies there could be another's, and this process would run it.
    #[error(transparent)]
    NotPrivate(#[from] PrivateFileError),
    /// Another host has been writing for longer than that takes.
    #[error("{path} is held by another host; if none runs, remove the file 'lock' in it", path = .0.display())]
    Busy(PathBuf),
}
