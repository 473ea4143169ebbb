//! Repairs a past tool call, so that it can be sent again.

use super::{ConversationRules, PartIndex, ToolCall, Warnings};
use crate::{
    contract::ToolCallPart,
    json::{Json, parse, surrogates::replace_lone},
};
use alloc::{borrow::Cow, format, string::String};

/// The call with a name and arguments that a strict server accepts. `id` has been assigned already. Free text stays as it
/// is where the route can send it.
pub fn repair<'a>(
    place: PartIndex,
    call: &'a ToolCallPart,
    id: Cow<'a, str>,
    rules: &ConversationRules,
    warnings: &mut Warnings,
) -> ToolCall<'a> {
    let names = &rules.tool_names;
    let name = match call.name.as_str() {
        // A call without a name is the model's mistake. Dropped, it would leave its result without a call.
        "" => Cow::Borrowed("unknown_tool"),
        name => names.keep(name),
    };
    // The tools of the request keep their names, so the model may notice the difference. That is better than a
    // refused request.
    if name != call.name {
        warnings.add(format!("{place}: the name of the tool was rewritten: a name has {names}"));
    }
    let arguments = match &call.replay {
        Some(replay) if (rules.is_free_text)(replay) => Cow::Borrowed(call.arguments_json.as_str()),
        _ => arguments(place, &call.arguments_json, warnings),
    };
    ToolCall { id, name, arguments, replay: call.replay.as_deref(), place }
}

/// Arguments that are not a JSON object come from a model that broke off or made a mistake. Some servers parse them and
/// refuse the request, so they are wrapped in an object: the model still sees what it wrote, and nothing is lost.
fn arguments<'a>(place: PartIndex, json: &'a str, warnings: &mut Warnings) -> Cow<'a, str> {
    // A model that is cut off in an emoji leaves half of it behind, and strict parsers refuse that [16].
    let arguments = replace_lone(json);
    if is_object(&arguments) {
        if let Cow::Owned(_) = arguments {
            warnings
                .add(format!("{place}: half of a surrogate pair in the arguments was replaced by U+FFFD"));
        }
        arguments
    } else if arguments.trim_ascii().is_empty() {
        // Some vendors send nothing for a tool without parameters [13].
        warnings.add(format!("{place}: the arguments are empty and were replaced by an empty object"));
        Cow::Borrowed("{}")
    } else {
        warnings.add(format!("{place}: the arguments are not a JSON object and were wrapped in one"));
        Cow::Owned(wrapped(json))
    }
}

/// Text as the one member of an object.
fn wrapped(text: &str) -> String {
    let mut json = Json::default();
    json.raw(r#"{"malformed_arguments":"#);
    json.string(text);
    json.raw("}");
    json.into_string()
}

fn is_object(json: &str) -> bool {
    parse(json).is_ok_and(|value| value.get().starts_with('{'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{IdRule, LateSystem, NameRule};
    use alloc::vec::Vec;

    const RULES: ConversationRules = ConversationRules {
        call_ids: IdRule::Any,
        tool_names: NameRule { longest: 64, punctuation: "_-", letter_first: false },
        late_system: LateSystem::Keep,
        merge_neighbours: false,
        starts_with_user: false,
        is_free_text: |replay| replay == "free",
    };

    #[test]
    fn free_text_stays_as_it_is_where_the_route_sends_it() {
        for (replay, expected) in [("free", "*** Begin"), ("other", r#"{"malformed_arguments":"*** Begin"}"#)]
        {
            let call = ToolCallPart {
                id: "c".into(),
                name: "patch".into(),
                arguments_json: "*** Begin".into(),
                replay: Some(replay.into()),
            };
            let mut warnings = Warnings::default();
            let place = PartIndex { message: 0, part: 0 };
            let call = super::repair(place, &call, "c".into(), &RULES, &mut warnings);
            assert_eq!(call.arguments, expected);
            assert_eq!(warnings.into_vec().is_empty(), replay == "free");
        }
    }

    fn repaired(name: &str, arguments: &str) -> (String, String, Vec<String>) {
        let call = ToolCallPart {
            id: "c".into(),
            name: name.into(),
            arguments_json: arguments.into(),
            replay: None,
        };
        let mut warnings = Warnings::default();
        let place = PartIndex { message: 4, part: 2 };
        let call = super::repair(place, &call, "c".into(), &RULES, &mut warnings);
        (call.name.into(), call.arguments.into(), warnings.into_vec())
    }

    #[test]
    fn arguments_always_come_out_as_an_object() {
        let cases = [
            (r#"{"a":1.50}"#, r#"{"a":1.50}"#, false),
            (" {} ", " {} ", false),
            ("", "{}", true),
            (" \n", "{}", true),
            ("null", r#"{"malformed_arguments":"null"}"#, true),
            ("[1]", r#"{"malformed_arguments":"[1]"}"#, true),
            (r#"{"a":"b"#, r#"{"malformed_arguments":"{\"a\":\"b"}"#, true),
            (r#"{"a":1}{"b":2}"#, r#"{"malformed_arguments":"{\"a\":1}{\"b\":2}"}"#, true),
            (r#"{"a":"\ud83d"}"#, r#"{"a":"\ufffd"}"#, true),
        ];
        for (arguments, expected, warned) in cases {
            let (_, repaired, warnings) = repaired("tool", arguments);
            assert_eq!(repaired, expected);
            assert_eq!(!warnings.is_empty(), warned, "{arguments}: {warnings:?}");
            serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&repaired).unwrap();
        }
    }

    #[test]
    fn a_name_that_no_server_takes_is_rewritten() {
        let long = "n".repeat(70);
        let cases = [
            ("read_file-2", "read_file-2"),
            ("fs.read", "fs_read"),
            ("", "unknown_tool"),
            (&long, &long[..64]),
        ];
        for (name, expected) in cases {
            let (repaired, _, warnings) = repaired(name, "{}");
            assert_eq!(repaired, expected);
            assert_eq!(warnings.len(), usize::from(name != expected), "{name}");
        }
    }

    #[test]
    fn a_warning_names_the_place_and_nothing_of_the_call() {
        let (.., warnings) = repaired("secret.name", "secret arguments");
        assert_eq!(warnings.len(), 2);
        for warning in warnings {
            assert!(warning.starts_with("messages[4].content[2]: "), "{warning}");
            assert!(!warning.contains("secret"), "{warning}");
        }
    }
}
