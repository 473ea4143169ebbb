//! `host-test measure --what caching`: how much of an agent's prompts the vendors' caches serve, and what that saves.
//!
//! The stand-in simulates each vendor's cache: which prefixes are kept, from which length on, how far a mark looks back,
//! and for how long an entry lives. An agent works for some turns with tools and thinking, and its usage is added up. On
//! Messages the same bodies are counted once more with the marks that OpenClaw's own transport sets.

use std::time::Duration;

use comfy_table::{Cell, CellAlignment, Table, presets};
use conformance::agent::Agent;
use conformance::{Bench, config};
use provider_host::contract::{Discovery, Price};
use provider_host::plugin::Plugin;
use provider_host::sandbox::KeyMode;
use serde_json::{Value, json};
use stand_in::{Setup, StandIn};

use super::cost::grouped;
use super::failure::Failure;
use super::loading;
use super::terminal::{Screen, Style};

/// A model of each route whose vendor caches prompts.
const MODELS: [(&str, &str); 3] =
    [("messages", "claude-sonnet-5-5"), ("responses", "gpt-5.5"), ("gemini", "gemini-3.5-flash")];

/// The longest time for one response of the stand-in.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where the input tokens of a conversation came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tokens {
    read: u64,
    written: u64,
    fresh: u64,
}

impl Tokens {
    fn all(self) -> u64 {
        self.read + self.written + self.fresh
    }

    /// US dollars, by prices per million tokens; `None` where the price of input is unknown.
    fn cost(self, price: &Price) -> Option<f64> {
        let input = price.input?;
        // A vendor without a price for a kind of token charges it as input.
        let rates = [(self.fresh, None), (self.read, price.cache_read), (self.written, price.cache_write)];
        let cost = |(tokens, rate): (u64, Option<f64>)| tokens as f64 * rate.unwrap_or(input) / 1e6;
        Some(rates.map(cost).iter().sum())
    }
}

/// One line of the table.
struct Row {
    route: &'static str,
    model: &'static str,
    caching: &'static str,
    tokens: Tokens,
    cost: Option<f64>,
}

/// Runs the conversations and prints the table.
pub(super) async fn run(plugin: &Plugin, turns: u32, as_json: bool, screen: Screen) -> Result<(), Failure> {
    let failed = |message: String| Failure::Host { cause: "measure", message };
    let spinner = screen.spinner(loading::compiling());
    let bench =
        Bench::new(plugin, &loading::host, &mut |_| ()).await.map_err(|why| failed(why.to_string()))?;
    drop(spinner);
    let mut rows = Vec::new();
    for (route, model) in MODELS {
        let spinner = screen.spinner(&format!("{turns} turns with {model} on {route}"));
        let stand_in = StandIn::start(0).await.map_err(|why| failed(why.to_string()))?;
        let mut config = config(&stand_in.base_url(), &Setup::default());
        // A fault that is requested takes the place of the pauses that its models make between words.
        config.headers.push(("x-fault-delay-chunk".to_owned(), "1".to_owned()));
        let opened = bench.open(KeyMode::Injected, stand_in.key(), config).await;
        let mut provider = opened.map_err(failed)?;
        let models = provider.instance.models(&provider.client, Discovery::BuiltIn, Duration::ZERO).await?;
        let price =
            models.models.into_iter().find(|listed| listed.id == model).and_then(|listed| listed.price);
        let (mut agent, mut used) = (Agent::new(model, Some(route)), Tokens::default());
        for _ in 0..turns {
            for response in agent.turn(&mut provider, PATIENCE).await.map_err(failed)? {
                let Some(usage) = response.usage else { continue };
                let (read, written) = (usage.cache_read.unwrap_or(0), usage.cache_write.unwrap_or(0));
                used.read += read;
                used.written += written;
                used.fresh += usage.input.unwrap_or(0).saturating_sub(read + written);
            }
        }
        drop(spinner);
        let mut row = |caching, tokens: Tokens| {
            let cost = price.as_ref().and_then(|price| tokens.cost(price));
            rows.push(Row { route, model, caching, tokens, cost });
        };
        row("none", Tokens { fresh: used.all(), ..Tokens::default() });
        if route == "messages" {
            let requests = stand_in.requests();
            let bodies = requests.iter().filter_map(|request| request.json()).map(as_openclaw);
            let tokens = stand_in::marked_cache_use(bodies).map(|used| Tokens {
                read: used.read,
                written: used.written(),
                fresh: used.fresh,
            });
            row(
                "OpenClaw's own",
                tokens.fold(Tokens::default(), |sum, next| Tokens {
                    read: sum.read + next.read,
                    written: sum.written + next.written,
                    fresh: sum.fresh + next.fresh,
                }),
            );
        }
        row("this component", used);
    }
    match as_json {
        true => screen.print_json(&Value::Array(rows.iter().map(Row::json).collect())),
        false => {
            screen.print(&format!("{}\n", table(&rows).trim_fmt()))?;
            let note = format!("{turns} turns of an agent, simulated caches, prices built into the plugin\n");
            screen.aside(Some(Style::Dim), &note);
            Ok(())
        }
    }
}

