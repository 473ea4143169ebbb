//! Sampling, the format of the output, and what the route has no field for.

use alloc::{format, string::String};

use super::super::models::Abilities;
use super::closed_schema;
use super::thinking::Plan;
use crate::contract::{Request, ResponseFormat};
use crate::errors::Error;
use crate::hash::Hash;
use crate::history::Warnings;
use crate::routes::encoding::{Body, object, options, whole};

/// The most characters of the name of a user.
const LONGEST_USER: usize = 256;

/// The least `top_p` that is taken beside thinking.
const LEAST_TOP_P: f64 = 0.95;

/// Writes the sampling values that the model takes; the others are refused.
pub fn sampling(
    body: &mut Body<'_>,
    request: &Request,
    abilities: &Abilities,
    plan: &Plan<'_>,
    warnings: &mut Warnings,
) {
    let mut temperature = request.temperature;
    let mut top_p = request.top_p;
    if let Some(above) = temperature.as_mut().filter(|temperature| **temperature > 1.0) {
        *above = 1.0;
        warnings.add("temperature is at most 1 on the route messages, and was lowered to it");
    }
    let mut drop = |value: &mut Option<f64>, is_refused: bool, warning: &str| {
        if value.is_some() && is_refused {
            *value = None;
            warnings.add(warning);
        }
    };
    let no_sampling = abilities.no_sampling;
    drop(&mut temperature, no_sampling, "the model takes no temperature; it was not sent");
    drop(&mut top_p, no_sampling, "the model takes no top_p; it was not sent");
    let thinks = plan.thinks();
    let is_changed = temperature.is_some_and(|temperature| temperature < 1.0);
    drop(&mut temperature, thinks && is_changed, "a model that thinks takes no temperature; it was not sent");
    let is_low = top_p.is_some_and(|top_p| top_p < LEAST_TOP_P);
    drop(&mut top_p, thinks && is_low, "a model that thinks takes no top_p below 0.95; it was not sent");
    let both = abilities.one_sampling && temperature.is_some();
    drop(&mut top_p, both, "the model takes temperature or top_p; top_p was not sent");
    for (name, value) in [("temperature", temperature), ("top_p", top_p)] {
        if let Some(value) = value
            && let Some(json) = body.field(name)
        {
            json.float(value);
        }
    }
}

/// Writes `stop_sequences` and `metadata`, and warns of what has no field.
pub fn others(body: &mut Body<'_>, request: &Request, warnings: &mut Warnings) {
    // One that is white space alone is refused.
    let is_blank = |text: &&String| text.trim().is_empty();
    if request.stop.iter().any(|text| is_blank(&text)) {
        warnings.add(
            "stop sequences of white space alone are not taken on the route messages, and were not sent",
        );
    }
    let mut stop = request.stop.iter().filter(|text| !is_blank(text)).peekable();
    if stop.peek().is_some()
        && let Some(json) = body.field("stop_sequences")
    {
        json.raw("[");
        for text in stop {
            json.item();
            json.string(text);
        }
        json.raw("]");
    }
    if let Some(user) = request.user.as_deref().filter(|user| !user.is_empty())
        && let Some(json) = body.field("metadata")
    {
        json.raw(r#"{"user_id":"#);
        match user.char_indices().nth(LONGEST_USER) {
            None => json.string(user),
            // The same user always gets the same name.
            Some(_) => json.string(&Hash::of(user).code(13)),
        }
        json.raw("}");
    }
    for (name, is_given) in [
        ("frequency_penalty", request.frequency_penalty.is_some()),
        ("presence_penalty", request.presence_penalty.is_some()),
        ("seed", request.seed.is_some()),
    ] {
        if is_given {
            warnings.add(format!("{name} has no field on the route messages and was not sent"));
        }
    }
}

/// Writes `output_config`: the effort, and the schema of the output.
///
/// # Errors
/// `invalid-request` for a schema that is no JSON object.
pub fn output_config(
    body: &mut Body<'_>,
    request: &Request,
    abilities: &Abilities,
    plan: &Plan<'_>,
    warnings: &mut Warnings,
) -> Result<(), Error> {
    const WHAT: &str = "response-format.schema-json";
    let mut schema = None;
    match &request.response_format {
        None | Some(ResponseFormat::Text) => {}
        Some(ResponseFormat::JsonObject) => {
            warnings.add("the route messages has no response format json-object; describe the JSON in the instructions");
        }
        Some(ResponseFormat::JsonSchema(given)) => {
            options::check_schema_name(&given.name)?;
            let text = whole(&given.schema_json, WHAT, warnings);
            object(&text, WHAT)?;
            match abilities.schema {
                true => schema = Some(text),
                false => warnings.add("the model takes no schema for its output; it was not sent"),
            }
        }
    }
    if schema.is_none() && plan.effort.is_none() && !body.has_merged() {
        return Ok(());
    }
    body.begin_merged("output_config");
    if let Some(effort) = &plan.effort
        && let Some(json) = body.member("effort")
    {
        json.string(effort);
    }
    if let Some(schema) = schema
        && let Some(json) = body.member("format")
    {
        json.raw(r#"{"type":"json_schema","schema":"#);
        closed_schema::write(json, object(&schema, WHAT)?);
        json.raw("}");
    }
    body.end_merged();
    Ok(())
}
