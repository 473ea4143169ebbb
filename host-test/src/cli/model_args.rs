//! The command line of `models` and `model`.

use clap::{Args, ValueEnum};
use provider_host::contract::{Discovery, ModelKind};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  host-test models                         list the chat models
  host-test models --search claude --limit 10
  host-test models --kind all --json | jq '.models[].id'
  host-test models --built-in              list the plugin's built-in models; nothing is sent")]
pub(crate) struct ModelsArgs {
    /// List only models of this kind [default: chat; with --json: all].
    #[arg(long, value_enum)]
    pub(crate) kind: Option<Kind>,
    /// List only models with this text in the id, name or vendor, in upper or lower case.
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<String>,
    /// List at most N models.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// Fail if the live list cannot be read, instead of listing the models that are known without it.
    #[arg(long, conflicts_with = "built_in")]
    live: bool,
    /// List the plugin's built-in models; nothing is sent.
    #[arg(long)]
    built_in: bool,
}

impl ModelsArgs {
    pub(crate) fn discovery(&self) -> Discovery {
        discovery(self.live, self.built_in)
    }
}

/// The list to request. Best effort by default: a user who only wants a model's limits gets them without a network.
fn discovery(live: bool, built_in: bool) -> Discovery {
    match (live, built_in) {
        (true, _) => Discovery::Live,
        (_, true) => Discovery::BuiltIn,
        _ => Discovery::BestEffort,
    }
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  host-test model claude-sonnet-5-5        limits, prices and routes, each with its source
  host-test model gpt-6.1-sol --json | jq .routes
  host-test model gpt-6.1-sol --built-in   what the plugin knows without a network

Limits are tokens, and prices are per million tokens. A fact without a value is unknown.")]
pub(crate) struct ModelArgs {
    /// The id of the model; 'host-test models' lists them.
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// Fail if the live list cannot be read, instead of showing what is known without it.
    #[arg(long, conflicts_with = "built_in")]
    live: bool,
    /// Show what is built into the plugin; nothing is sent.
    #[arg(long)]
    built_in: bool,
}

impl ModelArgs {
    pub(crate) fn discovery(&self) -> Discovery {
        discovery(self.live, self.built_in)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    All,
    Chat,
    Embedding,
    Image,
    Video,
    Audio,
    Rerank,
    Moderation,
    Unknown,
}

impl Kind {
    /// Reports whether the filter accepts a model of this kind.
    pub(crate) fn takes(self, kind: ModelKind) -> bool {
        match self {
            Self::All => true,
            Self::Chat => kind == ModelKind::Chat,
            Self::Embedding => kind == ModelKind::Embedding,
            Self::Image => kind == ModelKind::Image,
            Self::Video => kind == ModelKind::Video,
            Self::Audio => kind == ModelKind::Audio,
            Self::Rerank => kind == ModelKind::Rerank,
            Self::Moderation => kind == ModelKind::Moderation,
            Self::Unknown => kind == ModelKind::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_the_contract_can_be_selected_by_its_name() {
        use ModelKind as K;
        for kind in
            [K::Chat, K::Embedding, K::Image, K::Video, K::Audio, K::Rerank, K::Moderation, K::Unknown]
        {
            let asked = Kind::from_str(provider_host::json::models::kind(kind), false).unwrap();
            assert!(asked.takes(kind) && Kind::All.takes(kind));
            assert_eq!(asked.takes(K::Chat), kind == K::Chat);
        }
    }
}
