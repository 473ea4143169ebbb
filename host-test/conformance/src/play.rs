//! Runs a completion from its request to its end and one call further, and checks each call.

use std::time::{Duration, Instant};

use super::bench::{Provider, error_text};
use super::watch;
use crate::grammar::Grammar;
use crate::tested_host::TestedInstance;
use crate::transcript::Transcript;
use provider_host::contract::{Error, Event, Request};
use provider_host::sandbox::CallError;
use stand_in::StandIn;

/// The prompt. It occurs nowhere else, so that it can be found in messages where it must not be.
pub(super) const PROMPT: &str = "a bunch of forget-me-nots, number 73190";

/// The wait that each call allows. Short, so that a case makes many calls and a call that takes too long shows.
const WAIT: Duration = Duration::from_millis(200);

/// No completion may take longer than this, whatever happens. It is more than the bench's total deadline, so it ends only
/// what the component should have ended.
const PATIENCE: Duration = Duration::from_secs(30);

/// The pause after an empty batch. A component that returns "nothing yet" at once, for ever, must not keep a processor
/// busy.
const IDLE_PAUSE: Duration = Duration::from_millis(1);

/// The outcome of a completion.
#[derive(Debug, Default)]
pub struct Played {
    /// The events, in order.
    pub events: Vec<Event>,
    /// The events as a message.
    pub transcript: Transcript,
    /// The provider's error.
    pub error: Option<Error>,
    /// Violations of the contract, whatever was expected; each in one sentence.
    pub violations: Vec<String>,
    /// How many requests the stand-in had when the first event was received. A request after that is a retry that the
    /// contract forbids: the user would get the beginning of the response twice.
    pub requests_at_first_event: Option<usize>,
    /// How long it took.
    pub took: Duration,
}

/// A request to this model with one sentence from the user.
pub(super) fn prompt(model: &str) -> Request {
    Request::prompt(model, PROMPT)
}

impl<I: TestedInstance> Provider<I> {
    /// Runs a request to its end and one call further, and drops it. [`Played::violations`] has what its events and
    /// calls violate, and whether it took longer than `patience`.
    pub async fn complete(&mut self, request: &Request, patience: Duration) -> Played {
        self.run(request, patience, None).await.0
    }

    /// The same; and whether it came to an end, so that the instance is of further use.
    async fn run(
        &mut self,
        request: &Request,
        patience: Duration,
        stand_in: Option<&StandIn>,
    ) -> (Played, bool) {
        let begun = Instant::now();
        let mut played = Played::default();
        match self.instance.complete(&self.client, request).await {
            Err(error) => played.failed("client.complete", error),
            Ok(completion) => {
                let drained =
                    tokio::time::timeout(patience, self.drain(&completion, &mut played, stand_in)).await;
                if drained.is_err() {
                    // The call that was cut off left the instance unusable.
                    played.violations.push(format!("it did not come to an end within {patience:?}"));
                    return (played, false);
                }
                played.took = begun.elapsed();
                if let Err(error) = self.instance.cancel(completion).await {
                    played.failed("drop", error);
                }
            }
        }
        (played, true)
    }

    /// Runs a request to its end and one call further, drops it, and checks everything that the contract says about
    /// every completion.
    pub(super) async fn play(&mut self, request: &Request, stand_in: &StandIn, max_retries: u32) -> Played {
        let (mut played, ended) = self.run(request, PATIENCE, Some(stand_in)).await;
        if !ended {
            return played;
        }
        let violations = watch::violations(&played, self, stand_in, max_retries).await;
        played.violations.extend(violations);
        played
    }

    async fn drain(&mut self, completion: &I::Completion, played: &mut Played, stand_in: Option<&StandIn>) {
        let mut grammar = Grammar::default();
        loop {
            let begun = Instant::now();
            let batch = self.instance.next(completion, 64, WAIT).await;
            played.on_time(begun.elapsed(), WAIT + self.slack);
            match batch {
                Ok(batch) => {
                    let idle = batch.events.is_empty();
                    if let Some(stand_in) = stand_in.filter(|_| !idle) {
                        played.requests_at_first_event.get_or_insert_with(|| stand_in.requests().len());
                    }
                    for event in batch.events {
                        if let Err(wrong) = grammar.read(&event) {
                            played.violations.push(wrong);
                        }
                        played.transcript.push(&event);
                        played.events.push(event);
                    }
                    // `done` without a finish would pass a truncated response off as a complete one; a finish without
                    // `done` keeps a host waiting.
                    if batch.done != grammar.is_finished() {
                        played
                            .violations
                            .push(format!("done is {}, which contradicts the finish", batch.done));
                        return;
                    }
                    if batch.done {
                        break;
                    }
                    if idle {
                        tokio::time::sleep(IDLE_PAUSE).await;
                    }
                }
                Err(error) => {
                    // A host has shown the response as complete by now, and cannot take that back.
                    if grammar.is_finished() {
                        played.violations.push("an error comes after the finish".to_owned());
                    }
                    played.failed("completion.next", error);
                    break;
                }
            }
        }
        self.call_again(completion, played).await;
    }

    /// After the end a further call returns nothing new. Event loops call once more when a timer and a socket fire at the
    /// same time.
    async fn call_again(&mut self, completion: &I::Completion, played: &mut Played) {
        // The instance trapped or was stopped, so another call would only report that again.
        if played.violations.iter().any(|wrong| wrong.starts_with("completion.next")) {
            return;
        }
        match (self.instance.next(completion, 64, Duration::ZERO).await, &played.error) {
            (Ok(batch), None) if batch.done && batch.events.is_empty() => {}
            (Err(CallError::Provider(again)), Some(error)) if *again == *error => {}
            (Ok(batch), _) => played.violations.push(format!(
                "called after its end, it returns {} events and done is {}",
                batch.events.len(),
                batch.done
            )),
            (Err(error), _) => {
                played.violations.push(format!("called after its end, it fails: {}", error_text(&error)));
            }
        }
    }
}

impl Played {
    /// A call failed: with the provider's error, or in a way that the contract does not know.
    fn failed(&mut self, call: &str, error: CallError) {
        match error {
            CallError::Provider(error) => self.error = Some(*error),
            other => self.violations.push(format!("{call}: {other}")),
        }
    }

    /// Notes a call that took longer than its wait: an event loop would have stood still for that time.
    fn on_time(&mut self, took: Duration, limit: Duration) {
        if took > limit {
            self.violations.push(format!("a call that may wait {WAIT:?} took {took:?}"));
        }
    }
}
