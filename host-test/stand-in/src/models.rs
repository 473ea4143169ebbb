//! The two lists of models, with the irregularities of CometAPI's own lists: duplicate rows, no stable order,
//! missing endpoint types, limits as numbers or text. A parser that only knows regular rows would pass its
//! tests and fail in use.

use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::{Value, json};

use super::repertoire::all;

/// Rows of the key's list: about as many as CometAPI returns.
pub const KEY_ROWS: usize = 600;

/// Rows of the public catalogue: as on CometAPI about half of the key's list, so that many models have no facts.
pub const CATALOGUE_ROWS: usize = 300;

/// `created` of each row: the same constant that CometAPI sends.
const CREATED: u64 = 1_626_777_600;

/// Suffixes that make further ids from the known ones, in turn. They are suffixes that vendors use, since
/// clients match ids by prefix.
const VARIANTS: [&str; 12] = [
    "-preview",
    "-latest",
    "-fast",
    "-thinking",
    "-all",
    "-2025-08-07",
    "-2025-11-20",
    "-2026-01-15",
    "-2026-03-05",
    "-2026-05-28",
    "-exp",
    "-0901",
];

/// A known model: `[id, vendor, type, context, maximum output, dollars per million tokens in, and out]`.
#[derive(Clone, Debug, Deserialize)]
struct Fact(String, String, String, Option<u64>, Option<u64>, Option<f64>, Option<f64>);

fn facts() -> &'static [Fact] {
    static FACTS: OnceLock<Vec<Fact>> = OnceLock::new();
    FACTS.get_or_init(|| {
        // Embedded, so it cannot be invalid at run time; a test reads it.
        serde_json::from_str(include_str!("models.json")).unwrap_or_default()
    })
}

/// Ids of the scenarios of wire routes with their endpoint types. They are listed, because a client may
/// refuse a model that its list does not contain.
fn scenario_ids() -> impl Iterator<Item = (&'static str, &'static str)> {
    let ids = all().iter().filter_map(|scenario| Some((scenario, scenario.route.wire()?)));
    let ids = ids.flat_map(|(scenario, wire)| {
        let names = std::iter::once(&scenario.name).chain(&scenario.models);
        names.map(move |id| (id.as_str(), wire.endpoint_type))
    });
    ids.filter(|(id, _)| *id != "*" && !facts().iter().any(|fact| fact.0 == *id))
}

/// Known models first, then their variants, without end. Only the known ones have facts.
fn endless() -> impl Iterator<Item = Fact> {
    let variant = |round: usize| {
        let ending = VARIANTS.get(round % VARIANTS.len()).copied().unwrap_or_default();
        let again = if round < VARIANTS.len() { String::new() } else { format!("-v{round}") };
        let named = move |fact: &Fact| {
            Fact(format!("{}{again}{ending}", fact.0), fact.1.clone(), fact.2.clone(), None, None, None, None)
        };
        facts().iter().map(named).collect::<Vec<_>>()
    };
    facts().iter().cloned().chain((0..).flat_map(variant))
}

/// Rows of `GET /v1/models`. The order depends on `turn`, some rows occur twice, and some have `null`, an
/// empty list or nothing as their endpoint types. Short lists are regular, so that a test can count their
/// rows.
pub fn key_list(count: usize, turn: u64) -> Vec<Value> {
    let played = scenario_ids().map(|(id, endpoint)| row(id, "stand-in", json!([endpoint])));
    let known = endless().enumerate().map(|(index, fact)| {
        let mut row = row(&fact.0, channel(&fact, index), endpoint_types(&fact.0, &fact.2));
        match index % 60 {
            31 => row["supported_endpoint_types"] = Value::Null,
            43 => row["supported_endpoint_types"] = json!([]),
            57 => drop(row.as_object_mut().and_then(|row| row.remove("supported_endpoint_types"))),
            _ => {}
        }
        row
    });
    let mut rows: Vec<Value> = if count < 100 {
        known.take(count).collect()
    } else {
        // Every known model is listed, however many scenarios there are; some of those are not, if there is no place left.
        let places = count.saturating_sub(5);
        let known_rows = places.saturating_sub(scenario_ids().count()).max(facts().len()).min(places);
        let mut rows: Vec<Value> = known.take(known_rows).collect();
        rows.extend(played.take(places - known_rows));
        // The last rows repeat the first ones, so that the list has exactly the requested length.
        let twice: Vec<Value> = rows.iter().take(count - rows.len()).cloned().collect();
        rows.extend(twice);
        rows
    };
    shuffle(&mut rows, turn);
    rows
}

