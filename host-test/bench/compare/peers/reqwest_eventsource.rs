//! reqwest with eventsource-stream and serde_json: what one takes who writes a client in an afternoon.

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

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<ExitCode> {
    let args = Cli::parse().args;
    // One client for all, whose pool keeps the connections.
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
    async fn answer(&mut self, sample: &mut Sample) -> Result<(), String> {
        self.stream(sample).await.map_err(|why| format!("{why:#}"))
    }
}

impl Peer {
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
            let why = response.text().await.context("the server's refusal broke off")?;
            anyhow::bail!("the server answered {status}: {why}");
        }
        let mut events = response.bytes_stream().eventsource();
        let mut done = false;
        // To the end and not to [DONE] only: the connection is kept where the body was read whole.
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
