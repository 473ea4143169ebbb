//! `host-test model ID`: everything that is known of one model, with the source of each fact.

use comfy_table::{Attribute, Cell, Table, presets};
use provider_host::contract::{Model, ModelList};
use provider_host::json::models;
use serde_json::Value;

use super::args::Common;
use super::failure::Failure;
use super::model_args::ModelArgs;
use super::session::Session;
use super::terminal::{Screen, Style, line};

/// Runs the command.
pub(crate) async fn run(common: &Common, args: &ModelArgs, screen: Screen) -> Result<(), Failure> {
    let list = Session::list(common, args.discovery(), screen).await?;
    let model = find(&list, &args.id)?;
    if common.json {
        return screen.print_json(&models::model(model, &list));
    }
    screen.print(&format!("{}\n", table(&facts(model, &list), screen).trim_fmt()))?;
    // Fields of the provider's own that the contract has no place for.
    if let Some(fields) = &model.extra_json {
        let heading = screen.styled(Style::Dim, "more from the provider:");
        screen.print(&format!("\n{heading}\n{}\n", line(fields)))?;
    }
    for warning in &list.warnings {
        screen.aside(Some(Style::Yellow), &format!("warning: {}\n", line(warning)));
    }
    Ok(())
}

/// The model of an id or of one of its aliases. The error lists similar ids, since a version or a date is easily forgotten.
fn find<'l>(list: &'l ModelList, id: &str) -> Result<&'l Model, Failure> {
    let is_called = |model: &&Model| model.id == id || model.aliases.iter().any(|alias| alias == id);
    if let Some(model) = list.models.iter().find(is_called) {
        return Ok(model);
    }
    let similar: Vec<_> =
        list.models.iter().map(|model| model.id.as_str()).filter(|known| is_similar(known, id)).collect();
    let hint = match similar.is_empty() {
        true => "'host-test models --kind all' lists all models".to_owned(),
        false => {
            format!("similar ids: {}", similar.into_iter().take(5).map(line).collect::<Vec<_>>().join(", "))
        }
    };
    Err(Failure::usage(format!("the provider lists no model {}; {hint}", line(id))))
}

fn is_similar(known: &str, id: &str) -> bool {
    let (known, id) = (known.to_lowercase(), id.to_lowercase());
    !id.is_empty() && (known.contains(&id) || id.contains(&known))
}

/// Each fact: its name, its value for people, and its source. An unknown fact has no value.
fn facts(model: &Model, list: &ModelList) -> Vec<[String; 3]> {
    let sources = models::sources(model, list);
    let Value::Object(fields) = models::model(model, list) else { return Vec::new() };
    let known = fields.into_iter().filter(|(name, _)| !matches!(name.as_str(), "sources" | "extra-json"));
    known
        .map(|(name, value)| {
            let source = sources.iter().find(|source| source.fact == name);
            let source = source.map_or_else(String::new, |source| line(&source.source).into_owned());
            let value = text(&value);
            [name, value, source]
        })
        .collect()
}

/// A value on one line. Prices are per million tokens, and limits are tokens.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => line(text).into_owned(),
        Value::Bool(value) => (if *value { "yes" } else { "no" }).to_owned(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => {
            let known = fields.iter().filter(|(_, value)| !text(value).is_empty());
            known
                .map(|(name, value)| format!("{} {}", line(name), text(value)))
                .collect::<Vec<_>>()
                .join(", ")
        }
        Value::Number(number) => number.to_string(),
    }
}

fn table(facts: &[[String; 3]], screen: Screen) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let head = |name: &str| {
        let cell = Cell::new(name);
        if screen.out_colours() { cell.add_attribute(Attribute::Bold) } else { cell }
    };
    table.set_header(["fact", "value", "source"].map(head));
    for fact in facts {
        table.add_row(fact);
    }
    table
}

#[cfg(test)]
mod tests {
    use provider_host::contract::{FactSource, ListOrigin};

    use super::super::models::samples::{list, model};
    use super::*;

    fn sourced() -> ModelList {
        let source = FactSource { fact: "context-window".into(), source: "catalogue".into() };
        let mut list = list(vec![model("gpt-5"), model("gpt-5-mini")], ListOrigin::Live);
        list.source_sets = vec![vec![source]];
        list
    }

    #[test]
    fn each_fact_has_its_value_and_its_source() {
        let list = sourced();
        let facts = facts(&list.models[0], &list);
        let of = |name: &str| {
            facts.iter().find(|fact| fact[0] == name).map(|[_, value, source]| [&**value, source])
        };
        assert_eq!(of("context-window"), Some(["200000", "catalogue"]));
        assert_eq!(of("tools"), Some(["yes", ""]));
        assert_eq!(of("max-output-tokens"), Some(["", ""]));
        assert_eq!(of("input"), Some(["text, image", ""]));
        assert_eq!(of("price"), Some(["currency USD, input 1.25, cache-read 0.125", ""]));
        assert_eq!((of("sources"), of("extra-json")), (None, None));
    }

    #[test]
    fn an_unknown_id_is_wrong_usage_and_names_similar_ones() {
        let list = sourced();
        assert_eq!(find(&list, "gpt-5-mini").map(|model| model.id.as_str()).ok(), Some("gpt-5-mini"));
        for (id, expected) in [("GPT-5", "similar ids: gpt-5, gpt-5-mini"), ("claude", "host-test models")] {
            let Err(Failure::Usage(message)) = find(&list, id) else { panic!("{id}") };
            assert!(message.contains(expected), "{message}");
        }
    }
}
