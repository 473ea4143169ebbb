//! Cases that no scenario of a server can express: what a component is, how it waits, how it is dropped, where the key
//! is, what it refuses, what it repairs.
//!
//! They are code because their subject is what the *host* does between two calls, or what it requests. A scenario
//! describes only what a server sends.

mod cancelling;
mod conversing;
mod key;
mod refusing;
mod repairs;
mod surface;
mod waiting;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use super::bench::{Bench, Provider, error_text};
use super::case::{Case, Check, Verdict};
use super::needs::Need;
use super::play::prompt;
use super::promise::Promise;
use super::tested_host::{TestedHost, TestedInstance};
use provider_host::contract::Batch;
use stand_in::StandIn;

/// The outcome of a case in a few words, or why it failed. The verdict is boxed, since a `Result` is as large as its
/// larger variant and every step of every case returns one.
pub(super) type CaseResult = Result<String, Box<Verdict>>;

/// A check.
pub(super) type Run<H> = fn(&Bench<H>) -> Pin<Box<dyn Future<Output = CaseResult> + Send + '_>>;

struct Code<H: TestedHost> {
    name: &'static str,
    plays: &'static str,
    promises: &'static [Promise],
    expected: &'static str,
    run: Run<H>,
}

/// A case that fails for one reason. Lets a check use `?` on a step that cannot fail in a correct component.
impl From<String> for Box<Verdict> {
    fn from(reason: String) -> Self {
        Box::new(Verdict::Failed { got: String::new(), reasons: vec![reason] })
    }
}

/// Passed, if there are no reasons against it.
fn case_result(got: String, reasons: Vec<String>) -> CaseResult {
    match Verdict::of(got, reasons) {
        Verdict::Passed(got) => Ok(got),
        other => Err(Box::new(other)),
    }
}

/// All of them.
pub(super) fn cases<H: TestedHost>() -> impl Iterator<Item = Case<H>> {
    let all = [
        surface::cases(),
        waiting::cases(),
        cancelling::cases(),
        key::cases(),
        refusing::cases(),
        repairs::cases(),
        conversing::cases(),
    ];
    all.into_iter().flatten().map(|code| Case {
        name: code.name.to_owned(),
        plays: code.plays.to_owned(),
        promises: code.promises.to_vec(),
        expected: code.expected.to_owned(),
        needs: Need::of(code.name),
        check: Check::Code(code.run),
    })
}

/// A server for one case. Cases run at the same time, so a shared one would mix up their requests and connections.
async fn stand_in() -> Result<StandIn, String> {
    StandIn::start(0).await.map_err(|error| format!("no server: {error:#}"))
}

/// Starts a completion that plays this scenario.
async fn complete<I: TestedInstance>(
    provider: &mut Provider<I>,
    scenario: &str,
) -> Result<I::Completion, String> {
    let completion = provider.instance.complete(&provider.client, &prompt(scenario)).await;
    completion.map_err(|error| format!("client.complete: {}", error_text(&error)))
}

/// The next events of a completion that must not fail.
async fn next<I: TestedInstance>(
    provider: &mut Provider<I>,
    completion: &I::Completion,
    most: u32,
    wait: Duration,
) -> Result<Batch, String> {
    let batch = provider.instance.next(completion, most, wait).await;
    batch.map_err(|error| format!("completion.next: {}", error_text(&error)))
}

/// The violation if a case that sends nothing has connected to its server. A connection counts even without a request:
/// it already shows the user's address and that the plugin is in use.
fn connections_made(stand_in: &StandIn) -> Option<String> {
    let connections = stand_in.connections_accepted();
    (connections > 0).then(|| format!("{connections} connections were made"))
}
