//! The transport over `wasi:http`. Only [`Transport::wait`] blocks.
//!
//! Child resources must be dropped before their parents: the host traps on the other order. Rust drops the fields of
//! a struct or variant in the order of their declaration, so children are declared first.

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

use super::wasi_error_codes::failure;
use super::{Cause, Exchange, Failure, Instant, Outgoing, Phase, ResponseHead, Step, Transport};
use crate::config::{Deadlines, Scheme};

/// The most bytes of one read. A read returns what has arrived, so this only bounds the memory.
const READ_SIZE: u64 = 64 << 10;

/// The network and the clock of the host.
#[derive(Debug, Default)]
pub struct WasiHttp {
    /// A timer and when it fires, kept for the next wait. Chunks arrive long before the timer of their wait fires,
    /// and a timer for each of them would cost two calls of the host.
    timer: RefCell<Option<(Instant, Pollable)>>,
}

impl Transport for WasiHttp {
    type Exchange = WasiExchange;

    fn now(&self) -> Instant {
        Instant(monotonic_clock::now())
    }

    fn start(&self, request: &Outgoing, deadlines: &Deadlines) -> Result<WasiExchange, Failure> {
        let outgoing = outgoing_request(request)?;
        // Without a body resource the host sends none, so a GET takes none.
        let mut upload = match &request.body {
            Some(bytes) => {
                let body = outgoing.body().map_err(|()| cannot_send("the host gives no body"))?;
                let stream = body.write().map_err(|()| cannot_send("the body cannot be written"))?;
                Some(Upload { stream, body, bytes: bytes.clone(), written: 0, taken: false })
            }
            None => None,
        };
        let options = options(deadlines, request.base_url.scheme);
        let response = outgoing_handler::handle(outgoing, options)
            // The host has rejected the request before making a connection, whatever the code may mean later.
            .map_err(|code| Failure { request_sent: false, ..failure(&code, Phase::Connecting) })?;
        // Most bodies are accepted at once.
        send_on(&mut upload)?;
        // The host is not to wait for a response while it would accept more of the request.
        let is_new = upload.is_none();
        let ready = OnceCell::new();
        Ok(WasiExchange { state: State::Open { upload, ready, response }, is_new, is_drained: false })
    }

