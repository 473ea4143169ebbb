//! `host-test account`: checks the key and shows its balance.

use provider_host::contract::Account;
use provider_host::json;

use super::args::Common;
use super::cost::money;
use super::failure::Failure;
use super::session::Session;
use super::terminal::Screen;

/// Runs the command. A refused key is an error of the provider, and the exit code is 1.
pub(crate) async fn run(common: &Common, screen: Screen) -> Result<(), Failure> {
    let mut session = Session::open(common, screen).await?;
    let spinner = screen.spinner("requesting the account");
    let account = session.account().await;
    drop(spinner);
    let account = account?;
    match common.json {
        true => screen.print_json(&json::provider::account(&account)),
        false => screen.print(&format!("{}\n", sentence(&account))),
    }
}

/// An account without an error means that the key is accepted. Providers report different parts of the rest, and a
/// missing part is left out: printing it as zero would alarm a user whose key works.
fn sentence(account: &Account) -> String {
    let currency = account.currency.as_deref().unwrap_or_default();
    let sum = |amount: f64| money(amount, currency);
    // The limit of an unlimited key means nothing: CometAPI sends 1e8 dollars for one.
    let left = match (account.unlimited, account.remaining) {
        (true, _) => Some("without a limit".to_owned()),
        (false, remaining) => remaining.map(|amount| format!("{} left", sum(amount))),
    };
    let limit = account.limit.filter(|_| !account.unlimited).map(|limit| format!("of {}", sum(limit)));
    let used = account.used.map(|used| format!("{} used", sum(used)));
    let known: Vec<String> = [left, limit, used].into_iter().flatten().collect();
    match known.is_empty() {
        true => "the key is accepted; the provider does not report its balance".to_owned(),
        false => format!("the key is accepted: {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_contains_the_reported_amounts() {
        let none = Account { currency: None, limit: None, used: None, remaining: None, unlimited: false };
        let usd = Account { currency: Some("USD".into()), ..none.clone() };
        let cases = [
            (none, "the key is accepted; the provider does not report its balance"),
            (
                Account { limit: Some(20.0), used: Some(7.5), remaining: Some(12.5), ..usd.clone() },
                "the key is accepted: $12.50 left, of $20.00, $7.50 used",
            ),
            (
                Account { limit: Some(1e8), used: Some(0.0), unlimited: true, ..usd },
                "the key is accepted: without a limit, $0.00 used",
            ),
        ];
        for (account, expected) in cases {
            assert_eq!(sentence(&account), expected);
        }
    }
}
