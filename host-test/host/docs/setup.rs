// The hidden beginning of the examples in the crate's documentation: a client of the packed plugin, and a stand-in of
// CometAPI for it to talk to. The plugin has to be there: an example that is skipped would prove nothing.

use std::error::Error;
use std::path::Path;

use provider_host::contract::Config;
use provider_host::plugin::Plugin;
use provider_host::sandbox::{ClientHandle, Grant, Host, Instance, Secret};
use stand_in::StandIn;

async fn setup() -> Result<(StandIn, Instance, ClientHandle), Box<dyn Error>> {
    let server = StandIn::start(0).await?;
    let plugin = Plugin::load(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../dist/plugins/cometapi")))
        .map_err(|error| format!("{error}; run 'make dist' first"))?;
    let host = Host::new(std::env::temp_dir().join("provider-host-examples"))?;
    let prepared = host.prepare(&plugin, &mut |_| ())?;
    let grant = Grant {
        loopback: true,
        base_url: Some(server.base_url().parse()?),
        key: Some(Secret::new(server.key())),
        ..Grant::default()
    };
    let mut instance = prepared.instantiate(grant).await?;
    let config = Config { base_url: Some(server.base_url()), ..Config::default() };
    let client = instance.open(&config).await?;
    Ok((server, instance, client))
}
