//! The text of the comparison, for a terminal.

use std::fmt::Write as _;

use crate::judgement::{Judgement, MOST_GROWTH, Row, Verdict};
use crate::table::Count;

/// The command that writes the new counts to the table.
const UPDATE: &str = "make instructions UPDATE=1";

/// The table, with one line for each input. It is printed in every run, so that a change below the limit is visible,
/// too.
pub fn rows(judgement: &Judgement) -> String {
    let names = judgement.rows.iter().map(|row| row.name.len());
    let width = names.max().unwrap_or_default();
    let mut out = format!(
        "{:width$} {:>11} {:>13} {:>9} {:>13} {:>9}\n",
        "input", "bytes", "instructions", "per byte", "table", "change %"
    );
    for row in &judgement.rows {
        let line = format!(
            "{:width$} {:>11} {:>13} {:>9} {:>13} {:>9}  {}",
            row.name,
            or_dash(row.counted.as_ref(), |count| grouped(count.bytes)),
            or_dash(row.counted.as_ref(), |count| grouped(count.instructions)),
            or_dash(row.counted.as_ref(), |count| format!(
                "{:.2}",
                count.instructions as f64 / count.bytes as f64
            )),
            or_dash(row.known.as_ref(), |count| grouped(count.instructions)),
            change(row),
            mark(row.verdict),
        );
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}

/// The findings of the comparison, each with the next step.
pub fn conclusion(judgement: &Judgement) -> String {
    let mut out = String::new();
    let mut say = |verdict, text: &str| {
        let names = judgement.with(verdict);
        if !names.is_empty() {
            let _ = writeln!(out, "{}: {text}", names.join(", "));
        }
    };
    say(
        Verdict::Grown,
        &format!(
            "more than {MOST_GROWTH} % above the table. Make it cheaper. If it has to cost more, write the new counts with '{UPDATE}' and give the reason in the commit."
        ),
    );
    say(
        Verdict::Changed,
        &format!("other bytes than in the table. If the change is intended, run '{UPDATE}'."),
    );
    say(Verdict::Unknown, &format!("not in the table. Run '{UPDATE}'."));
    say(
        Verdict::Missing,
        &format!(
            "in the table, but not counted. Fix benches/hot_path.rs, or run '{UPDATE}' if it was removed."
        ),
    );
    say(Verdict::Improved, &format!("below the table. Keep the improvement with '{UPDATE}'."));
    if let Some(why) = &judgement.not_compared {
        let _ = writeln!(
            out,
            "NOT COMPARED, because {why}. The counts above were not checked. '{UPDATE}' writes the table for this toolchain."
        );
    }
    if out.is_empty() {
        let _ = writeln!(out, "No input is more than {MOST_GROWTH} % above the table.");
    }
    out
}

/// The count formatted by `show`, or a dash if there is none.
fn or_dash(count: Option<&Count>, show: impl Fn(&Count) -> String) -> String {
    count.map_or_else(|| "-".to_owned(), show)
}

/// The change in per cent, if both counts are of the same bytes. It is shown for another toolchain as well, where it
/// has no consequence.
fn change(row: &Row) -> String {
    match (&row.counted, &row.known) {
        (Some(counted), Some(known)) if counted.bytes == known.bytes => {
            let (now, before) = (counted.instructions as f64, known.instructions as f64);
            format!("{:+.2}", (now - before) / before * 100.0)
        }
        _ => "-".to_owned(),
    }
}

/// The verdict as a short text at the end of a line. Those in capitals fail the run.
fn mark(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Same => "",
        Verdict::Improved => "less",
        Verdict::Grown => "MORE",
        Verdict::Changed => "OTHER BYTES",
        Verdict::Unknown => "NOT IN THE TABLE",
        Verdict::Missing => "NOT COUNTED",
        Verdict::NotCompared => "not compared",
    }
}

/// The number with commas: `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, counted: Option<u64>, known: Option<u64>, verdict: Verdict) -> Row {
        let count = |instructions| Count { name: name.into(), bytes: 400, instructions };
        Row { name: name.into(), counted: counted.map(count), known: known.map(count), verdict }
    }

    #[test]
    fn the_table_shows_both_counts_the_change_and_the_verdict() {
        let rows = super::rows(&Judgement {
            not_compared: None,
            rows: vec![
                row("sse", Some(1_234_567), Some(1_164_686), Verdict::Grown),
                row("decode-text", Some(400), Some(400), Verdict::Same),
                row("encode", None, Some(90), Verdict::Missing),
                row("other", Some(7), None, Verdict::Unknown),
            ],
        });
        let expected = "\
input             bytes  instructions  per byte         table  change %
sse                 400     1,234,567   3086.42     1,164,686     +6.00  MORE
decode-text         400           400      1.00           400     +0.00
encode                -             -         -            90         -  NOT COUNTED
other               400             7      0.02             -         -  NOT IN THE TABLE
";
        assert_eq!(rows, expected);
    }

    #[test]
    fn each_finding_names_the_next_step() {
        let all = [
            (
                Verdict::Improved,
                "a: below the table. Keep the improvement with 'make instructions UPDATE=1'.",
            ),
            (Verdict::Grown, "a: more than 5 % above the table."),
            (Verdict::Changed, "a: other bytes"),
            (Verdict::Unknown, "a: not in the table. Run 'make instructions UPDATE=1'."),
            (Verdict::Missing, "a: in the table, but not counted."),
            (Verdict::Same, "No input is more than 5 % above the table."),
        ];
        for (verdict, expected) in all {
            let rows = vec![row("a", Some(1), Some(1), verdict)];
            let text = conclusion(&Judgement { not_compared: None, rows });
            assert!(text.starts_with(expected), "{text}");
        }
    }

    #[test]
    fn counts_that_were_not_compared_are_reported_in_capitals() {
        let rows = vec![row("a", Some(9), Some(1), Verdict::NotCompared)];
        let text = conclusion(&Judgement { not_compared: Some("it is Sunday".into()), rows });
        assert!(text.starts_with("NOT COMPARED, because it is Sunday."), "{text}");
    }
}
