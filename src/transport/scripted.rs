//! A network and a clock that do what a test says.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::string::{String, ToString};
use std::time::Duration;
use std::vec::Vec;

use super::{Cause, Exchange, Failure, Instant, Outgoing, Phase, ResponseHead, Step, Transport};
use crate::config::Deadlines;

/// What happens to an exchange, and how many milliseconds after its start.
pub(crate) type Script = Vec<(u64, Move)>;

#[derive(Clone, Debug)]
pub(crate) enum Move {
    /// The connection takes the beginning of the body.
    Connected,
    /// It has taken all of it.
    Uploaded,
    Head(u16, Vec<(&'static str, &'static str)>),
    Bytes(String),
    End,
    Fail(Cause, bool),
}

/// Scripts by the end of the path, one for each attempt.
#[derive(Clone, Default)]
pub(crate) struct Scripted(Rc<Inner>);

#[derive(Default)]
struct Inner {
    now: Cell<u64>,
    scripts: RefCell<Vec<(String, VecDeque<Script>)>>,
    sent: RefCell<Vec<Outgoing>>,
    waits: Cell<u32>,
    clock_readings: Cell<u32>,
    started: Cell<u32>,
    /// What was not read of the script of the last exchange that was stepped.
    unread: Cell<usize>,
    /// When something happens next in each open exchange; `None` where nothing ever does.
    open: RefCell<BTreeMap<u32, Option<Instant>>>,
}

impl Scripted {
    pub(crate) fn on(self, path: &str, scripts: impl IntoIterator<Item = Script>) -> Self {
        self.0.scripts.borrow_mut().push((path.to_string(), scripts.into_iter().collect()));
        self
    }

    /// The requests so far.
    pub(crate) fn sent(&self) -> Vec<Outgoing> {
        self.0.sent.borrow().clone()
    }

    /// How often something was waited for.
    pub(crate) fn waits(&self) -> u32 {
        self.0.waits.get()
    }

    /// What is left of the script of the exchange that was read last.
    pub(crate) fn unread(&self) -> usize {
        self.0.unread.get()
    }

    /// How many connections are open.
    pub(crate) fn open(&self) -> u32 {
        u32::try_from(self.0.open.borrow().len()).unwrap()
    }

    /// How often the clock was read.
    pub(crate) fn clock_readings(&self) -> u32 {
        self.0.clock_readings.get()
    }

    /// When a socket has data next. It may have some already.
    pub(crate) fn next_event(&self) -> Option<Instant> {
        self.0.open.borrow().values().copied().flatten().min()
    }

    /// The time, without a reading of the clock by the component.
    pub(crate) fn time(&self) -> Instant {
        Instant(self.0.now.get())
    }

    /// Moves the clock to this instant. It never goes back.
    pub(crate) fn advance_to(&self, at: Instant) {
        self.0.now.set(self.0.now.get().max(at.0));
    }

    pub(crate) fn advance(&self, ms: u64) {
        self.0.now.set(self.0.now.get() + ms * 1_000_000);
    }

    pub(crate) fn now_ms(&self) -> u64 {
        self.0.now.get() / 1_000_000
    }
}

impl Transport for Scripted {
    type Exchange = ScriptedExchange;

    fn now(&self) -> Instant {
        self.0.clock_readings.set(self.0.clock_readings.get() + 1);
        self.time()
    }

    fn start(&self, request: &Outgoing, _: &Deadlines) -> Result<ScriptedExchange, Failure> {
        self.0.sent.borrow_mut().push(request.clone());
        let mut scripts = self.0.scripts.borrow_mut();
        let script = scripts
            .iter_mut()
            .find(|(path, _)| request.path.ends_with(path.as_str()))
            .and_then(|(_, scripts)| scripts.pop_front())
            .unwrap_or_else(|| panic!("no script for another attempt at {}", request.path));
        if let Some((_, Move::Fail(cause @ Cause::Denied, sent))) = script.first() {
            return Err(Failure { cause: *cause, what: "scripted", request_sent: *sent });
        }
        let id = self.0.started.replace(self.0.started.get() + 1);
        let phase = if request.body.is_some() { Phase::Connecting } else { Phase::Waiting };
        let exchange = ScriptedExchange {
            network: self.clone(),
            id,
            started: self.time(),
            script: script.into(),
            phase,
        };
        exchange.note_next();
        Ok(exchange)
    }

    fn wait(&self, exchanges: &[&ScriptedExchange], now: Instant, until: Instant) {
        assert_eq!(now, self.time(), "time stands still but for waits");
        self.0.waits.set(self.0.waits.get() + 1);
        let next = exchanges.iter().filter_map(|exchange| exchange.next_at()).min().unwrap_or(until);
        self.0.now.set(self.0.now.get().max(next.min(until).0));
    }
}

pub(crate) struct ScriptedExchange {
    network: Scripted,
    id: u32,
    started: Instant,
    script: VecDeque<(u64, Move)>,
    phase: Phase,
}

impl ScriptedExchange {
    fn next_at(&self) -> Option<Instant> {
        self.script.front().map(|(ms, _)| self.started.after(Duration::from_millis(*ms)))
    }

    fn note_next(&self) {
        self.network.0.open.borrow_mut().insert(self.id, self.next_at());
    }
}

impl Exchange for ScriptedExchange {
    fn step(&mut self) -> Result<Step, Failure> {
        if self.next_at().is_none_or(|at| at > self.network.time()) {
            return Ok(Step::Pending);
        }
        let Some((_, next)) = self.script.pop_front() else { return Ok(Step::Pending) };
        self.network.0.unread.set(self.script.len());
        self.note_next();
        let (phase, step) = match next {
            Move::Connected => (Phase::Sending, Step::Sent),
            Move::Uploaded => (Phase::Waiting, Step::Sent),
            Move::Head(status, headers) => {
                let headers = headers.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
                (Phase::Receiving, Step::Head(ResponseHead { status, headers }))
            }
            Move::Bytes(bytes) => (Phase::Receiving, Step::Bytes(bytes.into_bytes())),
            Move::End => (Phase::Receiving, Step::End),
            Move::Fail(cause, request_sent) => return Err(Failure { cause, what: "scripted", request_sent }),
        };
        self.phase = phase;
        Ok(step)
    }

    fn phase(&self) -> Phase {
        self.phase
    }

    fn is_drained(&self) -> bool {
        let next = self.script.front().filter(|_| self.next_at().is_some_and(|at| at <= self.network.time()));
        !matches!(next, Some((_, Move::Bytes(_))))
    }
}

impl Drop for ScriptedExchange {
    fn drop(&mut self) {
        self.network.0.open.borrow_mut().remove(&self.id);
    }
}
