//! The options of a request: response format, limits, sampling, reasoning.

use crate::{
    contract::{Request, ResponseFormat},
    errors::Error,
    history::Warnings,
    json::Json,
    routes::{
        encoding::{Body, options},
        responses::models::{Abilities, ReasoningForm, Sampling},
    },
};
use alloc::format;

/// The service refuses a lower limit.
const LEAST_OUTPUT: u32 = 16;

/// Writes the options. What the model would refuse is left out with a warning. `has_text`: the caller's own fields have a
/// `text`, with which the response format is merged.
///
/// # Errors
/// `invalid-request` for a value that is wrong for every model.
pub fn write(
    body: &mut Body<'_>,
    request: &Request,
    abilities: &Abilities,
    has_text: bool,
    warnings: &mut Warnings,
) -> Result<(), Error> {
    options::check(request)?;
    // Plain text is what the service writes anyway.
    let format = request.response_format.as_ref().filter(|format| !matches!(format, ResponseFormat::Text));
    if format.is_some() || has_text {
        body.begin_merged("text");
        if let Some(format) = format
            && let Some(json) = body.member("format")
        {
            response_format(json, format, warnings)?;
        }
        body.end_merged();
    }
    if let Some(limit) = request.max_output_tokens
        && let Some(json) = body.field("max_output_tokens")
    {
        if limit < LEAST_OUTPUT {
            warnings.add("max-output-tokens is below 16, which this route requires; 16 was sent");
        }
        json.integer(limit.max(LEAST_OUTPUT).into());
    }
    let effort = reasoning(body, request, abilities, warnings);
    sampling(body, request, abilities.sampling, effort, warnings);
    left_out(request, warnings);
    options::keys(body, request, warnings);
    Ok(())
}

fn response_format(json: &mut Json, format: &ResponseFormat, warnings: &mut Warnings) -> Result<(), Error> {
    let ResponseFormat::JsonSchema(schema) = format else {
        json.raw(r#"{"type":"json_object"}"#);
        return Ok(());
    };
    options::check_schema_name(&schema.name)?;
    json.raw(r#"{"type":"json_schema","name":"#);
    json.string(&schema.name);
    json.key("schema");
    options::response_schema(json, schema, warnings)?;
    if let Some(strict) = schema.strict {
        json.key("strict");
        json.bool(strict);
    }
    json.raw("}");
    Ok(())
}

/// Writes `reasoning` and `include`, and returns the effort that is sent.
fn reasoning<'r>(
    body: &mut Body<'_>,
    request: &'r Request,
    abilities: &Abilities,
    warnings: &mut Warnings,
) -> Option<&'r str> {
    let options = request.reasoning.as_ref();
    let requested = options.and_then(|options| options.effort.as_deref());
    let effort = requested.and_then(|effort| abilities.effort(effort));
    match (requested, effort) {
        (Some(requested), Some(effort)) if requested != effort => warnings.add(format!(
            "the model does not know the requested reasoning.effort; the nearest, {effort}, was sent"
        )),
        (Some(_), None) => warnings.add("the model does not reason, so reasoning.effort was not sent"),
        _ => {}
    }
    if options.is_some_and(|options| options.budget_tokens.is_some()) {
        warnings.add(
            "reasoning.budget-tokens has no field on the route responses and was not sent: reasoning.effort has one",
        );
    }
    // Without a request for one there is no summary, and so no text of the reasoning.
    let is_wanted = options.and_then(|options| options.include_text) != Some(false);
    let reasons = abilities.efforts != Some(0) && effort != Some("none");
    let summary = is_wanted && reasons && abilities.reasoning == ReasoningForm::Summarized;
    if (effort.is_some() || summary)
        && let Some(json) = body.field("reasoning")
    {
        json.raw("{");
        if let Some(effort) = effort {
            json.key("effort");
            json.string(effort);
        }
        if summary {
            json.key("summary");
            json.string("auto");
        }
        json.raw("}");
    }
    if matches!(abilities.reasoning, ReasoningForm::Summarized | ReasoningForm::Encrypted)
        && let Some(json) = body.field("include")
    {
        json.raw(r#"["reasoning.encrypted_content"]"#);
    }
    effort
}

fn sampling(
    body: &mut Body<'_>,
    request: &Request,
    sampling: Sampling,
    effort: Option<&str>,
    warnings: &mut Warnings,
) {
    let is_taken = match sampling {
        Sampling::Taken => true,
        Sampling::WithoutEffort => effort == Some("none"),
        Sampling::Refused => false,
    };
    for (name, value) in [("temperature", request.temperature), ("top_p", request.top_p)] {
        let Some(value) = value else { continue };
        if !is_taken {
            warnings.add(format!("the model takes no {name} while it reasons, so it was not sent"));
        } else if let Some(json) = body.field(name) {
            json.float(value);
        }
    }
}

/// Options that the route has no field for.
fn left_out(request: &Request, warnings: &mut Warnings) {
    for (name, is_set) in [
        ("frequency-penalty", request.frequency_penalty.is_some()),
        ("presence-penalty", request.presence_penalty.is_some()),
        ("stop", !request.stop.is_empty()),
        ("seed", request.seed.is_some()),
    ] {
        if is_set {
            warnings.add(format!("{name} has no field on the route responses and was not sent"));
        }
    }
}
