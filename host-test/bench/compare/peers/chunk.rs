//! A chunk of an answer, for clients that read it themselves: the fields that are used, borrowed from the
//! line where nothing in them is escaped.

use std::borrow::Cow;

use meter::Sample;
use serde::Deserialize;

#[derive(Deserialize)]
struct Chunk<'a> {
    #[serde(borrow)]
    choices: Vec<Choice<'a>>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(borrow)]
    delta: Delta<'a>,
}

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

/// Inside an `Option`, serde borrows no `Cow` but in a type of its own.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Hands over the texts of the chunk that this JSON is.
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
