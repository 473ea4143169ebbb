//! Bodies of responses at the gate.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Frame};

use super::super::body::RedactedBody;
use super::{KEY, Kind, redaction};

/// A body of these frames.
struct Frames(VecDeque<Result<Frame<Bytes>, io::ErrorKind>>);

impl Body for Frames {
    type Data = Bytes;
    type Error = io::ErrorKind;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::ErrorKind>>> {
        Poll::Ready(self.0.pop_front())
    }
}

fn redacted<B: Body<Data = Bytes>>(body: B) -> RedactedBody<B> {
    RedactedBody::new(body, redaction(KEY).flow(Kind::Response))
}

fn data(text: &str) -> Result<Frame<Bytes>, io::ErrorKind> {
    Ok(Frame::data(Bytes::copy_from_slice(text.as_bytes())))
}

fn trailers(value: &str) -> Result<Frame<Bytes>, io::ErrorKind> {
    let mut trailers = http::HeaderMap::new();
    trailers.insert("x-checked", value.parse().unwrap());
    Ok(Frame::trailers(trailers))
}

/// The frames that come out, as text.
async fn out(frames: impl IntoIterator<Item = Result<Frame<Bytes>, io::ErrorKind>>) -> Vec<String> {
    let mut body = redacted(Frames(frames.into_iter().collect()));
    let mut out = Vec::new();
    while let Some(frame) = body.frame().await {
        out.push(match frame {
            Ok(frame) => match frame.into_data() {
                Ok(data) => String::from_utf8(data.to_vec()).unwrap(),
                Err(frame) => format!("{:?}", frame.trailers_ref().unwrap().get("x-checked").unwrap()),
            },
            Err(kind) => format!("{kind:?}"),
        });
    }
    assert!(body.is_end_stream() || out.is_empty());
    out
}

#[tokio::test]
async fn frames_pass_in_their_order_with_what_was_held_back_before_its_follower() {
    let mark = format!("[redacted]{}", "*".repeat(KEY.len() - 10));
    let (one, other) = KEY.split_at(9);
    for (frames, passed) in [
        (vec![data("all "), data("is well")], vec!["all ".to_owned(), "is well".to_owned()]),
        (vec![data(&format!("a {one}")), data(other)], vec!["a ".to_owned(), mark.clone()]),
        (vec![data("it is"), data(" so")], vec!["it i".to_owned(), "s so".to_owned()]),
        (vec![data("this")], vec!["thi".to_owned(), "s".to_owned()]),
        (vec![data("sk"), data("-ca"), data("t")], vec!["sk-cat".to_owned()]),
        (
            vec![data("it is"), trailers("fine")],
            vec!["it i".to_owned(), "s".to_owned(), "\"fine\"".to_owned()],
        ),
        (
            vec![data("it is"), Err(io::ErrorKind::BrokenPipe)],
            vec!["it i".to_owned(), "s".to_owned(), "BrokenPipe".to_owned()],
        ),
        (vec![data(""), trailers(KEY)], vec![format!("{mark:?}")]),
        (vec![data(&KEY[..KEY.len() - 1])], vec![mark[..KEY.len() - 1].to_owned()]),
    ] {
        assert_eq!(out(frames).await, passed);
    }
}

#[tokio::test]
async fn a_frame_without_a_key_is_not_copied() {
    let bytes = Bytes::from("nothing of it\n".repeat(1000));
    let mut body = redacted(Full::new(bytes.clone()));
    let passed = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!((passed.as_ptr(), passed.len()), (bytes.as_ptr(), bytes.len()));
}

#[tokio::test]
async fn the_length_that_was_announced_stays_true() {
    let text = format!("{KEY} {KEY} {}", &KEY[..5]);
    let body: RedactedBody<Full<Bytes>> = redacted(Full::new(Bytes::from(text.clone())));
    assert_eq!(body.size_hint().exact(), Some(text.len() as u64));
    let collected: Result<_, Infallible> = body.collect().await;
    let clean = collected.unwrap().to_bytes();
    assert_eq!(clean.len(), text.len());
    assert!(!clean.windows(KEY.len()).any(|window| window == KEY.as_bytes()));
    let mut body = redacted(Full::new(Bytes::from("this")));
    body.frame().await;
    assert_eq!((body.size_hint().exact(), body.is_end_stream()), (Some(1), false), "the s is held back");
}
