//! `host-test chat`: one response or a conversation, for people or for programs.

use std::io::{self, IsTerminal as _};

use provider_host::contract::{Discovery, Event, Media, ModelStatus, Request, Usage};
use provider_host::json;

use super::answer::TerminalView;
use super::args::{ChatArgs, Common};
use super::conversation;
use super::cost::{Priced, cost, summary};
use super::failure::Failure;
use super::interrupts::Interrupts;
use super::request;
use super::session::Session;
use super::stream::{Answer, View, stream};
use super::terminal::{Screen, Style, line};

/// Runs the command; the exit code follows from the failure.
///
/// With `--json` whatever fails after the request was understood is told in a last line, so that a stream of
/// lines always ends in `finish` or `error`.
pub(crate) async fn run(
    common: &Common,
    args: &ChatArgs,
    screen: Screen,
    interrupts: &Interrupts,
) -> Result<(), Failure> {
    if !common.json {
        return talk(common, args, screen, interrupts).await;
    }
    let mut view = JsonView { screen, handed_out: false };
    let ended = answer(common, args, &mut view, interrupts).await;
    if let Some(error) = ended.as_ref().err().and_then(|failure| failure.json(view.handed_out)) {
        screen.print_json(&json::events::failure(error))?;
    }
    ended
}

/// For programs: one response as events.
async fn answer(
    common: &Common,
    args: &ChatArgs,
    view: &mut JsonView,
    interrupts: &Interrupts,
) -> Result<(), Failure> {
    let mut asked = Asked::read(args, false)?;
    let mut session = asked.open(common, view.screen).await?;
    stream(&mut session, &asked.request, view, interrupts).await.map(|_| ())
}

/// For people: one response, or a conversation.
async fn talk(
    common: &Common,
    args: &ChatArgs,
    screen: Screen,
    interrupts: &Interrupts,
) -> Result<(), Failure> {
    let mut asked = Asked::read(args, io::stdin().is_terminal() && screen.out_terminal)?;
    let mut session = asked.open(common, screen).await?;
    if asked.said == ChatInput::Conversation {
        return conversation::run(session, asked.request, asked.images, screen, interrupts).await;
    }
    let mut view = TerminalView::new(screen);
    let answer = stream(&mut session, &asked.request, &mut view, interrupts).await;
    view.end()?;
    let answer = answer?;
    let priced = price(&mut session, &asked.request.model, &answer, screen).await;
    footer(&answer, priced.as_ref(), screen);
    Ok(())
}

/// What the command line requests. Mistakes in it are reported before the plugin is compiled or anything is sent.
struct Asked {
    said: ChatInput,
    request: Request,
    /// To go with the first message of a conversation.
    images: Vec<Media>,
}

impl Asked {
    fn read(args: &ChatArgs, interactive: bool) -> Result<Self, Failure> {
        let said = said(args, interactive)?;
        let named = args.model.clone().unwrap_or_default();
        let mut request = match &args.request {
            Some(path) => request::from_file(path, args, &named)?,
            None => request::template(args, &named)?,
        };
        let mut images = args.image.iter().map(|source| request::image(source)).collect::<Result<_, _>>()?;
        if let ChatInput::Prompt(prompt) = &said {
            request.messages.push(request::user_message(std::mem::take(&mut images), prompt.clone()));
        }
        Ok(Self { said, request, images })
    }

    /// Opens the provider, and takes its default model where none was named.
    async fn open(&mut self, common: &Common, screen: Screen) -> Result<Session, Failure> {
        let mut session = Session::open(common, screen).await?;
        if self.request.model.is_empty() {
            self.request.model = session.describe().await?.default_model;
        }
        Ok(session)
    }
}

/// Where the prompt comes from.
#[derive(Debug, PartialEq, Eq)]
enum ChatInput {
    Prompt(String),
    Request,
    Conversation,
}

