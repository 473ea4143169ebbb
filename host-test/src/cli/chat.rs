//! `host-test chat`: one answer, for people or for programs.

use std::io::{self, IsTerminal as _};

use host_test::contract::{Discovery, Event, Model, ModelStatus, Request, Usage};
use host_test::json;

use super::answer::TerminalView;
use super::args::{ChatArgs, Common};
use super::conversation;
use super::cost::{cost, summary};
use super::failure::Failure;
use super::interrupts::Interrupts;
use super::request;
use super::session::Session;
use super::stream::{Answer, View, stream};
use super::terminal::{Screen, Style, line};

/// Runs the command; the exit code follows from the failure.
pub(crate) async fn run(
    common: &Common,
    args: &ChatArgs,
    screen: Screen,
    interrupts: &Interrupts,
) -> Result<(), Failure> {
    // What the user got wrong is told before anything is started.
    let said = said(args, common.json, io::stdin().is_terminal() && screen.out_terminal)?;
    let named = args.model.clone().unwrap_or_default();
    let mut request = match &args.request {
        Some(path) => request::from_file(path, args, &named)?,
        None => request::template(args, &named)?,
    };
    let mut images = args.image.iter().map(|source| request::image(source)).collect::<Result<Vec<_>, _>>()?;
    if let Said::Prompt(prompt) = &said {
        request.messages.push(request::user_message(std::mem::take(&mut images), prompt.clone()));
    }
    let mut session = Session::open(common, screen).await?;
    if request.model.is_empty() {
        request.model = session.describe().await?.default_model;
    }
    match said {
        Said::Conversation => conversation::run(session, request, images, screen, interrupts).await,
        _ if common.json => for_programs(&mut session, &request, screen, interrupts).await,
        _ => for_people(&mut session, &request, screen, interrupts).await,
    }
}

/// What is to be said, by the command line.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    Prompt(String),
    Request,
    Conversation,
}

fn said(args: &ChatArgs, json: bool, interactive: bool) -> Result<Said, Failure> {
    match &args.prompt {
        _ if args.request.is_some() => Ok(Said::Request),
        Some(prompt) if prompt == "-" => stdin_prompt(),
        Some(prompt) if prompt.trim().is_empty() => Err(Failure::usage("the prompt is empty")),
        Some(prompt) => Ok(Said::Prompt(prompt.clone())),
        None if interactive && !json => Ok(Said::Conversation),
        None => {
            Err(Failure::usage("say something: host-test chat \"PROMPT\", or \"-\" to read it from stdin"))
        }
    }
}

fn stdin_prompt() -> Result<Said, Failure> {
    let text = request::read_stdin()?;
    if text.trim().is_empty() { Err(Failure::usage("stdin is empty")) } else { Ok(Said::Prompt(text)) }
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

async fn for_programs(
    session: &mut Session,
    request: &Request,
    screen: Screen,
    interrupts: &Interrupts,
) -> Result<(), Failure> {
    let mut view = JsonView { screen, handed_out: false };
    let ended = stream(session, request, &mut view, interrupts).await;
    if let Some(error) = ended.as_ref().err().and_then(|failure| failure.json(view.handed_out)) {
        screen.print_json(&json::events::failure(error))?;
    }
    ended.map(|_| ())
}

async fn for_people(
    session: &mut Session,
    request: &Request,
    screen: Screen,
    interrupts: &Interrupts,
) -> Result<(), Failure> {
    let mut view = TerminalView::new(screen);
    let answer = stream(session, request, &mut view, interrupts).await;
    view.end()?;
    let answer = answer?;
    let priced = price(session, &request.model, &answer, screen).await;
    footer(&answer, priced.as_ref(), screen);
    Ok(())
}

/// The line below an answer.
pub(crate) fn footer(answer: &Answer, priced: Option<&Model>, screen: Screen) {
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
pub(crate) async fn price(session: &mut Session, id: &str, answer: &Answer, screen: Screen) -> Option<Model> {
    if usage(answer).is_none_or(|usage| usage.billed.is_some()) {
        return None;
    }
    if let Some(model) = priced(session, Discovery::BuiltIn, id).await {
        return Some(model);
    }
    if !screen.err_terminal {
        return None;
    }
    let _spinner = screen.spinner("looking up the price");
    priced(session, Discovery::BestEffort, id).await
}

async fn priced(session: &mut Session, how: Discovery, id: &str) -> Option<Model> {
    let list = session.models(how).await.ok()?;
    let known =
        |model: &Model| model.id == id && model.price.is_some() && model.status != ModelStatus::Upcoming;
    list.models.into_iter().find(known)
}

fn usage(answer: &Answer) -> Option<&Usage> {
    answer.transcript.finish()?.usage.as_ref()
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::args::{Cli, Command};

    fn decide(line: &[&str], json: bool, interactive: bool) -> Result<Said, u8> {
        match Cli::try_parse_from(["host-test", "chat"].iter().chain(line)).unwrap().command {
            Command::Chat(args) => said(&args, json, interactive).map_err(|failure| failure.code()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_to_say_follows_from_prompt_and_terminal() {
        assert_eq!(decide(&["hello"], false, true), Ok(Said::Prompt("hello".into())));
        assert_eq!(decide(&["hello"], true, false), Ok(Said::Prompt("hello".into())));
        assert_eq!(decide(&[], false, true), Ok(Said::Conversation));
        assert_eq!(decide(&["--request", "r.json"], true, true), Ok(Said::Request));
    }

    #[test]
    fn nothing_to_say_is_wrong_usage() {
        for (line, json, interactive) in [(&[][..], true, true), (&[], false, false), (&[" "], false, true)] {
            assert_eq!(decide(line, json, interactive), Err(2));
        }
    }
}
