//! What a provider says of itself and of an account, as JSON.

use serde_json::{Value, json};

use super::object;
use crate::contract::{Account, Description};

/// The component's description, with all of its fields. `host-test describe --json` prints it.
#[must_use]
pub fn description(description: &Description) -> Value {
    let auth = object([
        ("env-vars", json!(description.auth.env_vars)),
        ("key-hint", json!(description.auth.key_hint)),
        ("console-url", json!(description.auth.console_url)),
    ]);
    Value::Object(object([
        ("id", json!(description.id)),
        ("name", json!(description.name)),
        ("version", json!(description.version)),
        ("homepage-url", json!(description.homepage_url)),
        ("docs-url", json!(description.docs_url)),
        ("default-base-url", json!(description.default_base_url)),
        ("origins", json!(description.origins)),
        ("auth", Value::Object(auth)),
        ("capabilities", json!(description.capabilities)),
        ("default-model", json!(description.default_model)),
        ("utility-model", json!(description.utility_model)),
    ]))
}

/// The account, with amounts in `currency`. A part that the provider does not report is `null`: shown as 0, it would alarm a
/// user whose key works.
#[must_use]
pub fn account(account: &Account) -> Value {
    Value::Object(object([
        ("currency", json!(account.currency)),
        ("limit", json!(account.limit)),
        ("used", json!(account.used)),
        ("remaining", json!(account.remaining)),
        ("unlimited", json!(account.unlimited)),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::AuthDescription;

    #[test]
    fn an_account_distinguishes_unknown_from_zero() {
        let given = Account {
            currency: Some("USD".into()),
            limit: None,
            used: Some(0.0),
            remaining: None,
            unlimited: true,
        };
        assert_eq!(
            account(&given).to_string(),
            r#"{"currency":"USD","limit":null,"used":0.0,"remaining":null,"unlimited":true}"#
        );
    }

    #[test]
    fn a_description_keeps_every_field() {
        let given = Description {
            id: "i".into(),
            name: "n".into(),
            version: "0.1.0".into(),
            homepage_url: "h".into(),
            docs_url: "d".into(),
            default_base_url: "b".into(),
            origins: vec!["o".into()],
            auth: AuthDescription {
                env_vars: vec!["E".into()],
                key_hint: "k".into(),
                console_url: "c".into(),
            },
            capabilities: vec!["tools".into()],
            default_model: "m".into(),
            utility_model: Some("u".into()),
        };
        assert_eq!(
            description(&given).to_string(),
            r#"{"id":"i","name":"n","version":"0.1.0","homepage-url":"h","docs-url":"d","default-base-url":"b","origins":["o"],"auth":{"env-vars":["E"],"key-hint":"k","console-url":"c"},"capabilities":["tools"],"default-model":"m","utility-model":"u"}"#
        );
    }
}
