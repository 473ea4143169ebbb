//! Queries of the models and the account.

use super::*;
use crate::contract::{AccountPoll, Discovery, ErrorKind, ListOrigin, ModelList, ModelPoll, ModelStatus};
use crate::transport::Cause;

const KEY_LIST: &str = r#"{"data":[{"id":"b","supported_endpoint_types":["openai"]},{"id":"a"}]}"#;
const CATALOGUE: &str = r#"{"data":[{"id":"a","context_length":"200K","model_type":"text"},{"id":"c"}]}"#;

fn reply(after: u64, status: u16, body: &str) -> Script {
    std::vec![(after, Move::Head(status, Vec::new())), (after, Move::Bytes(body.into())), (after, Move::End)]
}

fn lists(key_list: Script, catalogue: Script) -> Scripted {
    Scripted::default().on("/v1/models", [key_list]).on("/api/models", [catalogue])
}

fn query(client: &Client<Scripted>, how: Discovery, max_age_ms: u64) -> Result<ModelList, Error> {
    let mut query = client.models(how, max_age_ms);
    loop {
        if let ModelPoll::Ready(list) = query.poll(1_000)? {
            return Ok(list);
        }
    }
}

#[test]
fn both_lists_are_requested_at_once_and_only_one_gets_the_key() {
    let network = lists(reply(300, 200, KEY_LIST), reply(400, 200, CATALOGUE));
    let list = query(&client(&network), Discovery::Live, 0).expect("a list");
    assert_eq!((list.origin, list.warnings.len(), network.now_ms()), (ListOrigin::Live, 0, 400));
    let found: Vec<_> = list.models.iter().map(|model| (model.id.as_str(), model.status)).collect();
    assert_eq!(
        found,
        [("a", ModelStatus::Callable), ("b", ModelStatus::Callable), ("c", ModelStatus::Listed)]
    );
    assert_eq!(list.models[0].context_window, Some(200_000));
    for sent in network.sent() {
        let has_key = sent.headers.iter().any(|(name, _)| name == "authorization");
        assert_eq!(has_key, sent.path == "/v1/models", "{}", sent.path);
    }
}

#[test]
fn a_catalogue_that_is_down_or_slow_only_costs_facts() {
    for catalogue in [reply(0, 404, "<html>"), reply(0, 200, "null"), reply(60_000, 200, CATALOGUE)] {
        let network = lists(reply(100, 200, KEY_LIST), catalogue);
        let list = query(&client(&network), Discovery::Live, 0).expect("a list");
        assert_eq!((list.models.len(), list.warnings.len()), (2, 1));
        assert!(network.now_ms() <= 5_000, "{}", network.now_ms());
        assert_eq!(network.open(), 0);
    }
}

