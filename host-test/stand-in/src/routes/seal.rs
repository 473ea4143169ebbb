//! Signatures of reasoning: opaque for a client, and checkable for the stand-in.
//!
//! A vendor recognises its own thinking by a signature. A stand-in that accepted any text in its place would let a client
//! pass that cuts, merges or reorders what it has to send back untouched. So a seal holds a number, which shows the order,
//! and a keyed hash of what it seals. It needs no memory: a conversation can continue on another stand-in.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// The key of the hashes. It is no secret: it only keeps seals apart from other Base64 texts.
const KEY: &str = "stand-in";

/// What a seal proves about a content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// No stand-in made it.
    Foreign,
    /// It is a seal of another content.
    Altered,
    /// It belongs to the content. Later seals have greater numbers.
    Genuine(u64),
}

/// The seal of a content.
pub fn seal(number: u64, content: &str) -> String {
    let parts = [number, hash(number, ""), hash(number, content)];
    STANDARD.encode(parts.map(u64::to_be_bytes).concat())
}

/// Checks a seal against a content.
pub fn check(seal: &str, content: &str) -> Proof {
    let Ok(bytes) = STANDARD.decode(seal) else { return Proof::Foreign };
    let Ok(bytes) = <[u8; 24]>::try_from(bytes) else { return Proof::Foreign };
    let part = |at: usize| bytes.iter().skip(8 * at).take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte));
    let number = part(0);
    if part(1) != hash(number, "") {
        Proof::Foreign
    } else if part(2) != hash(number, content) {
        Proof::Altered
    } else {
        Proof::Genuine(number)
    }
}

fn hash(number: u64, content: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (KEY, number, content).hash(&mut hasher);
    hasher.finish()
}

/// A JSON value as text, with the fields of each object in the order of their names: a client may parse what it sends
/// back, and no vendor compares the order of fields.
pub fn canonical(value: &Value) -> String {
    fn sorted(value: &Value) -> Value {
        match value {
            Value::Array(items) => items.iter().map(sorted).collect(),
            Value::Object(fields) => {
                let mut names: Vec<_> =
                    fields.iter().map(|(name, value)| (name.clone(), sorted(value))).collect();
                names.sort_by(|one, two| one.0.cmp(&two.0));
                Value::Object(names.into_iter().collect())
            }
            other => other.clone(),
        }
    }
    sorted(value).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_seal_proves_its_own_content_only() {
        let sealed = seal(7, "a thought");
        assert_eq!(check(&sealed, "a thought"), Proof::Genuine(7));
        assert_eq!(check(&sealed, "a thought "), Proof::Altered);
        assert_eq!(check("bm90IGEgc2VhbA==", "a thought"), Proof::Foreign);
        assert_eq!(check(&STANDARD.encode([7; 24]), "a thought"), Proof::Foreign);
    }

    #[test]
    fn the_order_of_fields_does_not_count() {
        assert_eq!(canonical(&json!({"b": [{"d": 1, "c": 2}], "a": 3})), r#"{"a":3,"b":[{"c":2,"d":1}]}"#);
    }
}
