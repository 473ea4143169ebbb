//! What is played on a connection behind the back of hyper, which only knows how to end in good order.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::Break;
use crate::record::Ticket;
use crate::socket::Open;
use crate::wire::Wire;

/// Between two lines of headers that come slowly.
const SLOW: Duration = Duration::from_millis(50);

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n";

/// The rest of a connection, once hyper has let go of it.
#[derive(Debug)]
pub struct Raw {
    /// How it breaks.
    pub how: Break,
    /// The request, where it has not come to its end yet: it does when this has played.
    pub ticket: Option<Ticket>,
}

impl Raw {
    /// Plays it, and closes the connection.
    pub(crate) async fn play(self, mut wire: Wire, open: Open) {
        let played = play(&mut wire, self.how).await;
        if let (Ok(()), Some(mut ticket)) = (played, self.ticket) {
            ticket.finish();
        }
        // Closed first and counted then: who counts no open connection has none.
        drop(wire);
        drop(open);
    }
}

/// Ends in an error where the client went before the end.
async fn play(wire: &mut Wire, how: Break) -> io::Result<()> {
    match how {
        Break::BeforeStatus | Break::Close | Break::ShortBody | Break::Stall | Break::EndlessBody => Ok(()),
        Break::Reset | Break::ResetBeforeStatus => wire.reset_when_dropped(),
        Break::InStatusLine => send(wire, b"HTTP/1.1 2").await,
        Break::InHeaders => send(wire, &HEAD[..HEAD.len() - 9]).await,
        Break::NotHttp => send(wire, b"220 mail.example ESMTP ready\r\n").await,
        Break::BadChunkSize => send(wire, b"XYZ\r\nno chunk\r\n").await,
        Break::HalfClose => {
            wire.shutdown().await?;
            // Until the client goes, whatever it still says.
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