#[test]
fn without_the_key_list_a_live_query_fails_with_its_error() {
    for (key_list, kind) in [
        (reply(0, 401, "{}"), ErrorKind::Authentication),
        (reply(0, 200, r#"{"success":false,"message":"no"}"#), ErrorKind::Server),
        (reply(0, 200, "<html>"), ErrorKind::Protocol),
        // A missing list is not a missing model.
        (reply(0, 404, r#"{"detail":"Not Found"}"#), ErrorKind::Protocol),
    ] {
        let network = lists(key_list, reply(0, 200, CATALOGUE));
        let error = query(&client(&network), Discovery::Live, 0).expect_err("an error");
        assert_eq!(error.kind, kind);
    }
}

#[test]
fn a_best_effort_falls_back_to_the_last_known_or_the_built_in_list() {
    let network = Scripted::default()
        .on("/v1/models", [reply(0, 401, "{}"), reply(0, 200, KEY_LIST), reply(0, 403, "{}")])
        .on("/api/models", std::iter::repeat_n(reply(0, 200, CATALOGUE), 3));
    let client = client(&network);
    let list = query(&client, Discovery::BestEffort, 0).expect("a list");
    assert_eq!(
        (list.origin, list.degraded.map(|error| error.kind)),
        (ListOrigin::BuiltIn, Some(ErrorKind::Authentication))
    );
    assert!(list.models.len() >= 40);
    assert_eq!(query(&client, Discovery::BestEffort, 0).expect("a list").origin, ListOrigin::Live);
    network.advance(70_000);
    let list = query(&client, Discovery::BestEffort, 60_000).expect("a list");
    assert_eq!((list.origin, list.age_ms), (ListOrigin::Cached, Some(70_000)));
    assert_eq!(list.degraded.map(|error| error.kind), Some(ErrorKind::Permission));
}

#[test]
fn a_recent_list_comes_from_memory_with_its_age() {
    let network = lists(reply(0, 200, KEY_LIST), reply(0, 200, CATALOGUE));
    let client = client(&network);
    query(&client, Discovery::Live, 60_000).expect("a list");
    network.advance(59_000);
    let list = query(&client, Discovery::Live, 60_000).expect("a list");
    assert_eq!((list.origin, list.age_ms, network.sent().len()), (ListOrigin::Cached, Some(59_000), 2));
}

#[test]
fn a_list_without_the_catalogues_facts_is_remembered_for_a_minute_only() {
    let network = Scripted::default()
        .on("/v1/models", std::iter::repeat_n(reply(0, 200, KEY_LIST), 2))
        .on("/api/models", [reply(0, 404, "<html>"), reply(0, 200, CATALOGUE)]);
    let client = client(&network);
    let mut origins = Vec::new();
    for (wait, how) in [
        (0, Discovery::Live),
        (60_000, Discovery::Live),
        (1, Discovery::BestEffort),
        (600_000, Discovery::Live),
    ] {
        network.advance(wait);
        let list = query(&client, how, 3_600_000).expect("a list");
        origins.push((list.origin, list.models.len()));
    }
    use ListOrigin::{Cached, Live};
    assert_eq!(origins, [(Live, 2), (Cached, 2), (Live, 3), (Cached, 3)]);
}

#[test]
fn a_list_without_facts_is_better_than_none_however_old_it_is() {
    let network = Scripted::default()
        .on("/v1/models", [reply(0, 200, KEY_LIST), reply(0, 403, "{}")])
        .on("/api/models", std::iter::repeat_n(reply(0, 404, "<html>"), 2));
    let client = client(&network);
    query(&client, Discovery::Live, 0).expect("a list");
    network.advance(600_000);
    let list = query(&client, Discovery::BestEffort, 3_600_000).expect("a list");
    assert_eq!((list.origin, list.models.len()), (ListOrigin::Cached, 2));
    assert!(list.degraded.is_some());
}

#[test]
fn an_empty_list_is_returned_and_not_remembered() {
    let network = Scripted::default()
        .on("/v1/models", [reply(0, 200, r#"{"data":null}"#), reply(0, 200, KEY_LIST)])
        .on("/api/models", std::iter::repeat_n(reply(0, 200, r#"{"data":[]}"#), 2));
    let client = client(&network);
    let empty = query(&client, Discovery::Live, 60_000).expect("a list");
    assert_eq!((empty.models.len(), empty.warnings.len()), (0, 1));
    assert_eq!(query(&client, Discovery::Live, 60_000).expect("a list").models.len(), 2);
}

#[test]
fn the_built_in_list_sends_nothing() {
    let network = Scripted::default();
    let list = query(&client(&network), Discovery::BuiltIn, 0).expect("a list");
    assert_eq!((list.origin, list.degraded, network.sent().len()), (ListOrigin::BuiltIn, None, 0));
}

#[test]
fn a_list_beyond_the_cap_is_an_error() {
    let flood = std::iter::repeat_n((0, Move::Bytes("x".repeat(1 << 20))), 9);
    let network = lists(with(std::vec![(0, Move::Head(200, Vec::new()))], flood), reply(0, 200, CATALOGUE));
    let error = query(&client(&network), Discovery::Live, 0).expect_err("an error");
    assert_eq!(error.kind, ErrorKind::Protocol);
}

#[test]
fn a_list_that_never_arrives_fails_after_its_own_time_limit() {
    let network = lists(std::vec![], reply(0, 200, CATALOGUE));
    let error = query(&client(&network), Discovery::Live, 0).expect_err("an error");
    assert_eq!((error.kind, network.now_ms()), (ErrorKind::Timeout, 15_000));
    assert!(error.message.contains("15 s") && !error.message.contains("total-ms"), "{}", error.message);
}

#[test]
fn a_query_returns_its_result_once() {
    let network = lists(reply(0, 200, KEY_LIST), reply(0, 200, CATALOGUE));
    let client = client(&network);
    let mut query = client.models(Discovery::Live, 0);
    assert!(matches!(query.poll(1_000), Ok(ModelPoll::Ready(_))));
    assert_eq!(query.poll(1_000).err().map(|error| error.kind), Some(ErrorKind::InvalidRequest));
}

#[test]
fn a_poll_with_wait_ms_0_never_waits() {
    let network = lists(reply(100, 200, KEY_LIST), reply(100, 200, CATALOGUE));
    let mut query = client(&network).models(Discovery::Live, 0);
    assert!(matches!(query.poll(0), Ok(ModelPoll::Pending(_))));
    network.advance(100);
    assert!(matches!(query.poll(0), Ok(ModelPoll::Ready(_))));
    assert_eq!(network.waits(), 0);
}

/// The server's responses to the three requests of an account query.
fn billing(limit: Script, used: Script, key_list: Script) -> Scripted {
    Scripted::default()
        .on("/billing/subscription", [limit])
        .on("/billing/usage", [used])
        .on("/v1/models", [key_list])
}

fn account_of(network: &Scripted) -> Result<Option<f64>, Error> {
    let config = Config { max_retries: Some(0), ..config() };
    let mut query = Client::open(network.clone(), config).expect("a good configuration").account();
    loop {
        if let AccountPoll::Ready(account) = query.poll(1_000)? {
            return Ok(account.remaining);
        }
    }
}

#[test]
fn a_balance_takes_two_small_requests_and_never_the_list_of_models() {
    let limit = reply(50, 200, r#"{"hard_limit_usd":20.0}"#);
    let used = reply(80, 200, r#"{"total_usage":250}"#);
    let none = || reply(0, 404, "<html>");
    for (limit, used, expected) in [
        (limit.clone(), used.clone(), Some(17.5)),
        // One of the two proves that the key is accepted.
        (limit, none(), None),
        (none(), used, None),
    ] {
        let network = billing(limit, used, reply(0, 200, KEY_LIST));
        assert_eq!(account_of(&network), Ok(expected));
        let paths: Vec<_> = network.sent().into_iter().map(|sent| sent.path).collect();
        assert_eq!(paths, ["/v1/dashboard/billing/subscription", "/v1/dashboard/billing/usage"]);
    }
}

#[test]
fn where_no_balance_is_reported_the_list_of_models_decides_on_the_key() {
    let limit = || reply(50, 200, r#"{"hard_limit_usd":20.0}"#);
    let none = || reply(0, 404, "<html>");
    let page = || reply(0, 200, "<html>");
    let refused = || reply(0, 401, "{}");
    for (limit, used, key_list, requests, expected) in [
        (none(), none(), reply(0, 200, KEY_LIST), 3, Ok(None)),
        (page(), page(), reply(0, 200, KEY_LIST), 3, Ok(None)),
        (reply(0, 500, "{}"), reply(0, 403, "{}"), reply(0, 200, KEY_LIST), 3, Ok(None)),
        // Billing that is for another kind of key.
        (refused(), limit(), reply(0, 200, KEY_LIST), 2, Ok(None)),
        (refused(), refused(), refused(), 2, Err(ErrorKind::Authentication)),
        (page(), refused(), refused(), 3, Err(ErrorKind::Authentication)),
        (none(), none(), reply(0, 200, r#"{"error":{"message":"m"}}"#), 3, Err(ErrorKind::Server)),
        (none(), none(), none(), 3, Err(ErrorKind::Protocol)),
    ] {
        let network = billing(limit, used, key_list);
        assert_eq!(account_of(&network).map_err(|error| error.kind), expected);
        assert_eq!(network.sent().len(), requests, "{expected:?}");
    }
}

#[test]
fn a_server_that_cannot_be_reached_is_tried_once() {
    let network = billing(std::vec![(0, Move::Fail(Cause::Network, false))], std::vec![], std::vec![]);
    let error = account_of(&network).expect_err("an error");
    assert_eq!((error.kind, network.sent().len()), (ErrorKind::Network, 1));
}

#[test]
fn headers_of_the_user_go_where_the_key_goes_and_not_to_the_public_catalogue() {
    let headers = std::vec![
        ("x-tenant-secret".to_owned(), "t".to_owned()),
        ("user-agent".to_owned(), "their-agent/1".to_owned()),
    ];
    let network = lists(reply(0, 200, KEY_LIST), reply(0, 200, CATALOGUE)).on("/chat/completions", [good()]);
    let client = Client::open(network.clone(), Config { headers, ..config() }).expect("a good configuration");
    query(&client, Discovery::Live, 0).expect("a list");
    run(&mut client.complete(request()).expect("a good request"));
    assert_eq!(network.sent().len(), 3);
    for sent in network.sent() {
        let header = |name: &str| {
            sent.headers
                .iter()
                .filter(|(key, _)| key == name)
                .map(|(_, value)| value.as_str())
                .collect::<Vec<_>>()
        };
        let (secret, agent) = match sent.path.as_str() {
            "/api/models" => (None, concat!("cometapi-provider/", env!("CARGO_PKG_VERSION"))),
            _ => (Some("t"), "their-agent/1"),
        };
        assert_eq!(header("x-tenant-secret"), secret.into_iter().collect::<Vec<_>>(), "{}", sent.path);
        assert_eq!(header("user-agent"), [agent], "{}", sent.path);
    }
}
