//! A complete host: loads the packed plugin, lets it talk to one server, and prints a streamed response.
//!
//! The server is the stand-in of CometAPI, so that this runs without a key and without a network.

use std::error::Error;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

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

    // What this instance may reach, and the key that the host adds to its requests: the plugin never sees it.
    let grant = Grant {
        loopback: true,
        base_url: Some(server.base_url().parse()?),
        key: Some(Secret::new(server.key())),
        ..Grant::default()
    };
    let mut instance = prepared.instantiate(grant).await?;
    let client = instance.open(&Config { base_url: Some(server.base_url()), ..Config::default() }).await?;

    let request = Request::prompt("gpt-5.4-mini", "Say hello.");
    let completion = instance.complete(&client, &request).await?;
    let mut finish = None;
    while finish.is_none() {
        // At most 64 events at once; waits up to a second for the first of them.
        let batch = instance.next(&completion, 64, Duration::from_secs(1)).await?;
        for event in batch.events {
            match event {
                Event::BlockDelta(delta) => print!("{}", delta.text),
                Event::Finish(end) => finish = Some(end),
                _ => {}
            }
        }
        std::io::stdout().flush()?;
    }
    instance.cancel(completion).await?;
    let usage = finish.and_then(|finish| finish.usage).ok_or("no usage was reported")?;
    println!("\n{} tokens in, {} out", usage.input.unwrap_or(0), usage.output.unwrap_or(0));
    Ok(())
}
