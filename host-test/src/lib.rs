//! A sandboxed test host for components that export `agent:model-provider`.

pub mod conformance;
pub mod contract;
pub mod grammar;
pub mod json;
pub mod plugin;
pub mod private_file;
pub mod sandbox;
pub mod stamped;
pub mod stand_in;
pub mod transcript;
