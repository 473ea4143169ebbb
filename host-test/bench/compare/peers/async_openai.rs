//! async-openai, with its own types. They have no field for reasoning, so it delivers only the text of such a response.

mod cli;

use std::process::ExitCode;

use anyhow::Context as _;
use async_openai::config::OpenAIConfig;
use async_openai::types::chat::{
    ChatCompletionRequestUserMessage, ChatCompletionStreamOptions, CreateChatCompletionRequest,
    CreateChatCompletionRequestArgs,
};
use clap::Parser;
use futures_util::StreamExt as _;
use meter::{Args, Client, Sample};

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    args: Args,
    /// Fetch the list of models instead.
    #[arg(long)]
    models: bool,
}

// One thread, as for every client here: a second one would share the other core with the server.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<ExitCode> {
    let Cli { args, models } = Cli::parse();
    let config =
        OpenAIConfig::new().with_api_base(args.base_url.trim_end_matches('/')).with_api_key(meter::key());
    // One client for all lanes: its pool keeps the connections, as in a real program.
    let client = async_openai::Client::with_config(config);
    let request = request(&args.model)?;
    cli::measure("async-openai", &args, || Peer { client: client.clone(), request: request.clone(), models })
        .await
}

fn request(model: &str) -> anyhow::Result<CreateChatCompletionRequest> {
    let options = ChatCompletionStreamOptions { include_usage: Some(true), include_obfuscation: None };
    CreateChatCompletionRequestArgs::default()
        .model(model)
        .messages([ChatCompletionRequestUserMessage::from("Count.").into()])
        .stream_options(options)
        .build()
        .context("async-openai rejects the request")
}

struct Peer {
    client: async_openai::Client<OpenAIConfig>,
    request: CreateChatCompletionRequest,
    models: bool,
}

impl Client for Peer {
    async fn exchange(&mut self, sample: &mut Sample) -> Result<(), String> {
        let result = if self.models { self.list().await } else { self.stream(sample).await };
        result.map_err(|why| format!("{why:#}"))
    }
}

impl Peer {
    /// Sends a request, and records the texts of its chunks.
    async fn stream(&self, sample: &mut Sample) -> anyhow::Result<()> {
        let mut chunks = self.client.chat().create_stream(self.request.clone()).await?;
        let mut finished = false;
        while let Some(chunk) = chunks.next().await {
            for choice in chunk?.choices {
                finished |= choice.finish_reason.is_some();
                if let Some(text) = choice.delta.content {
                    sample.text(&text);
                }
                let calls = choice.delta.tool_calls.into_iter().flatten();
                for arguments in calls.filter_map(|call| call.function?.arguments) {
                    sample.text(&arguments);
                }
            }
        }
        // The library hides [DONE], and a stream that is cut off ends without an error.
        anyhow::ensure!(finished, "the stream ended without a finish reason");
        Ok(())
    }

    /// Fetches the list of models. An empty one is an error, because a broken server would look fast.
    async fn list(&self) -> anyhow::Result<()> {
        let list = self.client.models().list().await?;
        anyhow::ensure!(!list.data.is_empty(), "the list of models is empty");
        Ok(())
    }
}
