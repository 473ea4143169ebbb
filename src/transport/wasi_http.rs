//! The transport over `wasi:http`, of which nothing blocks but [`Transport::wait`].
//!
//! Child resources are dropped before their parents, always: the other order traps. Rust drops the fields
//! of a struct or variant in the order of their declaration, so children are declared first.

use alloc::{rc::Rc, string::String, vec::Vec};
use core::cell::{OnceCell, RefCell};
use core::time::Duration;

use wasi::clocks::monotonic_clock;
use wasi::http::outgoing_handler;
use wasi::http::types::{
    ErrorCode, Fields, FutureIncomingResponse, IncomingBody, IncomingResponse, Method, OutgoingBody,
    OutgoingRequest, RequestOptions, Scheme as WasiScheme, http_error_code,
};
use wasi::io::poll::{Pollable, poll};
use wasi::io::streams::{InputStream, OutputStream, StreamError};

use super::{Cause, Exchange, Failure, Moment, Outgoing, Phase, ResponseHead, Step, Transport};
use crate::config::{Deadlines, Scheme};

/// Most bytes asked for in one read. A read gives what has arrived, so this is a bound on memory only.
const READ_SIZE: u64 = 64 << 10;

/// The network and the clock of the host.
#[derive(Debug, Default)]
pub struct WasiHttp {
    /// A timer and when it goes off, kept for the next wait: a chunk of an answer takes a fraction of the time
    /// that its reader is ready to wait.
    timer: RefCell<Option<(Moment, Pollable)>>,
}

impl Transport for WasiHttp {
    type Exchange = WasiExchange;

    fn now(&self) -> Moment {
        Moment(monotonic_clock::now())
    }

    fn start(&self, request: &Outgoing, deadlines: &Deadlines) -> Result<WasiExchange, Failure> {
        let outgoing = outgoing_request(request)?;
        let body = outgoing.body().map_err(|()| cannot_send("no body can be had"))?;
        let upload = match &request.body {
            Some(bytes) => Some(Upload {
                stream: body.write().map_err(|()| cannot_send("the body cannot be written"))?,
                body,
                bytes: bytes.clone(),
                written: 0,
                taken: false,
            }),
            None => {
                finish(body)?;
                None
            }
        };
        let response = outgoing_handler::handle(outgoing, options(deadlines))
            .map_err(|code| Failure { request_sent: false, ..failure(&code, Phase::Connecting) })?;
        Ok(WasiExchange { state: State::Open { upload, response } })
    }

    fn wait(&self, exchanges: &[&WasiExchange], now: Moment, until: Moment) {
        let mut timer = self.timer.borrow_mut();
        // One that goes off too early wakes up for nothing, once.
        let kept = timer.take().filter(|(at, _)| now < *at && *at <= until);
        let (_, timer) =
            timer.insert(kept.unwrap_or_else(|| (until, monotonic_clock::subscribe_instant(until.0))));
        let mut new = Vec::new();
        exchanges.iter().for_each(|exchange| exchange.subscribe(&mut new));
        let mut pollables: Vec<&Pollable> =
            exchanges.iter().filter_map(|exchange| exchange.readable()).collect();
        pollables.extend(&new);
        pollables.push(timer);
        poll(&pollables);
    }
}

/// A request under way.
pub struct WasiExchange {
    state: State,
}

enum State {
    /// Until the head of the answer comes.
    Open { upload: Option<Upload>, response: FutureIncomingResponse },
    /// Until the body ends.
    /// A server may begin before it has all of the request, so the rest of that still goes out.
    Receiving {
        /// When there is more of the body; made when it is waited for first.
        readable: OnceCell<Pollable>,
        upload: Option<Upload>,
        stream: InputStream,
        _body: IncomingBody,
        _response: IncomingResponse,
    },
    /// Entered with the end of the body, or with a failure.
    Over,
}

/// The body of a request, until the host has taken all of it.
struct Upload {
    stream: OutputStream,
    body: OutgoingBody,
    bytes: Rc<Vec<u8>>,
    written: usize,
    /// The host has passed on what it was given first: there is a connection.
    taken: bool,
}

enum Uploaded {
    Pending,
    /// The host took more.
    Some,
    /// All is written, and was passed on.
    All,
    /// The other end does not want more. Its answer may be there, and says why.
    Refused,
}

impl Upload {
    /// Writes as much as is permitted. `check-write` permits more only when what was written before was
    /// passed on, so a permission after the first write tells that there is a connection.
    fn step(&mut self) -> Uploaded {
        let permitted = match self.stream.check_write() {
            Ok(0) => return Uploaded::Pending,
            Ok(permitted) => usize::try_from(permitted).unwrap_or(usize::MAX),
            Err(_) => return Uploaded::Refused,
        };
        self.taken = self.written > 0;
        let rest = self.bytes.get(self.written..).unwrap_or_default();
        if rest.is_empty() {
            return Uploaded::All;
        }
        let piece = rest.get(..permitted).unwrap_or(rest);
        if self.stream.write(piece).is_err() || self.stream.flush().is_err() {
            return Uploaded::Refused;
        }
        self.written = self.written.saturating_add(piece.len());
        Uploaded::Some
    }
}

