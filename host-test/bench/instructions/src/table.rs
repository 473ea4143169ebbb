//! The table of counts that is checked in, and what it holds for.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// What one input costs.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Count {
    /// The name of the input.
    pub name: String,
    /// Bytes on the wire.
    pub bytes: u64,
    /// Instructions that the job took, by callgrind.
    pub instructions: u64,
}

/// What made the code that was counted: other compilers and processors have other instructions.
#[derive(Clone, Debug, PartialEq)]
pub struct Toolchain {
    /// What `rustc -V` says.
    pub compiler: String,
    /// The target, such as `x86_64-unknown-linux-gnu`.
    pub target: String,
}

/// The counts of all inputs, and the toolchain that they hold for.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// What `rustc -V` said.
    pub compiler: String,
    /// The target that was built for.
    pub target: String,
    /// One for each input.
    pub inputs: Vec<Count>,
}

impl Toolchain {
    /// Reads what `rustc -vV` prints.
    ///
    /// # Errors
    /// It names no version or no host.
    pub fn parse(told: &str) -> Result<Self, String> {
        let compiler = told.lines().next().filter(|line| minor(line).is_some());
        let target = told.lines().find_map(|line| line.strip_prefix("host: "));
        match (compiler, target) {
            (Some(compiler), Some(target)) => {
                Ok(Self { compiler: compiler.to_owned(), target: target.to_owned() })
            }
            _ => Err(format!("'rustc -vV' tells no version or no host, but: {told}")),
        }
    }
}

/// `1.95` of `rustc 1.95.0 (59807616e 2026-04-14)`.
fn minor(compiler: &str) -> Option<&str> {
    let version = compiler.strip_prefix("rustc ")?.split(' ').next()?;
    let (minor, _) = version.rsplit_once('-').map_or(version, |(number, _)| number).rsplit_once('.')?;
    Some(minor)
}

impl Table {
    /// Reads the table.
    ///
    /// # Errors
    /// It is no table, has an input twice, or an input that costs nothing.
    pub fn parse(json: &str) -> Result<Self, String> {
        let table: Self =
            serde_json::from_str(json).map_err(|error| format!("the table cannot be read: {error}"))?;
        if minor(&table.compiler).is_none() {
            return Err(format!("the table names no compiler, but \"{}\"", table.compiler));
        }
        check(&table.inputs).map_err(|flaw| format!("the table cannot be right: {flaw}"))?;
        Ok(table)
    }

    /// The table as it is checked in: one line for each input, so that a change shows as one line.
    pub fn to_json(&self) -> String {
        let text = |text: &str| serde_json::Value::from(text).to_string();
        let rows: Vec<String> = self
            .inputs
            .iter()
            .map(|count| {
                let Count { name, bytes, instructions } = count;
                let name = text(name);
                format!("    {{ \"name\": {name}, \"bytes\": {bytes}, \"instructions\": {instructions} }}")
            })
            .collect();
        format!(
            "{{\n  \"compiler\": {},\n  \"target\": {},\n  \"inputs\": [\n{}\n  ]\n}}\n",
            text(&self.compiler),
            text(&self.target),
            rows.join(",\n")
        )
    }

    /// Why counts made by this toolchain cannot be compared with the table; nothing where they can.
    pub fn foreign(&self, toolchain: &Toolchain) -> Option<String> {
        let same = self.target == toolchain.target && minor(&self.compiler) == minor(&toolchain.compiler);
        (!same).then(|| {
            format!(
                "the table holds for {} on {}, and this is {} on {}",
                self.compiler, self.target, toolchain.compiler, toolchain.target
            )
        })
    }
}

/// Each input once, and none for nothing: a run that counted nothing must not pass for the fastest of all.
///
/// # Errors
/// Which input is wrong.
pub fn check(counts: &[Count]) -> Result<(), String> {
    let mut names = BTreeSet::new();
    for count in counts {
        if !names.insert(&count.name) {
            return Err(format!("{} comes twice", count.name));
        }
        if count.bytes == 0 || count.instructions == 0 {
            return Err(format!("{} has no bytes or no instructions", count.name));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let count = |name: &str, instructions| Count { name: name.into(), bytes: 10, instructions };
        Table {
            compiler: "rustc 1.95.0 (59807616e 2026-04-14)".into(),
            target: "x86_64-unknown-linux-gnu".into(),
            inputs: vec![count("a", 1), count("b", 20_000_000_000)],
        }
    }

    #[test]
    fn a_table_is_read_as_it_was_written() {
        assert_eq!(Table::parse(&table().to_json()), Ok(table()));
    }

    #[test]
    fn a_table_that_cannot_be_right_is_refused() {
        let json = table().to_json();
        for (what, with, flaw) in [
            ("\"b\"", "\"a\"", "a comes twice"),
            ("\"instructions\": 1 ", "\"instructions\": 0 ", "a has no bytes or no instructions"),
            ("\"instructions\": 1 ", "\"instructions\": -1 ", "cannot be read"),
            ("\"bytes\"", "\"byte\"", "cannot be read"),
            ("rustc 1.95.0", "1.95.0", "names no compiler"),
        ] {
            let broken = json.replace(what, with);
            assert_ne!(broken, json, "{what}");
            let told = Table::parse(&broken).expect_err(&broken);
            assert!(told.contains(flaw), "{told}");
        }
    }

    #[test]
    fn counts_are_compared_on_the_same_target_with_the_same_minor_version() {
        for (compiler, target, compared) in [
            ("rustc 1.95.0 (59807616e 2026-04-14)", "x86_64-unknown-linux-gnu", true),
            (
                "rustc 1.95.3 (0123456789 2026-05-01) (built from a source tarball)",
                "x86_64-unknown-linux-gnu",
                true,
            ),
            ("rustc 1.96.0 (0123456789 2026-06-01)", "x86_64-unknown-linux-gnu", false),
            ("rustc 1.9.5 (0123456789 2016-06-01)", "x86_64-unknown-linux-gnu", false),
            ("rustc 1.97.0-nightly (0123456789 2026-06-01)", "x86_64-unknown-linux-gnu", false),
            ("rustc 1.95.0 (59807616e 2026-04-14)", "aarch64-unknown-linux-gnu", false),
            ("rustc 1.95.0 (59807616e 2026-04-14)", "x86_64-unknown-linux-musl", false),
        ] {
            let toolchain = Toolchain { compiler: compiler.into(), target: target.into() };
            let why = table().foreign(&toolchain);
            assert_eq!(why.is_none(), compared, "{why:?}");
            assert!(why.is_none_or(|why| why.contains(compiler) && why.contains(target)), "{compiler}");
        }
    }

    #[test]
    fn the_toolchain_is_what_rustc_says() {
        let told = "rustc 1.95.0 (59807616e 2026-04-14)\nbinary: rustc\nhost: x86_64-unknown-linux-gnu\n";
        let expected = Toolchain { compiler: table().compiler, target: table().target };
        assert_eq!(Toolchain::parse(told), Ok(expected));
        for told in ["", "rustc 1.95.0 (59807616e 2026-04-14)\n", "host: x\n", "error: x\nhost: x\n"] {
            assert!(Toolchain::parse(told).is_err(), "{told}");
        }
    }
}
