//! The targets without a fuzzer: over the corpora in `fuzz/corpus`, as they are and with random changes.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};

use super::{TARGETS, Target};

/// Changed inputs for each target: some seconds for all of them.
const CASES: u32 = 3_000;

/// What a corpus may weigh: it is kept small so that everybody runs it.
const MOST_FILES: usize = 60;
const MOST_BYTES: usize = 150 << 10;

fn corpus(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("a file of the corpus").path())
        .map(|path| (path.clone(), std::fs::read(path).expect("a file of the corpus")))
        .collect();
    files.sort();
    assert!(files.len() >= 10, "{} has only {} files", folder.display(), files.len());
    files
}

#[test]
fn every_input_that_a_fuzzer_found_worth_keeping_keeps_the_promises() {
    for (name, target) in TARGETS {
        let files = corpus(name);
        let bytes: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
        assert!(
            files.len() <= MOST_FILES && bytes <= MOST_BYTES,
            "{name}: {} files, {bytes} bytes",
            files.len()
        );
        for (path, bytes) in &files {
            let run = std::panic::catch_unwind(|| target(bytes));
            assert!(run.is_ok(), "{} breaks a promise; see above", path.display());
        }
        println!("{name}: {} inputs", files.len());
    }
}

#[test]
fn each_target_has_its_program_and_each_program_its_target() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/fuzz_targets");
    let programs: std::collections::BTreeSet<String> = std::fs::read_dir(&folder)
        .expect("the fuzz targets")
        .map(|entry| {
            entry.expect("a file").path().file_stem().expect("a name").to_string_lossy().into_owned()
        })
        .collect();
    assert!(programs.iter().map(String::as_str).eq(TARGETS.iter().map(|(name, _)| *name)), "{programs:?}");
    for name in programs {
        let program = std::fs::read_to_string(folder.join(&name).with_extension("rs")).expect("a program");
        assert!(program.contains(&format!("fuzzing::{name}(data)")), "{name} runs something else");
    }
}

/// A change to an input.
#[derive(Clone, Debug)]
enum Edit {
    Set(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index, Index),
    /// A piece of another input of the corpus.
    Splice(Index, Index, Index, Index),
}

fn edit() -> impl Strategy<Value = Edit> {
    let piece = prop_oneof![
        prop::collection::vec(any::<u8>(), 1..6),
        prop::sample::select(&b"{}[]\":,\\\n\r 0-1e.\x01\x02\x03\x04\xEF\xFF"[..])
            .prop_map(|byte| vec![byte]),
    ];
    prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Edit::Set(at, byte)),
        (any::<Index>(), piece).prop_map(|(at, bytes)| Edit::Insert(at, bytes)),
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Edit::Remove(from, to)),
        any::<[Index; 4]>().prop_map(|[at, other, from, to]| Edit::Splice(at, other, from, to)),
    ]
}

/// Two places of an input, its end included, in their order.
fn range(length: usize, from: &Index, to: &Index) -> std::ops::Range<usize> {
    let (from, to) = (from.index(length + 1), to.index(length + 1));
    from.min(to)..from.max(to)
}

fn changed(files: &[(PathBuf, Vec<u8>)], which: &Index, edits: &[Edit]) -> Vec<u8> {
    let mut input = which.get(files).1.clone();
    for edit in edits {
        let length = input.len();
        match edit {
            Edit::Set(at, byte) if length > 0 => input[at.index(length)] = *byte,
            Edit::Set(..) => {}
            Edit::Insert(at, bytes) => {
                drop(input.splice(at.index(length + 1)..at.index(length + 1), bytes.clone()))
            }
            Edit::Remove(from, to) => drop(input.drain(range(length, from, to))),
            Edit::Splice(at, other, from, to) => {
                let other = &other.get(files).1;
                let at = at.index(length + 1);
                drop(input.splice(at..at, other[range(other.len(), from, to)].to_vec()));
            }
        }
    }
    input
}

fn run_changed(name: &str, target: Target) {
    let files = corpus(name);
    let inputs = (any::<Index>(), prop::collection::vec(edit(), 1..5));
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let run = TestRunner::new(config).run(&inputs, |(which, edits)| {
        target(&changed(&files, &which, &edits));
        Ok(())
    });
    if let Err(broken) = run {
        panic!("{name}: {broken}");
    }
}

#[test]
fn random_changes_to_the_corpora_keep_the_promises_too() {
    for (name, target) in TARGETS {
        run_changed(name, target);
    }
}
