//! A server whose chunks contain the time at which they were sent. A client subtracts it from the time at which it has
//! the chunk, and so measures its own latency; see the crate `meter`.
//!
//! The name of the model says what to send; see [`Plan`]. The server has one thread, does nothing for a chunk but write
//! the time into it, and records nothing, so that it takes as little of the machine as possible from the client.

mod body;
mod plan;
mod routes;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use bytes::Bytes;
use http::{Method, Request, Response, header};
use http_body_util::{BodyExt as _, Either, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde::Deserialize;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

pub use plan::{HELP, Kind, Plan};

use body::TimestampedBody;
use routes::WireRoute;
use stand_in::{catalogue_rows, key_list_rows};

/// Rows of each of the two lists of models.
const MODELS: usize = 600;

/// A running server. When it is dropped it stops, and every open connection closes.
pub struct LatencyServer {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl LatencyServer {
    /// Starts on 127.0.0.1 in a thread of its own; port 0 takes any free one.
    ///
    /// # Errors
    /// When the port is taken.
    pub fn start(port: u16) -> Result<LatencyServer> {
        let listener = std::net::TcpListener::bind(("127.0.0.1", port))
            .with_context(|| format!("the latency server cannot listen on 127.0.0.1:{port}"))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = std::thread::Builder::new().name("latency-server".to_owned()).spawn(move || {
            runtime.block_on(async {
                tokio::select! { _ = serve(listener) => {}, _ = stopped => {} }
            });
        })?;
        Ok(LatencyServer { address, stop: Some(stop), thread: Some(thread) })
    }

    /// `http://127.0.0.1:PORT/v1`.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }
}

impl Drop for LatencyServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // The thread ends at once, because `stop` is gone. A panic in it has been printed already.
            let _ = thread.join();
        }
    }
}

/// The lists of models, which are the same for every request.
struct Lists {
    key_list: Bytes,
    catalogue: Bytes,
}

/// Accepts connections until the future is dropped, which closes all of them.
async fn serve(listener: std::net::TcpListener) -> Result<()> {
    let listener = TcpListener::from_std(listener)?;
    let lists = Arc::new(Lists {
        key_list: json!({ "object": "list", "data": key_list_rows(MODELS, 0) }).to_string().into(),
        catalogue: json!({ "data": catalogue_rows(MODELS) }).to_string().into(),
    });
    loop {
        let (stream, _) = listener.accept().await?;
        // Otherwise the system would hold small writes back, to send them together.
        stream.set_nodelay(true)?;
        let lists = Arc::clone(&lists);
        let service = service_fn(move |request| {
            let lists = Arc::clone(&lists);
            async move { Ok::<_, Infallible>(respond(request, &lists).await) }
        });
        tokio::spawn(async move {
            let mut server = http1::Builder::new();
            // A client may close its connection in the middle of a response.
            let _ = server.timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

type ServerResponse = Response<Either<TimestampedBody, Full<Bytes>>>;

/// The fields of a request that the server uses. On Gemini both are in the path.
#[derive(Deserialize)]
struct CompletionRequest {
    #[serde(default)]
    model: String,
    #[serde(default)]
    stream: bool,
}

/// The response to a request. The key is not checked, so that every client can be measured without one.
async fn respond(request: Request<Incoming>, lists: &Lists) -> ServerResponse {
    let path = request.uri().path().to_owned();
    let (route, model) = match (request.method(), WireRoute::of(&path)) {
        (&Method::POST, Some(found)) => found,
        (&Method::GET, _) if path == "/v1/models" => return whole(200, lists.key_list.clone()),
        (&Method::GET, _) if path == "/api/models" => return whole(200, lists.catalogue.clone()),
        _ => {
            return refused(
                404,
                "unknown path; use POST on the path of a wire route, GET /v1/models or GET /api/models",
            );
        }
    };
    let Ok(body) = request.into_body().collect().await else {
        return refused(400, "the request ended before its body was complete");
    };
    let body: CompletionRequest = match serde_json::from_slice(&body.to_bytes()) {
        Ok(body) => body,
        Err(why) => return refused(400, &format!("invalid JSON: {why}")),
    };
    if model.is_none() && !body.stream {
        return refused(400, "this server only streams; set \"stream\": true");
    }
    let model = model.unwrap_or(&body.model);
    match model.parse::<Plan>() {
        Ok(plan) if route != WireRoute::ChatCompletions && plan.kind != Kind::Text => {
            refused(404, "on this route the server sends text only; use stamped-text")
        }
        Ok(plan) => streamed(TimestampedBody::new(plan, route, model)),
        Err(why) => refused(404, &format!("{why}")),
    }
}

fn streamed(body: TimestampedBody) -> ServerResponse {
    let mut response = Response::new(Either::Left(body));
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/event-stream"));
    response
}

/// A complete response of JSON.
fn whole(status: u16, body: Bytes) -> ServerResponse {
    let mut response = Response::new(Either::Right(Full::new(body)));
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    response
}

/// An error in the form of OpenAI's, which the libraries parse into their messages.
fn refused(status: u16, why: &str) -> ServerResponse {
    let error = json!({ "error": { "message": why, "type": "invalid_request_error", "code": "stamped" } });
    whole(status, error.to_string().into())
}
