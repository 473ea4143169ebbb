use super::*;

const COMPILER: &str = "rustc 1.95.0 (59807616e 2026-04-14)";
const TARGET: &str = "x86_64-unknown-linux-gnu";

fn count(name: &str, instructions: u64) -> Count {
    Count { name: name.into(), bytes: 500, instructions }
}

fn table(inputs: Vec<Count>) -> Table {
    Table { compiler: COMPILER.into(), target: TARGET.into(), inputs }
}

fn judge(counts: &[Count], table: &Table) -> Judgement {
    Judgement::new(counts, &Toolchain { compiler: COMPILER.into(), target: TARGET.into() }, table)
}

#[test]
fn growth_of_more_than_five_per_cent_fails() {
    for (known, counted, verdict, passes) in [
        (1_000, 1_060, Verdict::Grown, false),
        (1_000, 1_051, Verdict::Grown, false),
        (1_000, 1_050, Verdict::Same, true),
        (1_000, 1_040, Verdict::Same, true),
        (1_000, 1_000, Verdict::Same, true),
        (1_000, 991, Verdict::Same, true),
        (1_000, 990, Verdict::Improved, true),
        (1_000, 1, Verdict::Improved, true),
        (19, 20, Verdict::Grown, false),
        (20, 21, Verdict::Same, true),
        (u64::MAX / 2, u64::MAX, Verdict::Grown, false),
        (u64::MAX, u64::MAX, Verdict::Same, true),
    ] {
        let judgement = judge(&[count("a", counted)], &table(vec![count("a", known)]));
        assert_eq!(judgement.rows[0].verdict, verdict, "{known} -> {counted}");
        assert_eq!(judgement.passes(), passes, "{known} -> {counted}");
        assert_eq!(judgement.not_compared, None);
    }
}

#[test]
fn one_grown_input_fails_although_others_improved() {
    let known = table(vec![count("a", 1_000), count("b", 1_000), count("c", 1_000)]);
    let judgement = judge(&[count("a", 500), count("b", 1_060), count("c", 500)], &known);
    assert!(!judgement.passes());
    assert_eq!(judgement.with(Verdict::Grown), ["b"]);
    assert_eq!(judgement.with(Verdict::Improved), ["a", "c"]);
}

#[test]
fn an_input_that_is_not_in_the_table_fails() {
    let judgement = judge(&[count("a", 1_000), count("b", 1_000)], &table(vec![count("b", 1_000)]));
    assert!(!judgement.passes());
    assert_eq!(judgement.with(Verdict::Unknown), ["a"]);
    assert!(!judge(&[count("a", 1_000)], &table(Vec::new())).passes());
}

#[test]
fn an_input_that_was_not_counted_fails() {
    let judgement = judge(&[count("b", 1_000)], &table(vec![count("a", 1_000), count("b", 1_000)]));
    assert!(!judgement.passes());
    assert_eq!(judgement.with(Verdict::Missing), ["a"]);
    assert!(!judge(&[], &table(vec![count("a", 1_000)])).passes());
}

#[test]
fn an_input_with_other_bytes_fails_even_if_it_takes_fewer_instructions() {
    let shorter = Count { bytes: 400, ..count("a", 100) };
    let judgement = judge(&[shorter], &table(vec![count("a", 1_000)]));
    assert!(!judgement.passes());
    assert_eq!(judgement.with(Verdict::Changed), ["a"]);
}

#[test]
fn counts_of_another_compiler_are_not_compared_but_a_missing_input_still_fails() {
    let toolchain = Toolchain { compiler: "rustc 1.99.0 (0 2027-01-01)".into(), target: TARGET.into() };
    let known = table(vec![count("a", 1_000), count("b", 1_000)]);
    let all = Judgement::new(&[count("a", 9_000), count("b", 10)], &toolchain, &known);
    assert!(all.passes());
    assert!(all.not_compared.as_deref().is_some_and(|why| why.contains("1.99.0") && why.contains(COMPILER)));
    assert_eq!(all.with(Verdict::NotCompared), ["a", "b"]);
    let fewer = Judgement::new(&[count("a", 1_000)], &toolchain, &known);
    assert!(!fewer.passes());
    assert_eq!(fewer.with(Verdict::Missing), ["b"]);
}
