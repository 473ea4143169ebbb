//! Cases that are data: the stand-in's scenarios with what they come to, and `cases.json`.

use serde::Deserialize;

use super::bench::Bench;
use super::case::{Case, Check, Verdict};
use super::judge::{self, Judged};
use super::needs::Need;
use super::play::Played;
use super::promise::Promise;
use super::tested_host::TestedHost;
use super::{embeddings, expected, lists};
use provider_host::contract::{Event, ReasoningOptions, Request, Tool};
use provider_host::sandbox::KeyMode;
use stand_in::{
    Expect, Handshake, Route, Scenario, Setup, StandIn, StandInError, WIRE_ROUTES, When, WireRoute,
    embedding_scenarios, scenarios,
};

const FILE: &str = include_str!("cases.json");

/// A deadline in milliseconds that no case is meant to reach: longer than the bench's total deadline, which ends a case
/// before.
const PATIENT: u32 = 30_000;

/// Scenarios that are not a case on their own, because a case in code uses them. They have no end that a run could wait for.
const IN_CODE: [&str; 2] = ["q25-never-ends", "q25-asks-to-wait-a-minute"];

/// One case as data.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Script {
    /// Unique.
    pub(super) name: String,
    /// What happens, in one sentence.
    pub(super) plays: String,
    /// The kind of request. The file calls it `ask`.
    #[serde(default, rename = "ask")]
    pub(super) route: Route,
    /// The scenario that the server plays; without one it has no faults.
    #[serde(default)]
    pub(super) scenario: Option<String>,
    /// The client's configuration.
    #[serde(default)]
    pub(super) setup: Setup,
    /// Over TLS, with this handshake.
    #[serde(default)]
    tls: Option<Handshake>,
    /// What the request contains, to fit the scenario.
    #[serde(skip)]
    when: When,
    /// The expected outcome.
    pub(super) expect: Expect,
}

/// All of them.
pub(super) fn cases<H: TestedHost>() -> impl Iterator<Item = Case<H>> {
    let written = written();
    let written = WIRE_ROUTES.iter().flat_map(|wire| on_route(&written, wire)).collect::<Vec<_>>();
    let scenarios = scenarios().iter().chain(embedding_scenarios());
    written.into_iter().chain(scenarios.filter_map(of_scenario)).map(case)
}

/// The cases of the file as they are on one wire route. A case that plays a scenario is of the scenario's route only.
///
/// The first route keeps the names and leaves the choice of it to the provider. The others have a name of their own
/// and are requested.
fn on_route(written: &[Script], wire: &'static WireRoute) -> Vec<Script> {
    let first = WIRE_ROUTES.iter().position(|route| route.name == wire.name) == Some(0);
    let of_scenario = |name: &str| scenarios().iter().find(|known| known.name == name);
    let mut cases = Vec::new();
    for script in written {
        let route = match (&script.scenario, script.route.wire()) {
            (Some(name), Some(_)) => of_scenario(name).and_then(|scenario| scenario.route.wire()),
            (None, Some(_)) => Some(wire),
            // The lists and the account are the same on all.
            (_, None) => WIRE_ROUTES.first(),
        };
        if route.is_none_or(|route| route.name == wire.name) {
            let mut script = script.clone();
            if !first {
                script.name = format!("{}-on-{}", script.name, wire.name);
            }
            if script.route.wire().is_some() {
                script.route = wire.scenarios;
            }
            cases.push(script);
        }
    }
    cases
}

/// Those of the file.
///
/// # Panics
/// Where the embedded file is no list of cases: a defect of the build that any test finds.
pub(super) fn written() -> Vec<Script> {
    serde_json::from_str(FILE).unwrap_or_else(|error| panic!("conformance/cases.json: {error}"))
}

/// Every scenario is a case, so that a quirk which is added to the stand-in is checked without another line here.
fn of_scenario(scenario: &Scenario) -> Option<Script> {
    if IN_CODE.contains(&scenario.name.as_str()) {
        return None;
    }
    Some(Script {
        name: scenario.name.clone(),
        plays: scenario.plays.clone(),
        route: scenario.route,
        scenario: Some(scenario.name.clone()),
        setup: scenario.setup.clone(),
        tls: None,
        when: scenario.when,
        // Without an expectation it is still checked against the contract.
        expect: scenario.expect.clone().unwrap_or_default(),
    })
}

fn case<H: TestedHost>(script: Script) -> Case<H> {
    Case {
        name: script.name.clone(),
        plays: script.plays.clone(),
        promises: promises(&script),
        expected: expected::of(&script.expect, script.route),
        needs: Need::of(&script.name),
        check: Check::Script(Box::new(script)),
    }
}

/// The promises are derived and not written at each case: a list by hand would soon claim checks that are not made.
fn promises(script: &Script) -> Vec<Promise> {
    let expect = &script.expect;
    let fails = !expect.error.is_empty();
    let mut promises = vec![Promise::Waits, Promise::LosesNothing, Promise::Key, Promise::NoPanic];
    if fails {
        promises.push(Promise::Errors);
    }
    let finishes = || !fails || expect.error.iter().any(|kind| kind == "incomplete-stream");
    if script.route.wire().is_some() && finishes() {
        promises.push(Promise::Finish);
    }
    if expect.requests.is_some() || expect.waits_ms.is_some() {
        promises.push(Promise::Retries);
    }
    promises.sort_unstable();
    promises
}

