//! A complete host: loads the packed plugin, lets it talk to one server, and prints a streamed response.
//!
//! The server is the stand-in of CometAPI, so that this runs without a key and without a network.

use std::error::Error;
use std::io::Write as _;
use std::path::Path;

use futures_util::StreamExt;
use provider_host::contract::{Config, Event, Request};
use provider_host::plugin::Plugin;
use provider_host::sandbox::{Grant, Host, Secret};
use stand_in::StandIn;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = StandIn::start(0).await?;

    // A folder with plugin.toml and the component. The digest in the manifest has to match.
    let plugin =
        Plugin::load(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../dist/plugins/cometapi")))?;

    // Compiling takes a second or two; the next host finds the machine code in this folder.
    let host = Host::new(std::env::temp_dir().join("provider-host-examples"))?;
    let prepared = host.prepare(&plugin, &mut |_| ())?;

    // What the plugin may reach, and the key that the host adds to its requests: the plugin never sees it.
    let grant = Grant {
        loopback: true,
        base_url: Some(server.base_url().parse()?),
        key: Some(Secret::new(server.key())),
        ..Grant::default()
    };
    let config = Config { base_url: Some(server.base_url()), ..Config::default() };
    let session = prepared.session(grant, config)?;

    let request = Request::prompt("gpt-5.4-mini", "Say hello.");
    let mut completion = session.complete(&request)?;
    let mut finish = None;
    // A batch has what has arrived since the one before. Dropping the stream would cancel the request.
    while let Some(batch) = completion.next().await {
        for event in batch?.events {
            match event {
                Event::BlockDelta(delta) => print!("{}", delta.text),
                Event::Finish(end) => finish = Some(end),
                _ => {}
            }
        }
        std::io::stdout().flush()?;
    }
    let usage = finish.and_then(|finish| finish.usage).ok_or("no usage was reported")?;
    println!("\n{} tokens in, {} out", usage.input.unwrap_or(0), usage.output.unwrap_or(0));
    Ok(())
}
