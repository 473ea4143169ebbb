//! `host-test models`: lists models with their limits, abilities and prices.

use comfy_table::{Attribute, Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, presets};
use provider_host::contract::{ListOrigin, Model, ModelList, ModelStatus, Price};
use provider_host::json;

use super::args::Common;
use super::cost::grouped;
use super::failure::{Failure, provider_message};
use super::model_args::{Kind, ModelsArgs};
use super::session::Session;
use super::terminal::{Screen, Style, line};

/// A table is not fitted into a terminal with fewer columns than this: only one column may wrap, and it would be left with
/// a letter or two.
const NARROW: u16 = 80;

/// Runs the command.
pub(crate) async fn run(common: &Common, args: &ModelsArgs, screen: Screen) -> Result<(), Failure> {
    let mut list = Session::list(common, args.discovery(), screen).await?;
    let all = list.models.len();
    // A person looks for a model to chat with. A program gets everything, so that a new kind cannot be missed.
    let kind = args.kind.unwrap_or(if common.json { Kind::All } else { Kind::Chat });
    list.models.retain(|model| kind.takes(model.kind) && matches(model, args.search.as_deref()));
    let found = list.models.len();
    list.models.truncate(args.limit.unwrap_or(usize::MAX));
    if common.json {
        return screen.print_json(&json::models::model_list(&list));
    }
    if !list.models.is_empty() {
        // Trimmed: a row of a table without a frame needs no blanks at its end.
        screen.print(&format!("{}\n", table(&list.models, kind, screen).trim_fmt()))?;
    }
    screen.print(&format!("{}\n", screen.styled(Style::Dim, &counts(&list, found, all, kind))))?;
    for (style, text) in remarks(&list, found, all) {
        screen.aside(Some(style), &format!("{text}\n"));
    }
    Ok(())
}

/// Reports whether id, name or vendor contains the text, in upper or lower case: ids are lower case and vendors are not, and
/// nobody remembers which.
fn matches(model: &Model, search: Option<&str>) -> bool {
    let Some(search) = search.map(str::to_lowercase) else { return true };
    let fields = [Some(&model.id), model.name.as_ref(), model.vendor.as_ref()];
    fields.into_iter().flatten().any(|field| field.to_lowercase().contains(&search))
}

fn table(models: &[Model], kind: Kind, screen: Screen) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let with_kind = kind == Kind::All;
    let header = [
        "model",
        "kind",
        "route",
        "context",
        "output",
        "$/M in",
        "$/M cached",
        "$/M written",
        "$/M out",
        "can",
        "status",
    ];
    let header: Vec<&str> = header.into_iter().filter(|name| with_kind || *name != "kind").collect();
    table.set_header(header.iter().map(|name| {
        let cell = Cell::new(name);
        if screen.out_colours() { cell.add_attribute(Attribute::Bold) } else { cell }
    }));
    for model in models {
        table.add_row(row(model, with_kind));
    }
    // In a pipe, one model stays on one line, however long: grep and awk work on lines. A terminal that is narrow or
    // has no known width wraps lines better than a table with columns of one letter would.
    if screen.out_terminal && table.width().is_some_and(|width| width >= NARROW) {
        table.set_content_arrangement(ContentArrangement::Dynamic);
        // Only the abilities may wrap: an id on two lines cannot be copied.
        let fixed = table.column_iter_mut().filter(|column| column.index != header.len().saturating_sub(2));
        fixed.for_each(|column| {
            column.set_constraint(ColumnConstraint::ContentWidth);
        });
    } else {
        table.set_content_arrangement(ContentArrangement::Disabled);
    }
    table
}

/// An unknown limit or price is an empty cell. A zero would mean free, or no room for a response.
fn row(model: &Model, with_kind: bool) -> Vec<Cell> {
    let number = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
    let mut cells = vec![Cell::new(line(&model.id))];
    if with_kind {
        cells.push(Cell::new(json::models::kind(model.kind)));
    }
    let price = model.price.as_ref();
    // The one that a request takes. `host-test model` shows the others.
    cells.push(Cell::new(model.routes.first().map_or_else(String::new, |route| line(route).into_owned())));
    cells.extend([
        number(model.context_window.map_or_else(String::new, tokens)),
        number(model.max_output_tokens.map_or_else(String::new, tokens)),
        number(price.map_or_else(String::new, |price| per_million(price, price.input))),
        number(price.map_or_else(String::new, |price| per_million(price, price.cache_read))),
        number(price.map_or_else(String::new, |price| per_million(price, price.cache_write))),
        number(price.map_or_else(String::new, |price| per_million(price, price.output))),
        Cell::new(abilities(model).join(" ")),
        Cell::new(status(model)),
    ]);
    cells
}

