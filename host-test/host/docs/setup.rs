// The hidden beginning of the examples in the crate's documentation: a session of the packed plugin, and a stand-in of
// CometAPI for it to talk to. The plugin has to be there: an example that is skipped would prove nothing.

use std::error::Error;
use std::path::Path;

use provider_host::contract::Config;
use provider_host::plugin::Plugin;
use provider_host::sandbox::{Grant, Host, Secret, Session};
use stand_in::StandIn;

async fn session() -> Result<(StandIn, Session), Box<dyn Error>> {
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
    let config = Config { base_url: Some(server.base_url()), ..Config::default() };
    let session = prepared.session(grant, config)?;
    Ok((server, session))
}
