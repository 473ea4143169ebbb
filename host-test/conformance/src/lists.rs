//! Compares a list of models, or an account, with the expected one.
//!
//! An agent starts with these two requests. A provider that fails here, or hangs, keeps its user from everything else.

use std::time::Duration;

use super::bench::{Provider, error_text};
use super::judge::{Differences, Judged, error};
use super::tested_host::TestedInstance;
use super::{expected, watch};
use provider_host::contract::{Account, Discovery, ListOrigin, ModelList, ModelStatus};
use provider_host::json;
use provider_host::sandbox::CallError;
use stand_in::{Expect, StandIn};

/// The limit for a query, whatever its own deadlines are. A component without deadlines would otherwise hang the run.
const PATIENCE: Duration = Duration::from_secs(30);

/// Requests the models live, and with best effort: where the live list fails, the best effort has a list all the same
/// and gives the reason.
pub(super) async fn models<I: TestedInstance>(
    provider: &mut Provider<I>,
    mut again: Provider<I>,
    stand_in: &StandIn,
    expect: &Expect,
) -> Judged {
    let mut differences = Differences::default();
    let live = list(provider, Discovery::Live).await;
    let got = match &live {
        Ok(list) => {
            differences.0.extend(sound(list));
            differences.hold("the origin", &list.origin, &ListOrigin::Live);
            format!("live list, {} models, {} callable", list.models.len(), callable(list))
        }
        Err(CallError::Provider(error)) => expected::error(error),
        Err(other) => other.to_string(),
    };
    failure(&mut differences, &live, expect);
    // A number and no names: the stand-in's rows change with its scenarios.
    if let (Ok(list), Some(count)) = (&live, expect.callable) {
        differences.hold("the number of callable models", &callable(list), &count);
    }
    match list(&mut again, Discovery::BestEffort).await {
        Ok(list) => {
            differences.0.extend(sound(&list));
            best_effort(&mut differences, &list, expect);
        }
        Err(error) => differences.0.push(format!("the best effort has no list: {}", error_text(&error))),
    }
    after_the_query(&mut differences, &mut [provider, &mut again], stand_in, &format!("{live:?}")).await;
    Judged { got, reasons: differences.0 }
}

/// Requests the account.
pub(super) async fn account(
    provider: &mut Provider<impl TestedInstance>,
    stand_in: &StandIn,
    expect: &Expect,
) -> Judged {
    let mut differences = Differences::default();
    let result = tokio::time::timeout(PATIENCE, provider.instance.account(&provider.client)).await;
    let account = match result {
        Ok(account) => account,
        Err(_) => {
            return Judged::unplayable(format!("account-query.poll did not return within {PATIENCE:?}"));
        }
    };
    let got = match &account {
        Ok(account) => word(account).to_owned(),
        Err(CallError::Provider(error)) => expected::error(error),
        Err(other) => other.to_string(),
    };
    failure(&mut differences, &account, expect);
    if let (Ok(account), Some(should)) = (&account, &expect.account) {
        differences.hold("the kind of the account", &word(account), should);
    }
    after_the_query(&mut differences, &mut [provider], stand_in, &format!("{account:?}")).await;
    Judged { got, reasons: differences.0 }
}

/// The kind of an account. Amounts are compared by unit tests of the component: here it counts that an unlimited key is not
/// shown as one with a balance, and that an unknown balance is not shown as zero.
fn word(account: &Account) -> &'static str {
    match (account.unlimited, account.limit.or(account.remaining)) {
        (true, _) => "unlimited",
        (false, Some(_)) => "limited",
        (false, None) => "unknown",
    }
}

/// A maximum age of zero, so that no list is taken from memory: the case is about what the server sends now.
async fn list(provider: &mut Provider<impl TestedInstance>, how: Discovery) -> Result<ModelList, CallError> {
    let result = provider.instance.models(&provider.client, how, Duration::ZERO);
    tokio::time::timeout(PATIENCE, result).await.unwrap_or_else(|_| {
        Err(CallError::Poisoned(format!("model-query.poll did not return within {PATIENCE:?}")))
    })
}

/// Models that the key may use. Rows of the public catalogue alone do not count: listing one is no proof that it can be
/// called.
fn callable(list: &ModelList) -> usize {
    list.models.iter().filter(|model| model.status == ModelStatus::Callable).count()
}

pub(super) fn failure<T>(differences: &mut Differences, answer: &Result<T, CallError>, expect: &Expect) {
    match answer {
        Ok(_) => error(differences, None, expect),
        Err(CallError::Provider(failed)) => error(differences, Some(failed), expect),
        Err(other) => differences.0.push(other.to_string()),
    }
}

/// Violations of what the contract requires of every list.
fn sound(list: &ModelList) -> Vec<String> {
    let mut violations = Vec::new();
    // Hosts search the list by id, so its order is part of the contract.
    if !list.models.windows(2).all(|pair| pair[0].id < pair[1].id) {
        violations.push("the list is not sorted by id, or contains an id twice".to_owned());
    }
    for model in &list.models {
        // A request for such a model fails with an error that names nothing.
        if model.id.trim().is_empty() {
            violations.push("a model has a blank id".to_owned());
        }
        // A host that believes a limit of 0 trims every prompt to nothing.
        if model.context_window == Some(0) || model.max_output_tokens == Some(0) {
            violations.push(format!("{}: an unknown value is given as 0", model.id));
        }
    }
    violations
}

/// A best-effort list always exists, and reports why it is not live. Without the reason, a user with a refused key would
/// see hundreds of models and find out at the first request.
fn best_effort(differences: &mut Differences, list: &ModelList, expect: &Expect) {
    match (&list.degraded, expect.error.is_empty()) {
        (None, true) => differences.hold("the best effort's origin", &list.origin, &ListOrigin::Live),
        (Some(degraded), false) => {
            differences.hold("the best effort's origin", &list.origin, &ListOrigin::BuiltIn);
            let kind = json::error::kind(&degraded.kind);
            if !expect.error.iter().any(|should| should == kind) {
                let should = expect.error.join(" or ");
                differences
                    .0
                    .push(format!("the best effort is degraded by {kind} and should be by {should}"));
            }
        }
        (Some(degraded), true) => {
            differences.0.push(format!("the best effort is degraded: {}", expected::error(degraded)));
        }
        (None, false) => {
            differences.0.push("the best-effort list does not report that it is not live".to_owned())
        }
    }
}

/// Checks that the contract requires after every query, whatever its result. Lists are checked for the key like responses:
/// the public catalogue is a request that must not carry it.
pub(super) async fn after_the_query(
    differences: &mut Differences,
    providers: &mut [&mut Provider<impl TestedInstance>],
    stand_in: &StandIn,
    shown: &str,
) {
    watch::shows_key(&mut differences.0, "the result", &shown, stand_in.key());
    for provider in providers {
        differences.0.extend(watch::of_key(provider, stand_in));
    }
    differences.0.extend(watch::unseen(stand_in).await);
}
