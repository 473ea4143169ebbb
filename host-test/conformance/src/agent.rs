//! An agent that works with a model for many turns: it offers tools, runs each call, and sends everything back.
//!
//! The conversation grows as an agent's does, so it shows what single requests cannot: replays that a strict server
//! refuses, a change of model in the middle, and how much of each prompt a cache could serve.

use std::time::Duration;

use provider_host::contract::{
    Message, Part, ReasoningOptions, Request, Role, TextPart, Tool, ToolResultPart, Usage,
};

use crate::bench::Provider;
use crate::tested_host::TestedInstance;

/// Most responses of one turn. The plan of a turn has three, and a model that calls tools for ever has to be stopped.
const MOST_RESPONSES: usize = 8;

/// An agent's conversation.
#[derive(Debug)]
pub struct Agent {
    /// The next request. A change of its model or route is a switch in the middle of the conversation.
    pub request: Request,
    turns: usize,
}

/// One response to the agent.
#[derive(Debug)]
pub struct AgentResponse {
    /// The route that it came over.
    pub route: String,
    /// The counts of its finish.
    pub usage: Option<Usage>,
    /// What the provider warned about.
    pub warnings: Vec<String>,
    /// How many tools it called.
    pub calls: usize,
    /// Whether it has reasoning.
    pub reasoned: bool,
}

impl Agent {
    /// A conversation that has not begun. The instructions are long enough to be cached by every vendor.
    #[must_use]
    pub fn new(model: &str, route: Option<&str>) -> Self {
        let rule = |number: usize| {
            format!("Rule {number}: read a file before you change it, and run the tests after each change. ")
        };
        let instructions: String = (1..=120).map(rule).collect();
        let mut request = Request::new(model);
        request.route = route.map(str::to_owned);
        request.messages = vec![Message::text(Role::System, instructions)];
        request.tools = ["read_file", "search", "run_tests"].map(tool).to_vec();
        request.reasoning = Some(ReasoningOptions {
            effort: Some("high".to_owned()),
            budget_tokens: None,
            include_text: Some(true),
        });
        request.cache_key = Some("agent:main:session:1".to_owned());
        Self { request, turns: 0 }
    }

    /// One turn: a text of the user, two calls at once, another call, and a text of the model.
    ///
    /// # Errors
    /// What went wrong, for people: an error of the provider, or a violation of the contract.
    pub async fn turn(
        &mut self,
        provider: &mut Provider<impl TestedInstance>,
        patience: Duration,
    ) -> Result<Vec<AgentResponse>, String> {
        self.turns += 1;
        self.request.messages.push(self.prompt());
        let mut responses = Vec::new();
        for _ in 0..MOST_RESPONSES {
            let played = provider.complete(&self.request, patience).await;
            let transcript = &played.transcript;
            if let Some(error) = &played.error {
                return Err(format!("turn {}, response {}: {error:?}", self.turns, responses.len() + 1));
            }
            if let [violation, ..] = played.violations.as_slice() {
                return Err(format!("turn {}: {violation}", self.turns));
            }
            let calls = transcript.tool_calls();
            let message = transcript.message();
            responses.push(AgentResponse {
                route: transcript.response().map(|response| response.route.clone()).unwrap_or_default(),
                usage: transcript.finish().and_then(|finish| finish.usage.clone()),
                warnings: transcript.warnings().to_vec(),
                calls: calls.len(),
                reasoned: message.content.iter().any(|part| matches!(part, Part::Reasoning(_))),
            });
            self.request.messages.push(message);
            if calls.is_empty() {
                return Ok(responses);
            }
            let results = calls.iter().map(|call| Part::ToolResult(self.result(&call.id, &call.name)));
            self.request.messages.push(Message {
                role: Role::Tool,
                content: results.collect(),
                cache_here: false,
            });
        }
        Err(format!("turn {}: the model calls tools for ever", self.turns))
    }

    /// Every tenth turn the user attaches 25 files, more blocks than a vendor's cache looks back over.
    fn prompt(&self) -> Message {
        let turn = self.turns;
        let task = format!("Task {turn}: call read_file() and search(), then run_tests().");
        let mut message = Message::user(task);
        if turn.is_multiple_of(10) {
            let file = |number| TextPart {
                text: format!("File {number} of task {turn}: {}", "fn f() {} ".repeat(8)),
                replay: None,
            };
            message.content.splice(0..0, (1..=25).map(file).map(Part::Text));
        }
        message
    }

    fn result(&self, call_id: &str, name: &str) -> ToolResultPart {
        let line = format!("{name} of task {}: the river runs past the mill\n", self.turns);
        ToolResultPart {
            call_id: call_id.to_owned(),
            name: None,
            text: line.repeat(6),
            media: Vec::new(),
            is_error: false,
        }
    }
}

fn tool(name: &str) -> Tool {
    Tool {
        name: name.to_owned(),
        description: Some(format!("The tool {name} of a coding agent")),
        parameters_json: r#"{"type":"object","properties":{"path":{"type":"string"}},"required":["path"]}"#
            .to_owned(),
        strict: None,
    }
}
