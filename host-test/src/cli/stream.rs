//! Runs a completion to its end and measures it.

use std::time::{Duration, Instant};

use conformance::transcript::Transcript;
use provider_host::contract::{Event, Request};

use super::failure::Failure;
use super::interrupts::Interrupts;
use super::session::Session;

/// The longest wait in one call. Ctrl-C is checked between two calls, so it is noticed this late at most. A shorter wait
/// would call the component more often while nothing arrives.
const WAIT: Duration = Duration::from_millis(100);

/// The most events in one call. More stay in the component until the next call, so a fast server cannot fill this
/// process's memory or keep Ctrl-C from being noticed.
const MOST_EVENTS: u32 = 256;

/// Shows events as they arrive.
pub(crate) trait View {
    /// Shows the next event. An error ends the stream: it means that the output is closed.
    fn event(&mut self, event: &Event) -> Result<(), Failure>;
}

/// A finished response, kept whole.
#[derive(Debug)]
pub(crate) struct StreamedResponse {
    pub(crate) transcript: Transcript,
    pub(crate) timing: Timing,
}

/// Times of the first events, counted from the call of `complete`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Timing {
    /// The first piece of text, reasoning or arguments.
    pub(crate) first: Option<Duration>,
    /// The last one.
    pub(crate) last: Option<Duration>,
}

impl Timing {
    /// Only deltas count: the events before them report that a response has begun, and not that the model has written
    /// anything.
    fn note(&mut self, event: &Event, at: Duration) {
        if matches!(event, Event::BlockDelta(_)) {
            self.first.get_or_insert(at);
            self.last = Some(at);
        }
    }
}

/// Sends the request, shows its response and keeps it.
pub(crate) async fn respond(
    session: &mut Session,
    request: &Request,
    view: &mut impl View,
    interrupts: &Interrupts,
) -> Result<StreamedResponse, Failure> {
    let mut recording = Recording { view, transcript: Transcript::new() };
    let timing = stream(session, request, &mut recording, interrupts).await?;
    Ok(StreamedResponse { transcript: recording.transcript, timing })
}

/// A view that keeps what it shows.
struct Recording<'v, V> {
    view: &'v mut V,
    transcript: Transcript,
}

impl<V: View> View for Recording<'_, V> {
    fn event(&mut self, event: &Event) -> Result<(), Failure> {
        self.transcript.push(event);
        self.view.event(event)
    }
}

/// Sends the request and shows its response. Nothing of it is kept here, so a view that prints needs the same memory for
/// a response of any length.
///
/// The completion is dropped on every path, errors and Ctrl-C included. Otherwise its connection would stay open, the server
/// would go on generating tokens that the user pays for, and the next turn of a conversation would compete with it.
pub(crate) async fn stream(
    session: &mut Session,
    request: &Request,
    view: &mut impl View,
    interrupts: &Interrupts,
) -> Result<Timing, Failure> {
    let guard = interrupts.guard();
    let begun = Instant::now();
    let completion = session.complete(request).await?;
    let mut timing = Timing::default();
    let mut has_finished = false;
    let ended = loop {
        if guard.pressed() {
            break Err(Failure::Interrupted);
        }
        let batch = match session.next(&completion, MOST_EVENTS, WAIT).await {
            Ok(batch) => batch,
            Err(failure) => break Err(failure),
        };
        let shown = batch.events.iter().try_for_each(|event| {
            timing.note(event, begun.elapsed());
            has_finished |= matches!(event, Event::Finish(_));
            view.event(event)
        });
        match shown {
            Err(failure) => break Err(failure),
            Ok(()) if batch.done => break finished(has_finished),
            Ok(()) => {}
        }
    };
    let dropped = session.cancel(completion).await;
    // The error that ended the stream is the cause. An error of the clean-up must not replace it.
    ended.and(dropped).map(|()| timing)
}

/// Requires a finish before `done`, as the contract promises. Without this check a truncated response would look like a
/// complete one.
fn finished(has_finished: bool) -> Result<(), Failure> {
    match has_finished {
        true => Ok(()),
        false => Err(Failure::Host {
            cause: "contract",
            message: "the plugin ended the stream without a finish event; report this to the plugin's author"
                .into(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use provider_host::contract::BlockDelta;

    use super::*;

    #[test]
    fn the_first_token_is_the_first_piece_of_a_block() {
        let delta = Event::BlockDelta(BlockDelta { index: 0, text: "x".into() });
        let mut timing = Timing::default();
        for (event, at) in [(&Event::Warning("w".into()), 1), (&delta, 2), (&delta, 3), (&delta, 5)] {
            timing.note(event, Duration::from_secs(at));
        }
        assert_eq!(
            timing,
            Timing { first: Some(Duration::from_secs(2)), last: Some(Duration::from_secs(5)) }
        );
    }

    #[test]
    fn done_without_a_finish_is_an_error() {
        assert_eq!(finished(false).map_err(|failure| failure.code()), Err(1));
        assert!(finished(true).is_ok());
    }
}
