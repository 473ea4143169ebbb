//! What this provider is.

use alloc::{borrow::ToOwned, string::String, vec, vec::Vec};

use crate::contract::{AuthDescription, Description};

/// Tags that the contract documents.
const CAPABILITIES: &[&str] = &[
    "streaming",
    "tools",
    "parallel-tools",
    "images",
    "audio",
    "files",
    "reasoning",
    "structured-output",
    "prompt-cache",
    "discovery",
    "account",
    "embeddings",
];

/// The variable that CometAPI documents comes first, then those that other clients read. A person who has used
/// another client must not have to set a second variable.
const ENV_VARS: &[&str] = &["COMETAPI_KEY", "COMETAPI_API_KEY", "COMET_API_KEY"];

/// Describes the provider. Sends nothing.
pub fn describe() -> Description {
    let owned = |texts: &[&str]| -> Vec<String> { texts.iter().map(|&text| text.to_owned()).collect() };
    Description {
        id: "cometapi".to_owned(),
        name: "CometAPI".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        homepage_url: "https://www.cometapi.com".to_owned(),
        docs_url: "https://apidoc.cometapi.com".to_owned(),
        default_base_url: "https://api.cometapi.com/v1".to_owned(),
        origins: vec!["https://api.cometapi.com".to_owned()],
        auth: AuthDescription {
            env_vars: owned(ENV_VARS),
            key_hint: "sk-".to_owned(),
            console_url: "https://www.cometapi.com/console/token".to_owned(),
        },
        capabilities: owned(CAPABILITIES),
        default_model: DEFAULT_MODEL.to_owned(),
        utility_model: Some(UTILITY_MODEL.to_owned()),
    }
}

/// Current, with tools, images and files, at one price for every length up to a million tokens. CometAPI announced it
/// for chat completions, where the GPT models of the day refuse tools unless they may not reason.
const DEFAULT_MODEL: &str = "claude-sonnet-5-5";

/// The lowest price of all current models of the large vendors, and a window of a million tokens, which a summary of a
/// long conversation needs.
const UTILITY_MODEL: &str = "claude-haiku-5-5";
