//! The comparison of counts with the committed table, and which differences fail the run.

#[cfg(test)]
mod tests;

use crate::table::{Count, Table, Toolchain};

/// The growth over the table that passes, in per cent. Small changes of the code move some counts by a per cent or two.
pub const MOST_GROWTH: u64 = 5;

/// The decrease from which on the table should be updated, in per cent. Otherwise a later change could lose what was
/// gained without failing.
pub const WORTH_KEEPING: u64 = 1;

/// The result for one input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict {
    /// About the count in the table.
    Same,
    /// Less than in the table.
    Improved,
    /// More than [`MOST_GROWTH`] above the table.
    Grown,
    /// The input has other bytes than the one in the table, so the counts cannot be compared.
    Changed,
    /// Counted, but not in the table.
    Unknown,
    /// In the table, but not counted.
    Missing,
    /// The table is valid for another toolchain.
    NotCompared,
}

impl Verdict {
    /// Whether this fails the run.
    pub fn fails(self) -> bool {
        matches!(self, Self::Grown | Self::Changed | Self::Unknown | Self::Missing)
    }
}

/// One input with its new count and its count in the table, of which at least one exists.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The input's name.
    pub name: String,
    /// The new count.
    pub counted: Option<Count>,
    /// The count in the table.
    pub known: Option<Count>,
    /// The result of the comparison.
    pub verdict: Verdict,
}

/// The results for all inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// Why nothing was compared with the table.
    pub not_compared: Option<String>,
    /// The counted inputs in their order, followed by those that were not counted.
    pub rows: Vec<Row>,
}

impl Judgement {
    /// Compares counts with the table.
    pub fn new(counts: &[Count], toolchain: &Toolchain, table: &Table) -> Self {
        let not_compared = table.mismatch(toolchain);
        let comparable = not_compared.is_none();
        let find = |list: &[Count], name: &str| list.iter().find(|count| count.name == name).cloned();
        let missing = table.inputs.iter().filter(|known| find(counts, &known.name).is_none());
        let rows = counts
            .iter()
            .chain(missing)
            .map(|Count { name, .. }| {
                let (counted, known) = (find(counts, name), find(&table.inputs, name));
                let verdict = verdict(counted.as_ref(), known.as_ref(), comparable);
                Row { name: name.clone(), counted, known, verdict }
            })
            .collect();
        Self { not_compared, rows }
    }

    /// The names of the inputs with this verdict.
    pub fn with(&self, verdict: Verdict) -> Vec<&str> {
        self.rows.iter().filter(|row| row.verdict == verdict).map(|row| &*row.name).collect()
    }

    /// Whether no verdict fails the run.
    pub fn passes(&self) -> bool {
        !self.rows.iter().any(|row| row.verdict.fails())
    }
}

/// Compares the two counts of one input. Other bytes fail before the counts are compared, so that a smaller input is
/// not taken for an improvement.
fn verdict(counted: Option<&Count>, known: Option<&Count>, comparable: bool) -> Verdict {
    let (counted, known) = match (counted, known) {
        (Some(counted), Some(known)) => (counted, known),
        (Some(_), None) => return Verdict::Unknown,
        (None, _) => return Verdict::Missing,
    };
    // Integers, because rounding in floats would move the limit.
    let (now, before) = (u128::from(counted.instructions) * 100, u128::from(known.instructions));
    if counted.bytes != known.bytes {
        Verdict::Changed
    } else if !comparable {
        Verdict::NotCompared
    } else if now > before * u128::from(100 + MOST_GROWTH) {
        Verdict::Grown
    } else if now <= before * u128::from(100 - WORTH_KEEPING) {
        Verdict::Improved
    } else {
        Verdict::Same
    }
}
