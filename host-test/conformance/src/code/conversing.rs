//! Conversations of an agent: tools, reasoning, and each response in the next request. The stand-in knows the signatures
//! that it gave out and refuses what the vendors refuse, so a provider passes only if it sends back what they demand.

use std::time::Duration;

use super::{CaseResult, Code, case_result, stand_in};
use crate::bench::{Bench, Hosting, Provider};
use crate::promise::Promise;
use crate::tested_host::{TestedHost, TestedInstance};
use provider_host::contract::{
    BlockKind, Event, Message, Part, ReasoningOptions, Request, Role, Tool, ToolResultPart,
};
use provider_host::sandbox::KeyMode;
use stand_in::{Setup, StandIn, WIRE_ROUTES, WireRoute};

/// Responses of a conversation. A mistake that needs a long history shows by then.
const RESPONSES: usize = 40;

/// The limit of one response.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the user wants, in turn: the call that any model would make, two calls at once, and calls one after the other.
const PROMPTS: [&str; 3] =
    ["How is it there?", "Call look() and listen().", "Call listen(), then look() and listen()."];

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
    let mut got = Vec::new();
    for wire in WIRE_ROUTES {
        let stand_in = stand_in().await?;
        let mut agent = Agent::new(bench, &stand_in).await?;
        while agent.responses < RESPONSES {
            agent.turn(wire).await?;
        }
        got.push(format!("{}: {} responses, {} with reasoning", wire.name, agent.responses, agent.reasoned));
        if agent.reasoned == 0 {
            return case_result(got.join("; "), vec![format!("{}: no response had reasoning", wire.name)]);
        }
    }
    case_result(got.join("; "), Vec::new())
}

async fn across_routes(bench: &Bench<impl TestedHost>) -> CaseResult {
    let stand_in = stand_in().await?;
    let mut agent = Agent::new(bench, &stand_in).await?;
    for wire in WIRE_ROUTES.iter().cycle() {
        if agent.responses >= RESPONSES {
            break;
        }
        agent.turn(wire).await?;
    }
    case_result(format!("{} responses", agent.responses), Vec::new())
}

/// An agent with its history.
struct Agent<I: TestedInstance> {
    provider: Provider<I>,
    history: Vec<Message>,
    turns: usize,
    responses: usize,
    /// Responses with reasoning.
    reasoned: usize,
}

impl<I: TestedInstance> Agent<I> {
    async fn new<H: TestedHost<Instance = I>>(
        bench: &Bench<H>,
        stand_in: &StandIn,
    ) -> Result<Agent<I>, String> {
        // The scenarios stream for people who watch; here nobody does.
        let headers = [("x-fault-delay-chunk".to_owned(), "1".to_owned())].into();
        let setup = Setup { headers, ..Setup::default() };
        let provider = bench.provider(stand_in, Hosting::Waits, KeyMode::Injected, &setup).await?;
        let history = vec![Message::text(Role::System, "Be a good agent.")];
        Ok(Agent { provider, history, turns: 0, responses: 0, reasoned: 0 })
    }

    /// A text of the user, and responses until one has no call.
    async fn turn(&mut self, wire: &WireRoute) -> Result<(), String> {
        let prompt = PROMPTS[self.turns % PROMPTS.len()];
        self.turns += 1;
        self.history.push(Message::user(prompt));
        loop {
            let request = self.request(wire);
            let played = self.provider.complete(&request, PATIENCE).await;
            let place = format!("{}, response {} ({prompt})", wire.name, self.responses + 1);
            if let Some(error) = played.error {
                return Err(format!("{place}: {}", error.message));
            }
            if let Some(violation) = played.violations.first() {
                return Err(format!("{place}: {violation}"));
            }
            let reasoning = |event: &Event| matches!(event, Event::BlockStart(start) if matches!(start.kind, BlockKind::Reasoning));
            self.reasoned += usize::from(played.events.iter().any(reasoning));
            self.responses += 1;
            self.history.push(played.transcript.message());
            let calls = played.transcript.tool_calls();
            if calls.is_empty() {
                return Ok(());
            }
            let results = calls.into_iter().map(|call| {
                Part::ToolResult(ToolResultPart {
                    call_id: call.id,
                    name: Some(call.name),
                    text: "sunny".to_owned(),
                    media: Vec::new(),
                    is_error: false,
                })
            });
            self.history.push(Message { role: Role::Tool, content: results.collect(), cache_here: false });
        }
    }

    fn request(&self, wire: &WireRoute) -> Request {
        let tool = |name: &str| Tool {
            name: name.to_owned(),
            description: Some("What there is in a city".to_owned()),
            parameters_json: r#"{"type":"object","properties":{"city":{"type":"string"}}}"#.to_owned(),
            strict: None,
        };
        let effort = Some("low".to_owned());
        Request {
            route: Some(wire.name.to_owned()),
            messages: self.history.clone(),
            tools: vec![tool("look"), tool("listen")],
            reasoning: Some(ReasoningOptions { effort, budget_tokens: None, include_text: Some(true) }),
            ..Request::new(wire.sample_model)
        }
    }
}
