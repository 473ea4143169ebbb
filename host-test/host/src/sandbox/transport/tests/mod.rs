//! Requests over real sockets, to servers that do what a test says.

mod closing;
mod dialling;
mod heads;
mod reuse;
mod server;
mod turns;
mod versions;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Empty, Full};
use rustls::pki_types::CertificateDer;
use tokio::sync::Semaphore;

use super::address::Reach;
use super::body::Body;
use super::resolve::{Lookup, Resolve, System};
use super::{Destination, Dialer, Failure, RequestBody, Tls, Transport, Waits};
use crate::sandbox::wasi::{ErrorCode as Error, TlsAlertPayload};

/// Longer than any of these tests takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// A resolver that returns one list after the other, and the last one from then on. Without any it never returns.
#[derive(Default)]
struct ScriptedResolver {
    lists: Vec<Vec<IpAddr>>,
    asked: AtomicUsize,
}

impl ScriptedResolver {
    fn new(lists: &[&[&str]]) -> Arc<ScriptedResolver> {
        let read = |texts: &&[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
        Arc::new(ScriptedResolver { lists: lists.iter().map(read).collect(), asked: AtomicUsize::new(0) })
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Resolve for ScriptedResolver {
    fn resolve<'a>(&'a self, _: &'a str) -> Lookup<'a> {
        let at = self.asked.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            match self.lists.get(at).or(self.lists.last()) {
                Some(list) => Ok(list.clone()),
                None => std::future::pending().await,
            }
        })
    }
}

fn transport() -> Transport {
    Transport::new(Arc::new(Dialer::for_tests()))
}

fn transport_with(resolver: Arc<dyn Resolve>) -> Transport {
    Transport::new(Arc::new(Dialer::new(resolver, Tls::new(Vec::new()).unwrap())))
}

fn trusting(root: CertificateDer<'static>) -> Transport {
    Transport::new(Arc::new(Dialer::new(Arc::new(System), Tls::new(vec![root]).unwrap())))
}

/// What a component's request is made of, a GET or a POST of this body.
fn request(url: &str, body: Option<&'static str>) -> Request<RequestBody> {
    let request = match body {
        Some(_) => Request::post(url),
        None => Request::get(url),
    };
    let host = request.uri_ref().unwrap().authority().unwrap().to_string();
    let body: RequestBody = match body {
        Some(text) => Full::from(text).map_err(|never| match never {}).boxed_unsync(),
        None => Empty::<Bytes>::new().map_err(|never| match never {}).boxed_unsync(),
    };
    request.header("host", host).body(body).unwrap()
}

fn options(milliseconds: u64) -> Waits {
    let wait = Some(Duration::from_millis(milliseconds));
    Waits { connect: wait, first_byte: wait, between_bytes: wait }
}

async fn send_with(
    transport: &Transport,
    request: Request<RequestBody>,
    options: Option<Waits>,
) -> Result<http::Response<Body>, Failure> {
    let uri = request.uri().clone();
    let origin = format!("{}://{}", uri.scheme_str().unwrap(), uri.authority().unwrap()).parse().unwrap();
    let to = Destination { origin, reach: Reach::Loopback };
    let permit = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
    let sent = transport.send(request, &to, options.unwrap_or_default(), permit);
    tokio::time::timeout(PATIENCE, sent).await.expect("a response in time")
}

async fn send(transport: &Transport, url: &str) -> Result<http::Response<Body>, Failure> {
    send_with(transport, request(url, None), None).await
}

/// The status and the whole body.
async fn get(transport: &Transport, url: &str) -> Result<(u16, Bytes), Failure> {
    let response = send(transport, url).await?;
    let status = response.status().as_u16();
    let body = tokio::time::timeout(PATIENCE, response.into_body().collect()).await.expect("an end in time");
    Ok((status, body?.to_bytes()))
}

/// The error of an exchange that fails.
fn failed<T>(outcome: Result<T, Failure>) -> Error {
    match outcome {
        Err(Failure::Http(error)) => error,
        Err(prohibited) => panic!("{prohibited:?}"),
        Ok(_) => panic!("a response"),
    }
}

fn same(one: &Error, other: &Error) -> bool {
    std::mem::discriminant(one) == std::mem::discriminant(other)
}