impl Row {
    fn json(&self) -> Value {
        let Tokens { read, written, fresh } = self.tokens;
        json!({
            "route": self.route, "model": self.model, "caching": self.caching, "read": read, "written": written,
            "fresh": fresh, "input-cost-usd": self.cost,
        })
    }
}

/// A body with the marks that OpenClaw 2026.9.6 sets on this route: on the last block of the instructions, on the last tool,
/// on the last text or image of the user, and on the last result of a tool after it.
fn as_openclaw(mut body: Value) -> Value {
    unmark(&mut body);
    let mark = |block: Option<&mut Value>| {
        if let Some(Value::Object(fields)) = block {
            fields.insert("cache_control".to_owned(), json!({ "type": "ephemeral" }));
        }
    };
    for list in ["system", "tools"] {
        mark(body[list].as_array_mut().and_then(|list| list.last_mut()));
    }
    let mut result_is_marked = false;
    let messages = body["messages"].as_array_mut().into_iter().flatten().rev();
    let blocks = messages
        .filter(|message| message["role"] == "user")
        .flat_map(|message| message["content"].as_array_mut().into_iter().flatten().rev());
    for block in blocks {
        if block["type"] == "text" || block["type"] == "image" {
            mark(Some(block));
            break;
        }
        if !std::mem::replace(&mut result_is_marked, true) {
            mark(Some(block));
        }
    }
    body
}

fn unmark(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.remove("cache_control");
            fields.values_mut().for_each(unmark);
        }
        Value::Array(items) => items.iter_mut().for_each(unmark),
        _ => {}
    }
}

fn table(rows: &[Row]) -> Table {
    let number = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    table.set_header([
        "route",
        "model",
        "caching",
        "read",
        "written",
        "fresh",
        "from the cache",
        "input cost",
    ]);
    for row in rows {
        let Tokens { read, written, fresh } = row.tokens;
        let share = 100.0 * read as f64 / row.tokens.all().max(1) as f64;
        table.add_row([
            Cell::new(row.route),
            Cell::new(row.model),
            Cell::new(row.caching),
            number(grouped(read)),
            number(grouped(written)),
            number(grouped(fresh)),
            number(format!("{share:.1} %")),
            number(row.cost.map_or_else(String::new, |cost| format!("${cost:.2}"))),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marks_are_openclaws_and_no_others() {
        let body = json!({
            "system": [{"type": "text", "text": "s"}],
            "tools": [{"name": "a"}, {"name": "b", "cache_control": {"type": "ephemeral"}}],
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": "1", "cache_control": {"type": "ephemeral"}}]},
                {"role": "assistant", "content": [{"type": "tool_use", "id": "x"}]},
                {"role": "user", "content": [{"type": "text", "text": "2"}]},
                {"role": "assistant", "content": [{"type": "tool_use", "id": "y"}, {"type": "tool_use", "id": "z"}]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "y"}, {"type": "tool_result", "tool_use_id": "z"}]},
            ],
        });
        let marked = as_openclaw(body);
        let is_marked =
            |pointer: &str| marked.pointer(pointer).expect(pointer).get("cache_control").is_some();
        for place in ["/system/0", "/tools/1", "/messages/2/content/0", "/messages/4/content/1"] {
            assert!(is_marked(place), "{place}");
        }
        assert_eq!(marked.to_string().matches("cache_control").count(), 4, "{marked}");
    }

    #[test]
    fn a_cost_has_the_rate_of_each_kind_of_token() {
        let price = Price {
            currency: "USD".into(),
            input: Some(2.0),
            output: None,
            cache_read: Some(0.2),
            cache_write: None,
            cache_write_long: None,
            per_request: None,
            tiers: vec![],
        };
        let tokens = Tokens { read: 1_000_000, written: 500_000, fresh: 250_000 };
        assert_eq!(tokens.cost(&price), Some(0.2 + 1.0 + 0.5));
        assert_eq!(tokens.cost(&Price { input: None, ..price }), None);
    }
}
