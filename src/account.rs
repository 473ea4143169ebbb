//! The balance of a key, from the two billing endpoints that CometAPI keeps from OpenAI's dashboard.

use alloc::{borrow::ToOwned, string::String};

use crate::contract::Account;
use crate::json::{
    self, RawValue, fields,
    lenient::{amount, flag},
};
use crate::text_search::trim;

/// CometAPI's own clients take a limit of this many dollars for no limit.
const UNLIMITED_USD: f64 = 1e8;

/// Reads `/v1/dashboard/billing/subscription` (`hard_limit_usd`, in US dollars) and `…/usage`
/// (`total_usage`, in cents). Either may be missing: it was not requested, it failed, or it is no JSON.
///
/// Nothing is guessed: a value that cannot be read, is negative or is not finite is `None`, and so is whatever follows
/// from it. The remaining amount may be negative, on a key that was allowed to overdraw.
pub fn account(subscription: Option<&[u8]>, usage: Option<&[u8]>) -> Account {
    let limit = subscription.and_then(|body| read(body, "hard_limit_usd"));
    let used = usage.and_then(|body| read(body, "total_usage")).map(|cents| cents / 100.0);
    let unlimited = limit.is_some_and(|limit| limit >= UNLIMITED_USD);
    let limit = limit.filter(|_| !unlimited);
    Account {
        currency: (unlimited || limit.is_some() || used.is_some()).then(|| "USD".to_owned()),
        limit,
        used,
        remaining: limit.zip(used).map(|(limit, used)| limit - used),
        unlimited,
    }
}

/// An amount at the top of a response. A body with an error has none, whatever else is in it.
fn read(body: &[u8], name: &str) -> Option<f64> {
    let text = String::from_utf8_lossy(body);
    let raw = json::parse(trim(&text)).ok()?;
    let [amount_field, error, success] = fields(raw, [name, "error", "success"])?;
    let refused = error.is_some_and(|error: RawValue<'_>| !matches!(error.get(), "null" | "false" | "\"\""));
    if refused || success.and_then(flag) == Some(false) {
        return None;
    }
    amount_field.and_then(amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Numbers = (Option<f64>, Option<f64>, Option<f64>, bool);

    fn read(subscription: &str, usage: &str) -> Numbers {
        let account = account(Some(subscription.as_bytes()), Some(usage.as_bytes()));
        assert_eq!(
            account.currency.as_deref(),
            (account.limit.is_some() || account.used.is_some() || account.unlimited).then_some("USD")
        );
        (account.limit, account.used, account.remaining, account.unlimited)
    }

    #[test]
    fn dollars_and_cents_become_what_is_left() {
        let none = (None, None, None, false);
        let cases: [(&str, &str, Numbers); 12] = [
            (
                r#"{"hard_limit_usd":20}"#,
                r#"{"total_usage":250}"#,
                (Some(20.0), Some(2.5), Some(17.5), false),
            ),
            (
                r#"{"hard_limit_usd":"20.5"}"#,
                r#"{"total_usage":"50"}"#,
                (Some(20.5), Some(0.5), Some(20.0), false),
            ),
            (r#"{"hard_limit_usd":1}"#, r#"{"total_usage":250}"#, (Some(1.0), Some(2.5), Some(-1.5), false)),
            (r#"{"hard_limit_usd":0}"#, r#"{"total_usage":0}"#, (Some(0.0), Some(0.0), Some(0.0), false)),
            (r#"{"hard_limit_usd":100000000}"#, r#"{"total_usage":100}"#, (None, Some(1.0), None, true)),
            (r#"{"hard_limit_usd":20}"#, "<html>", (Some(20.0), None, None, false)),
            ("null", r#"{"total_usage":100}"#, (None, Some(1.0), None, false)),
            (r#"{"hard_limit_usd":null}"#, r#"{"total_usage":"x"}"#, none),
            (r#"{"hard_limit_usd":-5}"#, r#"{"total_usage":1e999}"#, none),
            (r#"{"hard_limit_usd":"inf"}"#, r#"{"total_usage":"NaN"}"#, none),
            (
                r#"{"error":{"message":"no"},"hard_limit_usd":20}"#,
                r#"{"success":false,"total_usage":5}"#,
                none,
            ),
            ("", "[]", none),
        ];
        for (subscription, usage, expected) in cases {
            assert_eq!(read(subscription, usage), expected, "{subscription} {usage}");
        }
    }

    #[test]
    fn what_was_not_asked_is_unknown() {
        let account = account(None, None);
        assert_eq!((account.currency, account.limit, account.unlimited), (None, None, false));
    }
}