impl Exchange for WasiExchange {
    fn step(&mut self) -> Result<Step, Failure> {
        let phase = self.phase();
        match &mut self.state {
            State::Open { upload, response } => {
                if let Some(head) = arrived(response) {
                    return self.begin(head, phase);
                }
                send_on(upload)
            }
            State::Receiving { upload, stream, .. } => match stream.read(READ_SIZE) {
                // No bytes are no end [8].
                Ok(bytes) if bytes.is_empty() => send_on(upload),
                Ok(bytes) => Ok(Step::Bytes(bytes)),
                Err(StreamError::Closed) => {
                    self.state = State::Over;
                    Ok(Step::End)
                }
                Err(StreamError::LastOperationFailed(error)) => {
                    let code = http_error_code(&error);
                    drop(error);
                    self.state = State::Over;
                    Err(code.map_or_else(|| lost(Phase::Receiving), |code| failure(&code, Phase::Receiving)))
                }
            },
            State::Over => Ok(Step::End),
        }
    }

    fn phase(&self) -> Phase {
        match &self.state {
            State::Open { upload: Some(Upload { taken: false, .. }), .. } => Phase::Connecting,
            State::Open { upload: Some(_), .. } => Phase::Sending,
            State::Open { upload: None, .. } => Phase::Waiting,
            State::Receiving { .. } | State::Over => Phase::Receiving,
        }
    }
}

impl WasiExchange {
    fn begin(
        &mut self,
        head: Result<Result<IncomingResponse, ErrorCode>, ()>,
        phase: Phase,
    ) -> Result<Step, Failure> {
        let upload = match core::mem::replace(&mut self.state, State::Over) {
            State::Open { upload, .. } => upload,
            _ => None,
        };
        let response = match head {
            Ok(Ok(response)) => response,
            Ok(Err(code)) => return Err(failure(&code, phase)),
            // The result was taken before: this state is left when it is.
            Err(()) => return Err(lost(phase)),
        };
        let read = ResponseHead { status: response.status(), headers: headers_of(&response) };
        let body = response.consume().map_err(|()| lost(phase))?;
        let stream = body.stream().map_err(|()| lost(phase))?;
        // Who refuses a request does not want the rest of it.
        let upload = upload.filter(|_| read.is_success());
        let readable = OnceCell::new();
        self.state = State::Receiving { readable, upload, stream, _body: body, _response: response };
        Ok(Step::Head(read))
    }

    /// What is waited for but a few times.
    fn subscribe(&self, to: &mut Vec<Pollable>) {
        if let State::Open { response, .. } = &self.state {
            to.push(response.subscribe());
        }
        if let State::Open { upload: Some(upload), .. } | State::Receiving { upload: Some(upload), .. } =
            &self.state
        {
            to.push(upload.stream.subscribe());
        }
    }

    /// What is waited for again and again.
    fn readable(&self) -> Option<&Pollable> {
        match &self.state {
            State::Receiving { readable, stream, .. } => Some(readable.get_or_init(|| stream.subscribe())),
            _ => None,
        }
    }
}

/// The head of the answer, if it is there. A host may look at its connection only when it is asked whether
/// the answer is ready, so it is asked; that never waits.
fn arrived(response: &FutureIncomingResponse) -> Option<Result<Result<IncomingResponse, ErrorCode>, ()>> {
    response.get().or_else(|| {
        let ready = response.subscribe().ready();
        ready.then(|| response.get()).flatten()
    })
}

/// Writes more of the request, if there is more.
fn send_on(upload: &mut Option<Upload>) -> Result<Step, Failure> {
    let Some(writing) = upload else { return Ok(Step::Pending) };
    match writing.step() {
        Uploaded::Pending => return Ok(Step::Pending),
        Uploaded::Some => {}
        Uploaded::Refused => {
            *upload = None;
            return Ok(Step::Pending);
        }
        Uploaded::All => {
            if let Some(Upload { stream, body, .. }) = upload.take() {
                drop(stream);
                finish(body)?;
            }
        }
    }
    Ok(Step::Sent)
}

fn finish(body: OutgoingBody) -> Result<(), Failure> {
    OutgoingBody::finish(body, None).map_err(|code| failure(&code, Phase::Sending))
}

fn outgoing_request(request: &Outgoing) -> Result<OutgoingRequest, Failure> {
    let fields = Fields::new();
    for (name, value) in &request.headers {
        fields
            .append(name, value.as_bytes())
            .map_err(|_| cannot_send("the host refuses a header of the configuration"))?;
    }
    let outgoing = OutgoingRequest::new(fields);
    let method = if request.body.is_some() { Method::Post } else { Method::Get };
    let scheme = match request.base_url.scheme {
        Scheme::Https => WasiScheme::Https,
        Scheme::Http => WasiScheme::Http,
    };
    outgoing
        .set_method(&method)
        .and_then(|()| outgoing.set_scheme(Some(&scheme)))
        .and_then(|()| outgoing.set_authority(Some(&request.base_url.authority)))
        .and_then(|()| outgoing.set_path_with_query(Some(&request.path)))
        .map_err(|()| cannot_send("the host refuses the address"))?;
    Ok(outgoing)
}

