//! The options of a request: response format, limits, sampling, reasoning.

use super::limits::{MAX_COMPLETION_TOKENS, MAX_TOKENS, output_limit_field};
use crate::{
    contract::{JsonSchema, ReasoningOptions, Request, ResponseFormat},
    errors::Error,
    history::Warnings,
    json::Json,
    routes::encoding::{Body, options},
};

/// Writes the options. Ranges are not checked: they differ between vendors and change, and a check here would refuse a value
/// that a new model accepts.
///
/// # Errors
/// `invalid-request` for a value that is wrong for every model.
pub fn write(
    body: &mut Body<'_>,
    request: &Request,
    model: &str,
    warnings: &mut Warnings,
) -> Result<(), Error> {
    options::check(request)?;
    response_format(body, request.response_format.as_ref(), warnings)?;
    output_limit(body, request.max_output_tokens, model);
    sampling(body, request);
    if !request.stop.is_empty()
        && let Some(json) = body.field("stop")
    {
        json.strings(&request.stop);
    }
    if let Some(seed) = request.seed
        && let Some(json) = body.field("seed")
    {
        json.integer(seed);
    }
    if let Some(reasoning) = &request.reasoning {
        write_reasoning(body, reasoning, warnings);
    }
    options::keys(body, request, warnings);
    Ok(())
}

/// `text` is not sent: every model responds with plain text anyway, and some servers do not know the value.
fn response_format(
    body: &mut Body<'_>,
    format: Option<&ResponseFormat>,
    warnings: &mut Warnings,
) -> Result<(), Error> {
    match format {
        None | Some(ResponseFormat::Text) => Ok(()),
        Some(ResponseFormat::JsonObject) => {
            if let Some(json) = body.field("response_format") {
                json.raw(r#"{"type":"json_object"}"#);
            }
            Ok(())
        }
        Some(ResponseFormat::JsonSchema(schema)) => match body.field("response_format") {
            Some(json) => json_schema(json, schema, warnings),
            None => Ok(()),
        },
    }
}

fn json_schema(json: &mut Json, schema: &JsonSchema, warnings: &mut Warnings) -> Result<(), Error> {
    options::check_schema_name(&schema.name)?;
    json.raw(r#"{"type":"json_schema","json_schema":{"name":"#);
    json.string(&schema.name);
    json.key("schema");
    options::response_schema(json, schema, warnings)?;
    if let Some(strict) = schema.strict {
        json.key("strict");
        json.bool(strict);
    }
    json.raw("}}");
    Ok(())
}

/// A limit in `extra-json` replaces ours under either name, because servers refuse a request with both.
fn output_limit(body: &mut Body<'_>, limit: Option<u32>, model: &str) {
    if let Some(limit) = limit
        && !body.is_extra(MAX_TOKENS)
        && !body.is_extra(MAX_COMPLETION_TOKENS)
        && let Some(json) = body.field(output_limit_field(model))
    {
        json.integer(limit.into());
    }
}

fn sampling(body: &mut Body<'_>, request: &Request) {
    let values = [
        ("temperature", request.temperature),
        ("top_p", request.top_p),
        ("frequency_penalty", request.frequency_penalty),
        ("presence_penalty", request.presence_penalty),
    ];
    for (name, value) in values {
        if let Some(value) = value
            && let Some(json) = body.field(name)
        {
            json.float(value);
        }
    }
}

fn write_reasoning(body: &mut Body<'_>, reasoning: &ReasoningOptions, warnings: &mut Warnings) {
    if let Some(effort) = &reasoning.effort {
        // Efforts are not checked against a list: vendors add new ones, and the catalogue reports those of a model.
        if let Some(json) = body.field("reasoning_effort") {
            json.string(effort);
        }
    }
    // `include-text` has no field: the server sends the text anyway, and the decoder withholds it from the host.
    if reasoning.budget_tokens.is_some() {
        warnings.add(
            "reasoning.budget-tokens has no field on the route chat-completions and was not sent: \
             reasoning.effort has one",
        );
    }
}
