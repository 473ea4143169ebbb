//! The command line.

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{ArgGroup, Args, Parser, Subcommand};
use provider_host::sandbox::KeyMode;

use super::conformance::ConformanceArgs;
use super::loading;
use super::model_args::{ModelArgs, ModelsArgs};

const EXAMPLES: &str = "\
Examples:
  host-test models --search haiku          list models with their abilities and prices
  host-test chat \"Why is the sky blue?\"    stream one response
  host-test chat                           start a conversation
  host-test embed -m MODEL \"some text\"    make a vector for a text
  host-test account                        check the key and show its balance

Environment:
  COMETAPI_KEY           the API key (or COMETAPI_API_KEY, COMET_API_KEY); never pass it as an argument,
                         since other users of the machine can see arguments
  COMETAPI_KEY_FILE      a file that contains the API key and that only you can read
  COMETAPI_BASE_URL      a base URL in place of the provider's (or COMETAPI_API_BASE)
  HOST_TEST_TRUSTED_KEY  a public key or its file, like --trusted-key
  HOST_TEST_CACHE_DIR    the folder for compiled plugins
  SIGNING_PASSWORD       the password of the signing key, for 'sign' and 'keygen'
  NO_COLOR               no colours

Without a key and without a base URL, commands use a stand-in for CometAPI on this machine; nothing is sent
to the internet.

Exit codes: 0 success, 1 error of the provider or the plugin, 2 wrong usage, 130 Ctrl-C,
141 stdout was closed before a chat response was complete.";

/// Run a model-provider plugin in a sandbox: list its models and chat with them.
#[derive(Debug, Parser)]
#[command(name = "host-test", version, after_help = EXAMPLES, max_term_width = 110)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// Load this plugin: a folder, or a component next to its plugin.toml [default: dist/plugins/cometapi].
    #[arg(long, global = true, value_name = "DIR|FILE", help_heading = "Common options")]
    pub(crate) plugin: Option<PathBuf>,
    /// Send requests to this base URL instead of the provider's, for example http://127.0.0.1:8080/v1.
    #[arg(long, global = true, value_name = "URL", help_heading = "Common options")]
    pub(crate) base_url: Option<String>,
    /// Choose how the API key is used: added by the host outside the sandbox, or given to the plugin.
    #[arg(long, global = true, value_parser = key_mode(), default_value = "injected", help_heading = "Common options")]
    pub(crate) key_mode: KeyMode,
    /// Read the API key from this file, which only you may be able to read.
    #[arg(long, global = true, value_name = "FILE", help_heading = "Common options")]
    pub(crate) key_file: Option<PathBuf>,
    /// Accept only plugins signed with this key; can be repeated.
    #[arg(long, global = true, value_name = "FILE|KEY", help_heading = "Common options")]
    pub(crate) trusted_key: Vec<String>,
    /// Print only JSON on stdout, with the field names of the contract.
    #[arg(long, global = true, help_heading = "Common options")]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the models with their limits, abilities and prices.
    Models(ModelsArgs),
    /// Show everything that is known of one model, with its sources.
    Model(ModelArgs),
    /// Send a prompt to a model, or start a conversation.
    Chat(Box<ChatArgs>),
    /// Make vectors for texts, to search by meaning, to group or to compare.
    Embed(EmbedArgs),
    /// Check the API key and show its balance.
    #[command(after_help = "\
Examples:
  host-test account
  host-test account --key-file ~/.config/cometapi.key
  host-test account --json | jq .remaining")]
    Account,
    /// Show the plugin's description of its provider; nothing is sent.
    #[command(after_help = "\
Examples:
  host-test describe
  host-test describe --plugin plugins/my-provider --json | jq -r '.\"default-model\"'")]
    Describe,
    /// Show the plugin's imports, exports, size and permissions; nothing is sent.
    #[command(after_help = "\
Examples:
  host-test inspect                        check what a plugin may do, before giving it a key
  host-test inspect --plugin plugins/my-provider --trusted-key signing.pub")]
    Inspect,
    /// Serve a stand-in for CometAPI on this machine until Ctrl-C.
    StandIn(StandInArgs),
    /// Check that the plugin keeps the contract, with every fault of a server.
    Conformance(ConformanceArgs),
    /// Measure the latency that the plugin adds to a stream.
    Measure(super::measure::MeasureArgs),
    /// Make a plugin from a component: write plugin.toml from the component's description.
    Pack(PackArgs),
    /// Make a key pair for signing plugins.
    Keygen(super::sign::KeygenArgs),
    /// Sign a plugin for hosts that accept only signed plugins.
    Sign(super::sign::SignArgs),
    /// Compile the component on stdin to machine code on stdout; the other commands start this in a process of its own.
    #[command(hide = true, name = loading::COMPILE_WORKER)]
    CompileWorker {
        /// The limits of the process, as the sandbox writes them.
        settings: String,
    },
}

#[derive(Debug, Args)]
#[command(
    group(ArgGroup::new("input").args(["system", "image", "tools", "schema", "reasoning", "max_tokens", "prompt"])
        .multiple(true)),
    after_help = "\
Examples:
  host-test chat \"Why is the sky blue?\"
  host-test chat -m claude-sonnet-5-5 --reasoning high \"Prove it.\"
  host-test chat -m claude-sonnet-5-5 --route chat-completions \"Hello\"
  host-test chat --image cat.png \"What is this?\"
  git diff | host-test chat -s \"Review this.\" -
  host-test chat --tools tools.json --json \"Weather in Paris?\"
  echo '{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}' | host-test chat --request -

