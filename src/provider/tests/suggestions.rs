//! What an error says about a model that the provider does not have.

use super::*;
use crate::contract::ErrorKind;

fn failure(model: &str) -> Error {
    let body = r#"{"error":{"message":"no available channel","code":"model_not_found"}}"#;
    let refusal = with(head(503), [(0, Move::Bytes(body.into())), (0, Move::End)]);
    let network = Scripted::default().on("/chat/completions", [refusal]);
    let request = Request { model: model.into(), ..request() };
    run(&mut client(&network).complete(request).expect("a good request")).1.expect("an error")
}

#[test]
fn a_completion_with_a_retired_model_names_the_successor() {
    let error = failure("gpt-4");
    assert_eq!(error.kind, ErrorKind::ModelNotFound);
    assert_eq!(error.suggested_model.as_deref(), Some("gpt-5.6-sol"));
    assert_eq!(error.message.matches("retired on 2026-10-23").count(), 1, "{}", error.message);
}

#[test]
fn a_completion_with_a_misspelled_model_names_the_known_one() {
    let error = failure("anthropic/claude-sonnet-5.5");
    assert_eq!(error.suggested_model.as_deref(), Some("claude-sonnet-5-5"));
    assert_eq!(failure("house-model").suggested_model, None);
}
