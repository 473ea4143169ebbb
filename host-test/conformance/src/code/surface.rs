//! The component itself: imports, exports and description, before it makes a request.
//!
//! A host decides by them what it links and what it grants, so they have to be true before any code of the component has
//! run under a grant.

use super::{CaseResult, Code, case_result, connections_made, stand_in};
use crate::bench::{Bench, config, error_text};
use crate::promise::Promise;
use crate::tested_host::{TestedHost, TestedInstance as _};
use provider_host::contract::Discovery;
use provider_host::plugin::{ALLOWED_IMPORTS, CONTRACT_PACKAGE, CONTRACT_VERSION};
use stand_in::Setup;

pub(super) fn cases<H: TestedHost>() -> Vec<Code<H>> {
    vec![
        Code {
            name: "imports",
            plays: "The component's imports, against the six of the contract.",
            promises: &[Promise::Surface],
            expected: "six, all of version 0.2",
            run: |bench| Box::pin(async { imports(bench) }),
        },
        Code {
            name: "exports",
            plays: "The component's exports: the provider with the version in its name, and embeddings where it has them.",
            promises: &[Promise::Surface, Promise::Grows],
            expected: "agent:model-provider/provider@0.2.0, and nothing beside it but embeddings@0.2.0",
            run: |bench| Box::pin(async { exports(bench) }),
        },
        Code {
            name: "nothing-is-sent-unasked",
            plays: "The description, a client, and the built-in list, with a server that counts connections.",
            promises: &[Promise::Surface, Promise::Key],
            expected: "0 connections",
            run: |bench| Box::pin(unasked(bench)),
        },
        Code {
            name: "description",
            plays: "The provider's description, against what a host needs to know.",
            promises: &[Promise::Grows],
            expected: "id, version, default base URL within its origins",
            run: |bench| Box::pin(description(bench)),
        },
    ]
}

/// Each further import, such as a file system or a random source, is something that every host would have to link and
/// every user to trust.
fn imports(bench: &Bench<impl TestedHost>) -> CaseResult {
    let seen = bench.surface().imports;
    let (mut names, mut reasons) = (Vec::new(), Vec::new());
    for import in &seen {
        let (name, version) = import.split_once('@').unwrap_or((import, ""));
        // Patch versions are compatible, and depend on the toolchain that the component was built with.
        if !version.starts_with("0.2.") {
            reasons.push(format!("{import} is not of version 0.2"));
        }
        names.push(name);
    }
    for name in names.iter().filter(|name| !ALLOWED_IMPORTS.contains(name)) {
        reasons.push(format!("{name} is more than a provider may import"));
    }
    for name in ALLOWED_IMPORTS.iter().filter(|name| !names.contains(name)) {
        reasons.push(format!("{name} is missing: the contract requires exactly six"));
    }
    case_result(format!("{} imports", seen.len()), reasons)
}

/// A host recognises the contract's version by the export's name, so another version beside it would claim two at once.
fn exports(bench: &Bench<impl TestedHost>) -> CaseResult {
    let [provider, embeddings] =
        ["provider", "embeddings"].map(|name| format!("{CONTRACT_PACKAGE}/{name}@{CONTRACT_VERSION}"));
    let seen = bench.surface().exports;
    let mut reasons = Vec::new();
    if !seen.contains(&provider) {
        reasons.push(format!("it does not export {provider}"));
    }
    for export in seen.iter().filter(|export| **export != provider && **export != embeddings) {
        reasons.push(format!("it exports {export}, which is no part of this version of the contract"));
    }
    case_result(seen.join(", "), reasons)
}

/// A user looks at a plugin before trusting it with a key. Looking must not send anything.
async fn unasked(bench: &Bench<impl TestedHost>) -> CaseResult {
    let stand_in = stand_in().await?;
    let mut instance = bench.instance(&stand_in.base_url(), None).await?;
    let wrong = |what, error| format!("{what}: {}", error_text(&error));
    instance.describe().await.map_err(|error| wrong("describe", error))?;
    let client = instance
        .open(&config(&stand_in.base_url(), &Setup::default()))
        .await
        .map_err(|error| wrong("client.open", error))?;
    if bench.is_capable("discovery") {
        let list = instance.models(&client, Discovery::BuiltIn, std::time::Duration::ZERO).await;
        list.map_err(|error| wrong("the built-in list", error))?;
    }
    instance.close(client).await.map_err(|error| wrong("drop", error))?;
    let connections = stand_in.connections_accepted();
    case_result(format!("{connections} connections"), connections_made(&stand_in).into_iter().collect())
}

/// `host-test pack` writes the manifest from the description, so an origin that is missing here is one that the sandbox
/// refuses.
async fn description(bench: &Bench<impl TestedHost>) -> CaseResult {
    // Port 9, the discard service: nothing is requested, so nothing has to listen there.
    let mut instance = bench.instance("http://127.0.0.1:9/v1", None).await?;
    let says = instance.describe().await.map_err(|error| error_text(&error))?;
    let mut reasons = Vec::new();
    for (what, text) in [("id", &says.id), ("name", &says.name), ("version", &says.version)] {
        if text.trim().is_empty() {
            reasons.push(format!("its {what} is empty"));
        }
    }
    let origins = says.origins.iter().map(|origin| origin.parse::<provider_host::plugin::Origin>());
    let mut known = Vec::new();
    for origin in origins {
        match origin {
            Ok(origin) => known.push(origin),
            Err(why) => reasons.push(format!("an origin of its own is invalid: {why}")),
        }
    }
    let base = url::Url::parse(&says.default_base_url)
        .ok()
        .and_then(|url| provider_host::plugin::Origin::of(&url).ok());
    match base {
        Some(base) if known.contains(&base) => {}
        _ => reasons.push(format!("its base URL {:?} is not within its origins", says.default_base_url)),
    }
    case_result(format!("{} {}, {}", says.id, says.version, says.default_base_url), reasons)
}
