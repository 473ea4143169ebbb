//! What may leave, what may not, and how far it may lead.

use super::*;
use crate::sandbox::transport::resolve::{Lookup, Resolve, addresses};
use futures_util::FutureExt;
use proptest::prelude::*;

const API: &str = "https://api.cometapi.com";

fn origins(texts: &[&str]) -> Vec<Origin> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

/// What is declared, granted, chosen as base URL, whether base URLs are taken, whether loopback is
/// granted.
type Rules<'a> = (&'a [&'a str], &'a [&'a str], Option<&'a str>, bool, bool);

fn decide((declared, granted, chosen, takes, loopback): Rules<'_>, to: &str) -> Result<Reach, Denial> {
    let network = Network { origins: origins(declared), base_url: None, custom_base_url: takes };
    let base_url = chosen.map(|url| url.parse().unwrap());
    let grant = Grant { origins: origins(granted), loopback, base_url, ..Grant::default() };
    Policy::new(&network, &grant).decide(&to.parse().unwrap())
}

#[test]
fn what_is_declared_and_granted_or_chosen_may_leave() {
    use Reach::{Loopback, Public};
    let cases: [(Rules<'_>, &str, Reach); 6] = [
        ((&[API], &[API], None, false, false), API, Public),
        ((&[API], &[API], None, false, true), "HTTPS://API.COMETAPI.COM:443", Public),
        (
            (&[API, "https://b.example"], &[API], Some("https://b.example/v1"), true, false),
            "https://b.example",
            Public,
        ),
        ((&[API], &[], Some("https://own.example:8443/v1"), true, true), "https://own.example:8443", Public),
        ((&[API], &[], Some("http://127.0.0.1:8080/v1"), true, true), "http://127.0.0.1:8080", Loopback),
        (
            (&["http://localhost:1"], &["http://localhost:1"], None, false, true),
            "http://localhost:1",
            Loopback,
        ),
    ];
    for (rules, to, reach) in cases {
        assert_eq!(decide(rules, to), Ok(reach), "{rules:?} {to}");
    }
}

#[test]
fn everything_else_stays_and_the_reason_is_told() {
    let denied = |rules: Rules<'_>, to: &str, reason: fn(Origin) -> Denial| {
        assert_eq!(decide(rules, to), Err(reason(to.parse().unwrap())), "{rules:?} {to}");
    };
    let plain = (&[API][..], &[API][..], None, false, false);
    for to in [
        "https://evil.example",
        "https://api.cometapi.com:8443",
        "https://api.cometapi.com.evil.example",
        "https://xapi.cometapi.com",
        "https://cometapi.com",
        "https://169.254.169.254",
    ] {
        denied(plain, to, Denial::NotDeclared);
    }
    denied(plain, "http://api.cometapi.com", Denial::PlainText);
    denied((&[], &[API], None, true, true), API, Denial::NotDeclared);
    denied((&[API], &[], None, true, true), API, Denial::NotGranted);
    // Granting what was not declared adds nothing, and a chosen base URL is one origin, not a door.
    denied((&[API], &["https://b.example"], None, true, false), "https://b.example", Denial::NotDeclared);
    let chosen = Some("https://own.example/v1");
    denied((&[API], &[API], chosen, false, false), "https://own.example", Denial::FixedBaseUrl);
    denied((&[API], &[API], chosen, true, false), "https://own.example:444", Denial::NotDeclared);
    denied(
        (&[API], &[], Some("http://own.example/v1"), true, false),
        "http://own.example",
        Denial::PlainText,
    );
    denied((&[API], &[API], Some("file:///etc"), true, false), "https://etc", Denial::NotDeclared);
}

#[test]
fn this_machine_is_reached_only_where_loopback_is_granted_and_the_origin_is_allowed() {
    for to in ["http://127.0.0.1:9", "https://localhost", "http://[::1]:9", "http://0.0.0.0:9"] {
        let url = format!("{to}/v1");
        let loopback = |granted| decide((&[API], &[API], Some(&url), true, granted), to);
        assert_eq!(loopback(true), Ok(Reach::Loopback));
        assert_eq!(loopback(false), Err(Denial::Loopback(to.parse().unwrap())));
        let elsewhere = decide((&[API], &[API], None, true, true), to);
        assert_eq!(elsewhere, Err(Denial::NotDeclared(to.parse().unwrap())), "{to}");
    }
}

#[test]
fn a_destination_is_taken_from_the_address_or_refused_when_two_could_read_it_differently() {
    for (uri, origin) in [
        ("https://api.cometapi.com/v1/models?x=1", Some(API)),
        ("https://API.CometAPI.com:443/", Some(API)),
        ("http://[::1]:8080/v1", Some("http://[::1]:8080")),
        ("http://127.0.0.1/", Some("http://127.0.0.1")),
        ("http://127.1/", None),
        ("http://2130706433/", None),
        ("http://0x7f000001/", None),
        ("https://me@api.cometapi.com/", None),
        ("https://api.cometapi.com@evil.example/", None),
        ("https://api%2ecometapi.com/", None),
        ("https://api.cometapi.com:/", None),
        ("/v1/models", None),
    ] {
        let found = uri.parse::<Uri>().ok().and_then(|uri| destination(&uri).ok());
        assert_eq!(found, origin.map(|text| text.parse().unwrap()), "{uri}");
    }
}

#[test]
fn a_private_network_is_behind_the_chosen_base_url_and_behind_no_other_origin() {
    let own = "https://own.example";
    let reach = |chosen: Option<&str>, takes, private, to: &str| {
        let network = Network { origins: origins(&[API, own]), base_url: None, custom_base_url: takes };
        let base_url = chosen.map(|url| url.parse().unwrap());
        let grant = Grant { origins: origins(&[API, own]), private, base_url, ..Grant::default() };
        Policy::new(&network, &grant).decide(&to.parse().unwrap()).unwrap()
    };
    let chosen = Some("https://own.example/v1");
    assert_eq!(reach(chosen, true, true, own), Reach::Private);
    assert_eq!(reach(chosen, true, false, own), Reach::Public);
    assert_eq!(reach(chosen, true, true, API), Reach::Public);
    assert_eq!(reach(chosen, false, true, own), Reach::Public);
    assert_eq!(reach(None, true, true, own), Reach::Public);
    // Private and in plain text is still plain text to another machine.
    let plain = "http://192.168.1.5:8000";
    let network = Network { origins: Vec::new(), base_url: None, custom_base_url: true };
    let base_url = format!("{plain}/v1").parse().ok();
    let grant = Grant { private: true, base_url, ..Grant::default() };
    let denied = Policy::new(&network, &grant).decide(&plain.parse().unwrap());
    assert_eq!(denied, Err(Denial::PlainText(plain.parse().unwrap())));
}

#[test]
fn a_denial_says_what_is_wrong_with_an_address_and_what_would_help() {
    let denial = |addresses: &[&str]| {
        let addresses = addresses.iter().map(|text| text.parse().unwrap()).collect();
        Denial::AddressClass { origin: API.parse().unwrap(), addresses }.to_string()
    };
    assert_eq!(
        denial(&["10.0.0.5", "127.0.0.1", "fe80::1"]),
        "https://api.cometapi.com leads to 10.0.0.5 (a private network), 127.0.0.1 (this machine), \
         fe80::1 (a link-local address); a private network has to be granted, and be what the chosen base \
         URL names"
    );
    assert_eq!(
        denial(&["169.254.169.254", "8.8.8.8"]),
        "https://api.cometapi.com leads to 169.254.169.254 (where a cloud keeps credentials), 8.8.8.8; \
         only public addresses are connected to"
    );
    let many = Denial::TooMany { to: API.parse().unwrap(), limit: 512 };
    assert!(many.to_string().contains("request 513 at once; no more than 512"), "{many}");
}

/// Remembers the names that it is asked for, and gives each of them an address of every kind.
#[derive(Default)]
struct Recorder(std::sync::Mutex<Vec<String>>);

impl Resolve for Recorder {
    fn resolve<'a>(&'a self, name: &'a str) -> Lookup<'a> {
        self.0.lock().unwrap().push(name.to_owned());
        let addresses = ["10.0.0.1", "127.0.0.1", "169.254.169.254", "8.8.8.8", "::1", "2606:4700::1"];
        Box::pin(async move { Ok(addresses.map(|text| text.parse().unwrap()).to_vec()) })
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_decided_on_is_what_is_looked_up_and_dialled(
        scheme in "https?|HTTPS|ftp",
        user in "|||[a-z]{1,2}@|a:b@|@",
        host in "[a-c.]{1,6}|[0-9]{1,3}(\\.[0-9]{1,3}){0,4}|0x[0-9a-f]{1,8}|\\[[0-9a-f:.]{2,12}\\]\
                 |localhost\\.?|[a-z%.@:\\[\\]#?/\\\\é-]{1,8}|::ffff:127.0.0.1|\\[::ffff:10.0.0.1\\]",
        port in "||:|:[0-9]{1,6}|:443|:80",
        path in "|/|/v1|//evil.example|\\?x|@evil.example/",
        reach in prop_oneof![Just(Reach::Public), Just(Reach::Private), Just(Reach::Loopback)],
    ) {
        let text = format!("{scheme}://{user}{host}{port}{path}");
        let Ok(uri) = text.parse::<Uri>() else { return Ok(()) };
        let Ok(origin) = destination(&uri) else { return Ok(()) };
        let named = uri.host().unwrap();
        prop_assert!(origin.host().eq_ignore_ascii_case(named), "{}", text);
        prop_assert_eq!(origin.port(), uri.port_u16().unwrap_or(origin.scheme().default_port()));
        let literal = named.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok();
        prop_assert_eq!(origin.address(), literal, "{}", text);
        let recorder = Recorder::default();
        let dialled = addresses(&recorder, &origin, reach).now_or_never().unwrap().unwrap_or_default();
        for address in dialled {
            prop_assert!(reach.admits(address.ip()), "{} {}", text, address);
            prop_assert_eq!(address.port(), origin.port());
            prop_assert!(literal.is_none_or(|literal| literal == address.ip()));
        }
        for asked in recorder.0.lock().unwrap().iter() {
            prop_assert!(asked.eq_ignore_ascii_case(named) && literal.is_none(), "{}", text);
        }
    }
}