    fn wait(&self, exchanges: &[&WasiExchange], now: Instant, until: Instant) {
        let mut timer = self.timer.borrow_mut();
        // A kept timer may fire too early. That wakes the call in vain once.
        let kept = timer.take().filter(|(at, _)| now < *at && *at <= until);
        let (_, timer) =
            timer.insert(kept.unwrap_or_else(|| (until, monotonic_clock::subscribe_instant(until.0))));
        // All new pollables first, since the list below borrows them.
        let new: Vec<Pollable> = exchanges.iter().filter_map(|exchange| exchange.writable()).collect();
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
    /// No step was made: the whole request was sent in this call, so there is no response to look for.
    is_new: bool,
    /// The last read returned less than was allowed, which is all that the host had.
    is_drained: bool,
}

enum State {
    /// Until the head of the response arrives.
    Open {
        upload: Option<Upload>,
        /// Ready when the response has arrived. A child of it, created where it is needed.
        ready: OnceCell<Pollable>,
        response: FutureIncomingResponse,
    },
    /// Until the body ends. A server may respond before it has received the whole request, so the rest of the
    /// request is still sent.
    Receiving {
        /// Ready when the body has more. Created by the first wait, since a host that never lets the component wait
        /// does not need it.
        readable: OnceCell<Pollable>,
        upload: Option<Upload>,
        stream: InputStream,
        _body: IncomingBody,
        _response: IncomingResponse,
    },
    /// After the end of the body, or a failure.
    Over,
}

/// The body of a request, until the host has accepted all of it.
struct Upload {
    /// A child of `body`, so it stands before it.
    stream: OutputStream,
    body: OutgoingBody,
    /// Shared with the attempts after this one.
    bytes: Rc<Vec<u8>>,
    /// How many of the bytes the host has accepted.
    written: usize,
    /// The host has passed on the first bytes, so there is a connection.
    taken: bool,
}

enum Uploaded {
    /// The host accepts nothing now.
    Pending,
    /// The host accepted more.
    Some,
    /// All bytes are written.
    All,
    /// The server does not accept more. Its response may have arrived, and says why.
    Refused,
}

impl Upload {
    /// Writes as much as is permitted. `check-write` permits more only after the bytes before were passed on, so a
    /// permission after the first write shows that there is a connection.
    ///
    /// A rest that is permitted whole is neither flushed nor confirmed, since the end of the body sends it: that would cost
    /// each short request three calls of the host, and one of the component. Whether such a request has a connection
    /// is then not visible here, and its connect deadline is kept by the host alone.
    fn step(&mut self) -> Uploaded {
        let permitted = match self.stream.check_write() {
            Ok(0) => return Uploaded::Pending,
            Ok(permitted) => usize::try_from(permitted).unwrap_or(usize::MAX),
            Err(_) => return Uploaded::Refused,
        };
        // `flush` withdraws the permission until the bytes are passed on, so a new one proves that they were.
        self.taken = self.written > 0;
        let rest = self.bytes.get(self.written..).unwrap_or_default();
        // A write beyond the permission would trap.
        let piece = rest.get(..permitted).unwrap_or(rest);
        if self.stream.write(piece).is_err() {
            return Uploaded::Refused;
        }
        self.written = self.written.saturating_add(piece.len());
        if piece.len() == rest.len() {
            return Uploaded::All;
        }
        match self.stream.flush() {
            Ok(()) => Uploaded::Some,
            Err(_) => Uploaded::Refused,
        }
    }
}

impl Exchange for WasiExchange {
    fn step(&mut self) -> Result<Step, Failure> {
        let phase = self.phase();
        match &mut self.state {
            State::Open { .. } if core::mem::take(&mut self.is_new) => Ok(Step::Pending),
            State::Open { upload, ready, response } => {
                // The response comes first: a server that rejects a request early does not read the rest of it.
                if let Some(head) = arrived(response, ready) {
                    return self.begin(head, phase);
                }
                send_on(upload)
            }
            State::Receiving { upload, stream, .. } => match stream.read(READ_SIZE) {
                // An empty read is not the end of the body [8].
                Ok(bytes) if bytes.is_empty() => send_on(upload),
                Ok(bytes) => {
                    let is_short = u64::try_from(bytes.len()).is_ok_and(|length| length < READ_SIZE);
                    // The rest of the request is sent only where a read finds nothing.
                    self.is_drained = is_short && upload.is_none();
                    Ok(Step::Bytes(bytes))
                }
                Err(StreamError::Closed) => {
                    self.state = State::Over;
                    Ok(Step::End)
                }
                Err(StreamError::LastOperationFailed(error)) => {
                    let code = http_error_code(&error);
                    // A child of the stream, which the next line drops.
                    drop(error);
                    self.state = State::Over;
                    Err(code.map_or_else(|| lost(Phase::Receiving), |code| failure(&code, Phase::Receiving)))
                }
            },
            // A host may call again after the end. The stream is gone, so there is nothing to read.
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

    fn is_drained(&self) -> bool {
        self.is_drained
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
            // The result was taken already, which cannot happen: taking it leaves this state.
            Err(()) => return Err(lost(phase)),
        };
        // The head is copied, because the response is consumed for its body.
        let read = ResponseHead { status: response.status(), headers: headers_of(&response) };
        let body = response.consume().map_err(|()| lost(phase))?;
        let stream = body.stream().map_err(|()| lost(phase))?;
        // A server that rejects a request does not read the rest of it.
        let upload = upload.filter(|_| read.is_success());
        let readable = OnceCell::new();
        self.state = State::Receiving { readable, upload, stream, _body: body, _response: response };
        Ok(Step::Head(read))
    }

    /// A new pollable of the request's body, which is waited for only a few times.
    fn writable(&self) -> Option<Pollable> {
        match &self.state {
            State::Open { upload: Some(upload), .. } | State::Receiving { upload: Some(upload), .. } => {
                Some(upload.stream.subscribe())
            }
            _ => None,
        }
    }

    /// The kept pollable of the response or of its body, which is waited for once a chunk.
    fn readable(&self) -> Option<&Pollable> {
        match &self.state {
            State::Open { ready, response, .. } => Some(ready.get_or_init(|| response.subscribe())),
            State::Receiving { readable, stream, .. } => Some(readable.get_or_init(|| stream.subscribe())),
            _ => None,
        }
    }
}

/// The head of the response, if it has arrived.
///
/// `get` need not look at the connection: wasmtime's own host does so only when a pollable is queried. `ready` never
/// waits. A host that calls when the response has arrived pays for none of this.
fn arrived(
    response: &FutureIncomingResponse,
    ready: &OnceCell<Pollable>,
) -> Option<Result<Result<IncomingResponse, ErrorCode>, ()>> {
    response.get().or_else(|| {
        let is_ready = ready.get_or_init(|| response.subscribe()).ready();
        is_ready.then(|| response.get()).flatten()
    })
}

/// Writes more of the request, if any is left.
fn send_on(upload: &mut Option<Upload>) -> Result<Step, Failure> {
    let Some(writing) = upload else { return Ok(Step::Pending) };
    match writing.step() {
        Uploaded::Pending => return Ok(Step::Pending),
        Uploaded::Some => {}
        Uploaded::Refused => {
            // Not an error yet: the response may be on its way, and it says why the server closed its side.
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
    let headers: Vec<(String, Vec<u8>)> =
        request.headers.iter().map(|(name, value)| (name.clone(), value.clone().into_bytes())).collect();
    // Each header was checked. A host may still have a list of names that it keeps for itself.
    let fields =
        Fields::from_list(&headers).map_err(|_| cannot_send("the host rejects a configured header"))?;
    let outgoing = OutgoingRequest::new(fields);
    // A new request is a GET.
    let method = if request.body.is_some() { outgoing.set_method(&Method::Post) } else { Ok(()) };
    // The default of the scheme is the host's own choice, and `http` would send the key in plain text.
    let scheme = match request.base_url.scheme {
        Scheme::Https => WasiScheme::Https,
        Scheme::Http => WasiScheme::Http,
    };
    method
        .and_then(|()| outgoing.set_scheme(Some(&scheme)))
        .and_then(|()| outgoing.set_authority(Some(&request.base_url.authority)))
        .and_then(|()| outgoing.set_path_with_query(Some(&request.path)))
        .map_err(|()| cannot_send("the host rejects the address"))?;
    Ok(outgoing)
}

/// How much longer than the component's own deadlines the host's are. The component's error names the deadline and
/// its setting, which the host's error code cannot, so the component's has to come first.
const HOST_SLACK: Duration = Duration::from_secs(5);

/// The deadlines that a host has to know, since each of them costs a call.
///
/// A connection to this machine, which is what plain HTTP is for, is made or refused at once, so it needs no deadline
/// unless one is configured. The component keeps the other deadlines. The host's own may be shorter than a long one that
/// is configured, and are never shorter than the defaults.
fn options(deadlines: &Deadlines, scheme: Scheme) -> Option<RequestOptions> {
    let default = Deadlines::default();
    let is_connect_set = deadlines.connect != default.connect || scheme == Scheme::Https;
    let first_byte_is_long = deadlines.first_byte > default.first_byte;
    let idle_is_long = deadlines.idle > default.idle;
    if !(is_connect_set || first_byte_is_long || idle_is_long) {
        return None;
    }
    let options = RequestOptions::new();
    let nanoseconds = |limit: Duration| u64::try_from(limit.as_nanos()).ok();
    // A hint: a host may ignore these.
    if is_connect_set {
        // Only the host sees a stalled handshake, and keeps this deadline exactly, so it gets no slack.
        let _ = options.set_connect_timeout(nanoseconds(deadlines.connect));
    }
    if first_byte_is_long {
        let _ = options.set_first_byte_timeout(nanoseconds(deadlines.first_byte.saturating_add(HOST_SLACK)));
    }
    if idle_is_long {
        let _ = options.set_between_bytes_timeout(nanoseconds(deadlines.idle.saturating_add(HOST_SLACK)));
    }
    Some(options)
}

fn headers_of(response: &IncomingResponse) -> Vec<(String, Vec<u8>)> {
    // Lookups compare names in lower case, and HTTP/1 servers write them in any case.
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
