//! A completion: one state machine from the request to the finish, driven by `next`.

use alloc::{rc::Rc, string::String, vec::Vec};
use core::time::Duration;

use super::outgoing;
use super::waiting::Wait;
use crate::config::Settings;
use crate::contract::{Batch, Request};
use crate::errors::{Error, from_response};
use crate::events::Assembler;
use crate::response::{Progress, ResponseReader};
use crate::routes::{self, Encoded, Recovery, Refusal, ResponseContext, Route};
use crate::transport::{Attempt, Moment, Outgoing, ResponseHead, Retries, Step, Transport};

/// Most bytes of an error body that are read [22].
const MAX_ERROR_BODY: usize = 64 << 10;

/// How long the rest of an error body may take. What has been received by then is used [22].
const ERROR_BODY_TIME: Duration = Duration::from_secs(5);

/// How long usage and the end marker may take after the finish reason [20].
const FINISH_TIME: Duration = Duration::from_secs(10);

/// A completion under way. Dropping it closes the connection.
pub struct Completion<T: Transport> {
    state: State<T>,
    transport: Rc<T>,
    settings: Rc<Settings>,
    route: &'static Route,
    request: Outgoing,
    /// The route has changed a refused request once. It may not do so again: two changes that undo each other would
    /// send, and pay for, requests without end.
    recovered: bool,
    warnings: Vec<String>,
    reasoning_text: bool,
    events: Assembler,
    retries: Retries,
    end: Moment,
    /// Status and request id of the response that is being read.
    response: Option<(u16, Option<String>)>,
    /// An earlier attempt may have reached the provider.
    sent: bool,
    handed_out: bool,
}

enum State<T: Transport> {
    /// At the start and after a back-off. Left by sending the request.
    Ready,
    /// Until it is time to try again.
    BackOff(Moment),
    /// The request was sent. Left with the head of the response.
    Open(Attempt<T>),
    /// The status is one of failure. Left with the end of the error body.
    Refused { attempt: Attempt<T>, head: ResponseHead, body: Vec<u8>, until: Moment },
    /// The response arrives. Left with its finish or an error.
    Streaming { attempt: Attempt<T>, reader: ResponseReader, progress: u64 },
    /// All events are made.
    Finished,
    /// Reported by each call after the events before it were taken.
    Failed(Error),
}

impl<T: Transport> Completion<T> {
    /// Checks and encodes a request. Nothing is sent before the first step.
    pub fn new(transport: Rc<T>, settings: Rc<Settings>, request: &Request) -> Result<Self, Error> {
        let route = routes::choose(request)?;
        let Encoded { body, warnings } = route.encode(request)?;
        let path = route.path(request, &settings.base_url)?;
        let end = transport.now().after(settings.deadlines.total);
        Ok(Self {
            state: State::Ready,
            route,
            request: outgoing::post(&settings, path, route.headers, Rc::new(body)),
            recovered: false,
            warnings,
            reasoning_text: request.reasoning.as_ref().and_then(|asked| asked.include_text) != Some(false),
            events: Assembler::default(),
            retries: Retries::new(settings.max_retries),
            end,
            response: None,
            sent: false,
            handed_out: false,
            transport,
            settings,
        })
    }

    /// Waits at most `wait_ms` for a first event, and adds the events that have arrived by then.
    pub fn next(&mut self, max_events: u32, wait_ms: u32) -> Result<Batch, Error> {
        // With no room for an event the loop would never make progress.
        let max = usize::try_from(max_events.max(1)).unwrap_or(usize::MAX);
        let mut wait = Wait::new(&*self.transport, wait_ms);
        while !self.events.has(max) && !self.is_over() {
            let moved = self.step(wait.now());
            let satisfied = self.events.has(1);
            if moved && wait.may_read_on(&*self.transport, satisfied) {
                continue;
            }
            let until = self.waits_until();
            if moved || satisfied || !wait.wait(&*self.transport, self.waits_for().as_slice(), until) {
                break;
            }
        }
        self.batch(max)
    }

    fn batch(&mut self, max: usize) -> Result<Batch, Error> {
        let events = self.events.take(max);
        match &self.state {
            State::Failed(error) if events.is_empty() => {
                let mut error = error.clone();
                error.partial = self.handed_out;
                Err(error)
            }
            state => {
                self.handed_out |= !events.is_empty();
                let done = matches!(state, State::Finished) && self.events.is_empty();
                Ok(Batch { events, done, wake_after_ms: None })
            }
        }
    }

    fn is_over(&self) -> bool {
        matches!(self.state, State::Finished | State::Failed(_))
    }

    fn waits_for(&self) -> Option<&T::Exchange> {
        match &self.state {
            State::Open(attempt) | State::Refused { attempt, .. } | State::Streaming { attempt, .. } => {
                Some(attempt.exchange())
            }
            _ => None,
        }
    }

    fn waits_until(&self) -> Moment {
        match &self.state {
            State::Open(attempt) | State::Streaming { attempt, .. } => attempt.until().at,
            State::Refused { attempt, until, .. } => attempt.until().at.min(*until),
            State::BackOff(until) => *until,
            _ => self.end,
        }
    }

