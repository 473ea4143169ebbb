//! genai, with its adapter for OpenAI and the latency server as its endpoint.

mod cli;

use std::process::ExitCode;

use clap::Parser;
use futures_util::StreamExt as _;
use genai::adapter::AdapterKind;
use genai::chat::{ChatMessage, ChatOptions, ChatRequest, ChatStreamEvent};
use genai::resolver::{AuthData, Endpoint};
use genai::{ModelIden, ServiceTarget};
use meter::{Args, Client, Sample};

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    args: Args,
}

// One thread, as for every client here: a second one would share the other core with the server.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<ExitCode> {
    let args = Cli::parse().args;
    // One client for all lanes: its pool keeps the connections, as in a real program.
    let client = genai::Client::builder().build()?;
    let target = ServiceTarget {
        // Without the slash at the end, joining a path would replace the last segment of the base URL.
        endpoint: Endpoint::from_owned(format!("{}/", args.base_url.trim_end_matches('/'))),
        auth: AuthData::from_single(meter::key()),
        model: ModelIden::new(AdapterKind::OpenAI, args.model.clone()),
    };
    cli::measure("genai", &args, || Peer { client: client.clone(), target: target.clone() }).await
}

struct Peer {
    client: genai::Client,
    target: ServiceTarget,
}

impl Client for Peer {
    async fn exchange(&mut self, sample: &mut Sample) -> Result<(), String> {
        self.stream(sample).await.map_err(|why| format!("{why:#}"))
    }
}

impl Peer {
    /// Sends a request, and records the texts of its events.
    async fn stream(&self, sample: &mut Sample) -> anyhow::Result<()> {
        let request = ChatRequest::new(vec![ChatMessage::user("Count.")]);
        let options = ChatOptions::default().with_capture_usage(true);
        let response = self.client.exec_chat_stream(self.target.clone(), request, Some(&options)).await?;
        let mut events = response.stream;
        let mut done = false;
        while let Some(event) = events.next().await {
            match event? {
                ChatStreamEvent::Chunk(text) | ChatStreamEvent::ReasoningChunk(text) => {
                    sample.text(&text.content)
                }
                // The library delivers fragments of the arguments as JSON strings.
                ChatStreamEvent::ToolCallChunk(chunk) => {
                    if let Some(arguments) = chunk.tool_call.fn_arguments.as_str() {
                        sample.text(arguments);
                    }
                }
                ChatStreamEvent::End(_) => done = true,
                _ => {}
            }
        }
        anyhow::ensure!(done, "the stream ended without [DONE]");
        Ok(())
    }
}
