//! A small latency server on bare sockets. It shares no code with the clients, so that no mistake is in both.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};

/// The text after the timestamp in each chunk. It has escapes and a character of two bytes, because clients count
/// bytes.
pub const REST: &str = " \"na\u{ef}ve\"\n";

/// A running server, which runs until the process of the test ends.
pub struct Server {
    pub base_url: String,
    connections: Arc<AtomicUsize>,
}

impl Server {
    pub fn start() -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        thread::spawn(move || {
            for stream in listener.incoming() {
                counted.fetch_add(1, Ordering::SeqCst);
                // A client may close its connection at any time, so the result does not matter.
                thread::spawn(move || serve(stream.unwrap()));
            }
        });
        Server { base_url, connections }
    }

    /// The number of connections so far.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn serve(stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut writer = stream;
    loop {
        let Some((path, body)) = request(&mut reader)? else { return Ok(()) };
        let chat: Value = serde_json::from_slice(&body).unwrap_or_default();
        let model = chat["model"].as_str().unwrap_or_default();
        match (path.as_str(), model.split_once('-')) {
            ("/v1/models", _) => whole(&mut writer, 200, &models())?,
            ("/v1/chat/completions", Some((kind, count))) => {
                stream_chunks(&mut writer, kind, count.parse().unwrap())?
            }
            _ => whole(
                &mut writer,
                404,
                &json!({ "error": { "message": "no such model", "type": "refused" } }),
            )?,
        }
    }
}

/// The path and the body of the next request; `None` if the client closed the connection.
fn request(reader: &mut impl BufRead) -> std::io::Result<Option<(String, Vec<u8>)>> {
    let mut path = String::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        if path.is_empty() {
            path = line.split(' ').nth(1).unwrap_or_default().to_owned();
        } else if line == "\r\n" {
            let mut body = vec![0; length];
            reader.read_exact(&mut body)?;
            return Ok(Some((path, body)));
        } else if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
}

fn models() -> Value {
    json!({ "object": "list", "data": [{ "id": "a", "object": "model", "created": 1, "owned_by": "us" }] })
}

fn whole(writer: &mut impl Write, status: u16, body: &Value) -> std::io::Result<()> {
    let body = body.to_string();
    let head =
        format!("HTTP/1.1 {status} Done\r\ncontent-type: application/json\r\ncontent-length: {}", body.len());
    writer.write_all(format!("{head}\r\n\r\n{body}").as_bytes())
}

/// Sends `count` chunks of a kind: `text`, `tool`, `reasoning` (only the first half is reasoning), or `cut`, which is
/// text without the end of the stream.
fn stream_chunks(writer: &mut impl Write, kind: &str, count: usize) -> std::io::Result<()> {
    writer.write_all(
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n",
    )?;
    event(writer, &chunk(&json!({ "role": "assistant", "content": "" }), None))?;
    for sent in 0..count {
        let text = format!("{:016x}{REST}", meter::now());
        let delta = match kind {
            "tool" => {
                let name = (sent == 0).then_some("write");
                let function = json!({ "name": name, "arguments": text });
                json!({ "tool_calls": [{ "index": 0, "id": "call", "type": "function", "function": function }] })
            }
            "reasoning" if sent < count / 2 => json!({ "reasoning_content": text }),
            _ => json!({ "content": text }),
        };
        event(writer, &chunk(&delta, None))?;
    }
    if kind != "cut" {
        event(writer, &chunk(&json!({}), Some(if kind == "tool" { "tool_calls" } else { "stop" })))?;
        event(writer, "[DONE]")?;
    }
    writer.write_all(b"0\r\n\r\n")
}

fn chunk(delta: &Value, reason: Option<&str>) -> String {
    json!({
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "text",
        "choices": [{ "index": 0, "delta": delta, "finish_reason": reason }],
    })
    .to_string()
}

/// Sends one event as one chunk of the transfer encoding, in one write.
fn event(writer: &mut impl Write, data: &str) -> std::io::Result<()> {
    let event = format!("data: {data}\n\n");
    writer.write_all(format!("{:x}\r\n{event}\r\n", event.len()).as_bytes())
}
