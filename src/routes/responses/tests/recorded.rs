use super::*;
use crate::corpora;
use serde_json::Value;

#[test]
fn every_recording_decodes_as_expected() {
    let Some(root) = corpora::root() else { return };
    let folder = root.join("routes/responses");
    let mut bad = Vec::new();
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).expect("a folder") {
        let name = entry.expect("an entry").file_name().into_string().expect("a name");
        let Some(name) = name.strip_suffix(".expected.json") else { continue };
        if name.contains("auth_error") || name.contains("context-specific") {
            continue;
        }
        let raw = std::fs::read(folder.join(name)).expect("a file");
        let want: Value = serde_json::from_slice(
            &std::fs::read(folder.join(std::format!("{name}.expected.json"))).unwrap(),
        )
        .unwrap();
        let body = if name.ends_with(".lines") {
            let mut all = String::new();
            for line in String::from_utf8(raw).unwrap().lines().filter(|line| !line.trim().is_empty()) {
                all += &std::format!("data: {line}\n\n");
            }
            all.into_bytes()
        } else {
            raw
        };
        let got = decode(&body);
        count += 1;
        let text = |field: &str| want[field].as_str().unwrap_or_default().to_string();
        let squeeze = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut fail = |what: String| bad.push(std::format!("{name}: {what}"));
        if (want["outcome"] == "finish") != got.content.finish.is_some() {
            fail(std::format!("{:?} {:?}", got.content.finish, got.error));
        }
        let content = partial(&got.events);
        if content.0 != text("text") {
            fail("text".into());
        }
        if squeeze(&content.1) != squeeze(&text("reasoning")) {
            fail(std::format!("reasoning {:?} {:?}", content.1, text("reasoning")));
        }
        if content.2 != text("refusal") {
            fail("refusal".into());
        }
        let calls = want["tool_calls"].as_array().unwrap();
        if calls.len() != got.content.calls.len() {
            fail(std::format!("calls {:?} {calls:?}", got.content.calls));
        }
        for (want, got) in calls.iter().zip(&got.content.calls) {
            if want["id"] != got.0 || want["name"] != got.1 {
                fail(std::format!("{got:?}"));
            }
            match &got.2 {
                Ok(json) if want["kind"] != "custom" => {
                    if serde_json::from_str::<Value>(json).unwrap() != want["arguments"] {
                        fail(json.clone())
                    }
                }
                Err(raw) if want["kind"] == "custom" => {
                    if want["arguments"] != raw.as_str() {
                        fail(raw.clone())
                    }
                }
                _ => fail(std::format!("{got:?}")),
            }
        }
        if let Some((_, raw)) = &got.content.finish {
            let word = text("finish");
            let word = word.split(':').next_back().unwrap();
            if raw.as_deref() != Some(word) {
                fail(std::format!("{raw:?} {word}"));
            }
            let Some(Event::Finish(finish)) = got.events.last() else { panic!() };
            let u = &want["usage"];
            if !u.is_null() {
                let usage = finish.usage.clone().unwrap();
                if usage.input != u["input_tokens"].as_u64() || usage.output != u["output_tokens"].as_u64() {
                    fail(std::format!("{usage:?} {u:?}"));
                }
            }
        }
        if let Some(Event::Response(info)) = got.events.iter().find(|e| matches!(e, Event::Response(_)))
            && info.id.as_deref() != want["id"].as_str()
        {
            fail("id".into());
        }
    }
    for b in &bad {
        std::println!("{b}");
    }
    std::println!("{count}");
    assert!(bad.is_empty());
}

fn partial(events: &[Event]) -> (String, String, String) {
    use crate::contract::BlockKind;
    let mut kinds = std::collections::BTreeMap::new();
    let (mut text, mut refusal) = (String::new(), String::new());
    let mut reasoning: std::collections::BTreeMap<u32, String> = Default::default();
    for event in events {
        match event {
            Event::BlockStart(s) => {
                kinds.insert(s.index, s.kind.clone());
            }
            Event::BlockDelta(d) => match kinds[&d.index] {
                BlockKind::Text => text += &d.text,
                BlockKind::Refusal => refusal += &d.text,
                BlockKind::Reasoning => *reasoning.entry(d.index).or_default() += &d.text,
                _ => {}
            },
            _ => {}
        }
    }
    (text, reasoning.values().cloned().collect::<Vec<_>>().join("\n\n"), refusal)
}
