//! A turn of the model as items, and the results of its calls.

use super::content;
use crate::{
    errors::Error,
    history::{AssistantPart, AssistantTurn, ToolCall, ToolResult, UserPart, Warnings, is_blank},
    json::{Json, Raw, present, surrogates::replace_lone, wire_text},
    routes::{
        encoding::{own_replay, result_text},
        responses::{
            NAME,
            models::{Abilities, ReasoningForm, vendor},
        },
    },
};
use alloc::{borrow::ToOwned, format, string::String, vec::Vec};

/// The model of the request, and what of the conversation it cannot have.
pub struct Reader<'m> {
    abilities: &'m Abilities,
    vendor: &'static str,
    /// Parts with the replay of another route.
    foreign: usize,
    /// Reasoning and items of this route that cannot go back.
    dropped: usize,
}

impl<'m> Reader<'m> {
    pub fn new(model: &str, abilities: &'m Abilities) -> Self {
        Self { abilities, vendor: vendor(model), foreign: 0, dropped: 0 }
    }

    /// One warning for the whole conversation: each turn may have such parts.
    pub fn warn(&self, warnings: &mut Warnings) {
        warnings.add_foreign(self.foreign);
        if self.dropped > 0 {
            warnings.add(format!(
                "{} parts of reasoning were not sent: the model cannot read them, or what they led to is gone",
                self.dropped
            ));
        }
    }

