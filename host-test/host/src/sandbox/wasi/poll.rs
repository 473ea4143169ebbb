//! Pollables, and a clock without a date. Whether something is ready can be seen; waiting for it traps.

use std::sync::{Mutex, Weak};
use std::time::{Duration, Instant};

use wasmtime::component::{Linker, Resource, ResourceType};

use super::exchange::{Exchange, lock};
use super::upload::Upload;
use super::{CLOCK, Caller, IO_POLL, IO_STREAMS, State};

/// What a pollable looks at.
pub(super) enum Pollable {
    /// Something for the component has arrived, or nothing can.
    Exchange(Weak<Mutex<Exchange>>),
    /// A write is permitted.
    Upload(Upload),
    /// A time has come. `None` is later than the clock can count.
    At(Option<Instant>),
}

/// The resource `pollable`.
pub(super) struct PollableResource;

impl Pollable {
    fn is_ready(&self) -> bool {
        match self {
            Pollable::Exchange(exchange) => {
                exchange.upgrade().is_none_or(|exchange| lock(&exchange).has_news())
            }
            Pollable::Upload(upload) => upload.is_ready(),
            Pollable::At(time) => time.is_some_and(|time| Instant::now() >= time),
        }
    }
}

/// Functions that wait, by their interface.
const WAITING: [(&str, &[&str]); 2] = [
    (IO_POLL, &["poll", "[method]pollable.block"]),
    (
        IO_STREAMS,
        &[
            "[method]input-stream.blocking-read",
            "[method]input-stream.blocking-skip",
            "[method]output-stream.blocking-write-and-flush",
            "[method]output-stream.blocking-write-zeroes-and-flush",
            "[method]output-stream.blocking-flush",
            "[method]output-stream.blocking-splice",
        ],
    ),
];

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let mut poll = linker.instance(IO_POLL)?;
    poll.resource("pollable", ResourceType::host::<PollableResource>(), |mut caller: Caller<'_>, rep| {
        caller.data_mut().table.delete::<Pollable>(rep)
    })?;
    type Me = (Resource<PollableResource>,);
    poll.func_wrap("[method]pollable.ready", |mut caller: Caller<'_>, (me,): Me| {
        Ok((caller.data_mut().table.get::<Pollable>(me.rep())?.is_ready(),))
    })?;
    for (interface, functions) in WAITING {
        let mut instance = linker.instance(interface)?;
        for function in functions {
            instance.func_new(function, move |_, _, _, _| {
                // One thread runs many streams. A component that waited in a call would stop all of them.
                Err(wasmtime::format_err!(
                    "it called {interface} {function}, which waits, in a host that must not"
                ))
            })?;
        }
    }

    let mut clock = linker.instance(CLOCK)?;
    clock.func_wrap("now", |caller: Caller<'_>, ()| {
        Ok((u64::try_from(caller.data().clock.elapsed().as_nanos()).unwrap_or(u64::MAX),))
    })?;
    clock.func_wrap("resolution", |_: Caller<'_>, ()| Ok((1_u64,)))?;
    clock.func_wrap("subscribe-instant", |mut caller: Caller<'_>, (at,): (u64,)| {
        let state = caller.data_mut();
        let at = Pollable::At(state.clock.checked_add(Duration::from_nanos(at)));
        Ok((state.table.push::<_, PollableResource>(at)?,))
    })?;
    clock.func_wrap("subscribe-duration", |mut caller: Caller<'_>, (duration,): (u64,)| {
        let at = Pollable::At(Instant::now().checked_add(Duration::from_nanos(duration)));
        Ok((caller.data_mut().table.push::<_, PollableResource>(at)?,))
    })
}
