//! HTTP/2, where it is agreed on.

use super::server::{Identity, secure, text};
use super::*;
use futures_util::future::join_all;
use http::{Response, Version};
use hyper::body::Frame;
use tokio::sync::{mpsc, oneshot};

const BOTH: [&[u8]; 2] = [b"h2", b"http/1.1"];

#[tokio::test]
async fn the_version_is_agreed_on_and_the_request_means_the_same_in_both() {
    let identity = Identity::new(&["127.0.0.1"], |_| ());
    for (protocols, version) in
        [(&BOTH[..], Version::HTTP_2), (&BOTH[1..], Version::HTTP_11), (&[][..], Version::HTTP_11)]
    {
        let server = secure(&identity, protocols, move |request| async move {
            assert_eq!((request.version(), request.method()), (version, &http::Method::POST));
            assert_eq!(request.uri().path_and_query().unwrap(), "/v1/x?y=1");
            let authority = request.uri().authority().map(ToString::to_string);
            let host = request.headers().get("host").map(|host| host.to_str().unwrap().to_owned());
            assert!(host.or(authority).unwrap().starts_with("127.0.0.1:"));
            assert_eq!(request.into_body().collect().await.unwrap().to_bytes(), "request body");
            text("response body")
        })
        .await;
        let transport = trusting(identity.certificate.clone());
        for _ in 0..3 {
            let url = format!("https://{}/v1/x?y=1", server.address);
            let response = send_with(&transport, request(&url, Some("request body")), None).await.unwrap();
            assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "response body");
        }
        assert_eq!(server.accepted(), 1, "{version:?}");
    }
}

#[tokio::test]
async fn requests_at_the_same_time_share_a_connection_from_the_first_on() {
    let identity = Identity::new(&["127.0.0.1"], |_| ());
    for (protocols, connections) in [(&BOTH[..], 1..=1), (&BOTH[1..], 2..=20)] {
        let server = secure(&identity, protocols, |_| async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            text("ok")
        })
        .await;
        let transport = trusting(identity.certificate.clone());
        let url = format!("https://{}/", server.address);
        for response in join_all((0..20).map(|_| get(&transport, &url))).await {
            assert_eq!(response.unwrap().0, 200);
        }
        assert!(connections.contains(&server.accepted()), "{} connections", server.accepted());
    }
}

#[tokio::test]
async fn a_response_given_up_ends_its_stream_and_not_the_connection() {
    let identity = Identity::new(&["127.0.0.1"], |_| ());
    let (gone, mut seen) = mpsc::unbounded_channel::<oneshot::Receiver<()>>();
    let server = secure(&identity, &BOTH, move |_| {
        let (pieces, body) = mpsc::channel::<Result<Frame<Bytes>, std::convert::Infallible>>(1);
        let (closed, watch) = oneshot::channel();
        gone.send(watch).unwrap();
        tokio::spawn(async move {
            // Ends when nobody wants the body any more.
            while pieces.send(Ok(Frame::data(Bytes::from_static(b"piece")))).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            let _ = closed.send(());
        });
        let stream = futures_util::stream::unfold(body, |mut body| async {
            body.recv().await.map(|piece| (piece, body))
        });
        let body = http_body_util::StreamBody::new(stream);
        async move { Response::new(BodyExt::boxed(sync_wrapper(body))) }
    })
    .await;
    let transport = trusting(identity.certificate.clone());
    let url = format!("https://{}/", server.address);
    let mut one = send(&transport, &url).await.unwrap().into_body();
    let mut other = send(&transport, &url).await.unwrap().into_body();
    one.frame().await.unwrap().unwrap();
    drop(one);
    let first = seen.recv().await.unwrap();
    tokio::time::timeout(PATIENCE, first).await.expect("the server sees it").unwrap();
    for _ in 0..3 {
        other.frame().await.unwrap().unwrap();
    }
    assert_eq!(server.accepted(), 1);
}

/// The body as it is: only for the bounds of [`BodyExt::boxed`].
fn sync_wrapper<B>(body: B) -> B
where
    B: hyper::body::Body<Data = Bytes, Error = std::convert::Infallible> + Send + Sync + 'static,
{
    body
}
