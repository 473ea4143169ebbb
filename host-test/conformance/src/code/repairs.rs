//! Requests that an agent makes and some vendor refuses as they are. The stand-in refuses them too, so a provider passes
//! only if it repairs them, and keeps what they mean.

use super::{CaseResult, Code, case_result};
use crate::bench::Bench;
use crate::play::prompt;
use crate::promise::Promise;
use crate::tested_host::TestedHost;
use provider_host::contract::{
    Media, MediaSource, Message, Part, Request, Role, TextPart, Tool, ToolCallPart, ToolResultPart,
};
use provider_host::sandbox::KeyMode;
use stand_in::{Setup, StandIn};

pub(super) fn cases<H: TestedHost>() -> Vec<Code<H>> {
    vec![Code {
        name: "requests-to-repair",
        plays: "A cache key of 93 characters, tools without a schema, blank texts, wrong media types, ids of another vendor.",
        promises: &[Promise::LosesNothing, Promise::NoPanic],
        expected: "a response to each",
        run: |bench| Box::pin(repairs(bench)),
    }]
}

/// The first bytes of a JPEG.
const JPEG: &[u8] = b"\xFF\xD8\xFF\xE0\0\x10JFIF\0";

async fn repairs(bench: &Bench<impl TestedHost>) -> CaseResult {
    let setup = Setup::default();
    let requests = requests();
    let mut reasons = Vec::new();
    for (what, request) in &requests {
        // A server of its own, since its requests are counted.
        let stand_in = StandIn::start(0).await.map_err(|error| format!("no server: {error:#}"))?;
        let mut provider = bench.provider(&stand_in, KeyMode::Injected, &setup).await?;
        let played = provider.play(request, &stand_in, 0).await;
        reasons.extend(played.violations.iter().map(|wrong| format!("{what}: {wrong}")));
        if let Some(error) = played.error {
            reasons.push(format!("{what}: {}", error.message));
        }
    }
    case_result(format!("{} responses", requests.len()), reasons)
}

fn requests() -> Vec<(String, Request)> {
    // Two vendors with rules of their own, and one that accepts any id.
    let models = ["claude-opus-5", "gpt-5.4-mini", "kimi-k2"];
    models.iter().flat_map(|model| of_model(model)).collect()
}

fn of_model(model: &str) -> Vec<(String, Request)> {
    let good = prompt(model);
    let keyed = Request { cache_key: Some("agent:main:cron:".repeat(6)), ..good.clone() };
    let tools = ["", "null", "{}", r#"{"type":"object"}"#, r#"{"properties":{}}"#];
    let tools = tools.iter().enumerate().map(|(number, schema)| Tool {
        name: format!("look_{number}"),
        description: None,
        parameters_json: (*schema).to_owned(),
        strict: None,
    });
    let schemas = Request { tools: tools.collect(), ..good.clone() };
    let blank = || text(" \n");
    let blanks = [
        message(Role::System, vec![blank(), text("Be brief.")]),
        message(Role::User, vec![text("hello"), blank()]),
        message(Role::Assistant, vec![blank(), call("a")]),
        message(Role::Tool, vec![result("a", " \n")]),
        message(Role::Assistant, vec![blank()]),
        message(Role::User, vec![text("go on")]),
    ];
    let picture = |media_type: &str| {
        let source = MediaSource::Inline(JPEG.to_vec());
        Part::Image(Media { source, media_type: media_type.to_owned(), name: None })
    };
    let pictures = ["image/jpg", "IMAGE/JPEG", "image/png", "image/jpeg; q=1"].map(picture);
    let pictures = [text("What is this?")].into_iter().chain(pictures).collect();
    let ids = ["functions.look:0", "call_1|fc_2", "toolu_01", ""];
    let turns = ids.iter().flat_map(|id| {
        [message(Role::Assistant, vec![call(id)]), message(Role::Tool, vec![result(id, "done")])]
    });
    let foreign = good.messages.iter().cloned().chain(turns).collect();
    let of = |messages: Vec<Message>| Request { messages, ..good.clone() };
    [
        ("a long cache key", keyed),
        ("tools without a schema", schemas),
        ("blank texts", of(blanks.into())),
        ("wrong media types", of(vec![message(Role::User, pictures)])),
        ("ids of other vendors", of(foreign)),
    ]
    .map(|(what, request)| (format!("{what} to {model}"), request))
    .into()
}

fn message(role: Role, content: Vec<Part>) -> Message {
    Message { role, content, cache_here: false }
}

fn text(text: &str) -> Part {
    Part::Text(TextPart { text: text.to_owned(), replay: None })
}

fn call(id: &str) -> Part {
    Part::ToolCall(ToolCallPart {
        id: id.to_owned(),
        name: "look".to_owned(),
        arguments_json: "{}".to_owned(),
        replay: None,
    })
}

fn result(call_id: &str, text: &str) -> Part {
    Part::ToolResult(ToolResultPart {
        call_id: call_id.to_owned(),
        name: None,
        text: text.to_owned(),
        media: Vec::new(),
        is_error: false,
    })
}
