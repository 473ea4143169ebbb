//! A stamped server in its smallest form, over bare sockets: it shares no code with any client.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};

/// What comes after the stamp in each chunk; not all of it is ASCII, and some has to be escaped.
pub const REST: &str = " \"na\u{ef}ve\"\n";

/// A running server, which goes on until the test's process ends.
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
                // A client that goes away is no event here.
                thread::spawn(move || serve(stream.unwrap()));
            }
        });
        Server { base_url, connections }
    }

    /// Connections so far.
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
        let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
        let model = asked["model"].as_str().unwrap_or_default();
        match (path.as_str(), model.split_once('-')) {
            ("/v1/models", _) => whole(&mut writer, 200, &models())?,
            ("/v1/chat/completions", Some((kind, count))) => {
                answer(&mut writer, kind, count.parse().unwrap())?
            }
            _ => whole(
                &mut writer,
                404,
                &json!({ "error": { "message": "no such model", "type": "refused" } }),
            )?,
        }
    }
}

/// The path and the body of the next request; `None` where the client is gone.
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
        format!("HTTP/1.1 {status} Told\r\ncontent-type: application/json\r\ncontent-length: {}", body.len());
    writer.write_all(format!("{head}\r\n\r\n{body}").as_bytes())
}

/// So many chunks of a kind: `text`, `tool`, `reasoning` (the first half of it), or `cut`, text whose end is
/// missing.
fn answer(writer: &mut impl Write, kind: &str, count: usize) -> std::io::Result<()> {
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

/// One event, in a chunk of the transfer and a write of its own.
fn event(writer: &mut impl Write, data: &str) -> std::io::Result<()> {
    let event = format!("data: {data}\n\n");
    writer.write_all(format!("{:x}\r\n{event}\r\n", event.len()).as_bytes())
}
