//! The floor: hyper and serde_json, and nothing that a program could do without. One connection, each read
//! split into lines where it lies, each chunk read into the fields that are used.

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
    /// A header to send with each request, such as one that tells a gateway where to go on to.
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header)]
    headers: Vec<(HeaderName, HeaderValue)>,
    /// Fetch both lists of models instead, and look at nothing in them.
    #[arg(long)]
    models: bool,
}

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

/// A header as it is written: its name, a colon, its value.
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
    async fn answer(&mut self, sample: &mut Sample) -> Result<(), String> {
        let asked = if self.models { self.lists().await } else { self.stream(sample).await };
        asked.map_err(|why| format!("{why:#}"))
    }
}

impl Native {
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

    async fn stream(&mut self, sample: &mut Sample) -> anyhow::Result<()> {
        let body = serde_json::json!({
            "model": self.model, "stream": true, "stream_options": { "include_usage": true },
            "messages": [{ "role": "user", "content": "Count." }],
        });
        let request =
            self.request("POST", &format!("{}/chat/completions", self.base_url.path()), body.to_string())?;
        let mut sender = self.connection().await?;
        let response = sender.send_request(request).await?;
        anyhow::ensure!(response.status() == 200, "the server answered {}", response.status());
        let mut body = response.into_body();
        let mut kept: Vec<u8> = Vec::new();
        let mut done = false;
        while let Some(frame) = body.frame().await {
            let Ok(bytes) = frame?.into_data() else { continue };
            let mut rest = &bytes[..];
            while let Some(end) = memchr::memchr(b'\n', rest) {
                let (line, behind) = (&rest[..end], &rest[end + 1..]);
                rest = behind;
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
        self.open = Some(sender);
        Ok(())
    }

    async fn lists(&mut self) -> anyhow::Result<()> {
        for path in [format!("{}/models", self.base_url.path()), "/api/models".to_owned()] {
            let request = self.request("GET", &path, String::new())?;
            let mut sender = self.connection().await?;
            sender.send_request(request).await?.into_body().collect().await?;
            self.open = Some(sender);
        }
        Ok(())
    }

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

/// Reads one line; true where it is the end marker.
fn read(line: &[u8], sample: &mut Sample) -> anyhow::Result<bool> {
    let Some(data) = line.strip_prefix(b"data: ") else { return Ok(false) };
    if data == b"[DONE]" {
        return Ok(true);
    }
    chunk::read(data, sample)?;
    Ok(false)
}