/// How much later than the component a host may keep its deadlines: the component's own error says more.
const HOST_SLACK: Duration = Duration::from_secs(5);

/// The same deadlines as a hint; a host that does not know them is as good.
fn options(deadlines: &Deadlines) -> Option<RequestOptions> {
    let options = RequestOptions::new();
    let nanoseconds = |limit: Duration| u64::try_from(limit.saturating_add(HOST_SLACK).as_nanos()).ok();
    // A host may take a short request before it has a connection, and a handshake that stalls cannot be
    // seen from here: this deadline is the host's from the beginning.
    let _ = options.set_connect_timeout(u64::try_from(deadlines.connect.as_nanos()).ok());
    let _ = options.set_first_byte_timeout(nanoseconds(deadlines.first_byte));
    let _ = options.set_between_bytes_timeout(nanoseconds(deadlines.idle));
    Some(options)
}

fn headers_of(response: &IncomingResponse) -> Vec<(String, Vec<u8>)> {
    let mut headers = response.headers().entries();
    headers.iter_mut().for_each(|(name, _)| name.make_ascii_lowercase());
    headers
}

fn cannot_send(what: &'static str) -> Failure {
    Failure { cause: Cause::Request, what, request_sent: false }
}

fn lost(phase: Phase) -> Failure {
    Failure {
        cause: Cause::Network,
        what: "the connection was lost",
        request_sent: phase != Phase::Connecting,
    }
}

/// What an error code of `wasi:http` means. Whether the request was sent follows from the code where it
/// tells, and from the phase where it does not.
fn failure(code: &ErrorCode, phase: Phase) -> Failure {
    use ErrorCode as Code;
    let (cause, what, unsent) = match code {
        Code::DnsTimeout => (Cause::Timeout, "the name could not be looked up in time", true),
        Code::DnsError(_) | Code::DestinationNotFound => (Cause::Network, "the name is not known", true),
        Code::DestinationUnavailable => (Cause::Network, "the destination is not available", true),
        Code::DestinationIpProhibited => (Cause::Denied, "the address is not allowed", true),
        Code::DestinationIpUnroutable => (Cause::Network, "there is no way to the address", true),
        Code::ConnectionRefused => (Cause::Network, "the connection was refused", true),
        Code::ConnectionTimeout => (Cause::Timeout, "no connection in time", true),
        Code::ConnectionLimitReached => (Cause::Network, "the host has too many connections", true),
        Code::TlsProtocolError | Code::TlsAlertReceived(_) => (Cause::Network, "TLS failed", true),
        Code::TlsCertificateError => (Cause::Certificate, "the certificate is not valid", true),
        Code::HttpRequestDenied => (Cause::Denied, "the request is not allowed", true),
        Code::ConnectionTerminated => (Cause::Network, "the connection was closed", false),
        Code::ConnectionReadTimeout | Code::HttpResponseTimeout => {
            (Cause::Timeout, "no answer in time", false)
        }
        Code::ConnectionWriteTimeout => (Cause::Timeout, "the request could not be sent in time", false),
        Code::HttpRequestLengthRequired
        | Code::HttpRequestBodySize(_)
        | Code::HttpRequestMethodInvalid
        | Code::HttpRequestUriInvalid
        | Code::HttpRequestUriTooLong
        | Code::HttpRequestHeaderSectionSize(_)
        | Code::HttpRequestHeaderSize(_)
        | Code::HttpRequestTrailerSectionSize(_)
        | Code::HttpRequestTrailerSize(_) => (Cause::Request, "the request breaks a rule of HTTP", false),
        // Behind the head the same codes mean that the body broke off [21].
        Code::HttpProtocolError | Code::HttpResponseIncomplete if phase == Phase::Receiving => {
            (Cause::Network, "the body broke off", false)
        }
        Code::HttpResponseBodySize(_) | Code::HttpResponseTransferCoding(_) => {
            (Cause::Network, "the body broke off", false)
        }
        Code::HttpResponseIncomplete => {
            (Cause::Network, "the connection was closed before the answer", false)
        }
        Code::HttpProtocolError
        | Code::HttpResponseHeaderSectionSize(_)
        | Code::HttpResponseHeaderSize(_)
        | Code::HttpResponseTrailerSectionSize(_)
        | Code::HttpResponseTrailerSize(_)
        | Code::HttpResponseContentCoding(_)
        | Code::HttpUpgradeFailed => (Cause::Protocol, "its head or coding cannot be read", false),
        Code::LoopDetected | Code::ConfigurationError | Code::InternalError(_) => {
            (Cause::Network, "the host could not carry the request out", false)
        }
    };
    Failure { cause, what, request_sent: !unsent && phase != Phase::Connecting }
}
