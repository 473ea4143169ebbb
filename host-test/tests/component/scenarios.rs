//! Every case of the conformance run, and so every scenario of the stand-in, in the sandbox. `tests/conformance.rs` runs
//! them in a host in which the component waits.

use std::path::Path;
use std::sync::Arc;

use conformance::{Bench, OwnHost, cases, run};
use provider_host::sandbox::Host;
use stand_in::scenarios;

use crate::bench::plugin;

/// Scenarios that a case with other code plays, and the name of the case. They never end, so they have no expectation.
const IN_CODE: [(&str, &str); 2] =
    [("q25-never-ends", "drop-in-the-middle"), ("q25-asks-to-wait-a-minute", "drop-in-a-back-off")];

#[test]
fn every_scenario_has_a_case_and_an_expectation() {
    let cases = cases::<OwnHost>();
    let is_case = |name: &str| cases.iter().any(|case| case.name == name);
    for scenario in scenarios() {
        let in_code = IN_CODE.iter().find(|(name, _)| *name == scenario.name);
        let name = in_code.map_or(scenario.name.as_str(), |(_, case)| case);
        assert!(is_case(name), "no case plays {}", scenario.name);
        assert!(scenario.expect.is_some() || in_code.is_some(), "{} has no expectation", scenario.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_case_has_the_expected_result() {
    // A separate bench, because the run takes ownership of it.
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled");
    let bench = Bench::new(&plugin(), &|options| Host::with_options(cache.clone(), options), &mut |_| ())
        .await
        .expect("a bench");
    let cases = cases::<OwnHost>();
    assert!(cases.len() > 300, "most cases are missing");
    let report = run(Arc::new(bench), cases, |_| ()).await;
    let wrong = report.findings.iter().filter(|finding| finding.result() != "pass");
    let wrong: Vec<_> = wrong
        .map(|finding| format!("{}: {}", finding.case.name, finding.reasons().join("; ") + finding.got()))
        .collect();
    println!("{} cases in {:?}", report.findings.len(), report.took);
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), report.findings.len(), wrong.join("\n"));
}
