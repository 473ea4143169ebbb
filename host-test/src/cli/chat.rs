//! `host-test chat`: one response or a conversation, as text or as JSON events.

use std::io::{self, IsTerminal as _};

use provider_host::contract::{Discovery, Event, Media, ModelStatus, Request, Usage};
use provider_host::json;

use super::args::{ChatArgs, Common};
use super::conversation;
use super::cost::{Priced, cost, summary};
use super::failure::Failure;
use super::interrupts::Interrupts;
use super::request;
use super::response_view::TerminalView;
use super::session::Session;
use super::stream::{StreamedResponse, View, respond, stream};
use super::terminal::{Screen, Style, line};

/// Runs the command; the exit code follows from the failure.
///
/// With `--json`, a failure after the arguments were accepted is printed as the last line, so that a stream always ends
/// with `finish` or `error`. A program that reads neither knows that this process was killed.
pub(crate) async fn run(
    common: &Common,
    args: &ChatArgs,
    screen: Screen,
    interrupts: &Interrupts,
) -> Result<(), Failure> {
    if !common.json {
        return talk(common, args, screen, interrupts).await;
    }
    let mut view = JsonView { screen, has_events: false };
    let ended = print_events(common, args, &mut view, interrupts).await;
    if let Some(error) = ended.as_ref().err().and_then(|failure| failure.json(view.has_events)) {
        screen.print_json(&json::events::failure(error))?;
    }
    ended
}

/// For programs: one response as events, never a conversation. A program without a prompt made a mistake, and a prompt of
/// ours on its terminal would leave it waiting for ever.
async fn print_events(
    common: &Common,
    args: &ChatArgs,
    view: &mut JsonView,
    interrupts: &Interrupts,
) -> Result<(), Failure> {
    let mut start = ChatStart::read(args, false)?;
    let mut session = start.open(common, view.screen).await?;
    stream(&mut session, &start.request, view, interrupts).await.map(|_| ())
}

/// For people: one response, or a conversation.
async fn talk(
    common: &Common,
    args: &ChatArgs,
    screen: Screen,
    interrupts: &Interrupts,
) -> Result<(), Failure> {
    let mut start = ChatStart::read(args, io::stdin().is_terminal() && screen.out_terminal)?;
    let mut session = start.open(common, screen).await?;
    if start.input == ChatInput::Conversation {
        return conversation::run(session, start.request, start.images, screen, interrupts).await;
    }
    let mut view = TerminalView::new(screen);
    let response = respond(&mut session, &start.request, &mut view, interrupts).await;
    view.end()?;
    let response = response?;
    let priced = price(&mut session, &start.request.model, &response, screen).await;
    footer(&response, priced.as_ref(), screen);
    Ok(())
}

/// The request of the command line. Mistakes in it are reported before the plugin is compiled or anything is sent: a
/// compile takes seconds, and a request costs money.
struct ChatStart {
    input: ChatInput,
    request: Request,
    /// Images for the first message of a conversation.
    images: Vec<Media>,
}

impl ChatStart {
    fn read(args: &ChatArgs, interactive: bool) -> Result<Self, Failure> {
        let input = chat_input(args, interactive)?;
        let named = args.model.clone().unwrap_or_default();
        let mut request = match &args.request {
            Some(path) => request::from_file(path, args, &named)?,
            None => request::template(args, &named)?,
        };
        let mut images = args.image.iter().map(|source| request::image(source)).collect::<Result<_, _>>()?;
        // Without a prompt the images wait for the first message that the user types.
        if let ChatInput::Prompt(prompt) = &input {
            request.messages.push(request::user_message(std::mem::take(&mut images), prompt.clone()));
        }
        Ok(Self { input, request, images })
    }

    /// Opens the provider, and uses its default model if no model was given. The name is not compiled in here: it is the
    /// plugin's, and changes with its models.
    async fn open(&mut self, common: &Common, screen: Screen) -> Result<Session, Failure> {
        let mut session = Session::open(common, screen).await?;
        if self.request.model.is_empty() {
            self.request.model = session.describe().await?.default_model;
        }
        Ok(session)
    }
}

/// The source of the prompt.
#[derive(Debug, PartialEq, Eq)]
enum ChatInput {
    Prompt(String),
    Request,
    Conversation,
}

