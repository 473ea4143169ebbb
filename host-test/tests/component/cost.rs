//! What a response costs in the component, counted in instructions and in memory: both grow with the length of the
//! response and no faster, whatever the server sends.
//!
//! Nothing is timed. The engine counts the instructions, and the memory of the instance is limited to the bound, so that
//! a component that exceeds it traps.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use futures_util::future::join_all;
use provider_host::contract::{Config, Credential, Event, ReasoningOptions, Request, ToolArguments};
use provider_host::sandbox::{CallError, Grant, Host, HostOptions, Instance, Prepared};
use stand_in::{Route, StandIn, scenarios};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::bench::{PATIENCE, config, plugin};
use crate::hostile_input::server::{Framing, Served, Server};

/// The memory that an instance may have: so many bytes for each byte of the response, and so many at all.
const MEMORY: usize = 12;
const MEMORY_BASE: usize = 16 << 20;

/// How much more a byte of a longer response may cost than a byte of a shorter one: reads end elsewhere.
const TOLERANCE: f64 = 1.5;
/// Instructions for a byte that are too few to compare.
const CHEAP: f64 = 30.0;

/// The component, with its instructions counted.
struct Counted {
    host: Host,
    server: Server,
    /// By the memory in MiB: loading a component takes longer than most responses.
    prepared: Mutex<BTreeMap<u32, Prepared>>,
}

impl Counted {
    async fn new() -> Self {
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled");
        let options = HostOptions { count_fuel: true, ..HostOptions::default() };
        let host = Host::with_options(cache, options).expect("a host");
        Counted { host, server: Server::start().await, prepared: Mutex::default() }
    }

    /// The component with the memory for a response of this length.
    fn prepared(&self, bytes: usize) -> Prepared {
        let memory = (MEMORY_BASE + MEMORY * bytes).div_ceil(1 << 20);
        let memory = u32::try_from(memory).expect("a small bound").min(256);
        let mut prepared = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        let component = prepared.entry(memory).or_insert_with(|| {
            let mut plugin = plugin();
            plugin.manifest.limits.memory_mib = memory;
            self.host.prepare(&plugin, &mut |_| ()).expect("a component")
        });
        component.clone()
    }

    /// Plays a response and returns the instructions that it took, and its events.
    async fn play(&self, name: &str, body: &[u8], request: &Request) -> (u64, Vec<Event>, Option<CallError>) {
        self.server.serve("/v1/chat/completions", Served::new(Framing::Length, [body]));
        let base_url = self.server.base_url();
        let grant = Grant { loopback: true, base_url: base_url.parse().ok(), ..Grant::default() };
        let mut instance: Instance = self.prepared(body.len()).instantiate(grant).await.expect("an instance");
        let credential = Credential::Bearer("sk-hostile-0123456789".to_owned());
        let config = Config { max_retries: Some(0), credential, ..config(base_url) };
        let client = instance.open(&config).await.expect("a client");
        let completion = instance.complete(&client, request).await.expect("a request");
        let mut events = Vec::new();
        let error = loop {
            match instance.next(&completion, 256, PATIENCE).await {
                Ok(batch) => {
                    events.extend(batch.events);
                    if batch.done {
                        break None;
                    }
                }
                Err(error @ CallError::Provider(_)) => break Some(error),
                Err(error) => panic!("{name}, {} bytes: {error}", body.len()),
            }
        };
        (instance.fuel_used().expect("it is counted"), events, error)
    }

    /// The cost of a response in three lengths grows with the length at most.
    async fn assert_linear(&self, name: &str, bodies: [Vec<u8>; 3]) {
        let mut costs = Vec::new();
        for body in &bodies {
            let (fuel, ..) = self.play(name, body, &Request::prompt("m", "hello")).await;
            costs.push((body.len() as f64, fuel as f64));
        }
        let rate = |from: (f64, f64), to: (f64, f64)| (to.1 - from.1) / (to.0 - from.0).max(1.0);
        let (first, second) = (rate(costs[0], costs[1]), rate(costs[1], costs[2]));
        println!("{name}: {first:.1} instructions a byte, and {second:.1} in a response four times as long");
        assert!(
            second <= first.max(CHEAP) * TOLERANCE,
            "{name}: {first:.1} instructions for each byte, and {second:.1} where there are more of them"
        );
    }
}

/// A stream of deltas with these fields.
fn deltas(fields: &str, bytes: usize) -> Vec<u8> {
    let event = format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{{fields}}}}}]}}\n\n");
    event.repeat(bytes.div_ceil(event.len())).into_bytes()
}

