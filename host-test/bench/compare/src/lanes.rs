//! The component in its host: with an instance for many streams, as hosts have it by default, and with one for each.
//!
//! The interface to the host is the option `--streams-per-instance N` of `host-test measure`.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::clients::Peer;
use crate::results::{EACH, OURS};

/// One way to run the component.
struct Lane {
    name: &'static str,
    options: &'static [&'static str],
}

const LANES: [Lane; 2] = [Lane { name: OURS, options: &[] }, Lane { name: EACH, options: &[OPTION, "1"] }];

/// The option that chooses the lane.
const OPTION: &str = "--streams-per-instance";

/// The lanes of this host, each as a client. A host from before the option has an instance for each stream and nothing
/// else: it can be compared with a newer one.
pub fn of(host_test: &Path) -> Result<Vec<(&'static str, Peer)>> {
    let help = Command::new(host_test)
        .args(["measure", "--help"])
        .output()
        .with_context(|| format!("{} does not start", host_test.display()))?;
    let peer = |options: &[&str]| {
        let program = [host_test.display().to_string(), "measure".to_owned()];
        let command = program.into_iter().chain(options.iter().map(|&word| word.to_owned())).collect();
        Peer { command, version: String::new(), gateway: None }
    };
    if String::from_utf8_lossy(&help.stdout).contains(OPTION) {
        return Ok(LANES.iter().map(|lane| (lane.name, peer(lane.options))).collect());
    }
    eprintln!("host-test measure has no {OPTION}: only the lane {EACH:?} is measured");
    Ok(vec![(EACH, peer(&[]))])
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn lanes(help: &str) -> Vec<(&'static str, Vec<String>)> {
        let folder = std::env::temp_dir().join(format!("compare-lanes-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let program = folder.join(format!("host-test-{}", help.len()));
        std::fs::write(&program, format!("#!/bin/sh\necho '{help}'\n")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let found = of(&program).unwrap();
        std::fs::remove_file(&program).unwrap();
        found.into_iter().map(|(name, peer)| (name, peer.command[1..].to_vec())).collect()
    }

    #[test]
    fn a_host_without_the_option_has_one_lane() {
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        assert_eq!(lanes("  --fresh"), [(EACH, words(&["measure"]))]);
        assert_eq!(
            lanes("  --streams-per-instance <N>"),
            [(OURS, words(&["measure"])), (EACH, words(&["measure", "--streams-per-instance", "1"])),]
        );
    }
}
