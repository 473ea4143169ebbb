//! What a response and a list may cost: passes over their bytes, and memory. A server chooses the bytes, and the caller
//! of the component has to wait for them and to pay for the memory.
//!
//! Costs are counted and not timed, so that a failure is the same on each machine. A bound is a multiple of the body
//! and a constant; what is quadratic exceeds it, as does a list of a byte an element that takes fifty bytes each.

use super::allocations;
use super::expansion::expand;
use crate::catalogue::{BuiltIn, KeyList, PublicList, merge};
use crate::contract::Event;
use crate::errors::{Error, Scrubber, from_body_error};
use crate::events::{Assembler, MAX_BATCH, event_size};
use crate::http_head::ResponseHead;
use crate::response::{Progress, ResponseReader};
use crate::routes::{ROUTES, ResponseContext, Route};
use crate::scanned;

/// Longest body. The tests of this crate run thousands of inputs, without optimisation.
const MOST: usize = if cfg!(test) { 1 << 14 } else { 4 << 20 };

/// The costs of one run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cost {
    /// Bytes that were looked at, each as often as it was.
    pub scanned: usize,
    /// Bytes of all allocations.
    pub taken: usize,
    /// Most bytes held at the same time.
    pub held: usize,
}

/// A bound for each cost: so many for each byte of the input, and so many at all.
struct Bound {
    scanned: (usize, usize),
    taken: (usize, usize),
    held: (usize, usize),
}

/// An error compares the first 8 KiB of its text with each phrase of the error table, of which there are some hundreds.
const ERROR: usize = 12 << 20;

/// A byte of a response is read for the line, as UTF-8 and as JSON, then once or twice for each structure that it stands
/// in, and its escapes are undone and joined. It is held in the line, in what its escapes stand for and in the event;
/// a growing buffer doubles that for a moment. Events that wait have a bound of their own.
const RESPONSE: Bound = Bound { scanned: (16, ERROR), taken: (48, 24 << 20), held: (12, 16 << 20) };

/// The lists are read in one pass, and each model that the table knows gets its facts.
const LIST: Bound = Bound { scanned: (12, ERROR), taken: (64, 64 << 20), held: (24, 32 << 20) };

impl Bound {
    fn check(&self, cost: Cost, bytes: usize, what: &str) {
        for (name, cost, (each, base)) in [
            ("bytes scanned", cost.scanned, self.scanned),
            ("bytes allocated", cost.taken, self.taken),
            ("bytes held", cost.held, self.held),
        ] {
            let most = bytes * each + base;
            assert!(
                cost <= most,
                "{what}: {cost} {name} for a body of {bytes}, and at most {most} are allowed"
            );
        }
    }
}

pub(super) fn measure(what: impl FnOnce()) -> Cost {
    let mut allocations = None;
    let scanned = scanned::count(|| allocations = Some(allocations::count(what)));
    let allocations = allocations.expect("it ran");
    Cost {
        scanned: usize::try_from(scanned).unwrap_or(usize::MAX),
        taken: allocations.taken,
        held: allocations.held,
    }
}

/// On each route a response of any bytes in any reads costs no more than its length allows, and no batch of its events
/// is larger than a host can copy. The first byte of the input chooses the reads and how the host takes the events, and
/// the rest stands for the body: see [`expand`](super::expansion).
pub fn response_cost(data: &[u8]) {
    let (choice, input) = data.split_first().unwrap_or((&0, &[]));
    let body = expand(input, MOST);
    for route in ROUTES {
        let cost = measure(|| read(route, &body, *choice));
        RESPONSE.check(cost, body.len(), route.name);
    }
}

/// The bound of a response for what is no route of a completion: `reads` a body of so many bytes.
pub(super) fn check_response(bytes: usize, what: &str, reads: impl FnOnce()) {
    RESPONSE.check(measure(reads), bytes, what);
}

/// The same of the two lists of models, alone and merged.
pub fn list_cost(data: &[u8]) {
    let body = expand(data, MOST);
    let cost = measure(|| {
        let refused = |json: &str| {
            let head = ResponseHead { status: 200, headers: Vec::new() };
            from_body_error(json, Some(&head), &Scrubber::new(Some(super::KEY)))
        };
        let key_list = KeyList::parse(&body, &refused).ok();
        let public_list = PublicList::parse(&body, &refused).ok();
        merge(key_list.as_ref(), public_list.as_ref(), &BuiltIn::load());
    });
    // Each list is read on its own, and both are held.
    LIST.check(cost, 2 * body.len(), "the lists");
}

/// Reads a response as a completion does, for a host that takes events as `choice` says.
fn read(route: &Route, body: &[u8], choice: u8) {
    let size = [1 << 16, 1 << 20, 997, usize::MAX][usize::from(choice % 4)];
    let most = [usize::MAX, 64, 1][usize::from(choice / 4 % 3)];
    let head = ResponseHead { status: 200, headers: Vec::new() };
    let context = ResponseContext {
        head,
        scrubber: Scrubber::new(Some(super::KEY)),
        reasoning_text: (choice / 16).is_multiple_of(2),
    };
    let mut reader = ResponseReader::new((route.decoder)(context));
    let mut out = Assembler::new(1, Vec::new());
    let mut run = || -> Result<(), Error> {
        for read in body.chunks(size.min(body.len().max(1))) {
            reader.push(read, &mut out)?;
            if reader.progress() == Progress::Complete {
                return Ok(());
            }
            // The reads that a call makes before it returns.
            while out.has(most) {
                check_batch(&out.take(most));
            }
        }
        reader.end(&mut out)
    };
    let _ = run();
    while !out.is_empty() {
        check_batch(&out.take(most));
    }
}

/// A host copies 64 MiB at most.
fn check_batch(batch: &[Event]) {
    let bytes: usize = batch.iter().map(event_size).sum();
    assert!(bytes <= MAX_BATCH || batch.len() == 1 && bytes <= 60 << 20, "a batch of {bytes} bytes");
}

#[cfg(test)]
#[path = "cost_tests.rs"]
mod tests;