    /// Moves on by one step; false when something has to happen first, if only that the clock is looked at.
    fn step(&mut self, now: Option<Moment>) -> bool {
        // This step is taken for each read of a response, so the state is not moved out and in again.
        if let State::Streaming { .. } = &self.state {
            return self.streaming(now);
        }
        match core::mem::replace(&mut self.state, State::Finished) {
            State::Ready => self.send(),
            State::BackOff(until) if now < Some(until) => {
                self.state = State::BackOff(until);
                return false;
            }
            State::BackOff(_) => self.state = State::Ready,
            State::Open(attempt) => return self.open(attempt, now),
            State::Refused { attempt, head, body, until } => return self.refused(attempt, head, body, until),
            over => {
                self.state = over;
                return false;
            }
        }
        true
    }

    fn send(&mut self) {
        let now = self.transport.now();
        self.response = None;
        // Nothing of an earlier attempt was handed out, so its events can be dropped.
        self.events = Assembler::new(now.0, self.warnings.clone());
        match Attempt::start(&*self.transport, &self.request, &self.settings.deadlines, self.end) {
            Ok(attempt) => self.state = State::Open(attempt),
            Err(error) => self.fail(error),
        }
    }

    fn open(&mut self, mut attempt: Attempt<T>, now: Option<Moment>) -> bool {
        match attempt.step(&self.transport, now, &self.request.base_url) {
            Ok(Step::Head(head)) if head.is_success() => {
                let request_id = head.request_id().map(|id| self.settings.scrubber.scrub(id).into_owned());
                self.response = Some((head.status, request_id));
                let context = ResponseContext {
                    head,
                    scrubber: self.settings.scrubber.clone(),
                    reasoning_text: self.reasoning_text,
                };
                let reader = ResponseReader::new((self.route.decoder)(context));
                self.state = State::Streaming { attempt, reader, progress: 0 };
            }
            Ok(Step::Head(head)) => {
                let until = self.transport.now().after(ERROR_BODY_TIME);
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

    fn refused(
        &mut self,
        mut attempt: Attempt<T>,
        head: ResponseHead,
        mut body: Vec<u8>,
        until: Moment,
    ) -> bool {
        let now = self.transport.now();
        let step = attempt.step(&self.transport, Some(now), &self.request.base_url);
        let in_time = now < until && body.len() < MAX_ERROR_BODY;
        match step {
            Ok(Step::Bytes(bytes)) if in_time => {
                body.extend_from_slice(&bytes);
                self.state = State::Refused { attempt, head, body, until };
            }
            Ok(Step::Pending) if in_time => {
                self.state = State::Refused { attempt, head, body, until };
                return false;
            }
            // The status says more than how its body ended.
            _ => {
                drop(attempt);
                self.handle_refusal(&head, &body);
            }
        }
        true
    }

    /// A status of failure. The route may send the request once more in another form.
    fn handle_refusal(&mut self, head: &ResponseHead, body: &[u8]) {
        if let Some(Recovery { body, warning }) = self.recovery(head.status, body) {
            self.recovered = true;
            self.sent = true;
            self.warnings.push(warning);
            let path = core::mem::take(&mut self.request.path);
            self.request = outgoing::post(&self.settings, path, self.route.headers, Rc::new(body));
            self.state = State::Ready;
            return;
        }
        self.fail(from_response(head, body, &self.settings.scrubber));
    }

    fn recovery(&self, status: u16, response: &[u8]) -> Option<Recovery> {
        let request = self.request.body.as_ref().filter(|_| !self.recovered)?;
        (self.route.recover)(&Refusal { status, response, request })
    }

    fn streaming(&mut self, now: Option<Moment>) -> bool {
        let State::Streaming { attempt, reader, progress } = &mut self.state else { return false };
        let result = match attempt.step(&self.transport, now, &self.request.base_url) {
            Ok(Step::Bytes(bytes)) => reader.push(&bytes, &mut self.events),
            Ok(Step::End) => reader.end(&mut self.events),
            Ok(Step::Pending) => return false,
            Ok(Step::Head(_) | Step::Sent) => Ok(()),
            Err(cause) => reader.cut_off(cause, &mut self.events),
        };
        if let Err(error) = result {
            self.fail(error);
            return true;
        }
        if reader.progress() == Progress::Complete {
            // The attempt goes with the state: a connection left open is not waited for [20].
            self.state = State::Finished;
            return true;
        }
        if reader.progress() == Progress::Finished {
            attempt.shorten_idle(FINISH_TIME);
        }
        let count = reader.progress_count();
        if core::mem::replace(progress, count) != count {
            attempt.progressed();
        } else if let Err(late) = attempt.check(self.transport.now()) {
            // Keep-alive comments are no progress [26].
            match reader.cut_off(late, &mut self.events) {
                Ok(()) => self.state = State::Finished,
                Err(error) => self.fail(error),
            }
        }
        true
    }

    /// Retries if that is allowed, and reports the error if not.
    fn fail(&mut self, mut error: Error) {
        error.request_sent |= self.sent;
        self.sent = error.request_sent;
        if let Some((status, request_id)) = self.response.take() {
            error.http_status = error.http_status.or(Some(status));
            error.request_id = error.request_id.or(request_id);
        }
        let retry = match self.handed_out {
            true => None,
            false => self.retries.next(&error, self.transport.now(), self.end),
        };
        self.state = match retry {
            Some(until) => {
                self.events = Assembler::default();
                State::BackOff(until)
            }
            None => State::Failed(error),
        };
    }
}
