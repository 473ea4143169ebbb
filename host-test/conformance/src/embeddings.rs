//! Compares vectors with the expected ones.
//!
//! A vector of another text, or a wrong one, is never noticed later: a search with it only finds the wrong things.

use std::time::Duration;

use super::bench::Provider;
use super::expected;
use super::judge::{Differences, Judged, counts};
use super::lists::{after_the_query, failure};
use super::play::PROMPT;
use super::tested_host::TestedInstance;
use provider_host::contract::embeddings::{Embedding, EmbeddingRequest};
use provider_host::sandbox::CallError;
use stand_in::{Expect, StandIn, embedding_of};

/// The texts of a request. The first one must not occur in a message.
const TEXTS: [&str; 2] = [PROMPT, "another text"];

/// The numbers of a vector that the stand-in makes for a model that it does not know.
const LENGTH: usize = 1024;

/// The limit for a query, whatever its own deadlines are.
const PATIENCE: Duration = Duration::from_secs(30);

/// Requests the vectors that a scenario has, which the model names.
pub(super) async fn embed(
    provider: &mut Provider<impl TestedInstance>,
    scenario: &str,
    stand_in: &StandIn,
    expect: &Expect,
) -> Judged {
    let texts = expect.vectors.as_ref().map_or(TEXTS.len(), Vec::len);
    let texts: Vec<&str> = TEXTS.into_iter().take(texts).collect();
    let request = EmbeddingRequest::new(scenario, texts.iter().copied());
    let result = tokio::time::timeout(PATIENCE, provider.instance.embed(&provider.client, &request)).await;
    let Ok(result) = result else {
        return Judged::unplayable(format!("embedding-query.poll did not return within {PATIENCE:?}"));
    };
    let mut differences = Differences::default();
    let got = match &result {
        Ok(embedding) => {
            compare(&mut differences, embedding, &texts, expect);
            format!(
                "{} vectors of {:?} numbers",
                embedding.vectors.len(),
                embedding.vectors.first().map(Vec::len)
            )
        }
        Err(CallError::Provider(error)) => {
            if error.message.contains(PROMPT) {
                differences.0.push("the error's message contains a text of the request".to_owned());
            }
            expected::error(error)
        }
        Err(other) => other.to_string(),
    };
    failure(&mut differences, &result, expect);
    let requests = stand_in.requests().len();
    differences.hold_where("the number of requests", &requests, &expect.requests);
    after_the_query(&mut differences, &mut [provider], stand_in, &format!("{result:?}")).await;
    Judged { got, reasons: differences.0 }
}

fn compare(differences: &mut Differences, embedding: &Embedding, texts: &[&str], expect: &Expect) {
    let of_stand_in = || texts.iter().map(|text| embedding_of(text, LENGTH)).collect();
    let vectors = expect.vectors.clone().unwrap_or_else(of_stand_in);
    // Not printed: they are thousands of numbers.
    if embedding.vectors != vectors {
        differences.0.push("the vectors are not those of the texts, in the order of the texts".to_owned());
    }
    let usage = embedding.usage.as_ref().map(counts).unwrap_or_default();
    for (name, should) in &expect.usage {
        differences.hold(name, &usage.get(name.as_str()), &Some(should));
    }
}
