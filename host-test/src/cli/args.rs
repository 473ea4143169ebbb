//! The command line.

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use provider_host::contract::{Discovery, ModelKind};
use provider_host::sandbox::KeyMode;

use super::conformance::ConformanceArgs;

const EXAMPLES: &str = "\
Examples:
  host-test models --search gpt            what there is, what it can, what it costs
  host-test chat \"Why is the sky blue?\"    one streamed answer
  host-test chat                           a conversation
  host-test account                        is the key accepted, what is left on it

Environment:
  COMETAPI_KEY           the key (COMETAPI_API_KEY and COMET_API_KEY are read too); never an argument,
                         since other users of the machine can see those
  COMETAPI_KEY_FILE      a file with the key instead, which only you may read
  COMETAPI_BASE_URL      another base URL (COMETAPI_API_BASE is read too, as some tools call it)
  HOST_TEST_TRUSTED_KEY  a public key or its file, as --trusted-key
  HOST_TEST_CACHE_DIR    where compiled plugins are kept
  SIGNING_PASSWORD       the password of the signing key, for 'sign' and 'keygen'
  NO_COLOR               no colours

Without a key and a base URL everything runs against a stand-in of CometAPI on this machine.

Exit codes: 0 done, 1 an error of the provider or the plugin, 2 wrong usage, 130 Ctrl-C,
141 nobody read a chat to its end.";

/// Runs a model-provider plugin in its sandbox: lists its models, and talks to them.
#[derive(Debug, Parser)]
#[command(name = "host-test", version, after_help = EXAMPLES, max_term_width = 110)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// The plugin: its folder, or the component beside its plugin.toml [default: dist/plugins/cometapi].
    #[arg(long, global = true, value_name = "DIR|FILE", help_heading = "Common options")]
    pub(crate) plugin: Option<PathBuf>,
    /// Another base URL than the provider's own, such as http://127.0.0.1:8080/v1.
    #[arg(long, global = true, value_name = "URL", help_heading = "Common options")]
    pub(crate) base_url: Option<String>,
    /// Where the key is: added by the host outside of the sandbox, or handed in.
    #[arg(long, global = true, value_parser = key_mode(), default_value = "injected", help_heading = "Common options")]
    pub(crate) key_mode: KeyMode,
    /// A file that holds the key, and that only you may read.
    #[arg(long, global = true, value_name = "FILE", help_heading = "Common options")]
    pub(crate) key_file: Option<PathBuf>,
    /// Accept only plugins that this key has signed; may be given several times.
    #[arg(long, global = true, value_name = "FILE|KEY", help_heading = "Common options")]
    pub(crate) trusted_key: Vec<String>,
    /// For programs: JSON in the contract's names on stdout, and nothing else there.
    #[arg(long, global = true, help_heading = "Common options")]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the models: what they take, what they can, what they cost.
    Models(ModelsArgs),
    /// Talk to a model: one response to a prompt, or a conversation without one.
    Chat(Box<ChatArgs>),
    /// Ask whether the key is accepted, and what is left on it.
    Account,
    /// Show what the plugin says of itself; nothing is sent.
    Describe,
    /// Show what the plugin's file is: imports, exports, size, what its manifest requests.
    Inspect,
    /// Serve the stand-in of CometAPI alone, until Ctrl-C.
    StandIn(StandInArgs),
    /// Check whether the plugin keeps the contract: every fault, every promise.
    Conformance(ConformanceArgs),
    /// Measure how long what a server sends takes to come through the plugin.
    Measure(super::measure::MeasureArgs),
    /// Make a plugin of a component: its file and a plugin.toml from its own description.
    Pack(PackArgs),
    /// Make a pair of keys for signing plugins.
    Keygen(super::sign::KeygenArgs),
    /// Sign a plugin, for hosts that accept signed ones only.
    Sign(super::sign::SignArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  host-test models                         the chat models
  host-test models --search claude --limit 10
  host-test models --kind all --json | jq '.models[].id'
  host-test models --built-in              the plugin's own table; nothing is sent")]
pub(crate) struct ModelsArgs {
    /// Only models of this kind [default: chat; with --json: all].
    #[arg(long, value_enum)]
    pub(crate) kind: Option<Kind>,
    /// Only models with this text in id, name or vendor.
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<String>,
    /// Only the first N of them.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// Fail where the provider cannot be reached, instead of listing what is known.
    #[arg(long, conflicts_with = "built_in")]
    live: bool,
    /// The plugin's own table; nothing is sent.
    #[arg(long)]
    pub(crate) built_in: bool,
}

impl ModelsArgs {
    pub(crate) fn discovery(&self) -> Discovery {
        match (self.live, self.built_in) {
            (true, _) => Discovery::Live,
            (_, true) => Discovery::BuiltIn,
            _ => Discovery::BestEffort,
        }
    }
}

#[derive(Debug, Args)]
#[command(
    group(ArgGroup::new("said").args(["system", "image", "tools", "schema", "reasoning", "max_tokens", "prompt"])
        .multiple(true)),
    after_help = "\
Examples:
  host-test chat \"Why is the sky blue?\"
  host-test chat -m claude-sonnet-4-6 --reasoning high \"Prove it.\"
  host-test chat --image cat.png \"What is this?\"
  git diff | host-test chat -s \"Review this.\" -
  host-test chat --tools tools.json --json \"Weather in Paris?\"
  host-test chat --request request.json    a whole request: see docs of provider_host::json::request

The answer goes to stdout; reasoning, tool calls, tokens and cost go to stderr.
With --json each line of stdout is an event, and the last one is \"finish\" or \"error\"."
)]
pub(crate) struct ChatArgs {
    /// The model's id [default: the plugin's default model].
    #[arg(short, long, value_name = "MODEL")]
    pub(crate) model: Option<String>,
    /// What the model is told beforehand.
    #[arg(short, long, value_name = "TEXT")]
    pub(crate) system: Option<String>,
    /// An image to go with the prompt; may be given several times.
    #[arg(short, long, value_name = "FILE|URL")]
    pub(crate) image: Vec<String>,
    /// Tools that the model may call: a JSON list, in the contract's shape or OpenAI's.
    #[arg(long, value_name = "FILE")]
    pub(crate) tools: Option<PathBuf>,
    /// A JSON schema that the response has to follow.
    #[arg(long, value_name = "FILE")]
    pub(crate) schema: Option<PathBuf>,
    /// How much to think: none, minimal, low, medium, high, xhigh, or a value of the vendor's own.
    #[arg(long, value_name = "EFFORT")]
    pub(crate) reasoning: Option<String>,
    /// The most tokens that the response may have.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_tokens: Option<u32>,
    /// A whole request as JSON in the contract's names; "-" reads it from stdin.
    #[arg(long, value_name = "FILE", conflicts_with = "said")]
    pub(crate) request: Option<PathBuf>,
    /// What to say; "-" reads it from stdin. Without it, on a terminal: a conversation.
    #[arg(value_name = "PROMPT|-")]
    pub(crate) prompt: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = format!(
    "{}\n\n{}", stand_in::FAULTS_HELP, stand_in::CONTROL_HELP
))]
pub(crate) struct StandInArgs {
    /// The port on 127.0.0.1; 0 takes any free one.
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
    /// Send chunks that contain the time at which they were sent, for 'host-test measure', instead of being CometAPI.
    #[arg(long)]
    pub(crate) stamped: bool,
    /// Over TLS, with a certificate of an authority made on the spot, or with a handshake that fails.
    #[arg(long, value_name = "HANDSHAKE", conflicts_with_all = ["stamped", "port"])]
    pub(crate) tls: Option<stand_in::Handshake>,
}