fn row(id: &str, owner: &str, types: Value) -> Value {
    json!({
        "id": id, "object": "model", "created": CREATED, "owned_by": owner, "supported_endpoint_types": types,
    })
}

/// The name of a channel. CometAPI returns it as `owned_by`, and it says little about the vendor; a client
/// must not take it for one.
fn channel(fact: &Fact, index: usize) -> &'static str {
    match (fact.1.as_str(), index % 9) {
        ("OpenAI", 0..=3) => "openai",
        ("Google", 0..=4) => "vertex-ai",
        ("Anthropic", 0) => "aws",
        ("Qwen", 0) => "ali",
        ("DeepSeek", 0) => "deepseek",
        _ => "custom",
    }
}

/// Endpoint types by the channel. `openai` is also set on speech and embedding models, so the type alone does
/// not show that a model can chat.
fn endpoint_types(id: &str, kind: &str) -> Value {
    let responses_only = ["-pro", "codex", "astra"].iter().any(|word| id.contains(word));
    match kind {
        // Some channels of other vendors' models speak Anthropic's protocol alone.
        "text" if id.starts_with("minimax-m2.7") => json!(["anthropic"]),
        "image" => json!(["image-generation", "openai"]),
        "video" if id.starts_with("sora") => json!(["openai-video"]),
        "rerank" => json!(["jina-rerank"]),
        "text" if id.starts_with("claude") => json!(["anthropic", "openai"]),
        "text" if id.starts_with("gemini") => json!(["gemini", "openai"]),
        "text" if (id.starts_with("gpt-") || id.starts_with("o3")) && responses_only => {
            json!(["openai-response"])
        }
        "text" if ["gpt-", "o4", "grok"].iter().any(|start| id.starts_with(start)) => {
            json!(["openai", "openai-response"])
        }
        _ => json!(["openai"]),
    }
}

/// Rows of `GET /api/models`, with facts in various types.
pub fn catalogue(count: usize) -> Vec<Value> {
    endless().take(count).enumerate().map(|(index, fact)| catalogue_row(index, &fact)).collect()
}

fn catalogue_row(index: usize, fact: &Fact) -> Value {
    let Fact(id, vendor, kind, context, output, ..) = fact;
    json!({
        "id": id,
        // Not the id: a client that takes it for one gets "model not found".
        "code": id.replace(['.', '/'], "-"),
        "provider": vendor,
        "provider_code": vendor.to_lowercase().replace(' ', "-"),
        "name": id,
        "description": if index.is_multiple_of(3) { Value::Null } else { format!("{id} by {vendor}.").into() },
        "model_type": kind,
        "features": features(kind, id),
        "endpoints": endpoints(index, kind),
        "pricing": pricing(index, fact),
        "context_length": limit(index, *context),
        "max_completion_tokens": limit(index + 1, *output),
        "api_doc_url": "https://apidoc.cometapi.com/api/text/chat",
        "latest_model_name": Value::Null,
        "published_at": Value::Null,
        "model_sort": index,
        "upcoming": id == "gpt-6-astra" || index % 90 == 89,
    })
}

/// A limit as a number, or as text such as `200K` and `1M` if it is round.
fn limit(index: usize, tokens: Option<u64>) -> Value {
    match tokens {
        Some(tokens) if index.is_multiple_of(2) && tokens % 1_000_000 == 0 => {
            format!("{}M", tokens / 1_000_000).into()
        }
        Some(tokens) if index.is_multiple_of(2) && tokens % 1000 == 0 => format!("{}K", tokens / 1000).into(),
        tokens => json!(tokens),
    }
}

fn features(kind: &str, id: &str) -> Value {
    let sees =
        ["gpt-5", "gpt-6", "gpt-4", "claude", "gemini", "grok"].iter().any(|start| id.starts_with(start));
    match kind {
        "text" if sees => json!(["text-to-text", "image-to-text"]),
        "text" => json!(["text-to-text"]),
        "image" => json!(["text-to-image"]),
        "video" => json!(["text-to-video", "image-to-video"]),
        "audio" => json!(["text-to-speech"]),
        "rerank" => json!([]),
        other => json!([other]),
    }
}

