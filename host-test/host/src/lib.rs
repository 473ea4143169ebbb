//! A sandboxed test host for components that export `agent:model-provider`.

pub mod contract;
pub mod json;
pub mod plugin;
pub mod private_file;
pub mod sandbox;
