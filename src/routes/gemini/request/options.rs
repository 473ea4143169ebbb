//! The options of a request, all in `generationConfig`.

use super::thinking;
use crate::{
    contract::{Request, ResponseFormat},
    errors::Error,
    history::Warnings,
    routes::{
        encoding::{Body, options},
        gemini::models::Abilities,
    },
};

/// Most stop sequences that Google takes.
const MAX_STOPS: usize = 5;

/// Writes the options. What a model refuses is left out with a warning.
///
/// # Errors
/// `invalid-request` for a value that is wrong for every model.
pub fn write(
    body: &mut Body<'_>,
    request: &Request,
    abilities: &Abilities,
    warnings: &mut Warnings,
) -> Result<(), Error> {
    options::check(request)?;
    let has_tools = !request.tools.is_empty() || body.is_extra("tools");
    body.begin_merged("generationConfig");
    response_format(body, request, has_tools && !abilities.is_third, warnings)?;
    if let Some(limit) = request.max_output_tokens
        && let Some(json) = body.member("maxOutputTokens")
    {
        json.integer(limit.into());
    }
    let numbers = [
        ("temperature", request.temperature),
        ("topP", request.top_p),
        ("frequencyPenalty", request.frequency_penalty),
        ("presencePenalty", request.presence_penalty),
    ];
    for (name, value) in numbers {
        if let Some(value) = value
            && let Some(json) = body.member(name)
        {
            json.float(value);
        }
    }
    match request.seed.map(i32::try_from) {
        None => {}
        Some(Ok(seed)) => {
            if let Some(json) = body.member("seed") {
                json.integer(seed.into());
            }
        }
        Some(Err(_)) => {
            warnings.add("the seed has more than 32 bits, which this route refuses, and was not sent")
        }
    }
    if !request.stop.is_empty()
        && let Some(json) = body.member("stopSequences")
    {
        json.strings(request.stop.get(..MAX_STOPS).unwrap_or(&request.stop));
        if request.stop.len() > MAX_STOPS {
            warnings.add("this route takes 5 stop sequences; the others were not sent");
        }
    }
    if let Some(reasoning) = &request.reasoning {
        thinking::write(body, reasoning, abilities.thinking, warnings);
    }
    body.end_merged();
    Ok(())
}

/// JSON as the response. Models before the third generation refuse it beside tools, and a conversation with tools needs
/// them more.
fn response_format(
    body: &mut Body<'_>,
    request: &Request,
    is_refused: bool,
    warnings: &mut Warnings,
) -> Result<(), Error> {
    let schema = match &request.response_format {
        None | Some(ResponseFormat::Text) => return Ok(()),
        Some(ResponseFormat::JsonObject) => None,
        Some(ResponseFormat::JsonSchema(schema)) => Some(schema),
    };
    if is_refused {
        warnings.add("the model does not take a response format beside tools; it was not sent");
        return Ok(());
    }
    if let Some(json) = body.member("responseMimeType") {
        json.raw("\"application/json\"");
    }
    if let Some(schema) = schema
        && let Some(json) = body.member("responseJsonSchema")
    {
        options::response_schema(json, schema, warnings)?;
    }
    Ok(())
}
