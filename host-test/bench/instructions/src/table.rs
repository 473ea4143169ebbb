//! The committed table of counts, and the toolchain for which it is valid.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// The count of one input.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Count {
    /// The name of the input.
    pub name: String,
    /// Bytes on the wire.
    pub bytes: u64,
    /// The instructions that callgrind counted.
    pub instructions: u64,
}

/// The toolchain that built the counted code. Other compilers and targets generate other instructions.
#[derive(Clone, Debug, PartialEq)]
pub struct Toolchain {
    /// The output of `rustc -V`.
    pub compiler: String,
    /// The target, such as `x86_64-unknown-linux-gnu`.
    pub target: String,
}

/// The counts of all inputs, and the toolchain for which they are valid.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// The output of `rustc -V`.
    pub compiler: String,
    /// The target of the build.
    pub target: String,
    /// One count for each input.
    pub inputs: Vec<Count>,
}

impl Toolchain {
    /// Parses the output of `rustc -vV`.
    ///
    /// # Errors
    /// The output contains no version or no host.
    pub fn parse(output: &str) -> Result<Self, String> {
        let compiler = output.lines().next().filter(|line| minor(line).is_some());
        let target = output.lines().find_map(|line| line.strip_prefix("host: "));
        match (compiler, target) {
            (Some(compiler), Some(target)) => {
                Ok(Self { compiler: compiler.to_owned(), target: target.to_owned() })
            }
            _ => Err(format!("the output of 'rustc -vV' contains no version or no host: {output}")),
        }
    }
}

/// The minor version: `1.95` of `rustc 1.95.0 (59807616e 2026-04-14)`. Patch versions fix single bugs and keep the code
/// generator, so their counts can be compared.
fn minor(compiler: &str) -> Option<&str> {
    let version = compiler.strip_prefix("rustc ")?.split(' ').next()?;
    let (minor, _) = version.rsplit_once('-').map_or(version, |(number, _)| number).rsplit_once('.')?;
    Some(minor)
}

impl Table {
    /// Parses the table.
    ///
    /// # Errors
    /// It is not a table, has an input twice, or has an input without instructions.
    pub fn parse(json: &str) -> Result<Self, String> {
        let table: Self =
            serde_json::from_str(json).map_err(|error| format!("the table cannot be parsed: {error}"))?;
        if minor(&table.compiler).is_none() {
            return Err(format!("the table names no version of rustc, but \"{}\"", table.compiler));
        }
        check(&table.inputs).map_err(|flaw| format!("invalid table: {flaw}"))?;
        Ok(table)
    }

    /// The table in the form in which it is committed: one line for each input, so that a change is a diff of one line.
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

    /// Why counts of this toolchain cannot be compared with the table; `None` if they can.
    pub fn mismatch(&self, toolchain: &Toolchain) -> Option<String> {
        let same = self.target == toolchain.target && minor(&self.compiler) == minor(&toolchain.compiler);
        (!same).then(|| {
            format!(
                "the table is valid for {} on {}, and this is {} on {}",
                self.compiler, self.target, toolchain.compiler, toolchain.target
            )
        })
    }
}

/// Checks that each input occurs once and has instructions: a run that counted nothing must not pass as the fastest of
/// all.
///
/// # Errors
/// The invalid input.
pub fn check(counts: &[Count]) -> Result<(), String> {
    let mut names = BTreeSet::new();
    for count in counts {
        if !names.insert(&count.name) {
            return Err(format!("{} occurs twice", count.name));
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
    fn a_written_table_is_parsed_to_the_same_table() {
        assert_eq!(Table::parse(&table().to_json()), Ok(table()));
    }

    #[test]
    fn an_invalid_table_is_an_error() {
        let json = table().to_json();
        for (what, with, flaw) in [
            ("\"b\"", "\"a\"", "a occurs twice"),
            ("\"instructions\": 1 ", "\"instructions\": 0 ", "a has no bytes or no instructions"),
            ("\"instructions\": 1 ", "\"instructions\": -1 ", "cannot be parsed"),
            ("\"bytes\"", "\"byte\"", "cannot be parsed"),
            ("rustc 1.95.0", "1.95.0", "names no version"),
        ] {
            let broken = json.replace(what, with);
            assert_ne!(broken, json, "{what}");
            let error = Table::parse(&broken).expect_err(&broken);
            assert!(error.contains(flaw), "{error}");
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
            let why = table().mismatch(&toolchain);
            assert_eq!(why.is_none(), compared, "{why:?}");
            assert!(why.is_none_or(|why| why.contains(compiler) && why.contains(target)), "{compiler}");
        }
    }

    #[test]
    fn the_toolchain_is_parsed_from_the_output_of_rustc() {
        let output = "rustc 1.95.0 (59807616e 2026-04-14)\nbinary: rustc\nhost: x86_64-unknown-linux-gnu\n";
        let expected = Toolchain { compiler: table().compiler, target: table().target };
        assert_eq!(Toolchain::parse(output), Ok(expected));
        for output in ["", "rustc 1.95.0 (59807616e 2026-04-14)\n", "host: x\n", "error: x\nhost: x\n"] {
            assert!(Toolchain::parse(output).is_err(), "{output}");
        }
    }
}
