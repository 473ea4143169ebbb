//! An agent that works with a model for many turns: it offers tools, runs each call, and sends everything back.
//!
//! The conversation grows as an agent's does, so it shows what single requests cannot: replays that a strict server
//! refuses, a change of model in the middle, and how much of each prompt a cache could serve.

use std::sync::OnceLock;
use std::time::Duration;

use provider_host::contract::{
    Message, Part, ReasoningOptions, Request, Role, TextPart, Tool, ToolResultPart, Usage,
};

use serde::Deserialize;

use crate::bench::Provider;
use crate::tested_host::TestedInstance;

/// Most responses of one turn. The plan of a turn has three, and a model that calls tools for ever has to be stopped.
const MOST_RESPONSES: usize = 8;

/// What the agent does, as data: the tests in Node play the same conversations.
const SCRIPT: &str = include_str!("agent.json");

/// The contents of the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Script {
    /// Responses of a conversation. A mistake that needs a long history shows by then.
    pub(crate) responses: usize,
    instructions: Repeated,
    tools: Vec<String>,
    parameters: String,
    effort: String,
    cache_key: String,
    /// What the user wants, where each turn is alike.
    task: String,
    /// What the user wants, in turn: the call that any model would make, two calls at once, and calls one after the other.
    pub(crate) tasks: Vec<String>,
    files: Files,
    result: Repeated,
    /// A model for each route.
    pub(crate) routes: Vec<ModelOfRoute>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ModelOfRoute {
    pub(crate) route: String,
    pub(crate) model: String,
}

#[derive(Debug, Deserialize)]
struct Repeated {
    text: String,
    times: usize,
}

#[derive(Debug, Deserialize)]
struct Files {
    every: usize,
    text: String,
    times: usize,
}

/// The file.
///
/// # Panics
/// Where the embedded file is none: a defect of the build that any test finds.
pub(crate) fn script() -> &'static Script {
    static READ: OnceLock<Script> = OnceLock::new();
    READ.get_or_init(|| serde_json::from_str(SCRIPT).unwrap_or_else(|error| panic!("agent.json: {error}")))
}

/// An agent's conversation.
#[derive(Debug)]
pub struct Agent {
    /// The next request. A change of its model or route is a switch in the middle of the conversation.
    pub request: Request,
    /// What the user wants, in turn.
    tasks: &'static [String],
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
        let script = script();
        let Repeated { text, times } = &script.instructions;
        let rule = |number: usize| text.replace("{number}", &number.to_string());
        let instructions: String = (1..=*times).map(rule).collect();
        let mut request = Request::new(model);
        request.route = route.map(str::to_owned);
        request.messages = vec![Message::text(Role::System, instructions)];
        request.tools = script.tools.iter().map(|name| tool(name, &script.parameters)).collect();
        request.reasoning = Some(ReasoningOptions {
            effort: Some(script.effort.clone()),
            budget_tokens: None,
            include_text: Some(true),
        });
        request.cache_key = Some(script.cache_key.clone());
        Self { request, tasks: std::slice::from_ref(&script.task), turns: 0 }
    }

    /// The same agent with turns that differ.
    pub(crate) fn with_tasks(self, tasks: &'static [String]) -> Self {
        Self { tasks, ..self }
    }

    /// One turn: a text of the user, calls of tools, and a text of the model.
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
        let turn = self.turns.to_string();
        let task = &self.tasks[(self.turns - 1) % self.tasks.len()];
        let mut message = Message::user(task.replace("{turn}", &turn));
        let Files { every, text, times } = &script().files;
        if self.turns.is_multiple_of(*every) {
            let file = |number: usize| TextPart {
                text: text.replace("{number}", &number.to_string()).replace("{turn}", &turn),
                replay: None,
            };
            message.content.splice(0..0, (1..=*times).map(file).map(Part::Text));
        }
        message
    }

    fn result(&self, call_id: &str, name: &str) -> ToolResultPart {
        let Repeated { text, times } = &script().result;
        let line = text.replace("{name}", name).replace("{turn}", &self.turns.to_string());
        ToolResultPart {
            call_id: call_id.to_owned(),
            name: None,
            text: line.repeat(*times),
            media: Vec::new(),
            is_error: false,
        }
    }
}

fn tool(name: &str, parameters_json: &str) -> Tool {
    Tool {
        name: name.to_owned(),
        description: Some(format!("The tool {name} of a coding agent")),
        parameters_json: parameters_json.to_owned(),
        strict: None,
    }
}

#[cfg(test)]
mod tests {
    use stand_in::WIRE_ROUTES;

    use super::script;

    #[test]
    fn there_is_a_model_for_each_route() {
        let routes = script().routes.iter().map(|row| (row.route.as_str(), row.model.as_str()));
        assert!(routes.eq(WIRE_ROUTES.iter().map(|wire| (wire.name, wire.sample_model))));
    }
}