    /// The fields of a replay of this route.
    fn read<const N: usize, T>(
        &mut self,
        replay: Option<&str>,
        names: [&'static str; N],
        with: impl FnOnce([Raw<'_>; N]) -> T,
    ) -> T {
        let replay = replace_lone(replay.unwrap_or_default());
        let fields = own_replay(&replay, NAME, names);
        self.foreign = self.foreign.saturating_add((fields.is_none() && !replay.is_empty()).into());
        with(fields.unwrap_or([None; N]))
    }
}

/// The items of a turn, as they are written.
struct Items<'j, 'a> {
    json: &'j mut Json,
    /// A reasoning, until the item that it led to. The service refuses a reasoning that another kind of item does not
    /// follow, and only the last one before an item led to it: items between two of them are gone.
    reasoning: Option<String>,
    /// The texts of the message that is open, and whether each is a refusal.
    texts: Vec<(&'a str, bool)>,
    /// The phase of that message, as JSON.
    phase: Option<String>,
}

/// Writes the items, then the results in the order of the calls.
///
/// # Errors
/// `invalid-request` for media of a result that cannot be sent.
pub fn write(
    json: &mut Json,
    turn: &AssistantTurn<'_>,
    reader: &mut Reader<'_>,
    warnings: &mut Warnings,
) -> Result<(), Error> {
    let begun = json.len();
    let mut items = Items { json, reasoning: None, texts: Vec::new(), phase: None };
    let mut results = turn.results.iter();
    let mut kinds = Vec::with_capacity(turn.results.len());
    for part in &turn.parts {
        match part {
            AssistantPart::Text { text, replay, .. } => {
                let names = ["message", "refusal", "phase"];
                reader.read(*replay, names, |fields| items.text(text, fields));
            }
            AssistantPart::Reasoning { replay: None, .. } => {}
            AssistantPart::Reasoning { replay, .. } => items.reasoning(*replay, reader),
            AssistantPart::Call(call) => {
                let names = ["input", "namespace", "caller"];
                let is_custom = reader.read(call.replay, names, |fields| items.call(call, fields));
                kinds.push((results.next(), is_custom));
            }
        }
    }
    items.end_message();
    reader.dropped = reader.dropped.saturating_add(items.reasoning.is_some().into());
    for (result, is_custom) in kinds {
        if let Some(result) = result {
            write_result(json, result, is_custom, warnings)?;
        }
    }
    // A change of the route has its own warning.
    if json.len() == begun && reader.foreign == 0 {
        warnings.add(format!(
            "messages[{}] contains nothing that this route can send and was left out",
            turn.message
        ));
    }
    Ok(())
}

impl<'a> Items<'_, 'a> {
    /// Gets ready for an item, after the reasoning that led to it.
    fn item(&mut self) {
        self.json.item();
        if let Some(reasoning) = self.reasoning.take() {
            self.json.raw(&reasoning);
            self.json.item();
        }
    }

    /// A text. The texts of one item are one message, and so are those of a host that knows no items.
    fn text(&mut self, text: &'a str, [begins, refusal, phase]: [Raw<'_>; 3]) {
        // A blank one would be refused.
        if is_blank(text) {
            return;
        }
        let is_set = |raw| present(raw) == Some("true");
        let phase = phase.map(|phase| phase.get()).filter(|phase| phase.starts_with('"'));
        if is_set(begins) || self.phase.as_deref() != phase {
            self.end_message();
        }
        self.phase = phase.map(ToOwned::to_owned);
        self.texts.push((text, is_set(refusal)));
    }

    /// Writes the message that is open. A single text is a string, which every server takes.
    fn end_message(&mut self) {
        let texts = core::mem::take(&mut self.texts);
        if texts.is_empty() {
            return;
        }
        self.item();
        let json = &mut *self.json;
        json.raw(r#"{"type":"message","role":"assistant","content":"#);
        if let [(text, false)] = texts.as_slice() {
            json.string(text);
        } else {
            json.raw("[");
            for (text, is_refusal) in texts {
                json.item();
                json.raw(if is_refusal {
                    r#"{"type":"refusal","refusal":"#
                } else {
                    r#"{"type":"output_text","text":"#
                });
                json.string(text);
                json.raw(if is_refusal { "}" } else { r#","annotations":[]}"# });
            }
            json.raw("]");
        }
        if let Some(phase) = self.phase.take() {
            json.key("phase");
            json.raw(&phase);
        }
        json.raw("}");
    }

    /// A reasoning, or an item of the vendor's own tools, which stands in the place of one.
    fn reasoning(&mut self, replay: Option<&str>, reader: &mut Reader<'_>) {
        let before = reader.foreign;
        let names = ["vendor", "item", "summary", "encrypted_content", "content", "id"];
        let (plain, ours) = (reader.abilities.reasoning == ReasoningForm::Plain, reader.vendor);
        let found = reader.read(replay, names, |[vendor, item, rest @ ..]| {
            // Only who encrypted a reasoning can read it. The vendor's models read each other's.
            let vendor = wire_text(vendor).map(|vendor| vendor.into_string_lossy());
            if vendor.is_some_and(|vendor| vendor != ours && !ours.is_empty()) {
                return None;
            }
            match json_of(item, '{') {
                Some(item) => Some((true, item.to_owned())),
                None => reasoning_item(rest, plain).map(|item| (false, item)),
            }
        });
        let dropped = match found {
            Some((true, item)) => {
                self.end_message();
                self.item();
                self.json.raw(&item);
                false
            }
            Some((false, item)) => {
                self.end_message();
                self.reasoning.replace(item).is_some()
            }
            None => reader.foreign == before,
        };
        reader.dropped = reader.dropped.saturating_add(dropped.into());
    }

    /// A call. Returns whether it is one of a custom tool, whose result has a type of its own.
    fn call(&mut self, call: &ToolCall<'_>, [input, namespace, caller]: [Raw<'_>; 3]) -> bool {
        let whole = json_of(input, '"');
        let is_custom = whole.is_some() || present(input) == Some("true");
        self.end_message();
        self.item();
        let json = &mut *self.json;
        json.raw(if is_custom { r#"{"type":"custom_tool_call""# } else { r#"{"type":"function_call""# });
        for (name, value) in [("call_id", &call.id), ("name", &call.name)] {
            json.key(name);
            json.string(value);
        }
        json.key(if is_custom { "input" } else { "arguments" });
        match whole {
            Some(input) => json.raw(input),
            // The arguments are a JSON text in a string. They are the model's own bytes wherever those were valid.
            None => json.string(&call.arguments),
        }
        for (name, value) in [("namespace", namespace), ("caller", caller)] {
            if let Some(value) = present(value) {
                json.key(name);
                json.raw(value);
            }
        }
        json.raw("}");
        is_custom
    }
}

/// A reasoning without its id: the service keeps nothing that it could look up by one, and some gateways give an item a
/// new one in each event [33, 35]. Where the model takes its own text back, and nothing is encrypted, the id is required.
fn reasoning_item([summary, encrypted, content, id]: [Raw<'_>; 4], plain: bool) -> Option<String> {
    let mut json = Json::default();
    json.raw(r#"{"type":"reasoning","summary":"#);
    json.raw(json_of(summary, '[').unwrap_or("[]"));
    let fields = match (json_of(encrypted, '"'), json_of(content, '['), json_of(id, '"')) {
        (Some(encrypted), ..) => [Some(("encrypted_content", encrypted)), None],
        (None, Some(content), Some(id)) if plain => [Some(("id", id)), Some(("content", content))],
        _ => return None,
    };
    for (name, value) in fields.into_iter().flatten() {
        json.key(name);
        json.raw(value);
    }
    json.raw("}");
    Some(json.into_string())
}

/// A value that begins so. A host could have stored anything.
fn json_of<'a>(raw: Raw<'a>, first: char) -> Option<&'a str> {
    raw.map(|raw| raw.get()).filter(|json| json.starts_with(first))
}

fn write_result(
    json: &mut Json,
    result: &ToolResult<'_>,
    is_custom: bool,
    warnings: &mut Warnings,
) -> Result<(), Error> {
    json.item();
    json.raw(if is_custom {
        r#"{"type":"custom_tool_call_output","call_id":"#
    } else {
        r#"{"type":"function_call_output","call_id":"#
    });
    json.string(&result.call_id);
    json.key("output");
    let text = result_text(result, warnings);
    match result.place.filter(|_| !result.media.is_empty()) {
        None => json.joined(text),
        Some(place) => {
            json.raw("[");
            content::write_text(json, text);
            for media in result.media {
                content::write(json, &UserPart::of_tool(media, place), false, warnings)?;
            }
            json.raw("]");
        }
    }
    json.raw("}");
    Ok(())
}
