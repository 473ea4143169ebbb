//! Requests through the gate, to a stand-in and to servers that misbehave.

use super::*;
use crate::plugin::{CredentialSpec, Limits, Manifest, Network, Origin};
use crate::sandbox::transport::Dialer;
use crate::sandbox::{Grant, Secret};
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use stand_in::StandIn;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

fn manifest() -> Manifest {
    Manifest {
        id: "cometapi".to_owned(),
        name: "CometAPI".to_owned(),
        version: semver::Version::new(0, 1, 0),
        contract: crate::plugin::contract(),
        component: "cometapi.wasm".to_owned(),
        sha256: String::new(),
        size: None,
        network: Network { origins: Vec::new(), base_url: None, custom_base_url: true },
        credential: CredentialSpec::default(),
        limits: Limits::default(),
    }
}

fn gate(base_url: &str, key: Option<&str>) -> OutboundGate {
    let base_url = Some(base_url.parse().unwrap());
    let grant = Grant { base_url, loopback: true, key: key.map(Secret::new), ..Grant::default() };
    let credential = Credential::new(&manifest(), &grant).unwrap();
    let transport = Transport::new(Arc::new(Dialer::for_tests()));
    OutboundGate::new(Policy::new(&manifest().network, &grant), credential, Redaction::default(), transport)
}

/// Sends a GET as the component's would be, and returns the status and the body.
async fn get(
    gate: &mut OutboundGate,
    url: &str,
    header: Option<(&str, &str)>,
) -> Result<(u16, Bytes), Error> {
    let mut request = http::Request::get(url);
    if let Some((name, value)) = header {
        request = request.header(name, value);
    }
    let host = request.uri_ref().unwrap().authority().unwrap().to_string();
    let body = Empty::<Bytes>::new().map_err(|never| match never {}).boxed_unsync();
    let request = request.header("host", host).body(body).unwrap();
    let response = gate.send(request, Waits::default()).await?;
    let status = response.status().as_u16();
    Ok((status, response.into_body().collect().await?.to_bytes()))
}

/// A server that reads a request, sends `answer`, and closes; its address as `127.0.0.1:PORT`.
async fn server(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(answer).await;
        }
    });
    address.to_string()
}

#[tokio::test]
async fn the_host_adds_the_key_below_the_base_url_and_not_to_the_public_catalogue() {
    let stand_in = StandIn::start(0).await.unwrap();
    let mut gate = gate(&stand_in.base_url(), Some(stand_in.key()));
    let origin: Origin = format!("http://{}", stand_in.address()).parse().unwrap();
    assert_eq!(get(&mut gate, &format!("{origin}/v1/models"), None).await.unwrap().0, 200);
    assert_eq!(get(&mut gate, &format!("{origin}/api/models"), None).await.unwrap().0, 200);
    assert_eq!(stand_in.key_leaks(), 0);
    assert!(gate.denials().is_empty());
}

#[tokio::test]
async fn what_is_denied_never_reaches_the_network_and_is_told() {
    let stand_in = StandIn::start(0).await.unwrap();
    let address = stand_in.address();
    let granted = || gate(&stand_in.base_url(), Some(stand_in.key()));
    let cases = [
        (gate("http://127.0.0.1:1/v1", None), format!("http://{address}/v1/models"), None),
        (granted(), format!("http://localhost:{}/v1/models", address.port()), None),
        (granted(), format!("https://{address}/v1/models"), None),
        (granted(), format!("http://me@{address}/v1/models"), None),
        (granted(), format!("http://{address}/v1/models"), Some(("authorization", "Bearer other"))),
        (granted(), format!("http://{address}/api/models"), Some(("x-api-key", "other"))),
    ];
    for (mut gate, url, header) in cases {
        let outcome = get(&mut gate, &url, header).await;
        assert!(matches!(outcome, Err(Error::HttpRequestDenied)), "{url}: {outcome:?}");
        assert_eq!(gate.denials().len(), 1, "{url}");
    }
    assert_eq!(stand_in.connections_accepted(), 0);
}

#[tokio::test]
async fn a_component_that_holds_the_key_may_send_it_where_it_may_send_anything() {
    let stand_in = StandIn::start(0).await.unwrap();
    let mut gate = gate(&stand_in.base_url(), None);
    let url = format!("http://{}/v1/models", stand_in.address());
    let bearer = format!("Bearer {}", stand_in.key());
    assert_eq!(get(&mut gate, &url, None).await.unwrap().0, 401);
    assert_eq!(get(&mut gate, &url, Some(("authorization", &bearer))).await.unwrap().0, 200);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let target = server(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let answer = format!("HTTP/1.1 302 Found\r\nlocation: http://{target}/\r\ncontent-length: 4\r\n\r\nbody");
    let redirecting = server(answer.leak().as_bytes()).await;
    let mut gate = gate(&format!("http://{redirecting}/v1"), Some("sk-0123456789"));
    let answer = get(&mut gate, &format!("http://{redirecting}/v1/models"), None).await.unwrap();
    assert_eq!(answer, (302, Bytes::from_static(b"body")));
}

#[test]
fn where_the_host_adds_the_key_the_component_cannot_set_its_header() {
    let name = http::header::AUTHORIZATION;
    let with_key = gate("https://a.example/v1", Some("sk-0123456789"));
    assert!(with_key.credential().is_some_and(|credential| credential.is_reserved(&name)));
    assert!(gate("https://a.example/v1", None).credential().is_none());
}

#[test]
fn only_the_latest_denials_are_kept() {
    let mut gate = gate("https://a.example/v1", None);
    for port in 1..100 {
        let request = http::Request::get(format!("https://b.example:{port}/"));
        let body = Empty::<Bytes>::new().map_err(|never| match never {}).boxed_unsync();
        drop(gate.send(request.body(body).unwrap(), Waits::default()));
    }
    assert_eq!(gate.denials().len(), KEPT_DENIALS);
    assert!(gate.denials().last().unwrap().to_string().contains(":99 "));
}
