//! Whether counts may stand beside the table.

#[cfg(test)]
mod tests;

use crate::table::{Count, Table, Toolchain};

/// By how much a count may be above the table, per cent.
pub const MOST_GROWTH: u64 = 5;

/// From how much below the table the table should be made anew, per cent: else what was won could be lost again
/// without anybody noticing.
pub const WORTH_KEEPING: u64 = 1;

/// What is to be said of one input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict {
    /// About what the table says.
    Same,
    /// Less than the table says.
    Improved,
    /// More than it may be.
    Grown,
    /// The input has other bytes than the one in the table: its counts cannot be compared.
    Changed,
    /// Counted, but not in the table.
    Unknown,
    /// In the table, but not counted.
    Missing,
    /// The table holds for another toolchain.
    NotCompared,
}

impl Verdict {
    /// Whether this fails the run.
    pub fn fails(self) -> bool {
        matches!(self, Self::Grown | Self::Changed | Self::Unknown | Self::Missing)
    }
}

/// One input, as counted and as in the table; at least one of them is there.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The input's name.
    pub name: String,
    /// What was counted now.
    pub counted: Option<Count>,
    /// What the table says.
    pub known: Option<Count>,
    /// What is to be said of it.
    pub verdict: Verdict,
}

/// All inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// Why nothing was compared with the table.
    pub not_compared: Option<String>,
    /// In the order in which they were counted, and behind them what was not.
    pub rows: Vec<Row>,
}

impl Judgement {
    /// Holds counts against the table.
    pub fn new(counts: &[Count], toolchain: &Toolchain, table: &Table) -> Self {
        let not_compared = table.foreign(toolchain);
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

    /// Names of the inputs of which this is to be said.
    pub fn with(&self, verdict: Verdict) -> Vec<&str> {
        self.rows.iter().filter(|row| row.verdict == verdict).map(|row| &*row.name).collect()
    }

    /// Whether nothing has grown, and nothing is missing.
    pub fn passes(&self) -> bool {
        !self.rows.iter().any(|row| row.verdict.fails())
    }
}

fn verdict(counted: Option<&Count>, known: Option<&Count>, comparable: bool) -> Verdict {
    let (counted, known) = match (counted, known) {
        (Some(counted), Some(known)) => (counted, known),
        (Some(_), None) => return Verdict::Unknown,
        (None, _) => return Verdict::Missing,
    };
    // In whole numbers, so that the limit is where it is said to be.
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