/// The endpoints: a JSON text, an object, a list, or null. Real rows have all four.
fn endpoints(index: usize, kind: &str) -> Value {
    let (name, path) = match kind {
        "image" => ("image-generation", "/v1/images/generations"),
        "video" => ("openai-video", "/v1/videos"),
        "embedding" => ("embeddings", "/v1/embeddings"),
        _ => ("openai", "/v1/chat/completions"),
    };
    let object = json!({ name: { "path": path, "method": "POST" } });
    match index % 8 {
        0 => object,
        1 => json!([name]),
        2 => Value::Null,
        _ => object.to_string().into(),
    }
}

/// The price of a row, or null, as on many real rows. `ratio` is a discount that some accounts have: a client that applies
/// it to every account shows a wrong price.
fn pricing(index: usize, fact: &Fact) -> Value {
    if index % 5 == 4 && fact.5.is_none() {
        return Value::Null;
    }
    json!({
        "currency": "USD / M Tokens", "input": fact.5, "output": fact.6,
        "per_request": if fact.2 == "image" && fact.5.is_none() { json!(0.04) } else { Value::Null },
        "per_second": if fact.2 == "video" { json!(0.1) } else { Value::Null },
        "ratio": 0.8,
    })
}

/// A Fisher–Yates shuffle with an xorshift generator that is seeded with the turn: another order in each
/// response, and the same one for the same turn, so that a failure can be repeated.
fn shuffle(rows: &mut [Value], turn: u64) {
    let mut state = turn.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    for last in (1..rows.len()).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        rows.swap(last, (state % (last as u64 + 1)) as usize);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_key_list_has_the_requested_number_of_rows() {
        for count in [0, 1, 99, 600, 5000] {
            assert_eq!(key_list(count, 7).len(), count);
        }
    }

    #[test]
    fn the_key_list_has_the_irregularities_of_the_real_one() {
        let rows = key_list(KEY_ROWS, 1);
        let ids: HashSet<&str> = rows.iter().filter_map(|row| row["id"].as_str()).collect();
        assert!(ids.len() < rows.len(), "some rows occur twice");
        assert!(rows.iter().any(|row| row.get("supported_endpoint_types").is_none()));
        assert!(rows.iter().any(|row| row["supported_endpoint_types"] == json!([])));
        assert!(rows.iter().any(|row| row.get("supported_endpoint_types") == Some(&Value::Null)));
        assert!(ids.contains("gpt-5.4-mini") && ids.contains("q13-index-starts-at-one"));
        let types = |id: &str| {
            rows.iter().find(|row| row["id"] == id).map(|row| row["supported_endpoint_types"].clone())
        };
        for (id, expected) in [
            ("claude-opus-5", json!(["anthropic", "openai"])),
            ("gemini-3.6-flash", json!(["gemini", "openai"])),
            ("gpt-5.4", json!(["openai", "openai-response"])),
            ("gpt-5.5-pro", json!(["openai-response"])),
            ("minimax-m2.7", json!(["anthropic"])),
            ("q41-another-message", json!(["anthropic"])),
        ] {
            assert_eq!(types(id), Some(expected), "{id}");
        }
        assert_ne!(rows, key_list(KEY_ROWS, 2), "the order changes");
        assert_eq!(rows, key_list(KEY_ROWS, 1), "and the same turn has the same order");
    }

    #[test]
    fn the_catalogue_has_each_fact_in_several_types() {
        let rows = catalogue(CATALOGUE_ROWS);
        assert_eq!(rows.len(), CATALOGUE_ROWS);
        for field in ["context_length", "max_completion_tokens"] {
            assert!(rows.iter().any(|row| row[field].is_u64()), "{field}");
            assert!(rows.iter().any(|row| row[field].is_string()), "{field}");
            assert!(rows.iter().any(|row| row[field].is_null()), "{field}");
        }
        assert!(rows.iter().any(|row| row["endpoints"].is_array()));
        assert!(rows.iter().any(|row| row["endpoints"].is_object()));
        assert!(rows.iter().any(|row| row["endpoints"].is_string()));
        assert!(rows.iter().any(|row| row["pricing"].is_null()));
        assert!(rows.iter().any(|row| row["id"] != row["code"]));
        assert!(rows.iter().any(|row| row["upcoming"] == true));
    }
}