fn chat_input(args: &ChatArgs, interactive: bool) -> Result<ChatInput, Failure> {
    match &args.prompt {
        // Clap refuses a request together with a prompt, so nothing is ignored here.
        _ if args.request.is_some() => Ok(ChatInput::Request),
        Some(prompt) if prompt == "-" => stdin_prompt(),
        Some(prompt) if prompt.trim().is_empty() => {
            Err(Failure::usage("the prompt is empty; pass a text, or \"-\" to read it from stdin"))
        }
        Some(prompt) => Ok(ChatInput::Prompt(prompt.clone())),
        // Only with a terminal on both sides: in a script, an editor would wait for input that never arrives.
        None if interactive => Ok(ChatInput::Conversation),
        None => Err(Failure::usage(
            "there is no prompt; pass one, as in host-test chat \"PROMPT\", or \"-\" to read it from stdin",
        )),
    }
}

/// An empty pipe is an error: a command before it failed, and the model would respond to nothing for money.
fn stdin_prompt() -> Result<ChatInput, Failure> {
    let text = request::read_stdin()?;
    if text.trim().is_empty() {
        Err(Failure::usage("stdin is empty; pipe the prompt into it"))
    } else {
        Ok(ChatInput::Prompt(text))
    }
}

/// Events as JSON lines, each written and flushed at once: a program that shows text while it arrives must not wait for a
/// full buffer.
struct JsonView {
    screen: Screen,
    has_events: bool,
}

impl View for JsonView {
    fn event(&mut self, event: &Event) -> Result<(), Failure> {
        // An error after this reports `partial`: the program has got a part of the response already.
        self.has_events = true;
        self.screen.print_json(&json::events::event(event))
    }
}

/// Prints the line below a response: model, tokens, cost and times. The model is the one that responded, which a gateway may
/// have chosen differently from the requested one.
pub(crate) fn footer(response: &StreamedResponse, priced: Option<&Priced>, screen: Screen) {
    let transcript = &response.transcript;
    let usage = usage(response);
    let cost = usage.and_then(|usage| cost(usage, priced));
    let mut parts = Vec::new();
    parts.extend(
        transcript.response().and_then(|response| response.model.as_deref()).map(|m| line(m).into_owned()),
    );
    parts.extend(summary(usage, cost.as_ref(), response.timing));
    screen.aside(Some(Style::Dim), &format!("{}\n", parts.join(" · ")));
}

/// The price of the model: from the plugin's built-in table, or else from the provider. The provider is queried only if
/// a terminal shows the result, since that costs a request. An unknown price is no failure of the response.
pub(crate) async fn price(
    session: &mut Session,
    id: &str,
    response: &StreamedResponse,
    screen: Screen,
) -> Option<Priced> {
    // Without counts no price helps, and an amount that was billed is better than any estimate.
    if usage(response).is_none_or(|usage| usage.billed.is_some()) {
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

/// Looks a model's price up in one list. The price of an upcoming model is an announcement, which may still change.
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

fn usage(response: &StreamedResponse) -> Option<&Usage> {
    response.transcript.finish()?.usage.as_ref()
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::args::{Cli, Command};

    fn decide(line: &[&str], interactive: bool) -> Result<ChatInput, u8> {
        match Cli::try_parse_from(["host-test", "chat"].iter().chain(line)).unwrap().command {
            Command::Chat(args) => chat_input(&args, interactive).map_err(|failure| failure.code()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_input_follows_from_the_prompt_and_the_terminal() {
        assert_eq!(decide(&["hello"], true), Ok(ChatInput::Prompt("hello".into())));
        assert_eq!(decide(&["hello"], false), Ok(ChatInput::Prompt("hello".into())));
        assert_eq!(decide(&[], true), Ok(ChatInput::Conversation));
        assert_eq!(decide(&["--request", "r.json"], true), Ok(ChatInput::Request));
    }

    #[test]
    fn a_missing_prompt_is_wrong_usage() {
        for (line, interactive) in [(&[][..], false), (&[" "], true), (&[""], false)] {
            assert_eq!(decide(line, interactive), Err(2));
        }
    }
}
