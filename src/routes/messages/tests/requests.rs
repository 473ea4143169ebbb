//! Requests: what becomes of each part and option.

use super::*;
use crate::contract::{JsonSchema, ResponseFormat, Tool, ToolChoice};
use crate::history::samples::{
    assistant, call, call_with, inline, reasoning, result, result_with, system, text, tool, url, user,
};
use serde_json::json;

fn with(model: &str, change: impl FnOnce(&mut Request)) -> (Value, Vec<String>) {
    let mut request = request(model, hello());
    change(&mut request);
    encoded(&request)
}

fn tool_of(name: &str) -> Tool {
    Tool {
        name: name.into(),
        description: Some("reads".into()),
        parameters_json: r#"{"type":"object","properties":{"path":{"type":"string"}}}"#.into(),
        strict: None,
    }
}

#[test]
fn the_smallest_request() {
    let encoded = ROUTE.encode(&request(" claude-opus-5 ", hello())).expect("a good request");
    assert_eq!(
        String::from_utf8(encoded.body).expect("UTF-8"),
        r#"{"model":"claude-opus-5","max_tokens":32000,"stream":true,"messages":[{"role":"user","content":[{"type":"text","text":"hello"}]}]}"#
    );
    assert_eq!(encoded.warnings, Vec::<String>::new());
    assert!(ROUTE.encode(&request("claude-opus-5", Vec::new())).is_err());
}