impl Script {
    /// Plays it twice: with the key that the host adds, and with the key that the component has. They differ in where the
    /// key can leak.
    pub(super) async fn play(&self, bench: &Bench<impl TestedHost>) -> Verdict {
        // Capabilities are optional, so a provider without one keeps the contract. What it declares it has to have.
        let (needs, named) = match self.route {
            Route::KeyList | Route::Catalogue => (Some("discovery"), "models"),
            Route::Billing => (Some("account"), "the account"),
            Route::Embeddings => (Some("embeddings"), "vectors"),
            _ => (None, ""),
        };
        if let Some(capability) = needs.filter(|capability| !bench.is_capable(capability)) {
            return Verdict::Skipped(format!(
                "{named} cannot be requested: the provider has no capability {capability:?}"
            ));
        }
        let (outside, within) =
            tokio::join!(self.once(bench, KeyMode::Injected), self.once(bench, KeyMode::Bearer));
        let (outside, within) =
            (outside.unwrap_or_else(Judged::unplayable), within.unwrap_or_else(Judged::unplayable));
        let mut reasons = outside.reasons;
        let there = |reason| format!("with the key in the component: {reason}");
        reasons.extend(within.reasons.into_iter().map(there));
        Verdict::of(outside.got, reasons)
    }

    async fn once(&self, bench: &Bench<impl TestedHost>, mode: KeyMode) -> Result<Judged, String> {
        let stand_in = self.stand_in(bench).await.map_err(|error| format!("no server: {error:#}"))?;
        match self.route {
            Route::KeyList | Route::Catalogue => {
                // Two clients: the second list must not be taken from the memory of the first one.
                let mut provider = bench.provider(&stand_in, mode, &self.setup).await?;
                let again = bench.provider(&stand_in, mode, &self.setup).await?;
                Ok(lists::models(&mut provider, again, &stand_in, &self.expect).await)
            }
            Route::Billing => {
                let mut provider = bench.provider(&stand_in, mode, &self.setup).await?;
                Ok(lists::account(&mut provider, &stand_in, &self.expect).await)
            }
            Route::Embeddings => {
                let mut provider = bench.provider(&stand_in, mode, &self.patient_setup()).await?;
                Ok(embeddings::embed(&mut provider, &self.name, &stand_in, &self.expect).await)
            }
            _ => {
                let setup = self.patient_setup();
                let mut provider = bench.provider(&stand_in, mode, &setup).await?;
                // 2 is the default in docs/contract.md.
                let retries = self.setup.max_retries.unwrap_or(2);
                let played = provider.play(&self.request(), &stand_in, retries).await;
                let mut judged = judge::completion(&played, &self.expect, &stand_in);
                judged.reasons.extend(self.other_route(&played));
                Ok(judged)
            }
        }
    }

    /// The deadlines of a completion. They are short only where the case expects one to pass: on a busy machine a body of
    /// many megabytes may take longer than that, and the outcome must not depend on the machine.
    fn patient_setup(&self) -> Setup {
        let mut setup = self.setup.clone();
        if !self.expect.error.iter().any(|kind| kind == "timeout") {
            setup.first_byte_ms = setup.first_byte_ms.or(Some(PATIENT));
            setup.idle_ms = setup.idle_ms.or(Some(PATIENT));
        }
        setup
    }

    async fn stand_in(&self, bench: &Bench<impl TestedHost>) -> Result<StandIn, StandInError> {
        let stand_in = match self.tls {
            None => StandIn::start(0).await?,
            Some(handshake) => StandIn::start_tls(bench.authority(), handshake).await?,
        };
        // A completion selects its scenario by its model. The other requests have no body, so their path selects it.
        let path = match self.route {
            Route::KeyList => "/v1/models",
            Route::Catalogue => "/api/models",
            Route::Billing => "/v1/dashboard/billing/subscription",
            _ => return Ok(stand_in),
        };
        stand_in.script(path, self.scenario.as_deref())?;
        Ok(stand_in)
    }

    fn request(&self) -> Request {
        let wire = self.route.wire();
        let plain = wire.map_or("at-once", |wire| wire.plain);
        let mut request = super::play::prompt(self.scenario.as_deref().unwrap_or(plain));
        // The first route is the one that a provider has to choose for an unknown model, so it is not
        // requested.
        request.route = wire.filter(|_| self.route != Route::default()).map(|wire| wire.name.to_owned());
        // A tool call without tools in the request would test a server that does not exist.
        match self.when {
            When::Tools => request.tools = vec![weather()],
            When::Reasoning => {
                let effort = Some("low".to_owned());
                request.reasoning =
                    Some(ReasoningOptions { effort, budget_tokens: None, include_text: None });
            }
            When::Any | When::Text => {}
        }
        request
    }
}

impl Script {
    /// The violation if the response came by another route than the case's. Without this check, a provider that ignores
    /// `request.route` would pass the cases of all routes with one of them.
    fn other_route(&self, played: &Played) -> Option<String> {
        let wire = self.route.wire()?;
        let route = played.events.iter().find_map(|event| match event {
            Event::Response(info) => Some(info.route.as_str()),
            _ => None,
        })?;
        (route != wire.name).then(|| format!("the response came by the route {route}, not {}", wire.name))
    }
}

fn weather() -> Tool {
    Tool {
        name: "get_weather".to_owned(),
        description: Some("The weather in a city".to_owned()),
        parameters_json: r#"{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}"#
            .to_owned(),
        strict: None,
    }
}
