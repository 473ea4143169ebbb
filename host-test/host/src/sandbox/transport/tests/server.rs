//! Servers of one test each.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// A listener on loopback.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    accepted: Arc<AtomicUsize>,
}

impl Server {
    /// Calls the handler with each connection and its number, which counts from 1.
    pub(super) async fn start<F, T>(serve: F) -> Server
    where
        F: Fn(TcpStream, usize) -> T + Send + Sync + 'static,
        T: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let accepted = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&accepted);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let number = count.fetch_add(1, Ordering::SeqCst) + 1;
                tokio::spawn(serve(stream, number));
            }
        });
        Server { address, accepted }
    }

    /// Responds to the first request of each connection with these bytes, and closes.
    pub(super) async fn once(response: &'static [u8]) -> Server {
        Server::start(move |mut stream, _| async move {
            read_head(&mut stream).await;
            let _ = stream.write_all(response).await;
        })
        .await
    }

    pub(super) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}

/// Reads up to the end of a request's head; false at the end of the connection.
pub(super) async fn read_head(stream: &mut TcpStream) -> bool {
    let mut head = Vec::new();
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        match stream.read_buf(&mut head).await {
            Ok(1..) => {}
            _ => return false,
        }
    }
    true
}

/// A certificate of its own root, and what a server needs to show it.
pub(super) struct Identity {
    pub(super) certificate: CertificateDer<'static>,
    key: KeyPair,
}

impl Identity {
    /// For these names, changed as the test wants.
    pub(super) fn new(names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Identity {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let mut params = CertificateParams::new(names).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap().der().clone();
        Identity { certificate, key }
    }

    pub(super) fn acceptor(&self, protocols: &[&[u8]]) -> TlsAcceptor {
        let key = PrivateKeyDer::try_from(self.key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![self.certificate.clone()], key)
            .unwrap();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        TlsAcceptor::from(Arc::new(config))
    }
}

/// A whole response, which a handler returns.
pub(super) type WholeResponse = Response<BoxBody<Bytes, Infallible>>;

/// A body that is there at once.
pub(super) fn text(body: &'static str) -> WholeResponse {
    Response::new(Full::from(body).boxed())
}

/// Keeps a connection open, and neither reads nor writes.
async fn hold(stream: TcpStream) {
    std::future::pending::<()>().await;
    drop(stream);
}

/// A server over TLS that speaks what is agreed on.
pub(super) async fn secure<F, T>(identity: &Identity, protocols: &[&[u8]], handle: F) -> Server
where
    F: Fn(Request<Incoming>) -> T + Clone + Send + Sync + 'static,
    T: Future<Output = WholeResponse> + Send + 'static,
{
    stalling(0, identity, protocols, handle).await
}

/// The same, but it stays silent on the first connections, whose number is given.
pub(super) async fn stalling<F, T>(
    stalled: usize,
    identity: &Identity,
    protocols: &[&[u8]],
    handle: F,
) -> Server
where
    F: Fn(Request<Incoming>) -> T + Clone + Send + Sync + 'static,
    T: Future<Output = WholeResponse> + Send + 'static,
{
    let acceptor = identity.acceptor(protocols);
    Server::start(move |stream, number| {
        let (acceptor, handle) = (acceptor.clone(), handle.clone());
        async move {
            if number <= stalled {
                return hold(stream).await;
            }
            let Ok(stream) = acceptor.accept(stream).await else { return };
            let second = stream.get_ref().1.alpn_protocol() == Some(b"h2");
            let service = service_fn(move |request| {
                let response = handle(request);
                async move { Ok::<_, Infallible>(response.await) }
            });
            // How a connection ends is the client's business here.
            if second {
                let served = http2::Builder::new(TokioExecutor::new());
                let _ = served.serve_connection(TokioIo::new(stream), service).await;
            } else {
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            }
        }
    })
    .await
}
