//! A completion: one state machine from the request to the finish, driven by `next`.

mod failure;
mod other_route;

use alloc::{rc::Rc, string::String, vec::Vec};
use core::cell::RefCell;
use core::time::Duration;

use super::memory::Memory;
use super::outgoing;
use super::waiting::Wait;
use crate::config::Settings;
use crate::contract::{Batch, Request};
use crate::errors::Error;
use crate::events::Assembler;
use crate::http_head::ResponseHead;
use crate::response::{Progress, ResponseReader};
use crate::routes::{self, Encoded, ResponseContext, Route};
use crate::transport::{Attempt, ERROR_BODY_TIME, Instant, Now, Outgoing, Retries, Step, Transport};
use other_route::{Chosen, OtherRoutes};

/// How long usage and the end marker may take after the finish reason [20]. Some servers never send them.
const FINISH_TIME: Duration = Duration::from_secs(10);

/// A completion under way. Dropping it closes the connection.
pub struct Completion<T: Transport> {
    state: State<T>,
    transport: Rc<T>,
    settings: Rc<Settings>,
    /// The body is written in its form, and only its decoder reads the response. Retries keep it.
    route: &'static Route,
    /// What is left where this route turns out not to serve the model.
    other_routes: OtherRoutes,
    /// The route that did not serve the model, and its error.
    refused_route: Option<(&'static str, String)>,
    /// Shared with the client: what this call learns of routes.
    memory: Rc<RefCell<Memory>>,
    /// Encoded once and sent by every attempt. The body is shared, so a retry copies no image.
    request: Outgoing,
    /// The route has changed a refused request once. It may not do so again: two changes that undo each other would
    /// send, and pay for, requests without end.
    recovered: bool,
    /// The requested model, for a hint where the provider does not have it.
    model: String,
    /// What the encoder repaired or left out. Kept apart from the events, which a retry begins anew.
    warnings: Vec<String>,
    /// The host wants the text of reasoning.
    reasoning_text: bool,
    events: Assembler,
    retries: Retries,
    /// When the call must be over, retries and back-offs included, so that a host can rely on one number. Set when the
    /// request is sent first.
    end: Option<Instant>,
    /// What the call under way knows of the time.
    now: Now,
    /// Nothing has arrived in the call under way, and the last one left nothing to do: the host calls because a deadline
    /// should have passed.
    slept: bool,
    /// Status and request id of the response that is being read.
    response: Option<(u16, Option<String>)>,
    /// An earlier attempt may have reached the provider.
    sent: bool,
    /// The host has events of this response. From then on no attempt is repeated: another response would not continue
    /// the text that is already shown.
    handed_out: bool,
}

enum State<T: Transport> {
    /// At the start and after a back-off. The next step sends the request.
    Ready,
    /// Until the next attempt is due.
    BackOff(Instant),
    /// The request is being sent, or waits for its response. Left with the head of the response.
    Open(Attempt<T>),
    /// The status reports a failure. Left with the end of its body, which holds the provider's error.
    Refused { attempt: Attempt<T>, head: ResponseHead, body: Vec<u8>, until: Instant },
    /// The response is read. Left with its finish or an error.
    Streaming { attempt: Attempt<T>, reader: ResponseReader, progress: u64 },
    /// All events are made. Some may not have been taken yet.
    Finished,
    /// Returned by each call after the events before it have been taken.
    Failed(Error),
}

impl<T: Transport> Completion<T> {
    /// Checks and encodes a request. Nothing is sent before the first step.
    ///
    /// # Errors
    ///
    /// `invalid-request` or `unsupported` for a request that cannot be sent. It costs nothing, since no connection is
    /// made for it.
    pub fn new(
        transport: Rc<T>,
        settings: Rc<Settings>,
        memory: Rc<RefCell<Memory>>,
        request: Request,
    ) -> Result<Self, Error> {
        let listed = memory.borrow().routes_of(request.model.trim_ascii());
        let Chosen { route, encoded: Encoded { body, warnings }, left } = Chosen::first(&request, &listed)?;
        let path = route.path(&request, &settings.base_url)?;
        let reasoning_text =
            request.reasoning.as_ref().and_then(|options| options.include_text) != Some(false);
        Ok(Self {
            state: State::Ready,
            route,
            request: outgoing::post(&settings, path, route.headers, Rc::new(body)),
            recovered: false,
            model: request.model.trim_ascii().into(),
            warnings,
            reasoning_text,
            events: Assembler::default(),
            retries: Retries::new(settings.max_retries),
            end: None,
            now: Now::Unread,
            slept: false,
            response: None,
            sent: false,
            handed_out: false,
            other_routes: OtherRoutes::new(request, left),
            refused_route: None,
            memory,
            transport,
            settings,
        })
    }