fn said(args: &ChatArgs, interactive: bool) -> Result<ChatInput, Failure> {
    match &args.prompt {
        _ if args.request.is_some() => Ok(ChatInput::Request),
        Some(prompt) if prompt == "-" => stdin_prompt(),
        Some(prompt) if prompt.trim().is_empty() => Err(Failure::usage("the prompt is empty")),
        Some(prompt) => Ok(ChatInput::Prompt(prompt.clone())),
        None if interactive => Ok(ChatInput::Conversation),
        None => {
            Err(Failure::usage("say something: host-test chat \"PROMPT\", or \"-\" to read it from stdin"))
        }
    }
}

fn stdin_prompt() -> Result<ChatInput, Failure> {
    let text = request::read_stdin()?;
    if text.trim().is_empty() { Err(Failure::usage("stdin is empty")) } else { Ok(ChatInput::Prompt(text)) }
}

/// Events as JSON lines.
struct JsonView {
    screen: Screen,
    handed_out: bool,
}

impl View for JsonView {
    fn event(&mut self, event: &Event) -> Result<(), Failure> {
        self.handed_out = true;
        self.screen.print_json(&json::events::event(event))
    }
}

/// The line below a response.
pub(crate) fn footer(answer: &Answer, priced: Option<&Priced>, screen: Screen) {
    let transcript = &answer.transcript;
    let usage = usage(answer);
    let cost = usage.and_then(|usage| cost(usage, priced));
    let mut parts = Vec::new();
    parts.extend(
        transcript.response().and_then(|response| response.model.as_deref()).map(|m| line(m).into_owned()),
    );
    parts.extend(summary(usage, cost.as_ref(), answer.timing));
    screen.aside(Some(Style::Dim), &format!("{}\n", parts.join(" · ")));
}

/// The model as far as its price matters: from the plugin's own table, or else, with somebody watching, from
/// the provider. Not knowing a price is no failure of an answer.
pub(crate) async fn price(
    session: &mut Session,
    id: &str,
    answer: &Answer,
    screen: Screen,
) -> Option<Priced> {
    if usage(answer).is_none_or(|usage| usage.billed.is_some()) {
        return None;
    }
    if let Some(known) = priced(session, Discovery::BuiltIn, id).await {
        return Some(known);
    }
    if !screen.err_terminal {
        return None;
    }
    let _spinner = screen.spinner("looking up the price");
    priced(session, Discovery::BestEffort, id).await
}

async fn priced(session: &mut Session, how: Discovery, id: &str) -> Option<Priced> {
    let list = session.models(how).await.ok()?;
    let model = list.models.iter().find(|model| model.id == id && model.status != ModelStatus::Upcoming)?;
    let source = json::models::sources(model, &list).iter().find(|source| source.fact == "price");
    Some(Priced {
        model: id.to_owned(),
        price: model.price.clone()?,
        source: source.map(|source| source.source.clone()),
    })
}

fn usage(answer: &Answer) -> Option<&Usage> {
    answer.transcript.finish()?.usage.as_ref()
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::args::{Cli, Command};

    fn decide(line: &[&str], interactive: bool) -> Result<ChatInput, u8> {
        match Cli::try_parse_from(["host-test", "chat"].iter().chain(line)).unwrap().command {
            Command::Chat(args) => said(&args, interactive).map_err(|failure| failure.code()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_to_say_follows_from_prompt_and_terminal() {
        assert_eq!(decide(&["hello"], true), Ok(ChatInput::Prompt("hello".into())));
        assert_eq!(decide(&["hello"], false), Ok(ChatInput::Prompt("hello".into())));
        assert_eq!(decide(&[], true), Ok(ChatInput::Conversation));
        assert_eq!(decide(&["--request", "r.json"], true), Ok(ChatInput::Request));
    }

    #[test]
    fn nothing_to_say_is_wrong_usage() {
        for (line, interactive) in [(&[][..], false), (&[" "], true), (&[""], false)] {
            assert_eq!(decide(line, interactive), Err(2));
        }
    }
}
