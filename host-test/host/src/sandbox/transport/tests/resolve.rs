//! What is dialled of what a resolver says.

use super::*;

/// Resolves every name to the same addresses, or fails.
struct Says(Option<&'static [&'static str]>);

impl Resolve for Says {
    fn resolve<'a>(&'a self, _: &'a str) -> Lookup<'a> {
        let addresses = self.0.map(|texts| texts.iter().map(|text| text.parse().unwrap()).collect());
        Box::pin(async move { addresses.ok_or_else(|| io::Error::other("no such name")) })
    }
}

async fn dialled(
    origin: &str,
    reach: Reach,
    resolver: Option<&'static [&'static str]>,
) -> Result<Vec<String>, Nowhere> {
    let found = addresses(&Says(resolver), &origin.parse().unwrap(), reach).await?;
    Ok(found.iter().map(ToString::to_string).collect())
}

#[tokio::test]
async fn only_permitted_addresses_of_a_name_are_dialled_and_the_families_take_turns() {
    let mixed: &[&str] = &["10.0.0.1", "2606:4700::1", "2606:4700::2", "127.0.0.1", "1.1.1.1", "1.0.0.1"];
    let public = ["[2606:4700::1]:443", "1.1.1.1:443", "[2606:4700::2]:443", "1.0.0.1:443"];
    assert_eq!(dialled("https://a.example", Reach::Public, Some(mixed)).await.unwrap(), public);
    let private = dialled("https://a.example:8443", Reach::Private, Some(mixed)).await.unwrap();
    let first = ["10.0.0.1:8443", "[2606:4700::1]:8443", "1.1.1.1:8443"];
    assert_eq!(private[..3], first);
    assert!(!private.iter().any(|address| address.starts_with("127.")), "{private:?}");
}

#[tokio::test]
async fn a_name_without_a_permitted_address_is_refused_with_the_addresses_it_has() {
    for (origin, reach, says) in [
        ("https://a.example", Reach::Public, Some(&["10.0.0.1", "fe80::1"][..])),
        ("https://a.example", Reach::Private, Some(&["169.254.169.254"][..])),
        ("https://10.0.0.1", Reach::Public, None),
        ("https://[::ffff:127.0.0.1]", Reach::Public, None),
        ("http://8.8.8.8", Reach::Loopback, None),
    ] {
        let outcome = dialled(origin, reach, says).await;
        assert!(
            matches!(&outcome, Err(Nowhere::Prohibited(found)) if !found.is_empty()),
            "{origin} {outcome:?}"
        );
    }
}

#[tokio::test]
async fn this_machine_is_known_without_a_resolver() {
    for origin in ["http://localhost:8080", "http://api.localhost.:8080"] {
        let lies: &[&str] = &["8.8.8.8"];
        let found = dialled(origin, Reach::Loopback, Some(lies)).await.unwrap();
        assert_eq!(found, ["127.0.0.1:8080", "[::1]:8080"], "{origin}");
    }
}

#[tokio::test]
async fn a_name_without_an_address_is_not_a_denied_one() {
    let nothing: &[&str] = &[];
    let outcome = dialled("https://a.example", Reach::Public, Some(nothing)).await;
    assert!(matches!(outcome, Err(Nowhere::Unknown)), "{outcome:?}");
    let outcome = dialled("https://a.example", Reach::Public, None).await;
    assert!(matches!(outcome, Err(Nowhere::Failed(_))), "{outcome:?}");
}

#[tokio::test]
async fn the_systems_resolver_reads_an_address_and_refuses_nonsense() {
    assert_eq!(System.resolve("127.0.0.1").await.unwrap(), [IpAddr::V4(Ipv4Addr::LOCALHOST)]);
    assert!(System.resolve("no such name.invalid").await.is_err());
}
