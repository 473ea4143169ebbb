//! The table from a small seed, and the committed table.

use std::env;
use std::path::Path;

use super::*;

#[test]
fn a_fact_without_a_source_is_left_out() {
    let seed = r#"{"models":[{"id":"b","context_window":10,"max_output_tokens":10,"tools":true,
        "input":["pdf","text"],"seen_strength":"live GET /api/models",
        "extra":{"pi_thinking_level_map":{"xhigh":"xhigh"}},"price_usd_per_mtok":{"input":0,"output":2},
        "routes":["messages","chat-completions"],"route_source":"CometAPI default route",
        "facts_source":{"context":"CometAPI notes","output":"same","input":"same","in_price":"x","out_price":"x"}},
        {"id":"a","context_window":null,"seen_strength":"live GET /api/models"},
        {"id":"c","context_window":9,"seen_strength":"address of a CometAPI page only"}]}"#;
    let generated = table(seed, "id\tdate\treplaced-by\tsource").unwrap();
    let line = r#"["b",null,10,null,null,"text file",null,null,null,null,null,"messages chat-completions",null,null,[null,0,null,null,0,null,null,null,null,null,1,null]]"#;
    assert!(generated.contains(line), "{generated}");
    assert!(!generated.contains("[\"a\"") && !generated.contains("[\"c\""), "{generated}");
}

/// Someone may edit the committed table by hand, and the next generation would lose the change.
#[test]
fn the_committed_table_is_the_one_that_the_seed_generates() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let corpora = env::var_os("CORPORA").map_or(workspace.join("../shared/corpora"), PathBuf::from);
    let read = |name: &str| fs::read_to_string(corpora.join("models").join(name));
    let (Ok(seed), Ok(retirements)) = (read("seed-models.json"), read("retirements.tsv")) else {
        println!("skipped: no corpora at {}; set CORPORA to their folder", corpora.display());
        return;
    };
    let committed = fs::read_to_string(workspace.join("src/catalogue/built_in.json")).unwrap();
    assert_eq!(table(&seed, &retirements).unwrap(), committed);
}
