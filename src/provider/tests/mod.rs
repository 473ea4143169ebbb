//! Completions and queries over a scripted network and clock.

mod completion;
mod deadlines;
mod embeddings;
mod other_route;
mod premature_finish;
mod queries;
mod refusals;
mod retries;
mod suggestions;
mod untimed;
mod waking;
mod waking_generated;

use std::string::String;
use std::vec::Vec;

use super::{Client, Completion};
use crate::contract::{Config, Credential, Event, Request, Role, Timeouts};
use crate::errors::Error;
use crate::history::samples;
use crate::transport::scripted::{Move, Script, Scripted};

/// A configuration with short deadlines.
fn config() -> Config {
    let timeouts = Timeouts {
        connect_ms: Some(1_000),
        first_byte_ms: Some(20_000),
        idle_ms: Some(30_000),
        total_ms: Some(600_000),
    };
    Config {
        base_url: None,
        credential: Credential::Bearer("sk-0123456789abcdef".into()),
        timeouts,
        max_retries: None,
        headers: Vec::new(),
    }
}

fn request() -> Request {
    Request {
        model: "gpt-5.4-mini".into(),
        route: Some("chat-completions".into()),
        ..samples::request(std::vec![samples::user(std::vec![samples::text("hello")])])
    }
}

fn client(network: &Scripted) -> Client<Scripted> {
    Client::open(network.clone(), config()).expect("a good configuration")
}

fn complete(network: &Scripted) -> Completion<Scripted> {
    client(network).complete(request()).expect("a good request")
}

/// A head with this status, which arrives at once.
fn head(status: u16) -> Script {
    std::vec![(0, Move::Connected), (0, Move::Uploaded), (0, Move::Head(status, Vec::new()))]
}

fn with(mut script: Script, more: impl IntoIterator<Item = (u64, Move)>) -> Script {
    script.extend(more);
    script
}

fn text(text: &str) -> String {
    std::format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n")
}

const FINISH: &str = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

/// A good response of one word.
fn good() -> Script {
    with(head(200), [(0, Move::Bytes(text("hi") + FINISH)), (0, Move::End)])
}

/// A failure with this body.
fn refusal(status: u16, body: &str) -> Script {
    with(head(status), [(0, Move::Bytes(body.into())), (0, Move::End)])
}

/// All events of a completion, or its error with the events before it.
fn run(completion: &mut Completion<Scripted>) -> (Vec<Event>, Option<Error>) {
    let mut events = Vec::new();
    loop {
        match completion.next(16, 60_000) {
            Ok(batch) => {
                events.extend(batch.events);
                if batch.done {
                    return (events, None);
                }
            }
            Err(error) => return (events, Some(error)),
        }
    }
}
