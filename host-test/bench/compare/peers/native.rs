//! The floor: hyper and serde_json, and nothing that is not strictly necessary. It has one connection, splits each read
//! into lines without copying, and parses only the used fields. No client can be faster without another HTTP library.

mod chunk;
mod cli;

use std::process::ExitCode;

use bytes::Bytes;
use clap::Parser;
use http::{HeaderName, HeaderValue, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use meter::{Args, Client, Sample};
use tokio::net::TcpStream;
use url::Url;

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    args: Args,
    /// A header for each request, such as one that names the upstream server of a gateway.
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header)]
    headers: Vec<(HeaderName, HeaderValue)>,
    /// Fetch both lists of models instead, without parsing them.
    #[arg(long)]
    models: bool,
}

// One thread, as for every client here: a second one would share the other core with the server.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<ExitCode> {
    let Cli { args, headers, models } = Cli::parse();
    let base_url: Url = args.base_url.parse()?;
    cli::measure("native", &args, || Native {
        base_url: base_url.clone(),
        model: args.model.clone(),
        headers: headers.clone(),
        open: None,
        models,
    })
    .await
}

/// Parses a header: the name, a colon and the value.
fn header(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let (name, value) = text.split_once(':').ok_or("a header is NAME: VALUE")?;
    let name = name.trim().parse().map_err(|why| format!("the header's name: {why}"))?;
    let value = value.trim().parse().map_err(|why| format!("the header's value: {why}"))?;
    Ok((name, value))
}

struct Native {
    base_url: Url,
    model: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    open: Option<SendRequest<Full<Bytes>>>,
    models: bool,
}

impl Client for Native {
    async fn exchange(&mut self, sample: &mut Sample) -> Result<(), String> {
        let result = if self.models { self.lists().await } else { self.stream(sample).await };
        result.map_err(|why| format!("{why:#}"))
    }
}

impl Native {
    /// The connection of the last response, or a new one. There is no pool, which would take locks.
    async fn connection(&mut self) -> anyhow::Result<SendRequest<Full<Bytes>>> {
        if let Some(mut kept) = self.open.take() {
            kept.ready().await?;
            return Ok(kept);
        }
        let (host, port) =
            (self.base_url.host_str().unwrap_or_default(), self.base_url.port_or_known_default());
        let stream = TcpStream::connect((host, port.unwrap_or(80))).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(sender)
    }

    /// Sends a request, and records the texts of its chunks.
    async fn stream(&mut self, sample: &mut Sample) -> anyhow::Result<()> {
        let body = serde_json::json!({
            "model": self.model, "stream": true, "stream_options": { "include_usage": true },
            "messages": [{ "role": "user", "content": "Count." }],
        });
        let request =
            self.request("POST", &format!("{}/chat/completions", self.base_url.path()), body.to_string())?;
        let mut sender = self.connection().await?;
        let response = sender.send_request(request).await?;
        anyhow::ensure!(response.status() == 200, "the server returned status {}", response.status());
        let mut body = response.into_body();
        // The start of a line that the last read cut off. Only such lines are copied.
        let mut kept: Vec<u8> = Vec::new();
        let mut done = false;
        while let Some(frame) = body.frame().await {
            let Ok(bytes) = frame?.into_data() else { continue };
            let mut rest = &bytes[..];
            while let Some(end) = memchr::memchr(b'\n', rest) {
                let line = &rest[..end];
                rest = &rest[end + 1..];
                if kept.is_empty() {
                    done |= read(line, sample)?;
                } else {
                    kept.extend_from_slice(line);
                    done |= read(&kept, sample)?;
                    kept.clear();
                }
            }
            kept.extend_from_slice(rest);
        }
        anyhow::ensure!(done, "the stream ended without [DONE]");
        // The body was read to its end, so the connection is free for the next request.
        self.open = Some(sender);
        Ok(())
    }

    /// Fetches both lists one after the other, and drops the bodies.
    async fn lists(&mut self) -> anyhow::Result<()> {
        for path in [format!("{}/models", self.base_url.path()), "/api/models".to_owned()] {
            let request = self.request("GET", &path, String::new())?;
            let mut sender = self.connection().await?;
            sender.send_request(request).await?.into_body().collect().await?;
            self.open = Some(sender);
        }
        Ok(())
    }

    /// A request with the headers that the API requires and those of the command line.
    fn request(&self, method: &str, path: &str, body: String) -> anyhow::Result<Request<Full<Bytes>>> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", self.base_url.authority())
            .header("authorization", format!("Bearer {}", meter::key()))
            .header("content-type", "application/json")
            .body(Full::new(body.into()))?;
        request.headers_mut().extend(self.headers.iter().cloned());
        Ok(request)
    }
}

/// Parses one line. Returns whether it is the end marker.
fn read(line: &[u8], sample: &mut Sample) -> anyhow::Result<bool> {
    let Some(data) = line.strip_prefix(b"data: ") else { return Ok(false) };
    if data == b"[DONE]" {
        return Ok(true);
    }
    chunk::read(data, sample)?;
    Ok(false)
}
