//! The stand-in over TLS: valid and invalid certificates, and failing handshakes.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::{Authority, Handshake, StandIn};

async fn connect(server: &StandIn, authority: &Authority) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.root()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(server.address()).await?;
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("localhost").unwrap(), stream).await
}

async fn get(stream: &mut TlsStream<TcpStream>, headers: &str) -> std::io::Result<String> {
    let request = format!("GET /v1/models HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut text = String::new();
    stream.read_to_string(&mut text).await.map(|_| text)
}

#[tokio::test]
async fn a_valid_certificate_leads_to_the_same_responses() {
    let authority = Authority::new().unwrap();
    let server = StandIn::start_tls(&authority, Handshake::Valid).await.unwrap();
    assert_eq!(server.base_url(), format!("https://localhost:{}/v1", server.address().port()));
    let mut stream = connect(&server, &authority).await.unwrap();
    let text = get(&mut stream, "authorization: Bearer sk-stand-in-0123456789\r\n").await.unwrap();
    assert!(text.starts_with("HTTP/1.1 200 OK"), "{text}");
    assert_eq!(server.requests()[0].path, "/v1/models");
}

#[tokio::test]
async fn each_invalid_certificate_is_refused_for_its_own_reason() {
    let authority = Authority::new().unwrap();
    for (certificate, reason) in [
        (Handshake::Expired, "Expired"),
        (Handshake::NotYetValid, "NotValidYet"),
        (Handshake::WrongName, "not valid for name"),
        (Handshake::UnknownAuthority, "UnknownIssuer"),
        (Handshake::SelfSigned, "certificate"),
    ] {
        let server = StandIn::start_tls(&authority, certificate).await.unwrap();
        let error = connect(&server, &authority).await.expect_err(reason);
        let message = format!("{error} {error:?}");
        assert!(message.to_lowercase().contains(&reason.to_lowercase()), "{certificate:?}: {message}");
        assert!(server.requests().is_empty());
    }
}

#[tokio::test]
async fn a_handshake_stalls_or_breaks() {
    let authority = Authority::new().unwrap();
    let stalls = StandIn::start_tls(&authority, Handshake::Stalls).await.unwrap();
    let waited = tokio::time::timeout(Duration::from_millis(200), connect(&stalls, &authority)).await;
    assert!(waited.is_err(), "the server does not respond to the hello");
    assert_eq!(stalls.connections_accepted(), 1);
    tokio::time::timeout(Duration::from_secs(10), async {
        while stalls.connections_open() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .expect("the server sees that the client closed the connection");
    let breaks = StandIn::start_tls(&authority, Handshake::Breaks).await.unwrap();
    let error = connect(&breaks, &authority).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof, "{error}");
}

#[tokio::test]
async fn a_connection_that_closes_in_the_body_sends_no_closing_alert() {
    let authority = Authority::new().unwrap();
    let server = StandIn::start_tls(&authority, Handshake::Valid).await.unwrap();
    for how in ["close", "reset"] {
        let mut stream = connect(&server, &authority).await.unwrap();
        let headers =
            format!("authorization: Bearer sk-stand-in-0123456789\r\nx-fault-abort-connection: {how}\r\n");
        let error = get(&mut stream, &headers).await.unwrap_err();
        let expected = if how == "close" { ErrorKind::UnexpectedEof } else { ErrorKind::ConnectionReset };
        assert_eq!(error.kind(), expected, "{how}: {error}");
    }
}
