//! The table of retired ids, which is tab-separated with a header.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// Retired ids, each with its date, successor and source where they are known.
pub type Retired<'a> = BTreeMap<&'a str, [Option<&'a str>; 3]>;

/// Parses the retired ids. An id must not be a built-in model as well, because a host would get two contradicting facts
/// about it.
pub fn parse<'a>(table: &'a str, models: &BTreeMap<&str, &Value>) -> Result<Retired<'a>> {
    let mut lines = table.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    let column = |name: &str| {
        header
            .iter()
            .position(|known| *known == name)
            .with_context(|| format!("the retirements have no column `{name}`"))
    };
    let columns = [column("id")?, column("date")?, column("replaced-by")?, column("source")?];
    let mut retired = Retired::new();
    for line in lines {
        let cells: Vec<&str> = line.split('\t').collect();
        let [id, date, successor, source] =
            columns.map(|at| cells.get(at).copied().filter(|cell| !cell.is_empty()));
        let id = id.with_context(|| format!("the retirements have a row without an id: {line}"))?;
        ensure!(!models.contains_key(id), "{id} is a built-in model and retired");
        ensure!(retired.insert(id, [date, successor, source]).is_none(), "{id} is retired twice");
    }
    // A host moves to the successor without looking further, so that must not be retired as well.
    for (id, [_, successor, _]) in &retired {
        ensure!(successor.is_none_or(|other| !retired.contains_key(other)), "{id}: its successor is retired");
    }
    Ok(retired)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retirements_are_parsed_and_retired_successors_and_duplicates_are_errors() {
        let header = "id\tdate\treplaced-by\tsource\n";
        let result = |rows: &str| parse(&[header, rows].concat(), &BTreeMap::new()).map(|_| ());
        let table = [header, "b\t\t\ts\na\t2026-01-02\tc\ts"].concat();
        let rows = parse(&table, &BTreeMap::new()).unwrap();
        let a = ("a", [Some("2026-01-02"), Some("c"), Some("s")]);
        assert_eq!(rows, BTreeMap::from([a, ("b", [None, None, Some("s")])]));
        assert!(result("a\t\tb\ts\nb\t\tc\ts").is_err());
        assert!(result("a\t\t\ts\na\t\t\ts").is_err());
    }
}
