//! A chunk of a response, for the clients without types of their own. Only the used fields are parsed, and a text
//! without escapes is borrowed from the line, since the floor must not copy what it need not copy.

use std::borrow::Cow;

use meter::Sample;
use serde::Deserialize;

#[derive(Deserialize)]
struct Chunk<'a> {
    #[serde(borrow)]
    choices: Vec<Choice<'a>>,
}

/// A choice without its index and finish reason, which the floor does not need.
#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(borrow)]
    delta: Delta<'a>,
}

/// The three fields with text that the latency server sends.
#[derive(Deserialize)]
struct Delta<'a> {
    #[serde(borrow)]
    content: Option<Text<'a>>,
    #[serde(borrow)]
    reasoning_content: Option<Text<'a>>,
    #[serde(borrow)]
    tool_calls: Option<Vec<Call<'a>>>,
}

#[derive(Deserialize)]
struct Call<'a> {
    #[serde(borrow)]
    function: Function<'a>,
}

#[derive(Deserialize)]
struct Function<'a> {
    #[serde(borrow)]
    arguments: Option<Text<'a>>,
}

/// A newtype, because serde does not borrow a `Cow` directly in an `Option`.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Parses a chunk, and records its texts.
pub fn read(json: &[u8], sample: &mut Sample) -> anyhow::Result<()> {
    let chunk: Chunk<'_> = serde_json::from_slice(json)?;
    for choice in chunk.choices {
        let delta = choice.delta;
        let arguments = delta.tool_calls.into_iter().flatten().filter_map(|call| call.function.arguments);
        for text in delta.reasoning_content.into_iter().chain(delta.content).chain(arguments) {
            sample.text(&text.0);
        }
    }
    Ok(())
}
