//! Which crates are in a component, read from the DWARF line tables of a build of the same code.
//!
//! A line table names the source file of every instruction, including inlined ones. Cargo's dependency graph does not
//! suffice, because it lists crates of which the linker keeps nothing. Symbol names do not either, because most small
//! functions are inlined and have no symbol.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, bail, ensure};
use gimli::{EndianSlice, LittleEndian};
use wasmparser::{Encoding, KnownCustom, Name, Operator, Parser, Payload};

/// Functions that wasi-libc contributes on rustup's target, if it was built without line tables.
const MEMORY_FUNCTIONS: [&str; 5] = ["memcpy", "memmove", "memset", "memcmp", "bcmp"];

/// Functions that the linker, wit-bindgen's object file or wit-component generate. They belong to no crate.
const GENERATED: [&str; 5] =
    ["__wasm_call_ctors", "__wasm_init_memory", "_initialize", "cabi_realloc", "cabi_realloc_wit_bindgen"];

/// Where the instructions of a component come from.
#[derive(Debug, Default, PartialEq)]
pub struct Contributors {
    /// `NAME-VERSION`, the name of the crate's folder in cargo's registry.
    pub crates: BTreeSet<String>,
    /// Crates of the standard library, such as `core`.
    pub standard: BTreeSet<String>,
    /// Whether it contains memory functions of wasi-libc.
    pub libc: bool,
}

/// A core module in a component.
#[derive(Default)]
struct Module<'a> {
    /// Address in the line tables (offset in the code section) and length of each function, in order.
    functions: Vec<std::ops::Range<u64>>,
    /// The instructions of each function.
    bodies: Vec<Vec<Operator<'a>>>,
    /// The names of functions by their number, from the name section.
    names: BTreeMap<u32, &'a str>,
    /// The number of imported functions, which come first in the numbering.
    imported: u32,
    /// The sections with debug information, by name.
    debug: BTreeMap<&'a str, &'a [u8]>,
}

/// Reads the origin of each instruction from a build with line tables.
pub fn contributors(with_lines: &[u8]) -> Result<Contributors> {
    let modules = modules(with_lines)?;
    let traced: Vec<&Module> =
        modules.iter().filter(|module| module.debug.contains_key(".debug_line")).collect();
    let [module] = traced[..] else {
        bail!(
            "{} modules with line tables instead of one; build with 'scripts/build-component --with-lines'",
            traced.len()
        );
    };
    let mut found = Contributors::default();
    let rows = rows(module)?;
    for path in rows.values().flatten() {
        found.add(path)?;
    }
    // A function without any row was compiled without line tables. It has to be one of those that are known.
    for (index, function) in (module.imported..).zip(&module.functions) {
        if rows.range(function.clone()).next().is_some() {
            continue;
        }
        let name = module.names.get(&index).copied().unwrap_or("without a name");
        match name {
            name if MEMORY_FUNCTIONS.contains(&name) => found.libc = true,
            name if GENERATED.iter().any(|generated| name.starts_with(generated)) => {}
            name => bail!("function '{name}' has no line table, so that its origin is unknown"),
        }
    }
    Ok(found)
}

impl Contributors {
    /// Adds the crate of a source file. A path of an unknown form is an error, because skipping it could leave a crate
    /// out of the SBOM.
    fn add(&mut self, path: &str) -> Result<()> {
        let parts: Vec<&str> = path.split('/').collect();
        if let Some(at) = parts.iter().position(|part| *part == "library")
            && (path.starts_with("/rustc/") || path.starts_with("/source/library/"))
        {
            let folder = parts.get(at + 1).copied().unwrap_or_default();
            // Core includes the sources of these two.
            let name = if matches!(folder, "portable-simd" | "stdarch") { "core" } else { folder };
            self.standard.insert(name.replace('-', "_"));
            return Ok(());
        }
        // rustup's target contains wasi-libc as its builders compiled it.
        if path.contains("/wasi-libc/") {
            self.libc = true;
            return Ok(());
        }
        // Files that a build script wrote: …/build/NAME-HASH/out/FILE. The crate has other code as well.
        if path.contains("/build/") && parts.contains(&"out") {
            return Ok(());
        }
        match parts[..] {
            ["", "source", "src", ..] => {}
            ["", "source", folder, "src", ..] => _ = self.crates.insert(folder.to_owned()),
            _ => bail!("the source file {path} belongs to no crate that this tool knows"),
        }
        Ok(())
    }
}