/// A whole response whose message repeats an item in one field.
fn whole(before: &str, item: &str, after: &str, bytes: usize) -> Vec<u8> {
    let items = item.repeat(bytes / item.len());
    let parts = [r#"{"choices":[{"message":{"#, before, &items, after, r#"},"finish_reason":"stop"}]}"#];
    parts.concat().into_bytes()
}

/// Responses that repeat one thing: tiny pieces, wide lists, deep nesting, what is escaped, what is no response.
fn shapes(bytes: usize) -> Vec<(&'static str, Vec<u8>)> {
    let numbered = |before: &str, after: &str| {
        let mut body = String::new();
        let mut at = 0;
        while body.len() < bytes {
            body += &format!("{before}{at}{after}");
            at += 1;
        }
        body.into_bytes()
    };
    vec![
        ("blanks", whole("\"content\":\"", " ", "\"", bytes)),
        ("blanks, 16 each", deltas(r#""content":"                ""#, bytes)),
        ("half a tag each", deltas(r#""content":"<think><""#, bytes)),
        (
            "halves of an end",
            [deltas(r#""content":"<think>""#, 1), deltas(r#""content":"</</""#, bytes)].concat(),
        ),
        ("numbers as content", whole("\"content\":[", "1,", "1]", bytes)),
        ("numbers as calls", whole("\"tool_calls\":[", "1,", "1]", bytes)),
        ("empty calls", whole("\"tool_calls\":[", "{},", "{}]", bytes)),
        ("numbers as details", whole("\"reasoning_details\":[", "1,", "1]", bytes)),
        ("parts of text", whole("\"content\":[", r#"{"text":"a"},"#, "1]", bytes)),
        (
            "parts in turn",
            whole("\"content\":[", r#"{"text":"a"},{"type":"thinking","thinking":"a"},"#, "1]", bytes),
        ),
        ("control characters", whole("\"content\":\"", r"\u0001", "\"", bytes)),
        ("halves of pairs", whole("\"content\":\"", r"\ud83d", "\"", bytes)),
        ("depth", whole("\"x\":", "[", "", bytes)),
        ("names", whole("\"x\":{", "\"a\":1,", "\"b\":1}", bytes)),
        (
            "fragments of a call",
            deltas(r#""tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{"}}]"#, bytes),
        ),
        (
            "ids of calls",
            numbered(
                "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"function\":{\"arguments\":\"",
                "\"}}]}}]}\n\n",
            ),
        ),
        (
            "chunks that differ",
            numbered("data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"n\":", "}\n\n"),
        ),
        ("comments", ": PING\n\n".repeat(bytes / 8).into_bytes()),
        ("empty data", "data:\n".repeat(bytes / 6).into_bytes()),
        (
            "no UTF-8",
            [&b"{\"choices\":[{\"message\":{\"content\":\""[..], &vec![0xFF; bytes / 3][..], b"\"}}]}"]
                .concat(),
        ),
        ("an error", [b"{\"error\":{\"message\":\"", &vec![b'a'; bytes][..], b"\"}}"].concat()),
        (
            "an error of keys",
            [b"{\"error\":{\"message\":\"", "sk-hostile-".repeat(bytes / 11).as_bytes(), b"\"}}"].concat(),
        ),
        ("brackets in an error", [b"{\"error\":{\"message\":\"", &vec![b'['; bytes][..], b"\"}}"].concat()),
        (
            "escapes in an error",
            [b"{\"error\":{\"message\":\"", r"\u0073\u006b-".repeat(bytes / 13).as_bytes(), b"\"}}"].concat(),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_server_repeats_costs_as_much_for_each_byte_however_often_it_does() {
    let counted = Counted::new().await;
    let sizes = [1 << 18, 1 << 20, 1 << 22].map(shapes);
    let [small, medium, large] = sizes;
    for (((name, small), (_, medium)), (_, large)) in small.into_iter().zip(medium).zip(large) {
        counted.assert_linear(name, [small, medium, large]).await;
    }
}

/// The bytes that the stand-in sends as the body of this scenario, until it pauses.
async fn body_of(stand_in: &StandIn, model: &str) -> Vec<u8> {
    let json =
        format!(r#"{{"model":"{model}","stream":true,"messages":[{{"role":"user","content":"hi"}}]}}"#);
    let address = stand_in.base_url().replace("http://", "").replace("/v1", "");
    let mut stream = TcpStream::connect(&address).await.expect("a connection");
    let request = format!(
        "POST /v1/chat/completions HTTP/1.0\r\nhost: {address}\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{json}",
        stand_in.key(),
        json.len()
    );
    stream.write_all(request.as_bytes()).await.expect("a request");
    let mut response = Vec::new();
    let (mut part, mut reads) = (vec![0; 1 << 16], 0);
    // What a scenario sends late is left out: this is about the bytes and not about their times. Some servers never stop
    // to send a few bytes at a time.
    while response.len() < LONGEST
        && reads < 50
        && let Ok(Ok(length @ 1..)) =
            tokio::time::timeout(std::time::Duration::from_millis(300), stream.read(&mut part)).await
    {
        response.extend_from_slice(&part[..length]);
        reads += 1;
    }
    let body = response.windows(4).position(|end| end == b"\r\n\r\n").map_or(response.len(), |head| head + 4);
    response.split_off(body)
}

/// The most that is taken of a scenario, and the least that is compared.
const LONGEST: usize = 1 << 14;
const SHORTEST: usize = 1 << 13;

/// The events of a body so many times, and its end once.
fn scaled(body: &[u8], times: usize) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    let events: Vec<&str> = text.split_inclusive("\n\n").collect();
    let ends = |event: &&str| event.contains("[DONE]") || event.contains("\"finish_reason\":\"");
    let first = events.iter().position(ends).unwrap_or(events.len());
    let (content, end) = events.split_at(if first == 0 { events.len() } else { first });
    (content.concat().repeat(times) + &end.concat()).into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_scenario_costs_as_much_for_each_byte_however_often_it_is_repeated() {
    let counted = Counted::new().await;
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    let mut played = 0;
    // All at once, since many of them pause.
    let chat: Vec<_> = scenarios().iter().filter(|scenario| scenario.route == Route::Chat).collect();
    let bodies = join_all(chat.iter().map(|scenario| body_of(&stand_in, &scenario.name))).await;
    for (scenario, body) in chat.iter().zip(bodies).filter(|(_, body)| !body.is_empty()) {
        let times = SHORTEST.div_ceil(body.len());
        let bodies = [1, 4, 16].map(|factor| scaled(&body, factor * times));
        counted.assert_linear(&scenario.name, bodies).await;
        played += 1;
    }
    assert!(played >= 100, "{played}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_larger_than_a_host_copies_at_once_arrives_whole() {
    let counted = Counted::new().await;
    // Arguments and a replay of withheld reasoning end in the same chunk, and each of its characters takes six bytes.
    let arguments = format!(r#"{{\"a\":\"{}\"}}"#, "x".repeat(900_000));
    let call = |at: usize| {
        format!(
            "data: {{\"choices\":[{{\"delta\":{{\"tool_calls\":[{{\"index\":{at},\"id\":\"c{at}\",\"function\":\
             {{\"name\":\"f\",\"arguments\":\"{arguments}\"}}}}]}}}}]}}\n\n"
        )
    };
    let reasoning =
        |times: usize| deltas(&format!("\"reasoning\":\"{}\"", r"\u0001".repeat(100_000)), 600_000 * times);
    let finish = b"data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\n";
    let calls: String = (0..17).map(call).collect();
    let mut request = Request::prompt("m", "hello");
    request.reasoning =
        Some(ReasoningOptions { effort: None, budget_tokens: None, include_text: Some(false) });

    let body = [&reasoning(13)[..], calls.as_bytes(), finish].concat();
    let (_, events, error) = counted.play("a large response", &body, &request).await;
    assert!(error.is_none(), "{error:?}");
    let ends = events.iter().filter_map(|event| match event {
        Event::BlockEnd(end) => Some(end),
        _ => None,
    });
    let (mut arguments_bytes, mut replay_bytes) = (0, 0);
    for end in ends {
        replay_bytes += end.replay.as_ref().map_or(0, String::len);
        arguments_bytes += match &end.arguments {
            Some(ToolArguments::Object(json)) => json.len(),
            _ => 0,
        };
    }
    assert_eq!(arguments_bytes, 17 * 900_008);
    assert!(replay_bytes > 13 * 600_000 && matches!(events.last(), Some(Event::Finish(_))));

    let body = [&reasoning(80)[..], calls.as_bytes(), finish].concat();
    let (_, _, error) = counted.play("too much reasoning", &body, &request).await;
    assert!(error.expect("an error").to_string().contains("8 MiB"));
}
