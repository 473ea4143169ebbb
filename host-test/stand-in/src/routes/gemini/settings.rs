//! Checks `generationConfig`.

use serde_json::Value;

use super::check::only;
use super::generation;
use crate::check::given;
use crate::errors::Refusal;

const FIELDS: [&str; 22] = [
    "stopSequences",
    "responseMimeType",
    "responseSchema",
    "responseJsonSchema",
    "responseModalities",
    "candidateCount",
    "maxOutputTokens",
    "temperature",
    "topP",
    "topK",
    "seed",
    "presencePenalty",
    "frequencyPenalty",
    "responseLogprobs",
    "logprobs",
    "enableEnhancedCivicAnswers",
    "speechConfig",
    "thinkingConfig",
    "imageConfig",
    "mediaResolution",
    "audioTimestamp",
    "routingConfig",
];

/// Checks the settings of a request.
pub fn check(body: &Value, model: &str) -> Result<(), Refusal> {
    let Some(config) = given(body, "generationConfig") else { return Ok(()) };
    only(config, &FIELDS, "generation_config")?;
    let ranges = [
        ("temperature", "temperature", 0.0, 2.0),
        ("topP", "top_p", 0.0, 1.0),
        ("presencePenalty", "presence_penalty", -2.0, 2.0),
        ("frequencyPenalty", "frequency_penalty", -2.0, 2.0),
    ];
    for (field, name, least, most) in ranges {
        let fits = |value: &Value| value.as_f64().is_some_and(|number| (least..=most).contains(&number));
        if given(config, field).is_some_and(|value| !fits(value)) {
            return Err(Refusal::google(format!(
                "* GenerateContentRequest.generation_config.{name}: {name} must be in the range [{least}, {most}]."
            )));
        }
    }
    if given(config, "maxOutputTokens").is_some_and(|value| value.as_u64().is_none_or(|number| number == 0)) {
        return Err(Refusal::google(
            "* GenerateContentRequest.generation_config.max_output_tokens: max_output_tokens must be positive.",
        ));
    }
    if given(config, "seed")
        .is_some_and(|seed| seed.as_i64().and_then(|seed| i32::try_from(seed).ok()).is_none())
    {
        return Err(Refusal::google("Invalid value at 'generation_config.seed' (TYPE_INT32)"));
    }
    if config["stopSequences"].as_array().is_some_and(|stops| stops.len() > 5) {
        return Err(Refusal::google("The number of stop sequences must be at most 5."));
    }
    schema(config)?;
    thinking(&config["thinkingConfig"], model)
}

fn schema(config: &Value) -> Result<(), Refusal> {
    let schemas = ["responseSchema", "responseJsonSchema"];
    let given = schemas.iter().filter(|name| given(config, name).is_some()).count();
    if given > 1 {
        return Err(Refusal::google("Only one of response_schema and response_json_schema may be set."));
    }
    if given > 0 && config["responseMimeType"] != "application/json" {
        return Err(Refusal::google(
            "* GenerateContentRequest.generation_config.response_mime_type: response_schema requires \
             application/json.",
        ));
    }
    Ok(())
}

/// A level is for Gemini 3, a budget for 2.5, and both are for none.
fn thinking(config: &Value, model: &str) -> Result<(), Refusal> {
    if config.is_null() {
        return Ok(());
    }
    only(
        config,
        &["includeThoughts", "thinkingBudget", "thinkingLevel"],
        "generation_config.thinking_config",
    )?;
    let (level, budget) = (given(config, "thinkingLevel"), given(config, "thinkingBudget"));
    if level.is_some() && budget.is_some() {
        return Err(Refusal::google("You can only set only one of thinking budget and thinking level."));
    }
    let generation = generation(model);
    if generation.is_some_and(|generation| generation < (2, 5)) {
        return Err(Refusal::google("Thinking is not enabled for this model."));
    }
    if let Some(level) = level {
        let level = level.as_str().unwrap_or_default();
        if !["MINIMAL", "LOW", "MEDIUM", "HIGH"].contains(&level) {
            return Err(Refusal::google(format!(
                "Invalid value at 'generation_config.thinking_config.thinking_level', \"{level}\""
            )));
        }
        if generation.is_some_and(|generation| generation < (3, 0)) {
            return Err(Refusal::google("Thinking level is not supported for this model."));
        }
        let pro = model.contains("-pro") || model.contains("3.7-flash");
        if level == "MINIMAL" && generation.is_some() && pro {
            return Err(Refusal::google(
                "Thinking level MINIMAL is not supported for this model. Please retry with other thinking level.",
            ));
        }
    }
    let Some(budget) = budget else { return Ok(()) };
    let Some(budget) = budget.as_i64() else {
        return Err(Refusal::google("Invalid value at 'generation_config.thinking_config.thinking_budget'"));
    };
    let (least, most) = match (generation, model) {
        (None, _) => return Ok(()),
        (Some(_), model) if model.contains("flash-lite") => (512, 24_576),
        (Some(_), model) if model.contains("flash") => (0, 24_576),
        (Some(_), _) => (128, 32_768),
    };
    let off = budget == 0 && model.contains("flash");
    match budget {
        -1 => Ok(()),
        0 if !off => Err(Refusal::google("Budget 0 is invalid. This model only works in thinking mode.")),
        _ if off || (least..=most).contains(&budget) => Ok(()),
        _ => Err(Refusal::google(format!(
            "The thinking budget {budget} is invalid. Please choose a value between {least} and {most}."
        ))),
    }
}
