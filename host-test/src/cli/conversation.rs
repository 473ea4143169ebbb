//! `host-test chat` without a prompt: a conversation with a history.
//!
//! What is typed stays in memory and is written to no file.

use conformance::transcript::ToolCall;
use provider_host::contract::{Media, Message, Part, Request, Role, ToolResultPart};
use rustyline::DefaultEditor;
use rustyline::error::ReadlineError;

use super::answer::{TerminalView, tool_call};
use super::chat::{footer, price};
use super::commands::{self, HELP, ReplCommand};
use super::cost::Priced;
use super::failure::Failure;
use super::interrupts::Interrupts;
use super::request;
use super::session::Session;
use super::stream::stream;
use super::terminal::{Screen, Style, line};

/// Talks until the person leaves.
pub(crate) async fn run(
    session: Session,
    request: Request,
    images: Vec<Media>,
    screen: Screen,
    interrupts: &Interrupts,
) -> Result<(), Failure> {
    let editor =
        DefaultEditor::new().map_err(|why| Failure::usage(format!("no conversation here: {why}")))?;
    let mut talk = Conversation { session, request, images, priced: None, editor, screen, interrupts };
    talk.request.cache_key = Some(cache_key());
    screen.aside(Some(Style::Dim), &format!("{} · /help lists the commands\n", line(&talk.request.model)));
    talk.talk().await
}

struct Conversation<'a> {
    session: Session,
    /// The next request: its messages are the history.
    request: Request,
    /// To go with the next message.
    images: Vec<Media>,
    /// The model whose price is known, so that it is looked up once.
    priced: Option<Priced>,
    editor: DefaultEditor,
    screen: Screen,
    interrupts: &'a Interrupts,
}

/// What was typed.
enum Typed {
    Line(String),
    /// Ctrl-C: never mind.
    Nothing,
    /// Ctrl-D: the end.
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

    fn command(&mut self, said: ReplCommand) {
        let note = match said {
            ReplCommand::Help => HELP.to_owned(),
            ReplCommand::Reset => {
                self.request.messages.retain(|message| message.role == Role::System);
                self.images.clear();
                self.request.cache_key = Some(cache_key());
                "a new conversation".to_owned()
            }
            ReplCommand::Model(None) => line(&self.request.model).into_owned(),
            ReplCommand::Model(Some(id)) => {
                self.request.model = id;
                format!("from now on: {}", line(&self.request.model))
            }
            ReplCommand::System(text) => {
                self.request.messages.retain(|message| message.role != Role::System);
                if let Some(text) = text {
                    self.request.messages.insert(0, request::text_message(Role::System, text));
                }
                "told".to_owned()
            }
            ReplCommand::Image(source) => match request::image(&source) {
                Ok(media) => {
                    self.images.push(media);
                    format!("goes with the next message ({} so far)", self.images.len())
                }
                Err(failure) => return failure.print(self.screen),
            },
            ReplCommand::Unknown(word) => format!("there is no {}; /help lists what there is", line(&word)),
            ReplCommand::Nothing | ReplCommand::Quit | ReplCommand::Text(_) => return,
        };
        self.screen.aside(Some(Style::Dim), &format!("{note}\n"));
    }

    /// One prompt and its response, with the results of the tools that the model calls in between. If there is no
    /// response, the history is as it was before, so that a failed turn is not sent again with the next one.
    async fn turn(&mut self, text: String) -> Result<(), Failure> {
        let before = self.request.messages.len();
        let images = std::mem::take(&mut self.images);
        self.request.messages.push(request::user_message(images, text));
        match self.answer().await {
            Ok(true) => return Ok(()),
            Ok(false) => {}
            Err(failure @ (Failure::Closed | Failure::Output(_) | Failure::Host { .. })) => {
                return Err(failure);
            }
            Err(failure) => failure.print(self.screen),
        }
        self.request.messages.truncate(before);
        self.screen.aside(Some(Style::Dim), "this turn is not kept; Up brings your message back\n");
        Ok(())
    }

    /// Asks until the model has nothing left to call; `false` where the person broke it off.
    async fn answer(&mut self) -> Result<bool, Failure> {
        loop {
            let mut view = TerminalView::new(self.screen);
            let answer = stream(&mut self.session, &self.request, &mut view, self.interrupts).await;
            view.end()?;
            let answer = answer?;
            if self.priced.as_ref().is_none_or(|priced| priced.model != self.request.model) {
                self.priced = price(&mut self.session, &self.request.model, &answer, self.screen).await;
            }
            footer(&answer, self.priced.as_ref(), self.screen);
            let message = answer.transcript.message();
            if message.content.is_empty() {
                self.screen.aside(Some(Style::Yellow), "the answer is empty\n");
                return Ok(false);
            }
            self.request.messages.push(message);
            let calls = answer.transcript.tool_calls();
            if calls.is_empty() {
                return Ok(true);
            }
            match self.results(calls)? {
                Some(results) => self.request.messages.push(results),
                None => return Ok(false),
            }
        }
    }

    /// The person plays the tools; `None` where they would not.
    fn results(&mut self, calls: Vec<ToolCall>) -> Result<Option<Message>, Failure> {
        let mut content = Vec::new();
        let several = calls.len() > 1;
        for call in calls {
            // A single one was shown just now.
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

    /// One message: several lines where each but the last ends in a backslash.
    fn read(&mut self, prompt: &str) -> Result<Typed, Failure> {
        // The editor reads Ctrl-C itself; a signal from elsewhere must not end the program in raw mode.
        let _guard = self.interrupts.guard();
        let mut text = String::new();
        loop {
            let prompt = if text.is_empty() { prompt } else { ". " };
            // It blocks for as long as somebody thinks; connections go on meanwhile.
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

/// Ties this conversation's requests together for the vendor's cache: different for each conversation, and
/// nothing that tells who has it.
fn cache_key() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    format!("host-test-{:x}-{:x}", now.as_nanos(), std::process::id())
}