    /// Waits at most `wait_ms` for a first event, and adds the events that have arrived by then.
    ///
    /// # Errors
    ///
    /// The error that ended the completion, after all events that were made before it: the host keeps the text that
    /// was received, and paid for, until the failure.
    pub fn next(&mut self, max_events: u32, wait_ms: u32) -> Result<Batch, Error> {
        // With 0 the stream would never make progress, so it is treated as 1.
        let max = usize::try_from(max_events.max(1)).unwrap_or(usize::MAX);
        let (mut wait, now) = Wait::new(&*self.transport, wait_ms);
        self.now = now;
        // Where the call stops before it has found nothing to read, the next call has something to do at once.
        let mut due = None;
        while !self.events.has(max) && !self.is_over() {
            let moved = self.step();
            // An event is returned as soon as there is nothing more to read. A wait for a second one would delay the
            // first.
            let satisfied = self.events.has(1);
            self.slept &= !moved && !satisfied;
            // A read that found nothing would cost as much as this one. A host that lets the component wait may have
            // more, and a call for it would cost more than the read.
            if moved && satisfied && !wait.may_wait() && self.is_drained() {
                due = (!self.events.has(max)).then(|| self.waits_until());
                break;
            }
            if moved && wait.may_read_on(&*self.transport, &mut self.now, satisfied) {
                continue;
            }
            if moved {
                break;
            }
            // A call that does not wait reads the clock only here, where a deadline can have passed.
            if self.now == Now::Unread && self.is_due() {
                continue;
            }
            let until = self.waits_until();
            let exchange = match &self.state {
                State::Open(attempt) | State::Refused { attempt, .. } | State::Streaming { attempt, .. } => {
                    Some(attempt.exchange())
                }
                _ => None,
            };
            if satisfied || !wait.wait(&*self.transport, &mut self.now, exchange.as_slice(), until) {
                due = Some(until);
                break;
            }
        }
        let longest_ms = match &self.state {
            State::Streaming { attempt, .. } => attempt.longest_sleep_ms(),
            _ => u32::MAX,
        };
        let wake_after_ms = match due {
            None => 0,
            // The clock is not read for a time that cannot be earlier.
            Some(_) if self.now == Now::Unread && longest_ms < u32::MAX => longest_ms,
            Some(due) => self.now.wake_after_ms(&*self.transport, due).min(longest_ms),
        };
        self.slept = wake_after_ms > 0;
        self.batch(max, wake_after_ms)
    }

    fn batch(&mut self, max: usize, wake_after_ms: u32) -> Result<Batch, Error> {
        let events = self.events.take(max);
        match &self.state {
            State::Failed(error) if events.is_empty() => {
                // Each further call fails in the same way. `partial` is set only now, because events made before the
                // failure may have been handed out since.
                let mut error = error.clone();
                error.partial = self.handed_out;
                Err(error)
            }
            state => {
                self.handed_out |= !events.is_empty();
                // `done` comes with the last event, which saves the host a call.
                let done = matches!(state, State::Finished) && self.events.is_empty();
                Ok(Batch { events, done, wake_after_ms: (!done).then_some(wake_after_ms) })
            }
        }
    }

    fn is_over(&self) -> bool {
        matches!(self.state, State::Finished | State::Failed(_))
    }

    /// The last step took all bytes that had arrived.
    fn is_drained(&self) -> bool {
        matches!(&self.state, State::Streaming { attempt, .. } if attempt.is_drained())
    }

    /// Reads the clock where no more has arrived; true if that ends the attempt or the back-off.
    fn is_due(&mut self) -> bool {
        let now = self.now.read(&*self.transport);
        match &mut self.state {
            State::Open(attempt) => match attempt.check(now, self.slept) {
                Ok(()) => return false,
                Err(error) => self.fail(error),
            },
            State::Streaming { attempt, reader, .. } => match attempt.check(now, self.slept) {
                Ok(()) => return false,
                Err(late) => {
                    let cut_off = reader.cut_off(late, &mut self.events);
                    self.end_stream(cut_off);
                }
            },
            State::BackOff(until) => return now >= *until,
            _ => return false,
        }
        true
    }

    fn waits_until(&self) -> Instant {
        match &self.state {
            State::Open(attempt) | State::Streaming { attempt, .. } => attempt.until().at,
            State::Refused { attempt, until, .. } => attempt.until().at.min(*until),
            State::BackOff(until) => *until,
            _ => self.end.unwrap_or_default(),
        }
    }

