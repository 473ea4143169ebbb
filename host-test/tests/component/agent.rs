//! Long conversations with tools and thinking, on each route, against servers as strict as the vendors'.

use conformance::agent::{Agent, AgentResponse};
use provider_host::sandbox::KeyMode;
use stand_in::StandIn;

use crate::bench::{PATIENCE, config, open};

const TURNS: usize = 40;

/// A model of each route, as a host knows it: the route follows from the model.
const MODELS: [(&str, &str); 4] = [
    ("responses", "gpt-5.5"),
    ("messages", "claude-opus-4-8"),
    ("gemini", "gemini-3.5-flash"),
    ("chat-completions", "deepseek-v4-flash"),
];

async fn turns(agent: &mut Agent, stand_in: &StandIn, turns: usize) -> Vec<AgentResponse> {
    let mut config = config(&stand_in.base_url());
    // A fault that is requested takes the place of the pauses that its models make between words.
    config.headers.push(("x-fault-delay-chunk".to_owned(), "1".to_owned()));
    let mut provider = open(stand_in, KeyMode::Injected, config).await;
    let mut responses = Vec::new();
    for _ in 0..turns {
        let turn = agent.turn(&mut provider, PATIENCE).await;
        responses.extend(turn.unwrap_or_else(|why| panic!("{}: {why}", agent.request.model)));
    }
    responses
}

#[tokio::test]
async fn forty_turns_with_tools_and_thinking_run_on_each_route_without_a_refusal() {
    for (route, model) in MODELS {
        let stand_in = StandIn::start(0).await.expect("a stand-in");
        let mut agent = Agent::new(model, None);
        let responses = turns(&mut agent, &stand_in, TURNS).await;
        // The models of chat completions make one step of the plan, and the others all of it.
        assert!(responses.len() >= 2 * TURNS, "{model}");
        for response in &responses {
            assert_eq!(response.route, route, "{model}");
            assert_eq!(response.warnings, Vec::<String>::new(), "{model}");
        }
        assert!(responses.iter().any(|response| response.reasoned), "{model} does not think");
        assert!(responses.iter().map(|response| response.calls).sum::<usize>() >= TURNS, "{model}");
        // No request was sent twice, so nothing was refused and repaired.
        assert_eq!(stand_in.requests().len(), responses.len(), "{model}");
    }
}

/// Each turn begins six minutes after the one before: an entry of five minutes is gone by then, one of an hour is not.
#[tokio::test]
async fn entries_for_an_hour_are_requested_with_extra_json_and_outlive_pauses() {
    const PAUSE_MS: usize = 6 * 60 * 1000;
    for (extra, outlives) in [
        (r#"{"cache_control":{"type":"ephemeral","ttl":"1h"}}"#, true),
        (r#"{"cache_control":{"type":"ephemeral"}}"#, false),
        ("{}", false),
    ] {
        let stand_in = StandIn::start(0).await.expect("a stand-in");
        let mut agent = Agent::new("claude-opus-5", Some("messages"));
        agent.request.extra_json = Some(extra.to_owned());
        // Marks of the host: with another lifetime than the one of `extra-json` they would be refused.
        agent.request.messages[0].cache_here = true;
        for turn in 0..4 {
            let mut config = config(&stand_in.base_url());
            config.headers.push(("x-fault-delay-chunk".to_owned(), "1".to_owned()));
            config.headers.push(("x-stand-in-clock-ms".to_owned(), (turn * PAUSE_MS).to_string()));
            let mut provider = open(&stand_in, KeyMode::Injected, config).await;
            let responses = agent.turn(&mut provider, PATIENCE).await.expect("a turn");
            let first = responses[0].usage.as_ref().expect("usage");
            let read = first.cache_read.unwrap_or(0);
            assert_eq!(read > 1000, outlives && turn > 0, "{extra}, turn {turn}: {first:?}");
        }
        let sent = stand_in.requests();
        let body = sent.last().and_then(|request| request.json()).expect("a body");
        assert_eq!(body["system"][0]["cache_control"]["ttl"] == "1h", outlives, "{extra}");
    }
}
