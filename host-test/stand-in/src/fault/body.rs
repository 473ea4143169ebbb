//! The body of a response while it is sent: delayed, slowed down and cut off by the faults.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, Stream};

use super::deliver::Content;
use super::raw::Raw;
use super::{Break, Faults};
use crate::record::Ticket;
use crate::socket::Peer;

/// Time for the written bytes to leave the machine before the connection is broken. A reset discards what is
/// still in the send buffer, and clients have to receive it.
const BEFORE_BREAKING: Duration = Duration::from_millis(20);

/// Writes per second for a body with a limited rate. Envoy uses a similar interval; one write per second
/// would look like a stall.
const FEEDS_A_SECOND: u64 = 20;

/// The state of a body that is being sent. When it is dropped, its ticket records whether it was sent to its
/// end.
pub(super) struct FaultyBody {
    pub(super) content: Content,
    pub(super) faults: Faults,
    /// How the connection breaks, if it does.
    pub(super) breaks: Option<Break>,
    pub(super) peer: Peer,
    pub(super) ticket: Ticket,
    flow: Flow,
}

#[derive(Default)]
struct Flow {
    begun: bool,
    sent: u64,
    /// The rest of the current piece.
    rest: Bytes,
    /// The delay that the last write causes before the next one.
    owed: Duration,
}

impl FaultyBody {
    pub(super) fn new(
        content: Content,
        faults: Faults,
        breaks: Option<Break>,
        peer: Peer,
        ticket: Ticket,
    ) -> FaultyBody {
        FaultyBody { content, faults, breaks, peer, ticket, flow: Flow::default() }
    }

    /// The bytes. An error makes hyper close the connection without the last chunk.
    pub(super) fn stream(self) -> impl Stream<Item = io::Result<Bytes>> + Send {
        stream::unfold(Some(self), |body| async {
            let mut body = body?;
            match body.next().await {
                Some(bytes) => Some((Ok(bytes), Some(body))),
                None => body.end().await.map(|error| (Err(error), None)),
            }
        })
    }

    async fn next(&mut self) -> Option<Bytes> {
        let delay = &self.faults.delay;
        if !std::mem::replace(&mut self.flow.begun, true) {
            self.flow.owed = Duration::from_millis(delay.first_byte_ms);
        }
        wait(std::mem::take(&mut self.flow.owed)).await;
        let left = self.left();
        while self.flow.rest.is_empty() && left > 0 {
            match self.content.next().await {
                Some(bytes) => self.flow.rest = bytes,
                None if self.breaks == Some(Break::EndlessBody) => self.flow.rest = endless(),
                None => return None,
            }
        }
        let most = self.feed().min(left).min(self.flow.rest.len() as u64);
        if most == 0 {
            return None;
        }
        let piece = self.flow.rest.split_to(most as usize);
        self.flow.sent += most;
        self.flow.owed = self.cost(most);
        // Gives hyper a chance to flush the piece before this one, so that they are not joined.
        tokio::task::yield_now().await;
        Some(piece)
    }

    /// Bytes that may be sent until the connection breaks.
    fn left(&self) -> u64 {
        match (self.breaks, self.faults.abort_after_bytes) {
            (Some(Break::EndlessBody), _) | (None, _) | (_, None) => u64::MAX,
            (Some(_), Some(after)) => after.saturating_sub(self.flow.sent),
        }
    }

    /// Maximum bytes of one piece. A limited rate needs small ones, or a body of one piece would arrive at once and late.
    fn feed(&self) -> u64 {
        let limit = self.faults.response_rate_limit;
        limit.map_or(u64::MAX, |limit| limit.limit_kbps.get().saturating_mul(1024) / FEEDS_A_SECOND)
    }

    /// The delay after a piece: its time at the limited rate, and the chunk delay if an item is complete.
    fn cost(&self, bytes: u64) -> Duration {
        let limit = self.faults.response_rate_limit;
        let rate = limit.map_or(Duration::ZERO, |limit| {
            let rate = limit.limit_kbps.get().saturating_mul(1024);
            Duration::from_micros(bytes.saturating_mul(1_000_000) / rate)
        });
        let ended = self.flow.rest.is_empty();
        rate + Duration::from_millis(if ended { self.faults.delay.chunk_ms } else { 0 })
    }

    /// Ends the body as the faults require. The error that it returns breaks the connection.
    async fn end(mut self) -> Option<io::Error> {
        match self.breaks {
            None => {
                self.ticket.finish();
                None
            }
            // The ticket stays open, so that the record shows when the client gave up.
            Some(Break::Stall) => std::future::pending().await,
            Some(how) => {
                wait(BEFORE_BREAKING).await;
                self.peer.break_off(Raw { how, ticket: None });
                self.ticket.finish();
                Some(io::ErrorKind::ConnectionAborted.into())
            }
        }
    }
}

/// Comment lines of an event stream. Comments are no progress, so a client that counts bytes instead of
/// events would never time out.
fn endless() -> Bytes {
    b": no end in sight\n\n".repeat(2048).into()
}

async fn wait(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}