/// The known abilities of a model, apart from text. An unknown one is left out, and not shown as missing: the catalogue has
/// no row for half of the callable models.
fn abilities(model: &Model) -> Vec<&'static str> {
    let takes = |kind: &str| model.input.iter().any(|input| input == kind);
    let known = [
        ("tools", model.tools == Some(true)),
        ("images", takes("image")),
        ("audio", takes("audio")),
        ("video", takes("video")),
        ("files", takes("file")),
        ("reasoning", model.reasoning == Some(true)),
        ("json", model.structured_output == Some(true)),
    ];
    known.into_iter().filter(|(_, can)| *can).map(|(word, _)| word).collect()
}

/// The status, and the end of the model where that is known: `deprecated, ends 2026-12-11, use gpt-6.1-sol`.
fn status(model: &Model) -> String {
    let status = match model.status {
        // The common status is not printed, so that the others stand out.
        ModelStatus::Callable => None,
        other => Some(json::models::status(other).to_owned()),
    };
    let end = model.retirement_date.as_ref().map(|date| format!("ends {}", line(date)));
    let successor = model.replaced_by.as_ref().map(|id| format!("use {}", line(id)));
    status.into_iter().chain(end).chain(successor).collect::<Vec<_>>().join(", ")
}

/// A count of tokens as vendors write it: 200K, 1M, 1.05M; decimal, as CometAPI's catalogue has it.
fn tokens(count: u64) -> String {
    let short = |unit: f64, sign: &str| {
        let text = format!("{:.2}", count as f64 / unit);
        format!("{}{sign}", text.trim_end_matches('0').trim_end_matches('.'))
    };
    match count {
        0..1_000 => count.to_string(),
        1_000..1_000_000 => short(1e3, "K"),
        _ => short(1e6, "M"),
    }
}

/// A rate with its currency, unless that is the dollar of the column's title. Four decimals: cached input of small models
/// costs less than a cent per million tokens.
fn per_million(price: &Price, amount: Option<f64>) -> String {
    let Some(amount) = amount else { return String::new() };
    let number = format!("{amount:.4}");
    let (whole, decimals) = number.split_once('.').unwrap_or((&number, ""));
    // At least two decimals, and more where they are not zero.
    let decimals = decimals.trim_end_matches('0');
    let number = format!("{whole}.{decimals:0<2}");
    if price.currency == "USD" { number } else { format!("{number} {}", line(&price.currency)) }
}

/// The line below the table: the number of models and the origin of the list. Without the origin, a user could not know that
/// a model is missing because the list is the built-in one.
fn counts(list: &ModelList, found: usize, all: usize, kind: Kind) -> String {
    let shown = list.models.len();
    let count = match shown == found {
        true => grouped(found as u64),
        false => format!("{} of {}", grouped(shown as u64), grouped(found as u64)),
    };
    let among = if kind == Kind::All { String::new() } else { format!(" {}", word(kind)) };
    let origin = match (list.origin, list.age_ms) {
        (ListOrigin::Live, _) => "live".to_owned(),
        (ListOrigin::Cached, Some(age)) => format!("cached, {} s old", age / 1000),
        (ListOrigin::Cached, None) => "cached".to_owned(),
        (ListOrigin::BuiltIn, _) => "built into the plugin".to_owned(),
    };
    format!("{count}{among} models, {} listed in all · {origin}", grouped(all as u64))
}

/// Notes about the list for people. They go to stderr, so that a pipe receives the list alone.
fn remarks(list: &ModelList, found: usize, all: usize) -> Vec<(Style, String)> {
    let mut lines = Vec::new();
    if found == 0 && all > 0 {
        lines.push((Style::Dim, "no model matches; try --kind all or another --search".to_owned()));
    }
    if let Some(why) = &list.degraded {
        // Not only a network that is down: a refused key, a rate limit or an invalid list have the same effect.
        lines.push((Style::Yellow, format!("the list is not live: {}", provider_message(why))));
    }
    lines.extend(list.warnings.iter().map(|warning| (Style::Yellow, format!("warning: {}", line(warning)))));
    lines
}

fn word(kind: Kind) -> String {
    use clap::ValueEnum as _;
    kind.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

#[cfg(test)]
#[path = "models_samples.rs"]
pub(super) mod samples;

#[cfg(test)]
#[path = "models_tests.rs"]
mod tests;
