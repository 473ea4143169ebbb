//! Writes the end of a connection after hyper has dropped it. hyper can only end a connection correctly.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::Break;
use crate::record::Ticket;
use crate::socket::Open;
use crate::wire::Wire;

/// The time between two header lines that are sent slowly.
const SLOW: Duration = Duration::from_millis(50);

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n";

/// The rest of a connection, after hyper has dropped it.
#[derive(Debug)]
pub struct Raw {
    /// How it breaks.
    pub how: Break,
    /// The request, if it has not ended yet: it ends when this is finished.
    pub ticket: Option<Ticket>,
}

impl Raw {
    /// Writes the faulty end, and closes the connection.
    pub(crate) async fn play(self, mut wire: Wire, open: Open) {
        let played = play(&mut wire, self.how).await;
        if let (Ok(()), Some(mut ticket)) = (played, self.ticket) {
            ticket.finish();
        }
        // Closed first, then counted. In the other order a test could read a count of zero while the client
        // still has a connection.
        drop(wire);
        drop(open);
    }
}

/// Returns an error if the client closes the connection first.
async fn play(wire: &mut Wire, how: Break) -> io::Result<()> {
    match how {
        Break::BeforeStatus | Break::Close | Break::ShortBody | Break::Stall | Break::EndlessBody => Ok(()),
        Break::Reset | Break::ResetBeforeStatus => wire.reset_when_dropped(),
        Break::InStatusLine => send(wire, b"HTTP/1.1 2").await,
        Break::InHeaders => send(wire, &HEAD[..HEAD.len() - 9]).await,
        // The greeting of a mail server: what a client meets that is configured with a wrong port.
        Break::NotHttp => send(wire, b"220 mail.example ESMTP ready\r\n").await,
        Break::BadChunkSize => send(wire, b"XYZ\r\nno chunk\r\n").await,
        // Over TLS this sends the closing alert too, which `Close` leaves out.
        Break::HalfClose => {
            wire.shutdown().await?;
            // Reads and ignores everything until the client closes the connection.
            while wire.read(&mut [0; 1024]).await? > 0 {}
            Ok(())
        }
        Break::EndlessHeaders => {
            let block = b"x-no-end-in-sight: and on it goes\r\n".repeat(1024);
            send(wire, HEAD).await?;
            loop {
                send(wire, &block).await?;
            }
        }
        Break::SlowHeaders => {
            send(wire, HEAD).await?;
            loop {
                send(wire, b"x-no-end-in-sight: and on it goes\r\n").await?;
                tokio::time::sleep(SLOW).await;
            }
        }
    }
}

async fn send(wire: &mut Wire, bytes: &[u8]) -> io::Result<()> {
    wire.write_all(bytes).await?;
    wire.flush().await
}
