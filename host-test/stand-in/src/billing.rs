//! The rest of the key's budget, in the shape of OpenAI's old billing endpoints. CometAPI serves that shape,
//! as other gateways built on the same software do.

use serde_json::{Value, json};

/// Dollars that the key may spend. The limit is in dollars and the usage in cents, as in the original: a
/// client that mixes the units up shows a wrong balance here too.
pub const LIMIT_USD: f64 = 20.0;

/// Cents that it has spent. Not a whole number, so that a client that reads an integer fails.
pub const USED_CENTS: f64 = 512.5;

/// `GET /v1/dashboard/billing/subscription`
pub fn subscription() -> Value {
    json!({
        "object": "billing_subscription",
        "has_payment_method": true,
        "soft_limit_usd": LIMIT_USD,
        "hard_limit_usd": LIMIT_USD,
        "system_hard_limit_usd": LIMIT_USD,
        "access_until": 0,
    })
}

/// `GET /v1/dashboard/billing/usage`
pub fn usage() -> Value {
    json!({ "object": "list", "total_usage": USED_CENTS })
}
