//! An attempt that failed: whether the request goes out once more, as it is or in another form.

use alloc::{rc::Rc, vec::Vec};

use super::{Completion, State, outgoing};
use crate::catalogue::suggest_model;
use crate::errors::{Error, ErrorKind, from_response};
use crate::events::Assembler;
use crate::http_head::ResponseHead;
use crate::routes::{Recovery, Refusal, both_refused};
use crate::transport::{Attempt, Instant, MAX_ERROR_BODY, Step, Transport};

impl<T: Transport> Completion<T> {
    /// Reads the body of a refusal, and then handles it.
    pub(super) fn refused(
        &mut self,
        mut attempt: Attempt<T>,
        head: ResponseHead,
        mut body: Vec<u8>,
        until: Instant,
    ) -> bool {
        let now = self.now.read(&*self.transport);
        let step = attempt.step(&self.transport, &mut self.now, self.slept, &self.request.base_url);
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

    /// A status of failure. The request may go out once more in another form, or on another route.
    fn handle_refusal(&mut self, head: &ResponseHead, body: &[u8]) {
        if !self.recover(head.status, body) && !self.take_other_route(head, body) {
            self.fail(from_response(head, body, &self.settings.scrubber));
        }
    }

    /// An error in the response. One that is all of the response is a refusal like any other: gateways send 200
    /// before they know whether the server will accept the request [78].
    pub(super) fn handle_stream_error(&mut self, error: Error) {
        let status = self.response.as_ref().map(|(status, _)| *status).unwrap_or_default();
        // After the first chunk the model has run, and a second request would be paid for again.
        let is_refusal = !self.handed_out && !self.events.has_responded();
        // The details are what the provider wrote, as far as it is known to be an error.
        let words = error.details_json.as_deref().filter(|_| is_refusal).unwrap_or_default();
        if words.is_empty() || !self.recover(status, words.as_bytes()) {
            self.fail(error);
        }
    }

    /// Prepares the request in another form, if the route has one for this refusal.
    fn recover(&mut self, status: u16, response: &[u8]) -> bool {
        let Some(request) = self.request.body.as_ref().filter(|_| !self.recovered) else { return false };
        let Some(Recovery { body, warning }) = (self.route.recover)(&Refusal { status, response, request })
        else {
            return false;
        };
        // The provider has seen this request, whatever becomes of the second one.
        self.recovered = true;
        self.sent = true;
        self.warnings.push(warning);
        let path = core::mem::take(&mut self.request.path);
        self.request = outgoing::post(&self.settings, path, self.route.headers, Rc::new(body));
        self.state = State::Ready;
        true
    }

    /// Enters the back-off of a retry if one is allowed, or else fails with the error.
    pub(super) fn fail(&mut self, mut error: Error) {
        // After a status of success the model may have run, and a second response would be paid for as well. Only an error
        // of the provider's that is all of the response proves that it has not; to send the request again after an empty
        // or a broken one is the host's decision.
        let broke_off =
            matches!(error.kind, ErrorKind::IncompleteStream | ErrorKind::Network | ErrorKind::Timeout);
        let has_run = self.response.is_some() && (broke_off || self.events.has_responded());
        suggest_model(&mut error, &self.model);
        if let Some((route, message)) = &self.refused_route {
            both_refused(&mut error.message, route, message);
        }
        error.request_sent |= self.sent;
        self.sent = error.request_sent;
        // The provider's support finds a failed response by these two. An error inside a stream has neither of its
        // own.
        if let Some((status, request_id)) = self.response.take() {
            error.http_status = error.http_status.or(Some(status));
            error.request_id = error.request_id.or(request_id);
        }
        let retry = match self.handed_out || has_run {
            true => None,
            false => {
                let now = self.now.read(&*self.transport);
                self.retries.next(&error, now, self.end.unwrap_or(now))
            }
        };
        self.state = match retry {
            Some(until) => {
                // Nothing of the failed attempt may be mixed into the events of the next one.
                self.events = Assembler::default();
                State::BackOff(until)
            }
            None => State::Failed(error),
        };
    }
}
