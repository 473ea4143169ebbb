//! What the routes share when they write a request.
//!
//! Errors and warnings name positions in the request and repeat no part of it, because they end up in logs.

mod body;
mod extra;
pub mod media;
pub mod media_type;
pub mod options;
mod strictness;
pub mod tools;

use alloc::{borrow::Cow, format, string::String};

pub use body::Body;
pub use extra::{Extra, ExtraRules};
pub use strictness::is_strict;

use crate::{
    contract::Request,
    errors::{Error, ErrorKind, error},
    history::{ToolResult, Warnings, is_blank},
    json::{Json, Raw, RawValue, fields, parse, surrogates::replace_lone, wire_text},
};

/// The error of a request that no server would take.
pub fn invalid(message: impl Into<String>) -> Error {
    error(ErrorKind::InvalidRequest, message)
}

/// The caller's JSON without halves of characters [16].
pub fn whole<'a>(json: &'a str, what: &str, warnings: &mut Warnings) -> Cow<'a, str> {
    let clean = replace_lone(json);
    if let Cow::Owned(_) = clean {
        warnings.add(format!("{what}: half of a surrogate pair was replaced by U+FFFD"));
    }
    clean
}

/// A JSON object as it stands, without the white space around it.
pub fn object<'a>(json: &'a str, what: &str) -> Result<RawValue<'a>, Error> {
    // The parser's own message could quote the text, so only the position is given.
    let value = parse(json).map_err(|flaw| {
        invalid(format!("{what} is not valid JSON (line {}, column {})", flaw.line, flaw.column))
    })?;
    if !value.get().starts_with('{') {
        return Err(invalid(format!("{what} is not a JSON object")));
    }
    Ok(value)
}

/// Whether OpenAI takes this as the name of a function or a schema.
pub fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// The text of a tool result, for routes that have no field for a failure: it is written into the text. No result is left blank, since some servers
/// refuse that [87]. A tool that has nothing to say is no mistake, so an empty one is replaced without a warning.
pub fn result_text<'a>(result: &ToolResult<'a>, warnings: &mut Warnings) -> [&'a str; 2] {
    if let Some(place) = result.place.filter(|_| is_blank(result.text) && !result.text.is_empty()) {
        warnings.add(format!("{place}: the text of the result is blank and was replaced"));
    }
    let text = match result.text {
        text if !is_blank(text) => text,
        _ if result.media.is_empty() => "(no output)",
        _ => "(see the media attached below)",
    };
    // Many tools write the mark themselves. Twice would look like a part of the message.
    let marked = text.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("error:"));
    [if result.is_error && !marked { "Error: " } else { "" }, text]
}

/// Writes the arguments of a call as an object. Those that a strict reader refuses become a text in one.
pub fn arguments(json: &mut Json, arguments: &str) {
    if is_strict(arguments) {
        json.raw(arguments.trim_ascii());
    } else {
        json.raw(r#"{"malformed_arguments":"#);
        json.string(arguments);
        json.raw("}");
    }
}

/// A model id as a segment of a path. It may hold a `/`, and anything else, so each byte that is not plain is escaped.
pub fn path_segment(model: &str) -> String {
    let mut segment = String::new();
    for byte in model.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' => segment.push(byte.into()),
            byte => segment.push_str(&format!("%{byte:02X}")),
        }
    }
    segment
}

/// The caller's own fields without halves of characters, for [`Extra::parse`].
pub fn extra_json<'a>(request: &'a Request, warnings: &mut Warnings) -> Option<Cow<'a, str>> {
    request.extra_json.as_deref().map(|json| whole(json, "extra-json", warnings))
}

/// The fields of a replay that the route of this name wrote; `None` for one of another route, which would be refused: a
/// vendor's signature is valid nowhere else.
pub fn own_replay<'a, const N: usize>(
    replay: &'a str,
    route: &str,
    names: [&'static str; N],
) -> Option<[Raw<'a>; N]> {
    // What goes into a request as JSON has to be read by a strict reader there.
    let replay = parse(replay).ok().filter(|replay| is_strict(replay.get()))?;
    let [mark] = fields(replay, ["route"])?;
    wire_text(mark).filter(|mark| mark.as_bytes() == route.as_bytes())?;
    fields(replay, names)
}
