//! `host-test embed`: makes vectors for texts.

use comfy_table::{Attribute, Cell, CellAlignment, ContentArrangement, Table, presets};
use provider_host::contract::embeddings::{Embedding, EmbeddingRequest};
use provider_host::json;

use super::args::{Common, EmbedArgs};
use super::cost::{grouped, money};
use super::failure::Failure;
use super::loading::load;
use super::request::read_input;
use super::session::Session;
use super::terminal::{Screen, Style, line};

/// Numbers of a vector, and characters of a text, that a row shows: enough to recognise them.
const NUMBERS_SHOWN: usize = 4;
const TEXT_SHOWN: usize = 40;

/// Runs the command.
pub(crate) async fn run(common: &Common, args: &EmbedArgs, screen: Screen) -> Result<(), Failure> {
    // Before the plugin is loaded: a file that cannot be read is wrong usage, and nothing has to be compiled for it.
    let request =
        EmbeddingRequest { dimensions: args.dimensions, ..EmbeddingRequest::new(&args.model, texts(args)?) };
    if !load(common)?.surface().has_embeddings() {
        return Err(Failure::usage(
            "this plugin has no embeddings; 'host-test inspect' shows what it exports, and --plugin chooses another",
        ));
    }
    let mut session = Session::open(common, screen).await?;
    let spinner = screen.spinner("requesting vectors");
    let embedding = session.embed(&request).await;
    drop(spinner);
    let embedding = embedding?;
    for warning in &embedding.warnings {
        screen.aside(Some(Style::Yellow), &format!("warning: {}\n", line(warning)));
    }
    if common.json {
        return screen.print_json(&json::embeddings::embedding(&embedding));
    }
    // Trimmed: a row of a table without a frame needs no blanks at its end.
    screen.print(&format!("{}\n", table(&request.input, &embedding, screen).trim_fmt()))?;
    screen.print(&format!("{}\n", screen.styled(Style::Dim, &summary(&args.model, &embedding))))
}

/// The texts of the command line or of the file.
fn texts(args: &EmbedArgs) -> Result<Vec<String>, Failure> {
    let Some(path) = &args.input else { return Ok(args.text.clone()) };
    let text = read_input(path)?;
    let texts: Vec<String> = text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
    match texts.is_empty() {
        true => Err(Failure::usage(format!("{} has no text; write one in each line", path.display()))),
        false => Ok(texts),
    }
}

fn table(texts: &[String], embedding: &Embedding, screen: Screen) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["index", "dimensions", "first numbers", "text"].map(|name| {
        let cell = Cell::new(name);
        if screen.out_colours() { cell.add_attribute(Attribute::Bold) } else { cell }
    }));
    for (index, (text, vector)) in texts.iter().zip(&embedding.vectors).enumerate() {
        let number = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
        table.add_row([
            number(index.to_string()),
            number(grouped(vector.len() as u64)),
            Cell::new(first_numbers(vector)),
            Cell::new(beginning(text)),
        ]);
    }
    table
}

/// The first numbers with a sign or a blank before each, so that those of all rows stand below each other.
fn first_numbers(vector: &[f32]) -> String {
    let shown: Vec<String> =
        vector.iter().take(NUMBERS_SHOWN).map(|number| format!("{number: >8.5}")).collect();
    let more = if vector.len() > NUMBERS_SHOWN { " …" } else { "" };
    format!("{}{more}", shown.join(" "))
}

/// The beginning of a text on one line.
fn beginning(text: &str) -> String {
    let shown: String = text.chars().take(TEXT_SHOWN).collect();
    let more = if shown.len() < text.len() { "…" } else { "" };
    format!("{}{more}", line(&shown))
}

/// The line below the table: how many vectors, of which model, and for how many tokens. A part that the provider does not
/// report is left out.
fn summary(requested: &str, embedding: &Embedding) -> String {
    let count = embedding.vectors.len();
    let model = embedding.model.as_deref().unwrap_or(requested);
    let mut parts = vec![
        format!("{} {}", grouped(count as u64), if count == 1 { "vector" } else { "vectors" }),
        line(model).into_owned(),
    ];
    if let Some(usage) = &embedding.usage {
        parts.extend(usage.input.map(|tokens| format!("{} tokens", grouped(tokens))));
        let currency = usage.currency.as_deref().unwrap_or_default();
        parts.extend(usage.billed.map(|billed| money(billed, currency)));
    }
    parts.join(" · ")
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use provider_host::contract::Usage;

    use super::*;
    use crate::cli::args::{Cli, Command};

    fn args(line: &[&str]) -> EmbedArgs {
        match Cli::try_parse_from(["host-test", "embed", "-m", "m"].iter().chain(line)).unwrap().command {
            Command::Embed(args) => args,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_file_has_one_text_in_each_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("texts");
        let path_text = path.to_str().unwrap();
        std::fs::write(&path, "a\r\n\n b \nc").unwrap();
        assert_eq!(texts(&args(&["--input", path_text])).unwrap(), ["a", " b ", "c"]);
        std::fs::write(&path, "\n\n").unwrap();
        assert!(
            matches!(texts(&args(&["--input", path_text])), Err(Failure::Usage(why)) if why.contains("no text"))
        );
        assert_eq!(texts(&args(&["x", "y z"])).unwrap(), ["x", "y z"]);
    }

    #[test]
    fn a_row_has_the_first_numbers_and_the_beginning_of_the_text_on_one_line() {
        let usage = Usage {
            input: Some(1234),
            output: None,
            total: None,
            cache_read: None,
            cache_write: None,
            reasoning: None,
            billed: None,
            currency: None,
            raw_json: None,
        };
        let embedding = Embedding {
            vectors: vec![vec![0.5, -0.25, 1e-7, 12.0, 3.0], vec![1.0, 2.0, 3.0, 4.0, 5.0]],
            model: Some("m-2".into()),
            usage: Some(usage),
            request_id: None,
            warnings: Vec::new(),
        };
        let given = ["a\nb".to_owned(), "x".repeat(50)];
        let text = table(&given, &embedding, Screen::plain()).trim_fmt();
        let rows: Vec<&str> = text.lines().collect();
        assert_eq!(rows.len(), 3, "{text}");
        assert!(
            rows[1].contains(" 0.50000 -0.25000  0.00000 12.00000 …") && rows[1].ends_with(r"a\nb"),
            "{text}"
        );
        assert!(rows[2].ends_with(&format!("{}…", "x".repeat(40))), "{text}");
        assert_eq!(summary("m", &embedding), "2 vectors · m-2 · 1,234 tokens");
        let unknown = Embedding { vectors: vec![vec![1.0]], model: None, usage: None, ..embedding };
        assert_eq!(summary("m", &unknown), "1 vector · m");
    }
}
