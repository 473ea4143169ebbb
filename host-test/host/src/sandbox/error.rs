//! Errors before a component runs, and of a call.

use std::path::PathBuf;
use std::time::Duration;

use wasmtime::Trap;

use crate::contract::{self, ErrorKind};
use crate::plugin::CONTRACT_PACKAGE;
use crate::private_file::PrivateFileError;

/// Why a component cannot be run. Returned before any call: by [`Host`](super::Host) and
/// [`Prepared::instantiate`](super::Prepared::instantiate). `Key` and `NoBaseUrl` are mistakes in the grant, which a user can
/// correct; the others concern the plugin, the machine or the settings of the host.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The WebAssembly engine does not start on this machine.
    #[error("the WebAssembly engine cannot start: {0}")]
    Engine(String),
    /// A certificate that the host should trust cannot be read.
    #[error("{0}; give it as one certificate in DER")]
    Root(String),
    /// The component cannot be compiled.
    #[error("{plugin} cannot be compiled: {reason}; build or install it again")]
    Compile {
        /// The plugin's id.
        plugin: String,
        /// The compiler's message.
        reason: String,
    },
    /// This program was built without the compiler, and no other program of this user has compiled the component yet.
    #[error(
        "{plugin} is not in the cache of compiled plugins, and this program was built without the compiler; run it \
         once in a program that has the compiler and the same cache, or name one in HostOptions::compiler"
    )]
    NotCompiled {
        /// The plugin's id.
        plugin: String,
    },
    /// The component's imports or exports have the right names and other types.
    #[error("{plugin} does not fit this host: {reason}; use a plugin that was built for {contract}")]
    Link {
        /// The plugin's id.
        plugin: String,
        /// The first function that does not fit.
        reason: String,
        /// The contract of this host.
        contract: String,
    },
    /// The component does not start within its limits.
    #[error("{plugin} cannot be started: {reason}; report this to the plugin's author")]
    Start {
        /// The plugin's id.
        plugin: String,
        /// What stopped it.
        reason: String,
    },
    /// The host has as many instances as [`HostOptions::instances`](super::HostOptions::instances) allows.
    #[error(
        "{plugin} cannot be started: all instances of this host are in use; wait until other requests have ended, or \
         raise HostOptions::instances"
    )]
    TooManyInstances {
        /// The plugin's id.
        plugin: String,
    },
    /// The key cannot be sent. The message never contains the key.
    #[error("the key cannot be used: {0}; copy it again")]
    Key(&'static str),
    /// There is a key, but no base URL below which it could be sent.
    #[error(
        "there is a key, but neither a base URL nor network.base-url in plugin.toml, so no server may receive it; \
         set a base URL"
    )]
    NoBaseUrl,
}

/// Why a call to a component failed. Only after `Provider` the [`Instance`](super::Instance) can be used again. After any
/// other, start a new one, which a [`Session`](super::Session) does for its next request. The request that failed may or may
/// not have reached the server.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The component returned an error of the contract. The instance can be used further.
    #[error("{}", .0.message)]
    Provider(Box<contract::Error>),
    /// The component trapped or used more than its limits. The instance cannot be used again.
    #[error("the plugin broke down: {0}; start a new instance, and report this to the plugin's author")]
    Trapped(String),
    /// The component did not return in time, and was stopped in the middle of its code. The instance cannot be used again.
    #[error("the plugin did not return from {call} within {limit:?}; start a new instance")]
    Deadline {
        /// The function of the contract.
        call: &'static str,
        /// `call-seconds` of the manifest, or the host's own limit.
        limit: Duration,
    },
    /// The call of another stream broke the instance that this one shared with it, in a [`Session`](super::Session). The
    /// next request of the session gets a fresh instance.
    #[error("the plugin's instance was lost, since {0} in another stream; send the request again")]
    InstanceLost(String),
    /// No instance can be started for the request.
    #[error(transparent)]
    Start(#[from] SandboxError),
    /// An earlier call broke this instance.
    #[error("this instance cannot be used any more, since {0}; start a new one")]
    Poisoned(String),
}

impl CallError {
    /// In the form of the contract, so that a caller needs no second way to fail.
    pub(super) fn without_embeddings() -> CallError {
        CallError::Provider(Box::new(contract::Error {
            kind: ErrorKind::Unsupported,
            message: format!(
                "this plugin has no embeddings: it does not export {CONTRACT_PACKAGE}/embeddings; \
                 use a plugin of the world model-provider-with-embeddings"
            ),
            http_status: None,
            provider_code: None,
            request_id: None,
            retry_after_ms: None,
            retryable: false,
            request_sent: false,
            partial: false,
            suggested_model: None,
            details_json: None,
        }))
    }
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
    let message = error.root_cause().to_string();
    // The engine's error has no type to match on, and its text mentions fuel, which would confuse people.
    if message.contains("allocated for hostcalls") {
        return "it returned more data than a call may".to_owned();
    }
    message
}

/// The chain of causes of an error. Only for errors that a developer has to fix: it is long, and names internal types.
pub(super) fn causes(error: &wasmtime::Error) -> String {
    error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Why a folder for compiled code is not used. It is never fatal: the component is compiled at each start instead.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// It cannot be created, read or written.
    #[error("{path}: {source}", path = .path.display())]
    File {
        /// The folder or file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// Another user can change files in it, and this process would execute them.
    #[error(transparent)]
    NotPrivate(#[from] PrivateFileError),
    /// Another process has held the lock for longer than writing takes.
    #[error("{path} is locked by another process; if none uses it, remove the file 'lock' in it", path = .0.display())]
    Busy(PathBuf),
}