    /// Makes one step. False if nothing more can be done before the network or the clock moves.
    fn step(&mut self) -> bool {
        // The step of each chunk works in place: moving the state out and back would copy it twice.
        if let State::Streaming { .. } = &self.state {
            return self.streaming();
        }
        // An attempt moves from one state into the next, so the state is taken out. `Finished` stands in its place
        // only until this call puts the next state there.
        match core::mem::replace(&mut self.state, State::Finished) {
            State::Ready => self.send(),
            // A time that was not read is `None`, which is less than any instant: the back-off counts as not over,
            // and the clock is read then.
            State::BackOff(until) if self.now.exact() < Some(until) => {
                self.state = State::BackOff(until);
                return false;
            }
            State::BackOff(_) => self.state = State::Ready,
            State::Open(attempt) => return self.open(attempt),
            State::Refused { attempt, head, body, until } => return self.refused(attempt, head, body, until),
            over => {
                self.state = over;
                return false;
            }
        }
        true
    }

    fn send(&mut self) {
        let now = self.now.read(&*self.transport);
        let deadlines = &self.settings.deadlines;
        let end = *self.end.get_or_insert(now.after(deadlines.total));
        // An error of this attempt must not carry the status and the request id of an earlier one.
        self.response = None;
        // Nothing of an earlier attempt was handed out, so its events can be dropped.
        self.events = Assembler::new(now.0, self.warnings.clone());
        match Attempt::start(&*self.transport, &self.request, deadlines, end, now) {
            Ok(attempt) => self.state = State::Open(attempt),
            Err(error) => self.fail(error),
        }
    }

    fn open(&mut self, mut attempt: Attempt<T>) -> bool {
        match attempt.step(&self.transport, &mut self.now, self.slept, &self.request.base_url) {
            Ok(Step::Head(head)) if head.is_success() => {
                // The model has run, so no other route comes into question.
                self.other_routes = OtherRoutes::default();
                if let Some((refused, _)) = self.refused_route.take() {
                    self.memory.borrow_mut().note_refused(&self.model, refused);
                }
                // The id becomes a part of errors, which hosts log, so it is cleaned like every text of the server
                // [24].
                let request_id = head.request_id().map(|id| self.settings.scrubber.scrub(id).into_owned());
                self.response = Some((head.status, request_id));
                let context = ResponseContext {
                    head,
                    scrubber: self.settings.scrubber.clone(),
                    reasoning_text: self.reasoning_text,
                };
                let reader = ResponseReader::new(routes::decoder(self.route, context));
                self.state = State::Streaming { attempt, reader, progress: 0 };
            }
            Ok(Step::Head(head)) => {
                // The body says more than the status: a 403 may be an empty balance, and a 503 an unknown model. So
                // it is read before the failure is classified.
                let until = self.now.read(&*self.transport).after(ERROR_BODY_TIME);
                self.state = State::Refused { attempt, head, body: Vec::new(), until };
            }
            Ok(step) => {
                self.state = State::Open(attempt);
                return !matches!(step, Step::Pending);
            }
            Err(error) => self.fail(error),
        }
        true
    }

    fn streaming(&mut self) -> bool {
        let State::Streaming { attempt, reader, progress } = &mut self.state else { return false };
        let result = match attempt.step(&self.transport, &mut self.now, self.slept, &self.request.base_url) {
            Ok(Step::Bytes(bytes)) => reader.push(&bytes, &mut self.events),
            Ok(Step::End) => reader.end(&mut self.events),
            Ok(Step::Pending) => return false,
            // A server may respond before it has received the whole request, so parts of it can still be accepted.
            Ok(Step::Head(_) | Step::Sent) => Ok(()),
            Err(cause) => reader.cut_off(cause, &mut self.events),
        };
        if let Err(error) = result {
            self.handle_stream_error(error);
            return true;
        }
        if reader.progress() == Progress::Complete {
            // The attempt is dropped with the state, so a connection that stays open is not waited for [20].
            self.state = State::Finished;
            return true;
        }
        // More content may follow a finish reason that does not stand alone, so it gets all the time there is [64].
        let is_finished = reader.progress() == Progress::Finished;
        attempt.limit_idle(is_finished.then_some(FINISH_TIME));
        let count = reader.progress_count();
        let checked = if core::mem::replace(progress, count) != count {
            attempt.progressed(&*self.transport, &mut self.now);
            self.now.exact().map_or(Ok(()), |now| attempt.in_time(now))
        } else {
            // Keep-alive comments are not progress [26].
            attempt.check(self.now.read(&*self.transport), false)
        };
        if let Err(late) = checked {
            let cut_off = reader.cut_off(late, &mut self.events);
            self.end_stream(cut_off);
        }
        true
    }

    /// A deadline has ended the stream, with the finish that it has or with an error.
    fn end_stream(&mut self, cut_off: Result<(), Error>) {
        match cut_off {
            Ok(()) => self.state = State::Finished,
            Err(error) => self.fail(error),
        }
    }
}
