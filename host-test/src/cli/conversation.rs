//! `host-test chat` without a prompt: a conversation with a history.
//!
//! The history stays in memory. It is not written to a file, since prompts often contain private text.

use conformance::transcript::ToolCall;
use provider_host::contract::{Media, Message, Part, Request, Role, ToolResultPart};
use rustyline::DefaultEditor;
use rustyline::error::ReadlineError;

use super::chat::{footer, price};
use super::commands::{self, HELP, ReplCommand};
use super::cost::Priced;
use super::failure::Failure;
use super::interrupts::Interrupts;
use super::request;
use super::response_view::{TerminalView, tool_call};
use super::session::Session;
use super::stream::respond;
use super::terminal::{Screen, Style, line};

/// Runs the conversation until the user leaves.
pub(crate) async fn run(
    session: Session,
    request: Request,
    images: Vec<Media>,
    screen: Screen,
    interrupts: &Interrupts,
) -> Result<(), Failure> {
    let editor = DefaultEditor::new().map_err(|why| {
        Failure::usage(format!(
            "a conversation is not possible on this terminal: {why}; pass a prompt instead"
        ))
    })?;
    let mut talk = Conversation { session, request, images, priced: None, editor, screen, interrupts };
    talk.request.cache_key = Some(cache_key());
    screen.aside(Some(Style::Dim), &format!("{} · /help lists the commands\n", line(&talk.request.model)));
    talk.talk().await
}

/// One session for all turns: its connection is reused, and the next turn saves a handshake.
struct Conversation<'a> {
    session: Session,
    /// The next request: its messages are the history.
    request: Request,
    /// Images for the next message.
    images: Vec<Media>,
    /// The price of the current model, looked up once for each model.
    priced: Option<Priced>,
    editor: DefaultEditor,
    screen: Screen,
    interrupts: &'a Interrupts,
}

/// One input of the user. Ctrl-C and Ctrl-D differ as in a shell: the first discards a line, the second leaves.
enum Typed {
    Line(String),
    /// Ctrl-C: discard the line.
    Nothing,
    /// Ctrl-D: leave.
    End,
}

