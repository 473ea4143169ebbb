//! `host-test measure --what fuel`: the WebAssembly instructions (wasmtime's fuel) that a chunk of text takes on each wire
//! route. Unlike a time they do not depend on the load of the machine.

use comfy_table::{Cell, CellAlignment, Table, presets};
use latency_server::LatencyServer;
use meter::Sample;
use provider_host::contract::Request;
use provider_host::plugin::Plugin;
use provider_host::sandbox::{HostOptions, KeyMode, Secret};
use serde_json::{Value, json};
use url::Url;

use super::cost::grouped;
use super::failure::Failure;
use super::measure::{Open, Opening, read};
use super::request::user_message;
use super::terminal::{Screen, Style};
use super::{loading, session};

/// Chat completions comes first: the others are compared with it.
const ROUTES: [&str; 4] = ["chat-completions", "responses", "messages", "gemini"];

/// Chunks of the shorter one of two responses.
const CHUNKS: u64 = 8000;

/// Counts the fuel of a chunk on each route, and prints the table.
pub(super) async fn run(plugin: &Plugin, as_json: bool, screen: Screen) -> Result<(), Failure> {
    let mut counted = Counted::begin(plugin, screen).await?;
    let mut rows = Vec::new();
    for route in ROUTES {
        rows.push((route, counted.per_chunk(route).await?));
    }
    let chat = rows.first().map_or(0, |(_, fuel)| *fuel);
    let ratio = |fuel: u64| fuel as f64 / chat.max(1) as f64;
    if as_json {
        let row = |(route, fuel): &(&str, u64)| json!({ "route": route, "fuel-per-chunk": fuel, "ratio": ratio(*fuel) });
        return screen.print_json(&Value::Array(rows.iter().map(row).collect()));
    }
    let number = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    table.set_header(["route", "fuel per chunk", "compared with chat completions"]);
    for (route, fuel) in &rows {
        table.add_row([Cell::new(route), number(grouped(*fuel)), number(format!("{:.2} ×", ratio(*fuel)))]);
    }
    screen.print(&format!("{}\n", table.trim_fmt()))?;
    screen.aside(Some(Style::Dim), "chunks of 32 bytes of text, 16 in a write\n");
    Ok(())
}

/// The fuel of a chunk on chat completions.
pub(super) async fn of_chat(plugin: &Plugin, screen: Screen) -> Result<u64, Failure> {
    Counted::begin(plugin, screen).await?.per_chunk(ROUTES[0]).await
}

/// An instance whose fuel is counted, and the server that it reads from.
struct Counted {
    open: Open,
    _server: LatencyServer,
}

impl Counted {
    async fn begin(plugin: &Plugin, screen: Screen) -> Result<Counted, Failure> {
        let server = LatencyServer::start(0).map_err(|why| failed(why.to_string()))?;
        let options = HostOptions { count_fuel: true, instances: 1, ..HostOptions::default() };
        let prepared = loading::prepare_with(options, plugin, screen)?;
        let base_url = Url::parse(&server.base_url()).ok();
        let secret = Some(Secret::new("sk-measure-0123456789abcdef"));
        let grant = session::grant(prepared.manifest(), KeyMode::Injected, &base_url, &secret);
        let config = session::config(KeyMode::Injected, base_url.as_ref(), secret.as_ref());
        let open = Opening { prepared, grant, config }.open().await.map_err(failed)?;
        Ok(Counted { open, _server: server })
    }

    /// The difference of a short and a long response removes the fixed cost of a request.
    async fn per_chunk(&mut self, route: &str) -> Result<u64, Failure> {
        let mut used = [0; 2];
        for (used, chunks) in used.iter_mut().zip([CHUNKS, 2 * CHUNKS]) {
            let mut request = Request::new(format!("stamped-text-c{chunks}-w16"));
            request.route = Some(route.to_owned());
            request.messages.push(user_message(Vec::new(), "Count.".to_owned()));
            let before = self.open.instance.fuel_used().unwrap_or(0);
            read(&mut self.open, &request, &mut Sample::begin()).await.map_err(failed)?;
            *used = self.open.instance.fuel_used().unwrap_or(0) - before;
        }
        let [fewer, more] = used;
        Ok(more.saturating_sub(fewer) / CHUNKS)
    }
}

fn failed(message: String) -> Failure {
    Failure::Host { cause: "measure", message }
}
