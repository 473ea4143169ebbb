//! What is left on the key, in the shape of OpenAI's old billing pages.

use serde_json::{Value, json};

/// Dollars that the key may spend.
pub const LIMIT_USD: f64 = 20.0;

/// Cents that it has spent.
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
