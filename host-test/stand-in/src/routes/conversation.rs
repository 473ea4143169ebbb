//! A conversation as the three routes have it in common, and what its next response should be.

use serde_json::Value;

use crate::chat_request::{ChatRequest, Format, Image, Turn, echo};

/// One turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A text of the user.
    User(String),
    /// A response of the model; `true` if it contains tool calls.
    Model(bool),
    /// The results of its calls.
    Results(Vec<String>),
}

/// What a body of any route contains, as far as a response depends on it.
#[derive(Debug, Default)]
pub struct Conversation {
    pub model: String,
    pub stream: bool,
    pub entries: Vec<Entry>,
    pub images: Vec<Image>,
    /// As `(name, parameters)`, in the client's order.
    pub tools: Vec<(String, Value)>,
    /// The tool that has to be called.
    pub named_tool: Option<String>,
    /// Whether tools may be called.
    pub calls_allowed: bool,
    pub reasons: bool,
    pub shows_reasoning: bool,
    pub format: Option<Format>,
}

impl Conversation {
    /// The request that scenarios use.
    pub fn read(mut self, body: Value) -> ChatRequest {
        let named = self.named_tool.take();
        self.tools.sort_by_key(|(name, _)| Some(name) != named.as_ref());
        let last_prompt = self.entries.iter().rev().find_map(|entry| match entry {
            Entry::User(text) => Some(text.as_str()),
            _ => None,
        });
        let due = if self.calls_allowed { self.due() } else { Vec::new() };
        ChatRequest {
            echo: echo(last_prompt.unwrap_or_default()),
            tool_results: self.open_results(),
            turn: match (due.is_empty(), self.reasons) {
                (false, _) => Turn::Tools,
                (true, true) => Turn::Reasoning,
                (true, false) => Turn::Text,
            },
            due,
            model: self.model,
            stream: self.stream,
            include_usage: true,
            images: self.images,
            tools: self.tools,
            reasons: self.reasons,
            shows_reasoning: self.shows_reasoning,
            format: self.format,
            body,
        }
    }

    /// The entries without texts that the user added after the results: some agents append the time or the open files.
    fn settled(&self) -> &[Entry] {
        let trailing = self.entries.iter().rev().take_while(|entry| matches!(entry, Entry::User(_))).count();
        let before = &self.entries[..self.entries.len() - trailing];
        if matches!(before.last(), Some(Entry::Results(_))) { before } else { &self.entries }
    }

    /// The results that have had no response yet.
    fn open_results(&self) -> Vec<String> {
        match self.settled().last() {
            Some(Entry::Results(results)) => results.clone(),
            _ => Vec::new(),
        }
    }

    /// The tools to call now.
    ///
    /// The user can name them: `Call look() and listen(), then speak()` makes two calls at once and, after their results,
    /// a third one. Without names the first tool is called, once for each text of the user.
    fn due(&self) -> Vec<usize> {
        let mut steps = 0;
        let mut prompt = None;
        for entry in self.settled().iter().rev() {
            match entry {
                Entry::Results(_) => steps += 1,
                Entry::Model(true) => {}
                Entry::Model(false) => break,
                Entry::User(text) => {
                    prompt = Some(text);
                    break;
                }
            }
        }
        let Some(prompt) = prompt else { return Vec::new() };
        if matches!(self.entries.last(), Some(Entry::Model(_))) {
            return Vec::new();
        }
        let named = |step: &str| {
            let called = self.tools.iter().map(|(name, _)| step.contains(&format!("{name}()")));
            called.enumerate().filter_map(|(at, is)| is.then_some(at)).collect::<Vec<_>>()
        };
        let planned: Vec<_> = prompt.split("then ").map(named).filter(|step| !step.is_empty()).collect();
        match planned.into_iter().nth(steps) {
            Some(step) => step,
            None if steps == 0 && !self.tools.is_empty() => vec![0],
            None => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(entries: Vec<Entry>) -> Vec<usize> {
        let tools = ["look", "listen", "speak"].map(|name| (name.to_owned(), Value::Null)).to_vec();
        let conversation = Conversation { entries, tools, calls_allowed: true, ..Conversation::default() };
        conversation.read(Value::Null).due
    }

    fn user(text: &str) -> Entry {
        Entry::User(text.to_owned())
    }

    #[test]
    fn the_first_tool_is_called_once_for_each_text_of_the_user() {
        let results = || Entry::Results(vec!["x".to_owned()]);
        assert_eq!(due(vec![user("hello")]), [0]);
        assert_eq!(due(vec![user("hello"), Entry::Model(true), results()]), [0; 0]);
        assert_eq!(due(vec![user("hello"), Entry::Model(true), results(), user("It is noon.")]), [0; 0]);
        let next = vec![user("hello"), Entry::Model(true), results(), Entry::Model(false), user("and?")];
        assert_eq!(due(next), [0]);
        assert_eq!(due(vec![user("hello"), Entry::Model(false)]), [0; 0]);
    }

    #[test]
    fn the_user_can_name_the_tools() {
        let prompt = || user("Call listen() and speak(), then look().");
        let results = || Entry::Results(vec!["x".to_owned(), "y".to_owned()]);
        assert_eq!(due(vec![prompt()]), [1, 2]);
        assert_eq!(due(vec![prompt(), Entry::Model(true), results()]), [0]);
        assert_eq!(due(vec![prompt(), Entry::Model(true), results(), Entry::Model(true), results()]), [0; 0]);
    }
}
