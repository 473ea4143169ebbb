//! Turns a reply into hyper's response and applies the faults.

use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode, header};

use super::body::FaultyBody;
use super::raw::Raw;
use super::{Abort, Break, Faults};
use crate::player::Player;
use crate::record::Ticket;
use crate::socket::Peer;

/// The announced content length of a body that is going to be shorter. A longer body is cut one byte before it.
const ANNOUNCED_LENGTH: u64 = 1_000_000;

/// A response before the faults are applied.
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// Headers to set; `None` removes one.
    pub(crate) headers: Vec<(HeaderName, Option<HeaderValue>)>,
    pub(crate) content: Content,
    /// The scenario's own faults.
    pub(crate) faults: Faults,
}

impl Reply {
    /// A body in one piece, without faults.
    pub(crate) fn whole(status: u16, content_type: &'static str, body: String) -> Reply {
        let headers = vec![(header::CONTENT_TYPE, Some(HeaderValue::from_static(content_type)))];
        Reply { status, headers, content: Content::Whole(Some(body.into())), faults: Faults::default() }
    }
}

/// A body.
pub(crate) enum Content {
    /// In one piece; `None` after it was taken.
    Whole(Option<Bytes>),
    /// Piece by piece, from a scenario.
    Played(Box<Player>),
}

impl Content {
    pub(super) async fn next(&mut self) -> Option<Bytes> {
        match self {
            Content::Whole(bytes) => bytes.take(),
            Content::Played(player) => player.next_bytes().await,
        }
    }
}

/// Sends a reply with the requested faults, and otherwise with its own.
pub(crate) async fn deliver(
    mut reply: Reply,
    requested: Faults,
    request_id: &str,
    peer: Peer,
    mut ticket: Ticket,
) -> Response {
    let mut faults = requested.or(&reply.faults);
    if faults.delay.fixed_delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(faults.delay.fixed_delay_ms)).await;
    }
    // Set on every request, also to no limit: a connection is reused, and the limit of an earlier request must not remain.
    peer.write_at_most(faults.write_bytes);
    let breaks = match faults.abort {
        Some(Abort::HttpStatus(status)) => {
            // Envoy's text for an aborted request.
            reply = Reply::whole(status, "text/plain", "fault filter abort".to_owned());
            None
        }
        Some(Abort::Connection(how)) if how.is_in_the_head() => {
            peer.take_over(Raw { how, ticket: Some(ticket) });
            // Not sent: writes of hyper are discarded from now on.
            return Response::new(Body::empty());
        }
        Some(Abort::Connection(how)) => Some(how),
        None => None,
    };
    if let (Content::Whole(Some(bytes)), Some(_)) = (&reply.content, breaks) {
        // A body of one piece breaks in its middle. At its end it would be complete, and the fault would test
        // nothing.
        faults.abort_after_bytes = faults.abort_after_bytes.or(Some(bytes.len() as u64 / 2));
    }
    if breaks == Some(Break::ShortBody) {
        faults.abort_after_bytes =
            Some(faults.abort_after_bytes.unwrap_or(u64::MAX).min(ANNOUNCED_LENGTH - 1));
        reply.headers.push((header::CONTENT_LENGTH, Some(ANNOUNCED_LENGTH.into())));
    }
    let body = match reply.content {
        // Without faults hyper sends the body at once and with its length, as servers do. A stream would
        // always be chunked.
        Content::Whole(bytes) if faults == without_body_faults(&faults) && breaks.is_none() => {
            ticket.finish();
            Body::from(bytes.unwrap_or_default())
        }
        content => Body::from_stream(FaultyBody::new(content, faults, breaks, peer, ticket).stream()),
    };
    respond(reply.status, reply.headers, request_id, body)
}

/// The same faults without those that concern the body.
fn without_body_faults(faults: &Faults) -> Faults {
    let mut others = faults.clone();
    (others.delay.first_byte_ms, others.delay.chunk_ms) = (0, 0);
    others.response_rate_limit = None;
    others
}

/// A response with the request id, which CometAPI sends with every response.
fn respond(
    status: u16,
    headers: Vec<(HeaderName, Option<HeaderValue>)>,
    request_id: &str,
    body: Body,
) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Ok(id) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert("x-cometapi-request-id", id);
    }
    for (name, value) in headers {
        match value {
            Some(value) => response.headers_mut().insert(name, value),
            None => response.headers_mut().remove(name),
        };
    }
    response
}