/// Address → source files of the instructions there.
fn rows(module: &Module) -> Result<BTreeMap<u64, BTreeSet<String>>> {
    let section = |id: gimli::SectionId| -> Result<EndianSlice<'_, LittleEndian>> {
        Ok(EndianSlice::new(module.debug.get(id.name()).copied().unwrap_or_default(), LittleEndian))
    };
    let dwarf = gimli::Dwarf::load(section)?;
    let mut found: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
    let mut units = dwarf.units();
    while let Some(header) = units.next()? {
        let unit = dwarf.unit(header)?;
        let Some(program) = unit.line_program.clone() else { continue };
        let mut rows = program.rows();
        // Where a function was removed, its rows remain, with the address 0 or -1 instead of one in the code.
        let mut sequence = Vec::new();
        while let Some((header, row)) = rows.next_row()? {
            if !row.end_sequence() {
                let file = row.file(header).context("a row of the line table names no file")?;
                let mut path = match unit.comp_dir {
                    Some(folder) => folder.to_string_lossy().into_owned(),
                    None => String::new(),
                };
                if let Some(folder) = file.directory(header) {
                    push(&mut path, &dwarf.attr_string(&unit, folder)?.to_string_lossy());
                }
                push(&mut path, &dwarf.attr_string(&unit, file.path_name())?.to_string_lossy());
                sequence.push((row.address(), path));
                continue;
            }
            let removed = sequence.first().is_none_or(|(address, _)| !in_code(module, *address));
            for (address, path) in sequence.drain(..).filter(|_| !removed) {
                found.entry(address).or_default().insert(path);
            }
        }
    }
    ensure!(!found.is_empty(), "the line tables have no row");
    Ok(found)
}

/// Whether the address is in a function of the module.
fn in_code(module: &Module, address: u64) -> bool {
    module.functions.iter().any(|function| function.contains(&address))
}

/// Appends a relative path, or replaces the path by an absolute one, as DWARF defines it for folders and files.
fn push(path: &mut String, more: &str) {
    if more.starts_with('/') {
        path.clear();
    } else if !path.is_empty() {
        path.push('/');
    }
    path.push_str(more);
}

/// Fails unless both components have the same functions, so that the crates of one are the crates of the other.
///
/// The order may differ: the linker sorts functions and constants by symbols, in which the compiler encodes the
/// settings of the build. So the bodies are sorted, and compared without the values that depend on the order: numbers
/// of functions, and constants, which may be addresses.
pub fn same_code(shipped: &[u8], with_lines: &[u8]) -> Result<()> {
    let (left, right) = (modules(shipped)?, modules(with_lines)?);
    let same = left.len() == right.len()
        && left.iter().zip(&right).all(|(left, right)| sorted_bodies(left) == sorted_bodies(right));
    ensure!(
        same,
        "the build with line tables has other code than the component; run 'make dist' and 'make sbom' again"
    );
    Ok(())
}

/// The functions as texts of their instructions, sorted, without the values that depend on the order.
fn sorted_bodies(module: &Module) -> Vec<String> {
    let bodies = module.bodies.iter().map(|body| {
        let operators = body.iter().map(|operator| match operator {
            Operator::Call { .. } => "Call ".to_owned(),
            Operator::I32Const { .. } => "I32Const ".to_owned(),
            operator => without_address(format!("{operator:?} ")),
        });
        operators.collect::<String>()
    });
    let mut bodies: Vec<String> = bodies.collect();
    bodies.sort_unstable();
    bodies
}

/// The text of an instruction without the address of a constant, which a load may have as its offset. The stack takes the
/// first 64 KiB, and no field of a structure is that far from its beginning.
fn without_address(operator: String) -> String {
    const DATA: u64 = 64 << 10;
    let Some((before, rest)) = operator.split_once("offset: ") else { return operator };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (offset, after) = rest.split_at(digits);
    match offset.parse::<u64>() {
        Ok(offset) if offset >= DATA => format!("{before}offset: address{after}"),
        _ => operator,
    }
}

