//! `host-test stand-in`: serves the stand-in for CometAPI to other programs.
//!
//! Tests in other languages, and people with curl, can provoke a fault on demand with it, without a key and without cost.

use latency_server::LatencyServer;
use serde_json::json;
use stand_in::{Authority, StandIn};

use super::args::{Common, StandInArgs};
use super::failure::Failure;
use super::interrupts::{Guard, Interrupts};
use super::terminal::{Screen, Style};

/// Serves until Ctrl-C. That is the normal end, so the exit code is 0.
pub(crate) async fn run(
    common: &Common,
    args: &StandInArgs,
    screen: Screen,
    interrupts: &Interrupts,
) -> Result<(), Failure> {
    let guard = interrupts.guard();
    // The latency server needs no key, so it prints none.
    if args.stamped {
        let server = LatencyServer::start(args.port).map_err(port_taken)?;
        if common.json {
            screen.print_json(&json!({ "base-url": server.base_url() }))?;
        } else {
            screen.print(&format!("export COMETAPI_BASE_URL={}\n", server.base_url()))?;
            screen.aside(
                Some(Style::Dim),
                &format!("{}\nserving on this machine only, until Ctrl-C\n", latency_server::HELP),
            );
        }
        return until(&guard).await;
    }
    let authority = args.tls.map(|_| Authority::new()).transpose().map_err(not_started)?;
    let stand_in = match (args.tls, &authority) {
        // Always on a free port, so another --port is no advice.
        (Some(handshake), Some(authority)) => {
            StandIn::start_tls(authority, handshake).await.map_err(not_started)?
        }
        _ => StandIn::start(args.port).await.map_err(port_taken)?,
    };
    let (base_url, key) = (stand_in.base_url(), stand_in.key());
    let root = authority.as_ref().map(Authority::root_pem);
    // Lines that a shell executes: they can be pasted into another terminal as they are.
    if common.json {
        let mut line = json!({ "base-url": base_url, "key": key });
        if let Some(root) = root {
            line["authority"] = root.into();
        }
        screen.print_json(&line)?;
    } else {
        let root = root.unwrap_or_default();
        screen.print(&format!("export COMETAPI_BASE_URL={base_url}\nexport COMETAPI_KEY={key}\n{root}"))?;
        screen.aside(Some(Style::Dim), "serving on this machine only, until Ctrl-C\n");
    }
    until(&guard).await
}

fn port_taken(why: impl std::fmt::Display) -> Failure {
    Failure::usage(format!("{why:#}; choose another --port, or 0 for a free one"))
}

fn not_started(why: impl std::fmt::Display) -> Failure {
    Failure::Host {
        cause: "stand-in",
        message: format!("{why:#}; check the limits of this user ('ulimit -a')"),
    }
}

/// Serving happens on the stand-in's own thread; here only Ctrl-C is watched.
async fn until(guard: &Guard) -> Result<(), Failure> {
    while !guard.pressed() {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    Ok(())
}
