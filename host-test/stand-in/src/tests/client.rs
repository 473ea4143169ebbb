//! A raw HTTP/1.1 client. A real client library would hide what these tests check: the bytes on the wire, and
//! where they end.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::StandIn;

/// The response, with the chunked encoding removed.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
    /// Whether the body is complete by the rules of HTTP.
    pub complete: bool,
}

impl Reply {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The JSON of every event except `[DONE]`.
    pub fn chunks(&self) -> Vec<Value> {
        let text = self.text();
        let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
        data.filter(|data| *data != "[DONE]").map(|data| serde_json::from_str(data).unwrap()).collect()
    }

    /// All text of the first choices.
    pub fn content(&self) -> String {
        let chunks = self.chunks();
        let texts = chunks.iter().map(|chunk| chunk["choices"][0]["delta"]["content"].as_str());
        texts.map(Option::unwrap_or_default).collect()
    }
}

/// Connects and sends a request.
pub async fn send(server: &StandIn, method: &str, path: &str, headers: &str, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: stand-in\r\nconnection: close\r\n{headers}content-length: \
         {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// Sends a request and reads until the connection closes.
pub async fn exchange(server: &StandIn, method: &str, path: &str, headers: &str, body: &str) -> Reply {
    let mut stream = send(server, method, path, headers, body).await;
    let mut bytes = Vec::new();
    let read = stream.read_to_end(&mut bytes);
    let read =
        tokio::time::timeout(Duration::from_secs(10), read).await.expect("a response within ten seconds");
    parse(&bytes, read.is_ok())
}

pub fn bearer(server: &StandIn) -> String {
    format!("authorization: Bearer {}\r\n", server.key())
}

/// A chat request, with these fields replaced or added.
pub fn request(model: &str, fields: Value) -> String {
    let mut body = json!({ "model": model, "messages": [{ "role": "user", "content": "ping, please" }] });
    body["stream"] = true.into();
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    body.to_string()
}

/// Sends a chat request with the key.
pub async fn chat(server: &StandIn, model: &str, fields: Value) -> Reply {
    exchange(server, "POST", "/v1/chat/completions", &bearer(server), &request(model, fields)).await
}

fn parse(bytes: &[u8], read: bool) -> Reply {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
        return Reply { status: 0, head: String::new(), body: bytes.to_vec(), complete: false };
    };
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let raw = &bytes[end + 4..];
    let (body, complete) = if head.contains("transfer-encoding: chunked") {
        unchunk(raw)
    } else {
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
        (raw.to_vec(), length.is_none_or(|length| length.parse() == Ok(raw.len())))
    };
    Reply { status, head, body, complete: complete && read }
}

/// Removes the chunked encoding as far as it is valid. The flag is true only if the last chunk of size 0 was
/// received.
fn unchunk(mut raw: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    while let Some(line) = raw.windows(2).position(|window| window == b"\r\n") {
        let size = std::str::from_utf8(&raw[..line]).ok();
        let Some(size) = size.and_then(|size| usize::from_str_radix(size, 16).ok()) else { break };
        if size == 0 {
            return (body, true);
        }
        let Some(chunk) = raw.get(line + 2..line + 2 + size) else { break };
        body.extend_from_slice(chunk);
        raw = raw.get(line + 4 + size..).unwrap_or_default();
    }
    (body, false)
}