#[derive(Debug, Args)]
pub(crate) struct PackArgs {
    /// The component: a .wasm file.
    pub(crate) component: PathBuf,
    /// The plugin's folder; made where it is missing.
    pub(crate) dir: PathBuf,
}

/// The values of `--key-mode`. They are listed here and not derived, since the host's crate knows nothing of command
/// lines.
fn key_mode() -> impl TypedValueParser<Value = KeyMode> {
    let injected = "The host adds the key to each request; it never enters the sandbox";
    PossibleValuesParser::new([
        PossibleValue::new("injected").help(injected),
        PossibleValue::new("bearer").help("The plugin is given the key"),
    ])
    .map(|value| if value == "bearer" { KeyMode::Bearer } else { KeyMode::Injected })
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
    /// Whether a model of this kind is meant.
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
    use clap::CommandFactory as _;

    use super::*;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(std::iter::once("host-test").chain(line.split_whitespace()))
    }

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn what_people_write_is_understood() {
        for line in [
            "models",
            "models --kind all --search gpt --limit 5",
            "models --live --json",
            "--json models --built-in",
            "chat",
            "chat hello",
            "chat - -m x -s y --image a.png --image https://x/b.png --reasoning high --max-tokens 5",
            "chat --tools t.json --schema s.json hello --json",
            "chat --request r.json -m x",
            "account --base-url http://127.0.0.1:1/v1 --key-mode bearer",
            "describe --plugin dir",
            "inspect",
            "stand-in --port 8080",
            "conformance --case tls imports --list",
            "pack c.wasm dir",
            "account --key-file k --trusted-key a.pub --trusted-key b.pub",
            "keygen signing.key --unlocked",
            "sign dir --signing-key signing.key",
        ] {
            assert!(parse(line).is_ok(), "{line}: {:?}", parse(line).err().map(|error| error.to_string()));
        }
    }

    #[test]
    fn what_makes_no_sense_is_wrong_usage() {
        for line in [
            "",
            "modles",
            "models --live --built-in",
            "models --kind cars",
            "chat --max-tokens 0 hello",
            "chat --request r.json hello",
            "chat --request r.json --system s",
            "chat --request r.json --image i.png",
            "chat --key sk-1234567890 hello",
            "chat hello world",
            "account --key-mode somewhere",
            "stand-in --port 70000",
            "pack c.wasm",
            "sign dir",
            "keygen",
            "account --key-file",
        ] {
            assert_eq!(parse(line).map(|_| ()).map_err(|error| error.exit_code()), Err(2), "{line}");
        }
    }

    #[test]
    fn a_list_is_best_effort_unless_told_otherwise() {
        let cases = [
            ("models", Discovery::BestEffort),
            ("models --live", Discovery::Live),
            ("models --built-in", Discovery::BuiltIn),
        ];
        for (line, expected) in cases {
            match parse(line).unwrap().command {
                Command::Models(args) => assert_eq!(args.discovery(), expected),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn every_kind_of_the_contract_can_be_asked_for_by_its_word() {
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