impl Conversation<'_> {
    async fn talk(&mut self) -> Result<(), Failure> {
        loop {
            let text = match self.read("> ")? {
                Typed::Line(text) => text,
                Typed::Nothing => continue,
                Typed::End => return Ok(()),
            };
            match commands::read(&text) {
                ReplCommand::Nothing => {}
                ReplCommand::Quit => return Ok(()),
                ReplCommand::Text(text) => self.turn(text).await?,
                other => self.command(other),
            }
        }
    }

    fn command(&mut self, command: ReplCommand) {
        let note = match command {
            ReplCommand::Help => HELP.to_owned(),
            ReplCommand::Reset => {
                // The system prompt is a setting of the program and no part of the conversation.
                self.request.messages.retain(|message| message.role == Role::System);
                self.images.clear();
                // With the old key the vendor would look for a prefix that is not sent any more.
                self.request.cache_key = Some(cache_key());
                "started a new conversation".to_owned()
            }
            ReplCommand::Model(None) => line(&self.request.model).into_owned(),
            ReplCommand::Model(Some(id)) => {
                self.request.model = id;
                format!("using {} from now on", line(&self.request.model))
            }
            ReplCommand::System(text) => {
                // Replaced at the start of the history, where every vendor accepts a system message.
                self.request.messages.retain(|message| message.role != Role::System);
                match text {
                    Some(text) => {
                        self.request.messages.insert(0, Message::text(Role::System, text));
                        "set the system prompt".to_owned()
                    }
                    None => "removed the system prompt".to_owned(),
                }
            }
            ReplCommand::Image(source) => match request::image(&source) {
                Ok(media) => {
                    self.images.push(media);
                    format!("will send the image with the next message ({} so far)", self.images.len())
                }
                // A mistyped file name must not end a conversation that exists only in memory.
                Err(failure) => return failure.print(self.screen),
            },
            ReplCommand::Unknown(word) => {
                format!("{} is no command, or has wrong arguments; /help lists the commands", line(&word))
            }
            ReplCommand::Nothing | ReplCommand::Quit | ReplCommand::Text(_) => return,
        };
        self.screen.aside(Some(Style::Dim), &format!("{note}\n"));
    }

    /// One prompt and its response, with the results of tools that the model calls in between. Without a response the
    /// history is restored: a failed turn would otherwise be sent, and charged, again with every later one.
    async fn turn(&mut self, text: String) -> Result<(), Failure> {
        let before = self.request.messages.len();
        let images = std::mem::take(&mut self.images);
        self.request.messages.push(request::user_message(images, text));
        match self.respond().await {
            Ok(true) => return Ok(()),
            Ok(false) => {}
            // Nothing can be shown any more, or the instance is broken: every further turn would fail as well.
            Err(failure @ (Failure::Closed | Failure::Output(_) | Failure::Host { .. })) => {
                return Err(failure);
            }
            // An error of the provider may be gone at the next try, so the conversation goes on.
            Err(failure) => failure.print(self.screen),
        }
        self.request.messages.truncate(before);
        self.screen.aside(
            Some(Style::Dim),
            "this turn was removed from the conversation; press Up to edit your message\n",
        );
        Ok(())
    }

    /// Sends requests until the model calls no more tools. `false` if the user stopped it or the response was empty.
    async fn respond(&mut self) -> Result<bool, Failure> {
        loop {
            let mut view = TerminalView::new(self.screen);
            let response = respond(&mut self.session, &self.request, &mut view, self.interrupts).await;
            view.end()?;
            let response = response?;
            if self.priced.as_ref().is_none_or(|priced| priced.model != self.request.model) {
                self.priced = price(&mut self.session, &self.request.model, &response, self.screen).await;
            }
            footer(&response, self.priced.as_ref(), self.screen);
            let message = response.transcript.message();
            // Vendors refuse an assistant message without content, so it would make every later turn fail.
            if message.content.is_empty() {
                self.screen.aside(
                    Some(Style::Yellow),
                    "the response is empty; try again or choose another model with /model\n",
                );
                return Ok(false);
            }
            self.request.messages.push(message);
            let calls = response.transcript.tool_calls();
            if calls.is_empty() {
                return Ok(true);
            }
            // A call without its result makes vendors refuse the history: if the user gives none, the turn is removed.
            match self.results(calls)? {
                Some(results) => self.request.messages.push(results),
                None => return Ok(false),
            }
        }
    }

    /// Reads the results of tool calls from the user, since this program runs no tools: what a model asks to run is
    /// untrusted. `None` if the user stopped.
    fn results(&mut self, calls: Vec<ToolCall>) -> Result<Option<Message>, Failure> {
        let mut content = Vec::new();
        let several = calls.len() > 1;
        for call in calls {
            // A single call was printed just now; several need a label for each result.
            if several {
                self.screen
                    .aside(Some(Style::Cyan), &format!("{}\n", tool_call(&call.name, &call.arguments)));
            }
            let Typed::Line(text) = self.read("result> ")? else { return Ok(None) };
            content.push(Part::ToolResult(ToolResultPart {
                call_id: call.id,
                name: Some(call.name),
                text,
                media: Vec::new(),
                is_error: false,
            }));
        }
        Ok(Some(Message { role: Role::Tool, content, cache_here: false }))
    }

    /// Reads one message. A line that ends with a backslash continues on the next line.
    fn read(&mut self, prompt: &str) -> Result<Typed, Failure> {
        // The editor reads Ctrl-C itself; a signal from elsewhere must not end the program in raw mode.
        let _guard = self.interrupts.guard();
        let mut text = String::new();
        loop {
            let prompt = if text.is_empty() { prompt } else { ". " };
            // The editor blocks for as long as the user thinks. Other tasks, such as open connections, keep running.
            match tokio::task::block_in_place(|| self.editor.readline(prompt)) {
                Ok(line) => match line.strip_suffix('\\') {
                    Some(part) => text.extend([part, "\n"]),
                    None => {
                        text.push_str(&line);
                        // Only a convenience: a line that cannot be stored is still sent.
                        let _ = self.editor.add_history_entry(&text);
                        return Ok(Typed::Line(text));
                    }
                },
                Err(ReadlineError::Interrupted) => return Ok(Typed::Nothing),
                Err(ReadlineError::Eof) => return Ok(Typed::End),
                Err(ReadlineError::Io(why)) => return Err(Failure::from(why)),
                Err(why) => {
                    return Err(Failure::Host {
                        cause: "terminal",
                        message: format!("cannot read a line: {why}"),
                    });
                }
            }
        }
    }
}

/// A key that lets the vendor's cache recognise the requests of one conversation. It differs for each conversation and
/// does not identify the user or the machine.
fn cache_key() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    format!("host-test-{:x}-{:x}", now.as_nanos(), std::process::id())
}
