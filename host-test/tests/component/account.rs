//! The account query: it checks the key, and reports the remaining credit where the service publishes it.

use provider_host::contract::ErrorKind;
use provider_host::sandbox::Secret;
use stand_in::StandIn;

use crate::bench::{config, instance, provider, provider_error};

#[tokio::test]
async fn the_balance_is_reported_where_the_service_publishes_it() {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    let billing = "/v1/dashboard/billing/subscription";
    let mut provider = provider(&stand_in).await;
    let account = provider.instance.account(&provider.client).await.expect("an account");
    assert_eq!(account.currency.as_deref(), Some("USD"));
    let limit = account.limit.expect("a limit");
    let used = account.used.expect("the used amount");
    let remaining = account.remaining.expect("the remaining amount");
    assert!((limit - used - remaining).abs() < 1e-9 && !account.unlimited);
    stand_in.script(billing, Some("account-unlimited")).expect("a scenario");
    let account = provider.instance.account(&provider.client).await.expect("an account");
    assert!(account.unlimited && account.remaining.is_none());
    // The key works although the billing endpoint returns nothing of use, so this must not be an error.
    for scenario in ["account-says-nothing", "account-html"] {
        stand_in.script(billing, Some(scenario)).expect("a scenario");
        let account = provider.instance.account(&provider.client).await.expect("an account");
        assert_eq!((account.limit, account.remaining, account.unlimited), (None, None, false), "{scenario}");
    }
    stand_in.script(billing, None).expect("no scenario");
}

#[tokio::test]
async fn a_rejected_key_is_an_authentication_error() {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    for key in [None, Some(Secret::new("sk-not-the-right-one"))] {
        let mut instance = instance(&stand_in.base_url(), key).await;
        let client = instance.open(&config(&stand_in.base_url())).await.expect("a good configuration");
        let error = instance.account(&client).await.err().map(provider_error).expect("an error");
        assert_eq!((error.kind, error.http_status), (ErrorKind::Authentication, Some(401)));
        assert!(!error.message.contains("sk-not"), "{}", error.message);
    }
}
