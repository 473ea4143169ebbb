//! Conversations of an agent: tools, reasoning, and each response in the next request. The stand-in knows the signatures
//! that it gave out and refuses what the vendors refuse, so a provider passes only if it sends back what they demand.
//!
//! The tests in Node play the same two cases, from the same data.

use std::time::Duration;

use super::{CaseResult, Code, case_result, stand_in};
use crate::agent::{Agent, AgentResponse, script};
use crate::bench::{Bench, Provider};
use crate::promise::Promise;
use crate::tested_host::TestedHost;
use provider_host::sandbox::KeyMode;
use stand_in::{Setup, StandIn};

/// The limit of one response.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) fn cases<H: TestedHost>() -> Vec<Code<H>> {
    vec![
        Code {
            name: "an-agent-converses-on-each-route",
            plays: "40 responses with tools and reasoning on each route; each request repeats all responses before it.",
            promises: &[Promise::LosesNothing, Promise::NoPanic],
            expected: "40 responses on each route",
            run: |bench| Box::pin(on_each_route(bench)),
        },
        Code {
            name: "an-agent-changes-the-route",
            plays: "A conversation with tools and reasoning that goes on with the model of another route after each turn.",
            promises: &[Promise::LosesNothing, Promise::NoPanic],
            expected: "40 responses",
            run: |bench| Box::pin(across_routes(bench)),
        },
    ]
}

async fn on_each_route(bench: &Bench<impl TestedHost>) -> CaseResult {
    let (mut got, mut reasons) = (Vec::new(), Vec::new());
    for row in &script().routes {
        let stand_in = stand_in().await?;
        let mut provider = provider(bench, &stand_in).await?;
        let mut agent = Agent::new(&row.model, Some(&row.route)).with_tasks(&script().tasks);
        let mut responses = Vec::new();
        while responses.len() < script().responses {
            responses.extend(agent.turn(&mut provider, PATIENCE).await?);
        }
        let reasoned = responses.iter().filter(|response| response.reasoned).count();
        got.push(format!("{}: {} responses, {reasoned} with reasoning", row.route, responses.len()));
        if reasoned == 0 {
            reasons.push(format!("{}: no response had reasoning", row.route));
        }
        reasons.extend(wrong(&responses, &row.route));
        // A refused request that was sent again in another form would hide that the first one was wrong.
        if stand_in.requests().len() != responses.len() {
            reasons.push(format!("{}: {} requests were made", row.route, stand_in.requests().len()));
        }
    }
    case_result(got.join("; "), reasons)
}

async fn across_routes(bench: &Bench<impl TestedHost>) -> CaseResult {
    let stand_in = stand_in().await?;
    let mut provider = provider(bench, &stand_in).await?;
    let mut agent = Agent::new("", None).with_tasks(&script().tasks);
    let (mut count, mut reasons) = (0, Vec::new());
    for row in script().routes.iter().cycle() {
        if count >= script().responses {
            break;
        }
        row.model.clone_into(&mut agent.request.model);
        agent.request.route = Some(row.route.clone());
        let responses = agent.turn(&mut provider, PATIENCE).await?;
        count += responses.len();
        reasons.extend(wrong(&responses, &row.route));
    }
    case_result(format!("{count} responses"), reasons)
}

async fn provider<H: TestedHost>(
    bench: &Bench<H>,
    stand_in: &StandIn,
) -> Result<Provider<H::Instance>, String> {
    // The scenarios stream for people who watch; here nobody does.
    let headers = [("x-fault-delay-chunk".to_owned(), "1".to_owned())].into();
    let setup = Setup { headers, ..Setup::default() };
    bench.provider(stand_in, KeyMode::Injected, &setup).await
}

/// What is wrong with the responses of a turn: another route, or more warnings than the one of a change.
fn wrong(responses: &[AgentResponse], route: &str) -> Vec<String> {
    let mut reasons = Vec::new();
    for response in responses {
        if response.route != route {
            reasons.push(format!("a response came by the route {}, not {route}", response.route));
        }
        if response.warnings.len() > 1 {
            reasons.push(format!("{route}: more than one warning: {:?}", response.warnings));
        }
    }
    reasons
}