The response text goes to stdout; reasoning, tool calls, token counts and cost go to stderr.
With --json, each line of stdout is an event, and the last one is \"finish\" or \"error\".
The fields of --request are documented in the crate provider_host, module json::request."
)]
pub(crate) struct ChatArgs {
    /// Use this model id [default: the plugin's default model; 'host-test describe' shows it].
    // Not in the group `input`: with --request it replaces the model of the file, so that one file can be tried on
    // several models.
    #[arg(short, long, value_name = "MODEL")]
    pub(crate) model: Option<String>,
    /// Send the request on this wire route: chat-completions, responses, messages or gemini [default: the best that the
    /// model has; 'host-test models' shows it].
    #[arg(long, value_name = "ROUTE")]
    pub(crate) route: Option<String>,
    /// Set the system prompt.
    #[arg(short, long, value_name = "TEXT")]
    pub(crate) system: Option<String>,
    /// Send an image with the prompt; can be repeated.
    #[arg(short, long, value_name = "FILE|URL")]
    pub(crate) image: Vec<String>,
    /// Offer these tools to the model: a JSON array, in the format of the contract or of OpenAI.
    #[arg(long, value_name = "FILE")]
    pub(crate) tools: Option<PathBuf>,
    /// Require a response that matches this JSON schema.
    #[arg(long, value_name = "FILE")]
    pub(crate) schema: Option<PathBuf>,
    /// Set the reasoning effort: none, minimal, low, medium, high, xhigh, or a value of the vendor.
    #[arg(long, value_name = "EFFORT")]
    pub(crate) reasoning: Option<String>,
    /// Limit the response to N tokens.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_tokens: Option<u32>,
    /// Send the request in this JSON file, with the field names of the contract; "-" reads stdin.
    #[arg(long, value_name = "FILE", conflicts_with = "input")]
    pub(crate) request: Option<PathBuf>,
    /// The prompt; "-" reads it from stdin. Without it, a terminal starts a conversation.
    #[arg(value_name = "PROMPT|-")]
    pub(crate) prompt: Option<String>,
}

#[derive(Debug, Args)]
#[command(
    group(ArgGroup::new("texts").args(["text", "input"]).required(true)),
    after_help = "\
Examples:
  host-test models --kind embedding        list the models that make vectors
  host-test embed -m text-embedding-3-small \"a cat\" \"a dog\"
  host-test embed -m text-embedding-3-large --dimensions 256 --json \"a cat\" | jq '.vectors[0]'
  cut -f 2 titles.tsv | host-test embed -m text-embedding-3-small --input - --json

All texts are sent in one request; split a larger list yourself, since vendors limit a request to some hundred or
thousand texts. The table shows the first numbers of each vector, and --json prints all of them."
)]
pub(crate) struct EmbedArgs {
    /// Use this model id.
    #[arg(short, long, value_name = "MODEL")]
    pub(crate) model: String,
    /// Request shorter vectors of N numbers; not every model has them.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) dimensions: Option<u32>,
    /// Read the texts from this file, one in each line; empty lines are skipped, and "-" reads stdin.
    #[arg(long, value_name = "FILE|-")]
    pub(crate) input: Option<PathBuf>,
    /// The texts.
    #[arg(value_name = "TEXT")]
    pub(crate) text: Vec<String>,
}

#[derive(Debug, Args)]
#[command(after_help = format!(
    "Examples:\n  host-test stand-in --port 8080\n  host-test stand-in --stamped --port 8080\n\n{}\n\n{}", stand_in::FAULTS_HELP, stand_in::CONTROL_HELP
))]
pub(crate) struct StandInArgs {
    /// Listen on this port of 127.0.0.1; 0 chooses a free port.
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
    /// Serve chunks that contain their send time, for 'host-test measure', instead of CometAPI's responses.
    #[arg(long)]
    pub(crate) stamped: bool,
    /// Serve over TLS with a new certificate authority, or make the handshake fail.
    #[arg(long, value_name = "HANDSHAKE", conflicts_with_all = ["stamped", "port"])]
    pub(crate) tls: Option<stand_in::Handshake>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  host-test pack my_provider.wasm plugins/my-provider")]
pub(crate) struct PackArgs {
    /// The component, a .wasm file.
    pub(crate) component: PathBuf,
    /// The folder of the plugin; it is created if it does not exist.
    pub(crate) dir: PathBuf,
}

/// The values of `--key-mode`. They are listed here and not derived: the library must not depend on clap, which every
/// agent that embeds it would otherwise compile.
fn key_mode() -> impl TypedValueParser<Value = KeyMode> {
    let injected = "The host adds the key to each request; it never enters the sandbox";
    PossibleValuesParser::new([
        PossibleValue::new("injected").help(injected),
        PossibleValue::new("bearer")
            .help("The plugin gets the key; use it only for a plugin that you trust with the key"),
    ])
    .map(|value| if value == "bearer" { KeyMode::Bearer } else { KeyMode::Injected })
}

#[cfg(test)]
#[path = "args_tests.rs"]
mod tests;
