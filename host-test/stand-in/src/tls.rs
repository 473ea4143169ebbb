//! TLS of the stand-in: an authority, its certificates, valid and invalid ones, and handshakes that fail. All of it is
//! made when a server starts and stays in memory, so no key has to be kept in the repository.

use std::sync::Arc;

use clap::ValueEnum;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use serde::Deserialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::start_error::StandInError;
use super::wire::Wire;

/// The names that a valid certificate is for: all that a client can use for loopback.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Signs the stand-in's certificates. A host accepts them if it trusts the [`root`](Authority::root).
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// How a TLS handshake goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Handshake {
    /// A good certificate: for `localhost`, signed by the authority.
    Valid,
    /// A certificate that expired in 2021.
    Expired,
    /// A certificate that is valid from the year 4000.
    NotYetValid,
    /// A certificate for another host.
    WrongName,
    /// A certificate signed by an authority that nobody knows.
    UnknownAuthority,
    /// A certificate signed by itself.
    SelfSigned,
    /// The client's hello is read, and nothing is sent back.
    Stalls,
    /// The connection closes in the middle of the server's hello.
    Breaks,
}

impl Authority {
    /// A new authority with its own key.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn new() -> Result<Authority, StandInError> {
        Authority::named("stand-in authority")
    }

    fn named(name: &str) -> Result<Authority, StandInError> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        Ok(Authority { issuer: CertifiedIssuer::self_signed(params, KeyPair::generate()?)? })
    }

    /// Its certificate, which a host has to trust.
    #[must_use]
    pub fn root(&self) -> CertificateDer<'static> {
        self.issuer.der().clone()
    }

    /// The same in PEM.
    #[must_use]
    pub fn root_pem(&self) -> String {
        self.issuer.pem()
    }

    /// A certificate and its key, valid or with one defect. Each defective one has exactly one defect, so
    /// that a client cannot refuse it for another reason than the test expects.
    fn issue(
        &self,
        handshake: Handshake,
    ) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), StandInError> {
        let names: &[&str] = if handshake == Handshake::WrongName { &["elsewhere.example"] } else { &NAMES };
        let mut params =
            CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())?;
        match handshake {
            Handshake::Expired => {
                (params.not_before, params.not_after) =
                    (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
            }
            Handshake::NotYetValid => params.not_before = date_time_ymd(4000, 1, 1),
            _ => {}
        }
        let key = KeyPair::generate()?;
        let signed = match handshake {
            Handshake::SelfSigned => params.self_signed(&key)?,
            Handshake::UnknownAuthority => {
                params.signed_by(&key, &Authority::named("nobody's authority")?.issuer)?
            }
            _ => params.signed_by(&key, &self.issuer)?,
        };
        Ok((signed.der().clone(), PrivatePkcs8KeyDer::from(key.serialize_der()).into()))
    }
}

/// How the server side of the handshake is set up.
#[derive(Clone)]
pub(super) enum TlsSetup {
    Stall,
    Break,
    Accept(TlsAcceptor),
}

impl TlsSetup {
    /// # Errors
    /// When no certificate can be made.
    pub(super) fn new(authority: &Authority, handshake: Handshake) -> Result<TlsSetup, StandInError> {
        match handshake {
            Handshake::Stalls => return Ok(TlsSetup::Stall),
            Handshake::Breaks => return Ok(TlsSetup::Break),
            _ => {}
        }
        let (certificate, key) = authority.issue(handshake)?;
        // Named explicitly: rustls panics if two providers are compiled in and none is chosen, which depends
        // on the features of other crates.
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)?;
        // The faults are written as HTTP/1.1 bytes.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsSetup::Accept(TlsAcceptor::from(Arc::new(config))))
    }

    /// Performs the handshake. `None`: it failed, and the connection is closed. The client shows why; the
    /// server's view of it has no use in a test.
    pub(super) async fn handshake(self, mut stream: TcpStream) -> Option<Wire> {
        match self {
            TlsSetup::Accept(acceptor) => {
                acceptor.accept(stream).await.ok().map(|stream| Wire::Tls(Box::new(stream)))
            }
            TlsSetup::Stall => {
                // Reads until the client closes the connection, which is how a test sees that a cancelled
                // handshake really closes it.
                while stream.read(&mut [0; 1024]).await.is_ok_and(|length| length > 0) {}
                None
            }
            TlsSetup::Break => {
                let _ = stream.read(&mut [0; 4096]).await;
                // A TLS record that announces 122 bytes of a handshake, of which three are sent (RFC 5246,
                // 6.2.1).
                let _ = stream.write_all(&[0x16, 3, 3, 0, 122, 2, 0, 0]).await;
                None
            }
        }
    }
}
