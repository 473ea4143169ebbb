//! Vectors as JSON. `host-test embed --json` prints them.

use serde_json::{Value, json};

use super::{events::usage, object};
use crate::contract::embeddings::Embedding;

/// The vectors with all that was received beside them.
#[must_use]
pub fn embedding(embedding: &Embedding) -> Value {
    let vectors =
        embedding.vectors.iter().map(|vector| vector.iter().map(|number| shortest(*number)).collect());
    Value::Object(object([
        ("vectors", Value::Array(vectors.map(Value::Array).collect())),
        ("model", json!(embedding.model)),
        ("usage", embedding.usage.as_ref().map_or(Value::Null, usage)),
        ("request-id", json!(embedding.request_id)),
        ("warnings", json!(embedding.warnings)),
    ]))
}

/// The number in the fewest digits that read back as the same `f32`: widened to 64 bits first, 0.1 would take 19 digits,
/// and a file of vectors would be twice as long. A number that is not finite is `null`, since JSON has none.
fn shortest(number: f32) -> Value {
    number
        .to_string()
        .parse::<f64>()
        .ok()
        .and_then(serde_json::Number::from_f64)
        .map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_value_in_few_digits() {
        let numbers = [0.1, -0.012_345_679, 1e-8, 3.402_823_5e38, 0.0, f32::NAN];
        let given = Embedding {
            vectors: vec![numbers.to_vec()],
            model: Some("m".into()),
            usage: None,
            request_id: None,
            warnings: vec!["w".into()],
        };
        let text = embedding(&given).to_string();
        assert_eq!(
            text,
            r#"{"vectors":[[0.1,-0.012345679,1e-8,3.4028235e+38,0.0,null]],"model":"m","usage":null,"request-id":null,"warnings":["w"]}"#
        );
        let read: Value = serde_json::from_str(&text).unwrap();
        for (number, read) in numbers.iter().zip(read["vectors"][0].as_array().unwrap()) {
            assert!(read.as_f64().is_none_or(|read| read as f32 == *number), "{number}");
        }
    }
}
