//! One TLS configuration for a whole host, made when the first request over TLS is sent.

use std::sync::{Arc, OnceLock};

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::error;
use crate::plugin::Origin;
use crate::sandbox::SandboxError;
use crate::sandbox::wasi::ErrorCode as Error;

/// What is offered, the preferred one first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// Whom a host trusts, and the sessions that it can resume.
pub(in crate::sandbox) struct Tls {
    extra_roots: Vec<CertificateDer<'static>>,
    config: OnceLock<Arc<ClientConfig>>,
}

impl Tls {
    /// Trusts the public roots that are built in, which needs no file of the system's, and these.
    ///
    /// # Errors
    /// When one of these is no certificate.
    pub(in crate::sandbox) fn new(extra_roots: Vec<CertificateDer<'static>>) -> Result<Tls, SandboxError> {
        let mut store = RootCertStore::empty();
        for (index, root) in extra_roots.iter().enumerate() {
            let number = index + 1;
            let unusable =
                |why| SandboxError::Root(format!("root certificate {number} cannot be used: {why}"));
            store.add(root.clone()).map_err(unusable)?;
        }
        Ok(Tls { extra_roots, config: OnceLock::new() })
    }

    /// Makes the connection one to this origin, and to nobody else.
    pub(super) async fn handshake(
        &self,
        origin: &Origin,
        stream: TcpStream,
    ) -> Result<TlsStream<TcpStream>, Error> {
        let name = match origin.address() {
            Some(address) => ServerName::from(address),
            None => ServerName::try_from(origin.host()).map_err(|_| Error::HttpRequestUriInvalid)?,
        };
        let connector = TlsConnector::from(Arc::clone(self.config()?));
        connector.connect(name, stream).await.map_err(|error| error::tls(&error))
    }

    fn config(&self) -> Result<&Arc<ClientConfig>, Error> {
        if let Some(config) = self.config.get() {
            return Ok(config);
        }
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        roots.add_parsable_certificates(self.extra_roots.iter().cloned());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            // The provider speaks these versions, or does not compile.
            .map_err(|error| Error::InternalError(Some(error.to_string())))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = PROTOCOLS.map(Vec::from).to_vec();
        Ok(self.config.get_or_init(|| Arc::new(config)))
    }
}