#[test]
fn a_conversation_alternates_and_results_come_first() {
    let messages = [
        system([text("be"), text("good")].into()),
        user([text("a")].into()),
        assistant([text("b"), call("toolu_1", "read", r#"{"n":1.50}"#), call("toolu_2", "read", "{")].into()),
        tool([result_with("toolu_2", "", Vec::new(), true)].into()),
        tool([result("toolu_1", "one")].into()),
        user([text("c")].into()),
        system([text("late")].into()),
        assistant([text(" "), text("d")].into()),
        assistant([text("e \n")].into()),
    ];
    let (body, _) = encoded(&request("claude-sonnet-4-5", messages.into()));
    assert_eq!(body["system"].as_array().map(Vec::len), Some(2));
    let messages = &body["messages"];
    assert_eq!(messages.as_array().map(Vec::len), Some(4), "{messages}");
    assert_eq!(messages[1]["content"][1]["input"].to_string(), r#"{"n":1.5}"#);
    assert_eq!(messages[1]["content"][2]["input"], json!({"malformed_arguments": "{"}));
    let results = &messages[2]["content"];
    assert_eq!(results[0], json!({"type":"tool_result","tool_use_id":"toolu_1","content":"one"}));
    assert_eq!(
        results[1],
        json!({"type":"tool_result","tool_use_id":"toolu_2","content":"(no output)","is_error":true})
    );
    assert_eq!(results[2]["text"], "c");
    assert_eq!(results[4]["text"], "late");
    // The end of the conversation is a beginning for the model, where white space is refused.
    assert_eq!(messages[3]["content"], json!([{"type":"text","text":"d"},{"type":"text","text":"e"}]));
}

/// The roles of the messages, and the texts of each.
fn roles(body: &Value) -> Vec<String> {
    let messages = body["messages"].as_array().expect("a list").iter();
    messages
        .map(|message| {
            let blocks = message["content"].as_array().expect("a list").iter();
            let texts: Vec<&str> = blocks.map(|block| block["text"].as_str().unwrap_or("-")).collect();
            format!("{}: {}", message["role"].as_str().expect("a role"), texts.join("|"))
        })
        .collect()
}

#[test]
fn a_late_system_message_keeps_its_role_where_the_model_takes_it() {
    let messages = [
        system([text("first")].into()),
        user([text("a")].into()),
        system([text("one")].into()),
        system([text("two")].into()),
        assistant([call("toolu_1", "read", "{}")].into()),
        tool([result("toolu_1", "1")].into()),
        system([text("three")].into()),
        assistant([text("b")].into()),
        user([text("c")].into()),
        Message { cache_here: true, ..system([text("four")].into()) },
    ];
    let kept = [
        "user: a",
        "system: one|two",
        "assistant: -",
        "user: -",
        "system: three",
        "assistant: b",
        "user: c",
        "system: four",
    ];
    for model in
        ["claude-opus-4-8", "claude-opus-5", "claude-fable-5", "claude-mythos-5", "anthropic/claude-opus-4.9"]
    {
        let (body, warnings) = encoded(&request(model, messages.clone().into()));
        assert_eq!(roles(&body), kept, "{model}");
        assert_eq!(body["system"].as_array().map(Vec::len), Some(1));
        assert_eq!(body["messages"][7]["content"][0]["cache_control"]["type"], "ephemeral");
        assert_eq!(warnings, Vec::<String>::new(), "{model}");
    }
    for model in ["claude-opus-4-7", "claude-sonnet-5", "claude-mythos-preview", "MiniMax-M2"] {
        let (body, warnings) = encoded(&request(model, messages.clone().into()));
        assert_eq!(roles(&body)[0], "user: a|[System message]|one|[System message]|two", "{model}");
        assert_eq!(warnings.len(), 1, "{model}: {warnings:?}");
    }
}

#[test]
fn a_late_system_message_is_the_users_where_the_vendor_refuses_its_place() {
    let late = || system([text("late")].into());
    let (hello, bye) = (|| user([text("a")].into()), || assistant([text("b")].into()));
    // Reasoning of another route is left out, and with it the whole turn.
    let nothing = || assistant([reasoning("r", Some("{}"))].into());
    for (messages, expected, moved) in [
        // After the assistant.
        (vec![hello(), bye(), late()], vec!["user: a", "assistant: b", "user: [System message]|late"], 1),
        // Before the user.
        (vec![hello(), late(), hello()], vec!["user: a|[System message]|late|a"], 1),
        (vec![hello(), late(), nothing(), hello()], vec!["user: a|[System message]|late|a"], 1),
        (vec![hello(), late(), nothing(), late()], vec!["user: a", "system: late|late"], 0),
        (vec![hello(), late(), nothing(), bye()], vec!["user: a", "system: late", "assistant: b"], 0),
    ] {
        let (body, warnings) = encoded(&request("claude-opus-5", messages));
        assert_eq!(roles(&body), expected);
        let found = warnings.iter().filter(|warning| warning.contains("system messages")).count();
        assert_eq!(found, moved, "{warnings:?}");
    }
}

#[test]
fn ids_and_names_of_other_vendors_are_made_to_fit() {
    let messages = [
        user([text("a")].into()),
        assistant([call("functions.read:0", "fs.read", "{}"), call("call|1", "x", "{}")].into()),
        tool([result("call|1", "1"), result("functions.read:0", "0")].into()),
        assistant([call("functions.read:0", "fs.read", "{}")].into()),
        tool([result("functions.read:0", "2")].into()),
    ];
    let (body, warnings) = encoded(&request("claude-opus-5", messages.into()));
    assert_eq!(body["messages"][1]["content"][0]["id"], "functions_read_0");
    assert_eq!(body["messages"][2]["content"][0]["tool_use_id"], "functions_read_0");
    assert_eq!(body["messages"][3]["content"][0]["id"], "functions_read_0_2");
    assert!(!warnings.is_empty());
}

#[test]
fn media_becomes_images_and_documents_or_a_text_that_says_what_is_missing() {
    let pdf = crate::contract::Media { name: Some("a.pdf".into()), ..inline("application/pdf", b"%PDF-1") };
    let parts = [
        Part::Image(inline("image/png", b"\x89PNGxxxx")),
        Part::Image(url("", "https://x.test/a.png")),
        Part::Image(url("image/png", "data:image/png;base64,iVBORw0KGgo=")),
        Part::File(pdf),
        Part::File(url("", "https://x.test/a.pdf")),
        Part::File(inline("text/csv", b"a,b")),
        Part::File(inline("application/json", b"{}")),
        Part::Audio(inline("audio/wav", b"RIFFxxxxWAVE")),
        Part::File(inline("application/zip", b"PK")),
        Part::Image(inline("image/bmp", b"BM")),
        Part::File(inline("text/plain", b"\xff\xfe")),
        Part::Image(url("image/png", "http://x.test/a.png")),
    ];
    let (body, warnings) = encoded(&request("claude-opus-5", [user(parts.into())].into()));
    let content = &body["messages"][0]["content"];
    assert_eq!(content[0]["source"], json!({"type":"base64","media_type":"image/png","data":"iVBOR3h4eHg="}));
    assert_eq!(content[1]["source"], json!({"type":"url","url":"https://x.test/a.png"}));
    assert_eq!(content[2]["source"]["data"], "iVBORw0KGgo=");
    assert_eq!((&content[3]["type"], &content[3]["title"]), (&json!("document"), &json!("a.pdf")));
    assert_eq!(content[4]["source"]["type"], "url");
    assert_eq!(content[5]["source"], json!({"type":"text","media_type":"text/plain","data":"a,b"}));
    assert_eq!(content[6]["source"]["data"], "{}");
    for at in 7..12 {
        assert!(content[at]["text"].as_str().expect("a text").contains("was left out"), "{content}");
    }
    assert_eq!(warnings.len(), 5, "{warnings:?}");
    let empty = request("claude-opus-5", [user([Part::Image(inline("image/png", b""))].into())].into());
    assert!(ROUTE.encode(&empty).is_err());

    let results = [
        user([text("a")].into()),
        assistant([call("t", "shot", "{}")].into()),
        tool(
            [result_with(
                "t",
                "here",
                [inline("image/png", b"\x89PNG"), inline("audio/wav", b"RIFF")].into(),
                false,
            )]
            .into(),
        ),
    ];
    let (body, _) = encoded(&request("claude-opus-5", results.into()));
    let kinds: Vec<_> = body["messages"][2]["content"][0]["content"]
        .as_array()
        .expect("blocks")
        .iter()
        .map(|block| block["type"].as_str().expect("a type"))
        .collect();
    assert_eq!(kinds, ["text", "image", "text"]);
}

#[test]
fn tools_and_the_choice_between_them() {
    let choose = |model: &str, choice: Option<ToolChoice>, parallel: Option<bool>| {
        with(model, |request| {
            request.tools = [tool_of("read")].into();
            request.tool_choice = choice;
            request.parallel_tool_calls = parallel;
        })
    };
    let (body, _) = choose("claude-opus-5", None, None);
    assert_eq!(body["tools"][0]["name"], "read");
    assert_eq!(body["tools"][0]["input_schema"]["properties"]["path"]["type"], "string");
    assert_eq!(body["tool_choice"], Value::Null);
    for (choice, parallel, expected) in [
        (Some(ToolChoice::Auto), None, json!({"type":"auto"})),
        (Some(ToolChoice::Required), None, json!({"type":"any"})),
        (Some(ToolChoice::Named("read".into())), Some(true), json!({"type":"tool","name":"read"})),
        (Some(ToolChoice::None), Some(false), json!({"type":"none"})),
        (None, Some(false), json!({"type":"auto","disable_parallel_tool_use":true})),
        (Some(ToolChoice::Required), Some(false), json!({"type":"any","disable_parallel_tool_use":true})),
    ] {
        assert_eq!(choose("claude-opus-5", choice, parallel).0["tool_choice"], expected);
    }
    let (body, warnings) = choose("claude-fable-5", Some(ToolChoice::Required), None);
    assert_eq!((&body["tool_choice"], warnings.len()), (&json!({"type":"auto"}), 1));
    // Without tools a choice means nothing, and is refused.
    assert_eq!(
        with("claude-opus-5", |request| request.tool_choice = Some(ToolChoice::Auto)).0["tool_choice"],
        Value::Null
    );
    let (body, _) = with("claude-opus-5", |request| {
        request.tools = [Tool {
            parameters_json: "{}".into(),
            description: Some(" ".into()),
            strict: Some(true),
            ..tool_of("now")
        }]
        .into();
    });
    assert_eq!(
        body["tools"][0],
        json!({"name":"now","input_schema":{"type":"object","properties":{}},"strict":true,"cache_control":{"type":"ephemeral"}})
    );
}

#[test]
fn sampling_is_sent_as_far_as_the_model_takes_it() {
    let sample = |model: &str, temperature: Option<f64>, top_p: Option<f64>| {
        let (body, warnings) = with(model, |request| {
            request.temperature = temperature;
            request.top_p = top_p;
        });
        (body["temperature"].as_f64(), body["top_p"].as_f64(), warnings.len())
    };
    assert_eq!(sample("claude-sonnet-4-5", Some(0.5), None), (Some(0.5), None, 0));
    assert_eq!(sample("claude-sonnet-4-5", Some(1.5), None), (Some(1.0), None, 1));
    assert_eq!(sample("claude-sonnet-4-5", Some(0.5), Some(0.9)), (Some(0.5), None, 1));
    assert_eq!(sample("claude-sonnet-4", Some(0.5), Some(0.9)), (Some(0.5), Some(0.9), 0));
    assert_eq!(sample("claude-opus-4-7", Some(0.5), Some(0.9)), (None, None, 2));
    let (body, warnings) = with("claude-opus-5", |request| {
        request.frequency_penalty = Some(1.0);
        request.presence_penalty = Some(1.0);
        request.seed = Some(1);
        request.stop = ["END".into(), "\n".into()].into();
        request.user = Some("u".repeat(300));
        request.cache_key = Some("k".into());
    });
    assert_eq!(warnings.len(), 4, "{warnings:?}");
    assert_eq!(body["stop_sequences"], json!(["END"]));
    assert_eq!(body["metadata"]["user_id"].as_str().map(str::len), Some(13));
}

#[test]
fn a_schema_of_the_output_is_closed_and_sent_where_the_model_takes_it() {
    let schema = r#"{"type":"object","properties":{"a":{"type":"object","properties":{"b":{"enum":[{"type":"object"}]}}},
        "c":{"type":"array","items":{"type":"object","additionalProperties":true}}},"required":["a"]}"#;
    let format = |model: &str| {
        with(model, |request| {
            request.response_format = Some(ResponseFormat::JsonSchema(JsonSchema {
                name: "answer".into(),
                schema_json: schema.into(),
                strict: None,
            }));
        })
    };
    let (body, warnings) = format("claude-opus-4-1");
    assert_eq!(warnings.len(), 0);
    let sent = &body["output_config"]["format"]["schema"];
    assert_eq!(
        (&sent["additionalProperties"], &sent["properties"]["a"]["additionalProperties"]),
        (&json!(false), &json!(false))
    );
    assert_eq!(sent["properties"]["c"]["items"]["additionalProperties"], true);
    assert_eq!(sent["properties"]["a"]["properties"]["b"]["enum"], json!([{"type":"object"}]));
    let (body, warnings) = format("claude-opus-4");
    assert_eq!((&body["output_config"], warnings.len()), (&Value::Null, 1));
    let (_, warnings) =
        with("claude-opus-5", |request| request.response_format = Some(ResponseFormat::JsonObject));
    assert_eq!(warnings.len(), 1);
}

#[test]
fn the_callers_own_fields_come_last_and_cannot_replace_the_conversation() {
    let (body, _) = with("claude-opus-5", |request| {
        request.extra_json =
            Some(r#"{"max_tokens":5,"top_k":3,"output_config":{"task_budget":{"total":1}}}"#.into());
        request.reasoning = Some(crate::contract::ReasoningOptions {
            effort: Some("high".into()),
            budget_tokens: None,
            include_text: None,
        });
    });
    assert_eq!((&body["max_tokens"], &body["top_k"]), (&json!(5), &json!(3)));
    assert_eq!(body["output_config"], json!({"effort":"high","task_budget":{"total":1}}));
    // Thinking of the caller's excludes a temperature like ours.
    for (thinking, expected) in [("enabled", None), ("disabled", Some(0.5))] {
        let (body, _) = with("claude-sonnet-4-5", |request| {
            request.extra_json =
                Some(format!(r#"{{"thinking":{{"type":"{thinking}","budget_tokens":1024}}}}"#));
            request.temperature = Some(0.5);
        });
        assert_eq!(body["temperature"].as_f64(), expected, "{thinking}");
    }
    for field in ["model", "messages", "system", "stream"] {
        let mut request = request("claude-opus-5", hello());
        request.extra_json = Some(format!(r#"{{"{field}":null}}"#));
        assert!(ROUTE.encode(&request).is_err(), "{field}");
    }
}

#[test]
fn only_reasoning_of_this_route_goes_back_and_never_at_the_end_of_a_turn() {
    let ours = r#"{"route":"messages","signature":"c2ln"}"#;
    let redacted = r#"{"route":"messages","block":{"type":"redacted_thinking","data":"x"}}"#;
    let of = |content: Vec<Part>| {
        let (body, warnings) = encoded(&request(
            "claude-opus-5",
            [user([text("a")].into()), assistant(content), user([text("b")].into())].into(),
        ));
        let kinds: Vec<String> = body["messages"][1]["content"]
            .as_array()
            .map(|blocks| {
                blocks.iter().map(|block| block["type"].as_str().expect("a type").to_string()).collect()
            })
            .unwrap_or_default();
        (kinds, warnings.len())
    };
    assert_eq!(
        of([reasoning("t", Some(ours)), text("c")].into()),
        (["thinking", "text"].map(Into::into).into(), 0)
    );
    assert_eq!(
        of([reasoning("", Some(redacted)), text("c")].into()),
        (["redacted_thinking", "text"].map(Into::into).into(), 0)
    );
    assert_eq!(of([reasoning("t", None), text("c")].into()), (["text".into()].into(), 0));
    for foreign in [
        r#"{"route":"chat-completions","signature":"x"}"#,
        r#"{"route":"messages""#,
        "",
        r#"{"route":"messages","signature":"\ud83d"}"#,
    ] {
        assert_eq!(
            of([reasoning("t", Some(foreign)), text("c")].into()),
            (["text".into()].into(), 1),
            "{foreign}"
        );
    }
    // Reasoning whose reply was cut off.
    assert_eq!(
        of([text("c"), reasoning("t", Some(ours)), reasoning("", Some(redacted))].into()),
        (["text".into()].into(), 1)
    );
    let (kinds, warnings) = of([reasoning("t", Some(ours))].into());
    assert_eq!((kinds.len(), warnings), (0, 1), "nothing is left of the turn");
    // A call keeps the program that made it only beside that program.
    let caller = r#"{"route":"messages","caller":{"type":"code_execution_20260120","tool_id":"srv"}}"#;
    let program = r#"{"route":"messages","block":{"type":"server_tool_use","id":"srv","name":"code_execution","input":{}}}"#;
    let turn = |first: Vec<Part>| {
        let content = first.into_iter().chain([call_with("t", "f", "{}", Some(caller))]).collect();
        let messages = [user([text("a")].into()), assistant(content), tool([result("t", "r")].into())];
        encoded(&request("claude-opus-5", messages.into())).0["messages"][1]["content"].clone()
    };
    assert_eq!(turn([reasoning("", Some(program))].into())[1]["caller"]["tool_id"], "srv");
    assert_eq!(turn(Vec::new())[0]["caller"], Value::Null);
}

#[test]
fn a_tool_of_the_vendors_goes_back_with_its_result_or_not_at_all() {
    let replay = |block: &str| format!(r#"{{"route":"messages","block":{block}}}"#);
    let tool_use = replay(r#"{"type":"server_tool_use","id":"srv","name":"web_search","input":{"q":1}}"#);
    let found = replay(r#"{"type":"web_search_tool_result","tool_use_id":"srv","content":[]}"#);
    let run = |content: Vec<Part>, more: &[Message]| {
        let messages = [&[user([text("a")].into()), assistant(content)], more].concat();
        let (body, _) = encoded(&request("claude-opus-5", messages));
        body["messages"][1]["content"]
            .as_array()
            .map_or(0, |blocks| blocks.iter().filter(|block| block["type"] != "text").count())
    };
    let [used, result] = [&tool_use, &found].map(|replay| reasoning("", Some(replay)));
    let later = [user([text("b")].into())];
    assert_eq!(run([used.clone(), result.clone(), text("c")].into(), &later), 2);
    assert_eq!(run([used.clone(), text("c")].into(), &later), 0, "the turn broke off");
    assert_eq!(run([text("c"), result].into(), &later), 0, "the host has dropped the call");
    assert_eq!(run([text("c"), used].into(), &[]), 1, "the turn was paused, and the vendor goes on with it");
}
