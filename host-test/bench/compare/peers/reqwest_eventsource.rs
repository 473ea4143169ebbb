//! reqwest with eventsource-stream and serde_json: the usual choice for a hand-written client.

mod chunk;
mod cli;

use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use eventsource_stream::Eventsource as _;
use futures_util::StreamExt as _;
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
    let http = reqwest::Client::new();
    cli::measure("reqwest+eventsource-stream", &args, || Peer {
        http: http.clone(),
        url: format!("{}/chat/completions", args.base_url.trim_end_matches('/')),
        model: args.model.clone(),
    })
    .await
}

struct Peer {
    http: reqwest::Client,
    url: String,
    model: String,
}

impl Client for Peer {
    async fn exchange(&mut self, sample: &mut Sample) -> Result<(), String> {
        self.stream(sample).await.map_err(|why| format!("{why:#}"))
    }
}

impl Peer {
    /// Sends a request, and records the texts of its chunks.
    async fn stream(&self, sample: &mut Sample) -> anyhow::Result<()> {
        let body = serde_json::json!({
            "model": self.model, "stream": true, "stream_options": { "include_usage": true },
            "messages": [{ "role": "user", "content": "Count." }],
        });
        let response = self
            .http
            .post(&self.url)
            .bearer_auth(meter::key())
            .header("content-type", "application/json")
            .body(body.to_string())
            .send()
            .await?;
        let status = response.status();
        if status != 200 {
            let why = response.text().await.context("the body of the server's error is incomplete")?;
            anyhow::bail!("the server returned status {status}: {why}");
        }
        let mut events = response.bytes_stream().eventsource();
        let mut done = false;
        // The loop reads beyond [DONE], because reqwest reuses a connection only after the end of the body.
        while let Some(event) = events.next().await {
            let event = event?;
            if event.data == "[DONE]" {
                done = true;
            } else {
                chunk::read(event.data.as_bytes(), sample)?;
            }
        }
        anyhow::ensure!(done, "the stream ended without [DONE]");
        Ok(())
    }
}
