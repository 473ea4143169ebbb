use std::convert::Infallible;
use std::time::Duration;

use futures_util::stream;
use http_body_util::{BodyExt as _, StreamBody};
use tokio::sync::mpsc::{Sender, channel};
use tokio::time::timeout;

use super::*;

const SOON: Duration = Duration::from_secs(5);
const SHORT: Duration = Duration::from_millis(20);

type Sent = Result<Frame<Bytes>, Infallible>;

/// A body, and the end that fills it.
fn body() -> (Sender<Sent>, impl Body<Data = Bytes, Error = Infallible> + Unpin) {
    let (end, mut sent) = channel(4);
    (end, StreamBody::new(stream::poll_fn(move |context| sent.poll_recv(context))))
}

fn data(text: &'static str) -> Sent {
    Ok(Frame::data(Bytes::from(text)))
}

fn read(body: &mut (impl Body<Data = Bytes, Error = Infallible> + Unpin)) -> Poll<Option<Bytes>> {
    let mut context = Context::from_waker(Waker::noop());
    Pin::new(body).poll_frame(&mut context).map(|item| item.map(|frame| frame.unwrap().into_data().unwrap()))
}

#[tokio::test]
async fn it_is_quiet_while_every_open_body_is_empty_and_only_then() {
    let readiness = BodyReadiness::default();
    assert!(!readiness.is_quiet(), "nothing is open yet: the component has to wait itself");
    let (first_end, first) = body();
    let (second_end, second) = body();
    let (mut first, mut second) = (readiness.watch(first), readiness.watch(second));
    assert!(!readiness.is_quiet(), "nobody has looked into them");
    assert!(read(&mut first).is_pending() && !readiness.is_quiet());
    assert!(read(&mut second).is_pending() && readiness.is_quiet());
    assert!(timeout(SHORT, readiness.wait()).await.is_err());

    first_end.send(data("a")).await.unwrap();
    timeout(SOON, readiness.wait()).await.unwrap();
    assert!(!readiness.is_quiet());
    assert_eq!(read(&mut first), Poll::Ready(Some(Bytes::from_static(b"a"))));
    assert!(readiness.is_quiet(), "it has looked ahead and found nothing");

    drop(second_end);
    timeout(SOON, readiness.wait()).await.unwrap();
    assert_eq!(read(&mut second), Poll::Ready(None));
    drop(second);
    assert!(readiness.is_quiet(), "the first is still open and empty");
    drop(first);
    assert!(!readiness.is_quiet());
}

#[tokio::test]
async fn no_frame_is_lost_and_a_body_with_a_frame_read_ahead_is_not_empty() {
    let readiness = BodyReadiness::default();
    let (end, inner) = body();
    let mut body = readiness.watch(inner);
    for text in ["a", "b", "c"] {
        end.send(data(text)).await.unwrap();
    }
    assert_eq!(read(&mut body), Poll::Ready(Some(Bytes::from("a"))));
    assert!(!readiness.is_quiet(), "b was found ahead");
    assert_eq!(read(&mut body), Poll::Ready(Some(Bytes::from("b"))));
    drop(end);
    assert_eq!(body.collect().await.unwrap().to_bytes(), "c");
}

#[tokio::test]
async fn data_from_another_thread_wakes_the_waiting_host() {
    let readiness = BodyReadiness::default();
    let (end, inner) = body();
    let mut body = readiness.watch(inner);
    assert!(read(&mut body).is_pending());
    let sender = std::thread::spawn(move || {
        std::thread::sleep(SHORT);
        end.try_send(data("late")).unwrap();
        end
    });
    timeout(SOON, readiness.wait()).await.unwrap();
    assert_eq!(read(&mut body), Poll::Ready(Some(Bytes::from("late"))));
    drop(sender.join());
}

#[tokio::test]
async fn dropping_a_body_wakes_the_waiting_host() {
    let readiness = BodyReadiness::default();
    let (_end, inner) = body();
    let mut body = readiness.watch(inner);
    assert!(read(&mut body).is_pending() && readiness.is_quiet());
    let waiting = tokio::spawn({
        let readiness = readiness.clone();
        async move { readiness.wait().await }
    });
    tokio::time::sleep(SHORT).await;
    drop(body);
    timeout(SOON, waiting).await.unwrap().unwrap();
}
