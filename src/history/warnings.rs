//! Warnings about repairs, for people.

use alloc::{format, string::String, vec::Vec};

/// Most warnings that are kept. A conversation of thousands of broken calls would make a warning for each, and nobody
/// reads more than a few.
const KEPT: usize = 32;

/// A bounded list of warnings. None holds any part of the conversation: they name places in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Warnings {
    kept: Vec<String>,
    /// How many there are beyond those that are kept.
    more: usize,
    /// How many parts have data of another route.
    foreign: usize,
}

impl Warnings {
    /// Keeps a warning, or counts it once there are 32.
    pub fn add(&mut self, warning: impl Into<String>) {
        if self.kept.len() < KEPT {
            self.kept.push(warning.into());
        } else {
            self.more = self.more.saturating_add(1);
        }
    }

    /// So many parts have a replay that another route wrote. All of them get one warning: a conversation that has changed
    /// its model has hundreds.
    pub fn add_foreign(&mut self, parts: usize) {
        self.foreign = self.foreign.saturating_add(parts);
    }

    /// Whether there is that warning, which covers all that a change of the route loses.
    pub fn has_foreign(&self) -> bool {
        self.foreign > 0
    }

    /// The warnings in their order; the last one counts those that were not kept.
    pub fn into_vec(mut self) -> Vec<String> {
        if self.foreign > 0 {
            self.add(format!(
                "{} parts of the conversation came by another route; their reasoning and signatures were not sent",
                self.foreign
            ));
        }
        if self.more > 0 {
            self.kept.push(format!("and {} more warnings of this kind", self.more));
        }
        self.kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_warnings_are_counted_and_not_kept() {
        let mut warnings = Warnings::default();
        for index in 0..40 {
            warnings.add(format!("{index}"));
        }
        let kept = warnings.into_vec();
        assert_eq!(kept.len(), 33);
        assert_eq!(kept[31], "31");
        assert_eq!(kept[32], "and 8 more warnings of this kind");
    }

    #[test]
    fn parts_of_another_route_get_one_warning() {
        let mut warnings = Warnings::default();
        assert!(!warnings.has_foreign());
        warnings.add_foreign(1);
        warnings.add("first");
        warnings.add_foreign(1);
        assert!(warnings.has_foreign());
        let kept = warnings.into_vec();
        assert_eq!(kept.len(), 2);
        assert!(kept[1].starts_with("2 parts of the conversation"), "{kept:?}");
    }
}
