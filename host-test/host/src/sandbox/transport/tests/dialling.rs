//! Which address is connected to, and what a connection that cannot be made is called.

use super::server::{Identity, Server, read_head, secure, text};
use super::*;
use rcgen::date_time_ymd;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

#[tokio::test]
async fn a_name_is_looked_up_once_for_a_connection_and_the_checked_address_is_dialled() {
    // It responds to two requests, and closes.
    let server = Server::start(|mut stream, _| async move {
        for _ in 0..2 {
            read_head(&mut stream).await;
            stream.write_all(OK).await.unwrap();
        }
    })
    .await;
    // Good first, then what must not be reached: a window for rebinding, if there were one.
    let resolver = ScriptedResolver::new(&[&["127.0.0.1"], &["10.0.0.1", "169.254.169.254"]]);
    let transport = transport_with(resolver.clone());
    let url = format!("http://rebind.example:{}/", server.address.port());
    for _ in 0..2 {
        assert_eq!(get(&transport, &url).await.unwrap().0, 200);
        assert_eq!((resolver.asked(), server.accepted()), (1, 1), "neither looked up nor dialled again");
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    let outcome = get(&transport, &url).await;
    let Err(Failure::Prohibited(addresses)) = outcome else { panic!("{outcome:?}") };
    assert_eq!(addresses, ["10.0.0.1", "169.254.169.254"].map(|text| text.parse::<IpAddr>().unwrap()));
    assert_eq!((resolver.asked(), server.accepted()), (2, 1));
}

#[tokio::test]
async fn of_several_addresses_only_admitted_ones_are_dialled_and_the_first_that_responds_is_taken() {
    let server = Server::once(OK).await;
    // The first is not admitted; at the second nobody listens.
    let resolver = ScriptedResolver::new(&[&["10.0.0.1", "127.0.0.2", "127.0.0.1"]]);
    let url = format!("http://several.example:{}/", server.address.port());
    assert_eq!(get(&transport_with(resolver), &url).await.unwrap().0, 200);
}

#[tokio::test]
async fn a_connection_that_cannot_be_made_says_why() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let refused = failed(send(&transport(), &format!("http://{closed}/")).await);
    assert!(matches!(refused, Error::ConnectionRefused), "{refused:?}");
    let nobody = transport_with(ScriptedResolver::new(&[&[]]));
    let unknown = failed(send(&nobody, "http://nobody.example/").await);
    assert!(matches!(unknown, Error::DnsError(_)), "{unknown:?}");
}

#[tokio::test]
async fn name_and_handshake_share_a_deadline_and_say_which_was_late() {
    let never = transport_with(ScriptedResolver::new(&[]));
    let late = send_with(&never, request("http://slow.example/", None), Some(options(50))).await;
    assert!(matches!(failed(late), Error::DnsTimeout));
    let silent = Server::start(|stream, _| async move {
        tokio::time::sleep(PATIENCE).await;
        drop(stream);
    })
    .await;
    let url = format!("https://{}/", silent.address);
    let begun = std::time::Instant::now();
    let late = send_with(&transport(), request(&url, None), Some(options(100))).await;
    assert!(matches!(failed(late), Error::ConnectionTimeout));
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_certificate_is_held_against_the_roots_the_name_and_the_date() {
    let good = Identity::new(&["127.0.0.1"], |_| ());
    let misnamed = Identity::new(&["other.example"], |_| ());
    let expired = Identity::new(&["127.0.0.1"], |params| params.not_after = date_time_ymd(2001, 1, 1));
    for (identity, trusted, accepted) in
        [(&good, true, true), (&good, false, false), (&misnamed, true, false), (&expired, true, false)]
    {
        let server = secure(identity, &[b"http/1.1"], |_| async { text("ok") }).await;
        let transport = match trusted {
            true => trusting(identity.certificate.clone()),
            false => transport(),
        };
        let outcome = get(&transport, &format!("https://{}/", server.address)).await;
        if accepted {
            assert_eq!(outcome.unwrap(), (200, Bytes::from_static(b"ok")));
        } else {
            let error = failed(outcome);
            assert!(matches!(error, Error::TlsCertificateError), "{error:?}");
        }
    }
}

#[tokio::test]
async fn a_handshake_that_fails_is_no_certificates_fault() {
    let plain = Server::start(|mut stream, _| async move {
        let _ = stream.read(&mut [0; 64]).await;
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    })
    .await;
    let closing = Server::start(|mut stream, _| async move {
        let _ = stream.read(&mut [0; 64]).await;
    })
    .await;
    let identity = Identity::new(&["127.0.0.1"], |_| ());
    let choosy = secure(&identity, &[b"acme-tls/1"], |_| async { text("never") }).await;
    for (server, code) in [
        (&plain, Error::TlsProtocolError),
        (&closing, Error::TlsProtocolError),
        (&choosy, Error::TlsAlertReceived(TlsAlertPayload::default())),
    ] {
        let transport = trusting(identity.certificate.clone());
        let error = failed(get(&transport, &format!("https://{}/", server.address)).await);
        assert!(same(&error, &code), "{error:?}");
    }
}

#[test]
fn a_root_that_is_none_stops_the_start() {
    let error = Tls::new(vec![CertificateDer::from(b"no certificate".to_vec())]).err().unwrap();
    assert!(error.to_string().starts_with("root certificate 1 cannot be used"), "{error}");
}