/// Parses the core modules of a component: functions, names and debug sections.
fn modules(component: &[u8]) -> Result<Vec<Module<'_>>> {
    let mut modules: Vec<Module> = Vec::new();
    let mut code = 0;
    for payload in Parser::new(0).parse_all(component) {
        let payload = payload.context("the component cannot be parsed")?;
        if let Payload::Version { encoding: Encoding::Module, .. } = payload {
            modules.push(Module::default());
        }
        let Some(module) = modules.last_mut() else { continue };
        match payload {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    module.imported += u32::from(matches!(import?.ty, wasmparser::TypeRef::Func(_)));
                }
            }
            Payload::CodeSectionStart { unchecked_range, .. } => code = unchecked_range.start,
            Payload::CodeSectionEntry(body) => {
                let range = body.range();
                module.functions.push(range.start - code..range.end - code);
                let operators: Result<_, _> = body.get_operators_reader()?.into_iter().collect();
                module.bodies.push(operators?);
            }
            Payload::CustomSection(section) => match section.as_known() {
                KnownCustom::Name(names) => {
                    for part in names {
                        if let Name::Function(functions) = part? {
                            for naming in functions {
                                let naming = naming?;
                                module.names.insert(naming.index, naming.name);
                            }
                        }
                    }
                }
                _ if section.name().starts_with(".debug_") => {
                    module.debug.insert(section.name(), section.data());
                }
                _ => {}
            },
            _ => {}
        }
    }
    Ok(modules)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(paths: &[&str]) -> Result<Contributors> {
        let mut found = Contributors::default();
        paths.iter().try_for_each(|path| found.add(path))?;
        Ok(found)
    }

    #[test]
    fn a_source_file_is_assigned_to_its_crate() {
        let found = added(&[
            "/source/src/lib.rs",
            "/source/memchr-2.8.0/src/memchr.rs",
            "/source/dlmalloc-0.2.12/src/dlmalloc.rs",
            "/source/library/core/src/str/mod.rs",
            "/rustc/0123abc/library/alloc/src/vec/mod.rs",
            "/rustc/0123abc/library/portable-simd/crates/core_simd/src/ops.rs",
            "/source/library/compiler-builtins/compiler-builtins/src/mem/mod.rs",
            "wasisdk://v30.0/build/sysroot/wasisdk://v30.0/src/wasi-libc/libc-top-half/musl/src/string/memcmp.c",
            "/elsewhere/build/serde_core-0123456789abcdef/out/private.rs",
        ]);
        let found = found.unwrap();
        assert!(found.libc);
        assert_eq!(found.crates.into_iter().collect::<Vec<_>>(), ["dlmalloc-0.2.12", "memchr-2.8.0"]);
        assert_eq!(found.standard.into_iter().collect::<Vec<_>>(), ["alloc", "compiler_builtins", "core"]);
    }

    #[test]
    fn a_source_file_of_no_known_crate_is_an_error() {
        let error = added(&["/home/me/vendored/thing.rs"]).unwrap_err().to_string();
        assert!(error.contains("/home/me/vendored/thing.rs"), "{error}");
    }

    fn component(function: &str) -> Vec<u8> {
        wat::parse_str(format!(
            "(component (core module (memory 2) (func (param i32) (result i32) {function})))"
        ))
        .unwrap()
    }

    #[test]
    fn code_is_compared_by_its_instructions() {
        let shipped = component("local.get 0");
        same_code(&shipped, &component("local.get 0")).unwrap();
        // Constants may be addresses, which differ between the builds.
        same_code(&component("i32.const 70000"), &component("i32.const 70016")).unwrap();
        let load = |offset: u32| component(&format!("local.get 0 i32.load offset={offset}"));
        same_code(&load(70_000), &load(70_016)).unwrap();
        same_code(&load(8), &load(16)).unwrap_err();
        let error = same_code(&shipped, &component("i32.const 1 drop local.get 0")).unwrap_err().to_string();
        assert!(error.contains("other code"), "{error}");
        same_code(&shipped, b"\0asm\x0d\0\x01\0").unwrap_err();
    }

    #[test]
    fn a_component_without_line_tables_is_an_error() {
        let error = contributors(&component("local.get 0")).unwrap_err().to_string();
        assert!(error.contains("--with-lines"), "{error}");
    }
}
